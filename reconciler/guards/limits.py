"""The guard against deletes that are too many: over the run, as a share of a group, or all that a group has.

Deletes that the manifest names under `remove` are no accident and count nowhere, neither as deletes nor as what stays.
"""

from collections.abc import Iterator

from reconciler.guards.allowances import Allowances
from reconciler.guards.words import count, ids_of
from reconciler.model import Violation
from reconciler.plan import Changes, GroupChanges, IdentityChange

PERCENT_RULE_FROM = 10
"""The share of a group that may be deleted is limited from this many live identities on; below, counts say more."""


def check_delete_limit(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse too many deletes: over the run, as a share of a large group, or all of any group."""
    yield from _check_run_limit(changes, allowances)
    for group in changes.groups:
        yield from _check_group_share(group, allowances)


def _check_run_limit(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """A manifest's limit holds for its own groups and all those with a lower one: a hundred small documents with the
    default limit do not add up to a hundred times the default."""
    deletes: list[IdentityChange] = []
    over: tuple[int, int] | None = None
    for limit, groups in _groups_by_limit(changes):
        deletes += [change for group in groups for change in group.counted_deletes()]
        effective = max(limit, allowances.max_deletes or 0)
        if len(deletes) > effective:
            over = (len(deletes), effective)
    if over is not None:
        number, effective = over
        yield Violation(
            code="delete-limit",
            about=None,
            message=f"{count(number, 'identity')} would be deleted in this run, over the limit of {effective}",
            hint=f"Check that the manifest is whole. If it is: --max-deletes {number}, or limits.maxDeletes.",
            refused=ids_of(deletes[:number]),
        )


def _groups_by_limit(changes: Changes) -> list[tuple[int, list[GroupChanges]]]:
    limits = sorted({group.group.limits.max_deletes for group in changes.groups})
    return [(limit, [one for one in changes.groups if one.group.limits.max_deletes == limit]) for limit in limits]


def _check_group_share(group: GroupChanges, allowances: Allowances) -> Iterator[Violation]:
    deletes = group.counted_deletes()
    limit = group.group.limits.max_delete_percent
    # What is named under `remove` neither counts nor makes the rest look larger than it is.
    managed, live = group.managed_count - group.removed_count, group.live_count - group.removed_count
    besides = f" besides {group.removed_count} under remove" if group.removed_count else ""
    percent = max(limit, allowances.max_delete_percent or 0)
    # A manifest that allows a large share was written for the usual day; emptying a group is said on the day itself.
    if deletes and len(deletes) == managed and allowances.max_delete_percent != 100:
        yield Violation(
            code="delete-limit",
            about=group.group.group_id,
            message=f"the group would lose every live identity it has{besides} ({len(deletes)} of {managed})",
            hint="Check that the manifest is whole. If the group is to be emptied: --max-deletes 100%.",
            refused=ids_of(deletes),
        )
    # Whole numbers: 29 / 100 * 100 is 28.999999999999996 in floating point.
    elif group.live_count >= PERCENT_RULE_FROM and 100 * len(deletes) > percent * live:
        share = -(-100 * len(deletes) // live)
        yield Violation(
            code="delete-limit",
            about=group.group.group_id,
            message=f"{len(deletes)} of the group's {live} live identities{besides} would be deleted, over {percent} %",
            hint=f"Check that the manifest is whole. If it is: --max-deletes {share}%, or limits.maxDeletePercent.",
            refused=ids_of(deletes),
        )
