"""What is wrong with the files of a run, as it is reported: in order of place, each once, with its line."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby

from reconciler.errors import Diagnostic

MAX_DIAGNOSTICS = 200
"""Most diagnostics of one file that are reported; the rest is counted."""

_LONGEST_QUOTED = 200
"""Characters of a line; what is longer was not written to be read, and may be anything."""


def in_order(diagnostics: Iterable[Diagnostic], lines: Mapping[str, tuple[str, ...]]) -> tuple[Diagnostic, ...]:
    """Diagnostics as they are reported; `lines` are those of each file, by its name."""
    quoted = {_with_source_line(diagnostic, lines) for diagnostic in diagnostics}
    ordered = sorted(quoted, key=lambda diagnostic: (diagnostic.pos, diagnostic.code, diagnostic.message))
    by_file = groupby(ordered, key=lambda diagnostic: diagnostic.pos.file)
    return tuple(one for _, of_file in by_file for one in _bounded(list(of_file)))


def _bounded(of_file: list[Diagnostic]) -> list[Diagnostic]:
    """The first diagnostics of a file, and how many more there are."""
    more = of_file[MAX_DIAGNOSTICS:]
    if not more:
        return of_file
    what = "1 more problem" if len(more) == 1 else f"{len(more)} more problems"
    hint = "Fix those above first: one mistake can cause many."
    return [*of_file[:MAX_DIAGNOSTICS], Diagnostic("more-problems", more[0].pos, f"{what} in this file", hint)]


def _with_source_line(diagnostic: Diagnostic, lines: Mapping[str, tuple[str, ...]]) -> Diagnostic:
    """The diagnostic with its line, where that is a line that an author wrote for people to read."""
    of_file, number = lines.get(diagnostic.pos.file, ()), diagnostic.pos.line
    line = of_file[number - 1] if number <= len(of_file) else None
    if line is None or "\0" in line or len(line) > _LONGEST_QUOTED:
        return diagnostic
    return replace(diagnostic, source_line=line)
