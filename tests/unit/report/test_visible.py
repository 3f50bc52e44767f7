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
        ("id\u3164", "id\\u3164"),
        ("id\u2800", "id\\u2800"),
        ("id\ufe0f", "id\\ufe0f"),
        ("id\U000e0101", "id\\U000e0101"),
        ("id\u115f\uffa0\u034f", "id\\u115f\\uffa0\\u034f"),
    ],
)
def test_characters_that_a_terminal_would_obey_are_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_visible_text_is_printable(text: str) -> None:
    assert visible(text).isprintable()


# Source: Unicode Character Database, DerivedCoreProperties.txt, Default_Ignorable_Code_Point.
IGNORABLE = [
    *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010)),
    *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0),
    *(*range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)),
]


def test_no_character_that_is_drawn_as_nothing_stays_as_it_is() -> None:
    assert [f"{code:04x}" for code in IGNORABLE if visible(chr(code)) == chr(code)] == []


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
