"""What a plan changes for those who may become its identities, in sentences; those that say the same are told once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reconciler.model import ResourceId
from reconciler.plan import Plan
from reconciler.plan.trust import TrustRow, trust_rows, trust_sentence, who_text
from reconciler.report.names import Names

TOGETHER = 3
"""From so many on, rows that differ in the identity alone, or in who can become it, are one line."""


@dataclass(frozen=True, slots=True)
class TrustLine:
    """A sentence, and of how many it is said.

    Attributes:
        text: plain text; a format makes it safe in its own way.
        is_gain: somebody may do more than before.
        place: `FILE:LINE` of the first that it is about.
        members: of several identities, each with its place; empty where it is about one.
        whos: of several who can become the same identity, who they are; empty where it is about one.
    """

    text: str
    is_gain: bool
    place: str
    members: tuple[tuple[ResourceId, str], ...] = ()
    whos: tuple[str, ...] = ()


def plan_lines(plan: Plan, names: Names, *, group: bool = True) -> tuple[TrustLine, ...]:
    """A line for each row of a plan, or with `group` for all that say the same, in the order in which each begins."""
    rows = [*enumerate(trust_rows(plan))]
    if not group:
        return tuple(_line(row, names) for _, row in rows)
    lines: list[tuple[int, TrustLine]] = []
    left: list[_Numbered] = []
    for same in _alike(rows, lambda row: trust_sentence(row, names, identities=_EACH)):
        if len(same) < TOGETHER:
            left += same
        else:
            lines.append((same[0][0], _of_identities([row for _, row in same], names)))
    for same in _alike(left, lambda row: trust_sentence(row, names, whos=_EACH)):
        if len(same) < TOGETHER:
            lines += [(number, _line(row, names)) for number, row in same]
        else:
            lines.append((same[0][0], _of_whos([row for _, row in same], names)))
    return tuple(line for _, line in sorted(lines, key=lambda one: one[0]))


_Numbered = tuple[int, TrustRow]

_EACH = "each of them"


def _alike(rows: Sequence[_Numbered], words: Callable[[TrustRow], str]) -> list[list[_Numbered]]:
    found: dict[str, list[_Numbered]] = {}
    for number, row in rows:
        found.setdefault(words(row), []).append((number, row))
    return list(found.values())


def _line(row: TrustRow, names: Names) -> TrustLine:
    return TrustLine(trust_sentence(row, names), row.verb.is_gain, _place(row))


def _of_identities(rows: Sequence[TrustRow], names: Names) -> TrustLine:
    text = trust_sentence(rows[0], names, identities=f"{len(rows)} identities")
    return TrustLine(text, rows[0].verb.is_gain, _place(rows[0]), tuple((row.identity, _place(row)) for row in rows))


def _of_whos(rows: Sequence[TrustRow], names: Names) -> TrustLine:
    text = trust_sentence(rows[0], names, whos=f"each of these {len(rows)}")
    return TrustLine(text, rows[0].verb.is_gain, _place(rows[0]), whos=tuple(who_text(row.who) for row in rows))


def _place(row: TrustRow) -> str:
    return f"{row.place.file}:{row.place.line}"
