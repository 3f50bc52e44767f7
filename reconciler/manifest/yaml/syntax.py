"""Words for what libyaml refuses: a place, what is wrong there, and how to fix it.

libyaml speaks of tokens and simple keys. The mistakes that people make in manifests are few (a variable in braces,
a star, a tab, a colon inside a text), so each has a row of its own here; anything else keeps libyaml's phrase
behind ours.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.yaml.text import SourceText

MAX_DEPTH = 32
"""Deepest nesting; a manifest needs seven. libyaml's own work grows with the square of the depth."""

TOO_DEEP = (
    f"values are nested more than {MAX_DEPTH} deep",
    "A manifest is never deeper than seven; look for brackets too many.",
)
"""Message and hint for text that is nested deeper; newer versions of libyaml notice it themselves."""

_WRONG_INDENTATION = "wrong-indentation"

_GENERAL_HINT = "Check indentation, quotes and brackets here and on the line above."


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A mistake, known by libyaml's phrase (`problem`, searched) and by the text at its place (`text`, matched).

    `at_start`: shown where the token begins, not where libyaml gave up on it.
    """

    problem: str
    text: str
    code: str
    message: str
    hint: str
    at_start: bool = False

    def fits(self, problem: str, line: str, column: int) -> bool:
        # Matching from a column, not on a slice, lets a pattern look back at the character before.
        return re.search(self.problem, problem) is not None and re.compile(self.text).match(line, column) is not None


# The first row that fits speaks, so the special stand before the general.
_MISTAKES = (
    _Mistake(
        problem="exceeded maximum nesting depth",
        text="",
        code="nested-too-deep",
        message=TOO_DEEP[0],
        hint=TOO_DEEP[1],
    ),
    _Mistake(
        problem="expected ',' or",
        text=r"(?<=\$)\{",
        code="unquoted-variable",
        message="a variable inside `{ }` or `[ ]` must be quoted: its own `{` opens a mapping",
        hint='Quote it: "${NAME}".',
    ),
    _Mistake(
        problem="scanning an alias",
        text="",
        code="unquoted-star",
        message="text that begins with `*` must be quoted: YAML reads the star as an alias",
        hint='Put the text between double quotes, as in "*-prod".',
        at_start=True,
    ),
    _Mistake(
        problem="scanning an anchor",
        text="",
        code="unquoted-ampersand",
        message="text that begins with `&` must be quoted: YAML reads it as an anchor",
        hint="Put the text between double quotes.",
        at_start=True,
    ),
    _Mistake(
        problem="cannot start any token|tab character",
        text=r"\t",
        code="tab-indentation",
        message="a tab cannot indent YAML",
        hint="Indent with spaces.",
    ),
    _Mistake(
        problem="cannot start any token",
        text="[@`%]",
        code="unquoted-text",
        message="text that begins with `@`, `%` or a backtick must be quoted",
        hint="Put the text between double quotes.",
    ),
    _Mistake(
        problem="mapping values are not allowed",
        text="",
        code="yaml-syntax",
        message="a colon stands where no key can be",
        hint="Quote a text that holds `: `; otherwise check the indentation of this line and the one above.",
    ),
    _Mistake(
        problem="quoted scalar .*end of stream",
        text="",
        code="yaml-syntax",
        message="a quote is opened and never closed",
        hint="Close the quote.",
        at_start=True,
    ),
    _Mistake(
        problem="parsing a flow (mapping|sequence) .*expected ',' or",
        text="",
        code="yaml-syntax",
        message="a `{` or `[` is not closed, or a comma is missing",
        hint="Add the comma or the closing bracket.",
    ),
    _Mistake(
        problem="unknown escape character",
        text="",
        code="yaml-syntax",
        message="a backslash between double quotes begins an escape, and this one does not exist",
        hint="Write the backslash twice, or use single quotes.",
    ),
    _Mistake(
        problem="expected key|expected '-' indicator|expected <block end>",
        text="",
        code=_WRONG_INDENTATION,
        message="wrong indentation: this line fits neither the list or mapping above it nor the one around that",
        hint="Line it up with its neighbours.",
    ),
)


def describe_syntax_error(source: SourceText, error: yaml.YAMLError) -> Diagnostic:
    """The diagnostic for an error that ended the parsing of a file."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Diagnostic("yaml-syntax", SourcePos(source.file, 1, 1), f"not valid YAML: {error}", _GENERAL_HINT)
    end, start = error.problem_mark, error.context_mark or error.problem_mark
    problem = " ".join(part for part in (error.context, error.problem) if part)
    line = source.lines[end.line] if end.line < len(source.lines) else ""
    for mistake in _MISTAKES:
        if mistake.fits(problem, line, end.column):
            pos = _place(source, start, start) if mistake.at_start else _place(source, end, start)
            counted = _counted(source.lines, end.line) if mistake.code == _WRONG_INDENTATION else None
            return Diagnostic(mistake.code, pos, counted or mistake.message, mistake.hint)
    return Diagnostic("yaml-syntax", _place(source, end, start), f"not valid YAML: {problem}", _GENERAL_HINT)


def _counted(lines: Sequence[str], number: int) -> str | None:
    """The message with the spaces of a line and of those that it could belong to; None where the spaces are right."""
    open_at: list[int] = []
    for line in lines[:number]:
        if line.strip() and not line.lstrip().startswith("#"):
            own = _indentations(line)
            open_at = [spaces for spaces in open_at if spaces < own[0]] + own
    spaces = _indentations(lines[number])[0] if number < len(lines) else 0
    if spaces in open_at or not open_at:
        return None
    below = [one for one in open_at if one < spaces][-1:]
    above = [one for one in open_at if one > spaces][:1]
    are = "space" if spaces == 1 else "spaces"
    return f"wrong indentation: {spaces} {are}; the lines around it have {' or '.join(map(str, below + above))}"


def _indentations(line: str) -> list[int]:
    """Where a line's text begins, and where that of the list entries that it opens does."""
    found = [len(line) - len(line.lstrip(" "))]
    while entry := re.compile(r"- +(?=\S)").match(line, found[-1]):
        found.append(entry.end())
    return found


def _place(source: SourceText, mark: yaml.Mark, start: yaml.Mark) -> SourcePos:
    """Where to point: what was never closed is shown where it opens, or at the last text, not at the end."""
    for candidate in (mark, start):
        if _has_text_from(source, candidate):
            return SourcePos(source.file, candidate.line + 1, candidate.column + 1)
    written = [(number, text.rstrip()) for number, text in enumerate(source.lines, start=1) if text.strip()]
    number, text = written[-1] if written else (1, " ")
    return SourcePos(source.file, number, len(text))


def _has_text_from(source: SourceText, mark: yaml.Mark) -> bool:
    first, *rest = source.lines[mark.line :] or [""]
    return any(text.strip() for text in (first[mark.column :], *rest))
