"""What the plan of a removal says beside its changes: how it is known that principals are gone, and what stays."""

from collections import Counter
from collections.abc import Iterator, Sequence

from reconciler.model import Orphan
from reconciler.plan.orphans.removal import is_of_identity, is_removable


def orphan_notes(orphans: Sequence[Orphan], subscription_id: str) -> Iterator[str]:
    """How it is known that the principals of a plan are gone, and what is orphaned and not part of it."""
    removed = [one for one in orphans if is_removable(one, subscription_id)]
    known: dict[str, dict[str, None]] = {}
    for one in removed:
        known.setdefault(one.evidence, {})[one.assignment.principal_id] = None
    for evidence, principals in known.items():
        of_each = "principal {}:" if len(principals) == 1 else "principals {}; of each of them:"
        yield f"Gone: {of_each.format(', '.join(principals))} {evidence}."
    ours = [one for one in orphans if one.is_ours]
    copies = sum(not is_of_identity(one) for one in ours)
    doubts = Counter(one.doubt for one in ours if one.doubt)
    if copies:
        yield f"{_roles(copies)} with a mark of ours {_stay(copies)}: uami gives roles to identities alone."
    for doubt, number in doubts.items():
        yield f"{_roles(number)} of ours {_stay(number)}: {doubt}."
    above = len(ours) - len(removed) - copies - doubts.total()
    if above:
        yield f"{_roles(above)} of ours above the subscription {_stay(above)}: a run over one removes none there."
    others = sum(not one.is_ours for one in orphans)
    if others:
        yield f"{_roles(others)} of others {_stay(others)}: only what is ours is removed."


def not_judged_note(number: int) -> tuple[str, ...]:
    """That of some principals nothing is said, where there are any."""
    if not number:
        return ()
    who = "1 principal was" if number == 1 else f"{number} principals were"
    return (f"{who} not judged, and what they have stays: `uami orphans` without --remove says why.",)


def _roles(number: int) -> str:
    return f"{number} orphaned role {'assignment' if number == 1 else 'assignments'}"


def _stay(number: int) -> str:
    return "stays" if number == 1 else "stay"
