"""Numbers for readers of large plans: what happens in each group, and last what must not be missed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.model import AnyId, ResourceGroupId, Violation
from reconciler.plan import Action, Change, Plan
from reconciler.report.names import Names
from reconciler.report.page import Page, width
from reconciler.report.parts.members import several
from reconciler.report.parts.wrap import write_text
from reconciler.report.rows import ChangeRow

LARGE = 20
"""More changes than this are a large plan: fewer are seen at once."""

_FEW = 10
"""So many deletes and refusals are seen together with the totals below them."""

_NAMED = 5

_BELOW = (("  ", ""),)

_WORDS = (
    (Action.CREATE.value, "to add"),
    (Action.UPDATE.value, "to change"),
    (Action.DELETE.value, "to destroy"),
    ("refused", "refused"),
)

HEADINGS = tuple(words for _, words in _WORDS)
"""What the numbers of a total are of."""


@dataclass(frozen=True, slots=True)
class Total:
    """What happens in a group, or to what is of an owner; the numbers are those of `HEADINGS`."""

    name: str
    numbers: tuple[int, ...]

    @property
    def text(self) -> str:
        """Those that are not zero: `1 to add, 2 to change`."""
        return ", ".join(f"{one} {words}" for one, words in zip(self.numbers, HEADINGS, strict=True) if one)


@dataclass(frozen=True, slots=True)
class _Counted:
    """A change with what it is counted by."""

    group: str
    owner: str
    what: str


def write_totals(page: Page, plan: Plan, names: Names) -> None:
    """A line for each group of a large plan in which something happens, and for each owner where there are several."""
    for heading, rows in totals_of(plan, names) if is_large(plan, names) else ():
        page.line((f"{heading}:", "bold"))
        widest = max(width(row.name) for row in rows)
        for row in rows:
            page.line(f"  {row.name}{' ' * (widest - width(row.name))}  {row.text}")
        page.line()


def is_large(plan: Plan, names: Names) -> bool:
    """Whether so much happens that nobody sees it at once."""
    return len([*_counted(plan, names)]) > LARGE


def totals_of(plan: Plan, names: Names) -> tuple[tuple[str, tuple[Total, ...]], ...]:
    """By resource group and by owner, where there are several: a heading, and of each what happens there."""
    counted = [*_counted(plan, names)]
    whats = [one.what for one in counted]
    tables = {
        "Totals by resource group": _table([one.group for one in counted], whats),
        "Totals by owner": _table([one.owner for one in counted], whats),
    }
    return tuple((heading, rows) for heading, rows in tables.items() if len(rows) > 1)


def _counted(plan: Plan, names: Names) -> Iterator[_Counted]:
    refused = plan.refused
    for change in plan.changes:
        if change.action is not Action.NO_OP:
            what = "refused" if change.resource_id in refused else change.action.value
            yield _Counted(names.group(change.resource_id), _owner(change), what)


def _owner(change: Change) -> str:
    return "(no owner)" if change.group.owner is None else change.group.owner


def _table(keys: Sequence[str], whats: Sequence[str]) -> tuple[Total, ...]:
    counts = Counter(zip(keys, whats, strict=True))
    return tuple(Total(key, tuple(counts[key, what] for what, _ in _WORDS)) for key in dict.fromkeys(keys))


def write_digest(
    page: Page,
    deletes: Sequence[ChangeRow],
    refused: Sequence[ChangeRow],
    violations: Iterable[Violation],
    names: Names,
) -> None:
    """Where what is deleted and refused fills a page: both once more in a few lines, for who sees only the end."""
    if len(deletes) + len(refused) <= _FEW:
        return
    page.line(("In short:", "bold"))
    if deletes:
        text = f"destroyed: {_in_short([row.resource_id for row in deletes], names)}"
        write_text(page, text, indent=4, lead=_BELOW)
    by_guard: dict[str, dict[AnyId | ResourceGroupId, None]] = {}
    for violation in violations:
        held = by_guard.setdefault(violation.code, {})
        held.update((one, None) for one in violation.refused or [violation.about] if one is not None)
    for code, held in by_guard.items():
        write_text(page, f"refused by {code}: {_in_short([*held], names)}", indent=4, lead=_BELOW)
    page.line()


def _in_short(ids: Sequence[AnyId | ResourceGroupId], names: Names) -> str:
    """How many changes there are, and the first few of them; the same role of several identities is told once."""
    kinds: dict[str, list[str]] = {}
    for one in ids:
        label = "" if isinstance(one, ResourceGroupId) else names.label(one)
        kinds.setdefault(label or names.describe(one), []).append(names.describe(one))
    parts = [(same[0] if len(same) == 1 else several(kind, len(same)), len(same)) for kind, same in kinds.items()]
    more = len(ids) - sum(number for _, number in parts[:_NAMED])
    return f"{len(ids)} ({', '.join(text for text, _ in parts[:_NAMED])}{f' and {more} more' if more else ''})"


def named(words: Sequence[str]) -> str:
    """How many there are, and the first few of them."""
    more = len(words) - _NAMED
    return f"{len(words)} ({', '.join(words[:_NAMED])}{f' and {more} more' if more > 0 else ''})"
