"""Text of others: shown, never obeyed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.visible import quoted, visible, visible_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("id-api", "id-api"),
        ("büro 日本", "büro 日本"),
        ("\x1b[2J", "\\x1b[2J"),
        ("one\ntwo\r", "one\\ntwo\\r"),
        ("a\u202eb", "a\\u202eb"),
        ("tab\there", "tab\\there"),
        ("\x9b1m", "\\x9b1m"),
        ("line\u2028", "line\\u2028"),
    ],
)
def test_characters_that_a_terminal_would_obey_are_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_visible_text_is_printable(text: str) -> None:
    assert visible(text).isprintable()


@given(st.text())
def test_visible_text_stays_as_it_is_when_it_is_shown_again(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_line_breaks_of_our_own_messages_stay() -> None:
    assert visible_lines("one\ntwo\x1b") == "one\ntwo\\x1b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("prod", '"prod"'), ('say "no"', '"say \\"no\\""'), ("C:\\x", '"C:\\\\x"'), ("", '""'), ("a\n", '"a\\n"')],
)
def test_quoted_value_cannot_end_its_quotation(text: str, shown: str) -> None:
    assert quoted(text) == shown
