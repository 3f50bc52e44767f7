"""The guards against deletes that are too many: over the run, as a share of a group, or all that a group has.

What a group has is counted among the identities that its policy would delete, were they not listed: of identities that
no mistake in this manifest can delete, any number would only make the share look small. Deletes that the manifest names
under `remove` are no accident and count nowhere, neither as deletes nor as what stays.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from reconciler.guards.allowances import Allowances
from reconciler.guards.words import count, ids_of
from reconciler.manifest.desired import IdentitiesPolicy
from reconciler.model import ResourceId, Violation
from reconciler.plan import AccessChange, AssignmentChange, Changes, CredentialChange, GroupChanges, Reason, SkipReason

One = TypeVar("One")

_CHECK = "Check that the manifest is whole. If"


def check_delete_limit(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse too many deletes of identities: over the run, as a share of a group, or all of it."""
    yield from _check_run_limit(changes, allowances)
    for group in changes.groups:
        yield from _check_group_share(group, allowances)


def _check_run_limit(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    over = _over_limit(
        changes, lambda group: group.group.limits.max_deletes, GroupChanges.counted_deletes, allowances.max_deletes
    )
    if over is not None:
        deletes, limit = over
        number = len(deletes)
        yield Violation(
            code="delete-limit",
            about=None,
            message=f"{count(number, 'identity')} would be deleted in this run, over the limit of {limit}",
            hint=f"{_CHECK} it is: --max-deletes {number}, or limits.maxDeletes.",
            refused=ids_of(deletes),
        )


def check_revoke_limit(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse too many deletes of credentials and role assignments that do not go with their identity."""
    over = _over_limit(
        changes, lambda group: group.group.limits.max_revokes, GroupChanges.revokes, allowances.max_revokes
    )
    if over is not None:
        revokes, limit = over
        yield Violation(
            code="revoke-limit",
            about=None,
            message=f"{_access(revokes)} would be deleted in this run{_of_whom(revokes)}, over the limit of {limit}",
            hint=_how_to_raise(revokes),
            refused=ids_of(revokes),
        )


def _over_limit(
    changes: Changes,
    limit_of: Callable[[GroupChanges], int],
    deletes_of: Callable[[GroupChanges], Sequence[One]],
    raised: int | None,
) -> tuple[tuple[One, ...], int] | None:
    """The deletes that are over a limit of the run, and that limit; None where they are within it.

    A manifest's limit holds for its own groups and all those with a lower one: a hundred small documents with the
    default limit do not add up to a hundred times the default.
    """
    over = None
    deletes: tuple[One, ...] = ()
    for limit in sorted({limit_of(group) for group in changes.groups}):
        deletes += tuple(one for group in changes.groups if limit_of(group) == limit for one in deletes_of(group))
        effective = max(limit, raised or 0)
        if len(deletes) > effective:
            over = (deletes, effective)
    return over


def _are_orphans(revokes: Iterable[AccessChange]) -> bool:
    return all(one.reason is Reason.ORPHANED for one in revokes)


def _of_whom(revokes: Sequence[AccessChange]) -> str:
    return "" if _are_orphans(revokes) else " while their identities stay"


def _how_to_raise(revokes: Sequence[AccessChange]) -> str:
    flag = f"--max-revokes {len(revokes)}"
    if _are_orphans(revokes):
        return f"Look at what makes each of them an orphan. If all are meant: {flag}."
    return f"{_CHECK} it is: {flag}, or limits.maxRevokes."


def _access(revokes: Sequence[AccessChange]) -> str:
    """How many of each kind: `2 federated credentials and 1 role assignment`."""
    kinds = {"federated credential": CredentialChange, "role assignment": AssignmentChange}
    numbers = {noun: sum(isinstance(one, kind) for one in revokes) for noun, kind in kinds.items()}
    return " and ".join(count(number, noun) for noun, number in numbers.items() if number)


def _check_group_share(group: GroupChanges, allowances: Allowances) -> Iterator[Violation]:
    deletes, total = group.counted_deletes(), group.deletable_count
    percent = max(group.group.limits.max_delete_percent, allowances.max_delete_percent or 0)
    # A manifest that allows a large share was written for the usual day; emptying a group is said on the day itself.
    if deletes and len(deletes) == total and allowances.max_delete_percent != 100:
        whose = _whose(group, "bears") or " it has"
        yield _over_share(
            group,
            f"the group would lose every live identity{whose} ({len(deletes)} of {total})",
            f"{_CHECK} the group is to be emptied: --max-deletes 100%.",
        )
    # One may always go where others stay: of three, it is more than the usual share already.
    # Whole numbers: 29 / 100 * 100 is 28.999999999999996 in floating point.
    elif len(deletes) > 1 and 100 * len(deletes) > percent * total:
        share = -(-100 * len(deletes) // total)
        name = group.group.group_id.resource_group
        yield _over_share(
            group,
            f"{len(deletes)} of the {total} live identities of {name}{_whose(group, 'bear')} would be deleted, over"
            f" {percent} %",
            f"{_CHECK} it is: --max-deletes {share}%, or limits.maxDeletePercent.",
        )


def _over_share(group: GroupChanges, message: str, hint: str) -> Violation:
    return Violation(
        code="delete-limit",
        about=group.group.group_id,
        message=f"{message}{_not_counted(group)}",
        hint=hint,
        refused=ids_of(group.counted_deletes()),
    )


def _whose(group: GroupChanges, verb: str) -> str:
    """Which of the group's identities the manifest could delete; empty where it is all of them."""
    if group.group.policy.identities is IdentitiesPolicy.OWNED:
        return f" that {verb} the owner {group.group.owner!r}"
    return ""


def _not_counted(group: GroupChanges) -> str:
    ignored = [one.resource_id for one in group.skipped if one.reason is SkipReason.IGNORED]
    identities = sum(isinstance(one, ResourceId) for one in ignored)
    parts = {"under remove": group.removed_count, "ignored": identities}
    named = [f"{number} {what}" for what, number in parts.items() if number]
    return f"; not counted: {', '.join(named)}" if named else ""
