"""What libyaml refuses, in words of ours."""

import pytest

from tests.unit.manifest.manifests import HEAD, diagnostics_of


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("tags: {env: ${ENV}}\n", "unquoted-variable", 3, 14),
        ("tags: {env: ${ENV}, a: b}\n", "unquoted-variable", 3, 14),
        ("x: [a, ${B}]\n", "unquoted-variable", 3, 9),
        ("x:\n  - *\n", "unquoted-star", 4, 5),
        ("x: [*.log]\n", "unquoted-star", 3, 5),
        ("x: &\n", "unquoted-ampersand", 3, 4),
        ("x:\n\ty: z\n", "tab-indentation", 4, 1),
        ("x: y\n\tz: 1\n", "tab-indentation", 4, 1),
        ("x: |\n\ty\n", "tab-indentation", 4, 1),
        ("x: @y\n", "unquoted-text", 3, 4),
        ("x: `y`\n", "unquoted-text", 3, 4),
        ("x: a: b\n", "yaml-syntax", 3, 5),
        ("x: 'a\n", "yaml-syntax", 3, 4),
        ("x: [a, b\n", "yaml-syntax", 3, 4),
        ("x: {a: b]\n", "yaml-syntax", 3, 9),
        ('x: "\\q"\n', "yaml-syntax", 3, 5),
        ("x:\n  - a\n y: z\n", "wrong-indentation", 5, 2),
        ("x: %a\n", "unquoted-text", 3, 4),
    ],
)
def test_syntax_error_is_named_and_located(text: str, code: str, line: int, column: int) -> None:
    (found,) = diagnostics_of(HEAD + text)

    assert (found.code, found.pos.line, found.pos.column) == (code, line, column)


def test_variable_in_braces_is_told_to_be_quoted() -> None:
    (found,) = diagnostics_of("tags: {env: ${ENV}}")

    assert found.message == "a variable inside `{ }` or `[ ]` must be quoted: its own `{` opens a mapping"
    assert found.hint == 'Quote it: "${NAME}".'


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("x:\n    - a: 1\n     b: 2\n", "5 spaces; the lines around it have 4 or 6"),
        ("x:\n  - a\n y: z\n", "1 space; the lines around it have 0 or 2"),
        ("x:\n  y: 1\n# note\n   z: 2\n", "3 spaces; the lines around it have 2"),
        ("x:\n  - - a: 1\n      b: 2\n     c: 3\n", "5 spaces; the lines around it have 4 or 6"),
    ],
)
def test_wrong_indentation_is_counted(text: str, counted: str) -> None:
    (found,) = diagnostics_of(HEAD + text)

    assert found.message == f"wrong indentation: {counted}"


def test_line_that_stands_right_but_is_no_entry_is_not_counted() -> None:
    (found,) = diagnostics_of(HEAD + "x:\n  - a\n  b: 1\n")

    assert (
        found.message
        == "wrong indentation: this line fits neither the list or mapping above it nor the one around that"
    )


def test_syntax_error_without_words_of_ours_keeps_those_of_the_parser() -> None:
    (found,) = diagnostics_of("%YAML 7.0\n---\na: b\n")

    assert found.code == "yaml-syntax"
    assert found.message == "not valid YAML: found incompatible YAML document"


def test_bracket_that_is_never_closed_is_shown_at_the_last_text() -> None:
    (found,) = diagnostics_of("a:\n  b: [1,\n\n\n")

    assert (found.pos.line, found.pos.column, found.source_line) == (2, 8, "  b: [1,")
