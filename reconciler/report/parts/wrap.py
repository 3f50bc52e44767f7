"""Prose in lines of a width that every terminal and every log shows whole; what must be copied is never broken.

The width is the same everywhere, so that the same inputs give the same bytes.
"""

import re
from collections.abc import Iterator, Sequence

from reconciler.report.page import Page, width

WIDTH = 80
"""Columns of a line, unless a single word needs more."""

INDENT = 5

Piece = tuple[str, str]
"""Text and its style."""

_TOKEN = re.compile(
    r"(?<=: )(?:az|uami) .+"  # a command at the end of a hint
    r"|`[^`]*`[^ ]*"
    r"|--[a-z-]+ (?:'[^']*'[^ ]*|[^ -][^ ]*)"  # a flag with its value
    r"|[^ ]+"
)


def fill(text: str, *, first: int = 0, rest: int = 0) -> list[str]:
    """The text in lines, of which the first begins in column `first` and the others in column `rest`.

    Commands, flags with their values, and whatever stands between back-quotes stay whole; at least one line.
    """
    lines, used = [""], first
    for token in _TOKEN.findall(text):
        needed = width(token) + (1 if lines[-1] else 0)
        if lines[-1] and used + needed > WIDTH:
            lines.append(token)
            used = rest + width(token)
        else:
            lines[-1] += f" {token}" if lines[-1] else token
            used += needed
    return lines


def write_text(page: Page, text: str, *, indent: int = 0, lead: Sequence[Piece] = (), style: str = "") -> None:
    """Prose behind some pieces on its first line; further lines are indented."""
    begin = sum(width(one) for one, _ in lead)
    for number, line in enumerate(fill(text, first=begin, rest=indent)):
        page.line(*(lead if number == 0 else [(" " * indent, "")]), (line, style))


def write_pieces(page: Page, pieces: Sequence[Piece], *, indent: int = INDENT, lead: Piece = ("", "")) -> None:
    """Pieces with two blanks between them, behind a lead that stands at the beginning of the first line.

    One that no longer fits begins a line, and is broken only between words.
    """
    for number, line in enumerate(_packed(pieces, width(lead[0]), indent)):
        page.line((" " * indent, "") if number else lead, *line)


def _packed(pieces: Sequence[Piece], begin: int, indent: int) -> Iterator[list[Piece]]:
    line: list[Piece] = []
    used = begin
    for text, style in pieces:
        if line and used + 2 + width(text) > WIDTH:
            yield line
            line, used = [], indent
        elif line:
            line.append(("  ", ""))
            used += 2
        first, *others = fill(text, first=used, rest=indent)
        line.append((first, style))
        used += width(first)
        for other in others:
            yield line
            line, used = [(other, style)], indent + width(other)
    yield line
