"""Text of others: shown, never obeyed."""

import html
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.visible import quoted, safe_html, safe_json, safe_line, safe_parts, safe_yaml, visible


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


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        (("id", "-api"), ["id", "-api"]),
        (("##vso[task.setvariable]",), ["#\\x23vso[task.setvariable]"]),
        (("say ##[group]",), ["say #\\x23[group]"]),
        (("#", "#[group]"), ["#", "\\x23[group]"]),
        (("###", "##"), ["#\\x23#", "\\x23#"]),
        (("::error::x",), ["\\x3a:error::x"]),
        (("  ", " ::error::x"), ["  ", " \\x3a:error::x"]),
        ((":", ":error::x"), ["\\x3a", ":error::x"]),
        ((" ", "", "::"), [" ", "", "\\x3a:"]),
        (("a ::error::x",), ["a ::error::x"]),
        (("\n", "::error::x"), ["\\n", "::error::x"]),
        (("\xa0::error::x",), ["\\xa0::error::x"]),
        ((":", " ::"), [":", " ::"]),
        ((), []),
    ],
)
def test_words_of_ci_systems_are_broken_up_wherever_parts_of_a_line_meet(parts: list[str], shown: list[str]) -> None:
    assert safe_parts(parts) == shown


HOSTILE = st.lists(st.text("#: \n\x1b\u2028a"))


@given(HOSTILE)
def test_a_safe_line_is_one_line_that_nothing_obeys(parts: list[str]) -> None:
    line = safe_line(*parts)

    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert "##" not in line
    assert not line.lstrip().startswith("::")
    assert safe_parts(safe_parts(parts)) == safe_parts(parts)


@given(st.text("#\x7f\n\\é😀\ud800") | st.text())
def test_safe_json_is_the_same_document(text: str) -> None:
    document = {text: [text]}

    for written in (json.dumps(document, indent=2), json.dumps(document, ensure_ascii=False)):
        safe = safe_json(written)
        assert json.loads(safe) == document
        assert safe.isascii()
        assert safe.replace("\n", "").isprintable()
        assert "##" not in safe


@given(st.text("#\x7f\n\\é😀") | st.text(st.characters(exclude_categories=["Cs"])))
def test_safe_yaml_is_the_same_document(text: str) -> None:
    for unicode in (False, True):
        safe = safe_yaml(yaml.safe_dump([text], default_style='"', allow_unicode=unicode, width=10_000))
        assert yaml.safe_load(safe) == [text]
        assert safe.isascii()
        assert safe.replace("\n", "").isprintable()
        assert "##" not in safe


@given(st.text("#: <&\n\x7f\u202ea") | st.text(st.characters(exclude_categories=["Cs"])))
def test_safe_html_is_the_same_document_in_lines_that_nothing_obeys(text: str) -> None:
    shown = "\n".join(visible(line) for line in text.split("\n"))

    safe = safe_html(html.escape(text))

    assert html.unescape(safe) == shown
    assert "##" not in safe
    assert [line for line in safe.split("\n") if line.lstrip().startswith("::") or not line.isprintable()] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [("prod", '"prod"'), ('say "no"', '"say \\"no\\""'), ("C:\\x", '"C:\\\\x"'), ("", '""'), ("a\n", '"a\\n"')],
)
def test_quoted_value_cannot_end_its_quotation(text: str, shown: str) -> None:
    assert quoted(text) == shown
