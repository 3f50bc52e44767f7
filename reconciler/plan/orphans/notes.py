"""What the plan of a removal says beside its changes: how it is known that principals are gone, and what stays."""

from collections import Counter
from collections.abc import Iterator, Sequence

from reconciler.model import Orphan
from reconciler.plan.orphans.removal import why_it_stays


def orphan_notes(orphans: Sequence[Orphan], subscription_id: str) -> Iterator[str]:
    """How it is known that the principals of a plan are gone, and what is orphaned and not part of it."""
    known: dict[str, dict[str, None]] = {}
    stay: Counter[tuple[str, str]] = Counter()
    for one in orphans:
        whose, why = why_it_stays(one, subscription_id)
        if why:
            stay[whose, why] += 1
        else:
            known.setdefault(one.evidence, {})[one.assignment.principal_id] = None
    for evidence, principals in known.items():
        of_each = "principal {}:" if len(principals) == 1 else "principals {}; of each of them:"
        yield f"Gone: {of_each.format(', '.join(principals))} {evidence}."
    for (whose, why), number in stay.items():
        what, stays = ("assignment", "stays") if number == 1 else ("assignments", "stay")
        yield f"{number} orphaned role {what} {whose} {stays}: {why}."


def not_judged_note(number: int) -> tuple[str, ...]:
    """That of some principals nothing is said, where there are any."""
    if not number:
        return ()
    who = "1 principal was" if number == 1 else f"{number} principals were"
    return (f"{who} not judged, and what they have stays: `uami orphans` without --remove says why.",)
