"""What `uami orphans --remove` would delete: our own role assignments whose principal is gone.

No manifest asks for it and no identity is there, so that each change carries what is known of its principal instead.
All of them stand in one group, which is none of Azure's: limits and journals count and name things by group.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from reconciler.errors import NO_PLACE
from reconciler.manifest.desired import DesiredGroup, Ignore, Limits, Policy
from reconciler.model import GONE, LiveGroup, Orphan, ResourceGroupId, is_within
from reconciler.plan.changes import Action, AssignmentChange, Changes, GroupChanges, Reason


def why_it_stays(orphan: Orphan, subscription_id: str) -> tuple[str, str]:
    """Which orphans a run over a subscription does not delete, as it stands behind `role assignments`, and why, as the
    end of a sentence; both empty for one that it may."""
    if not orphan.is_ours:
        return "of others", "only what is ours is removed"
    if not is_of_identity(orphan):
        return "with a mark of ours", "uami gives roles to identities alone"
    if orphan.doubt:
        return "of ours", orphan.doubt
    if not is_within_subscription(orphan, subscription_id):
        return "of ours above the subscription", "a run over one removes none there"
    return "", ""


def is_removable(orphan: Orphan, subscription_id: str) -> bool:
    """Whether a run over a subscription may delete an orphan: it is ours, of what identities are, not given above the
    subscription, and gone without a doubt."""
    return not any(why_it_stays(orphan, subscription_id))


def is_of_identity(orphan: Orphan) -> bool:
    """Whether its principal can have been an identity: a mark of ours on a user's or a group's role is a copy."""
    return orphan.principal_type == "ServicePrincipal"


def is_within_subscription(orphan: Orphan, subscription_id: str) -> bool:
    """Whether it is given at the subscription or below it."""
    return is_within(orphan.assignment.scope, f"/subscriptions/{subscription_id}")


def orphan_changes(orphans: Iterable[Orphan], subscription_id: str, *, judged_on: date) -> Changes:
    """The deletes of those orphans that a run over a subscription may delete; no others are in it.

    Args:
        judged_on: the day of the run, in UTC.
    """
    ours = [one for one in orphans if is_removable(one, subscription_id)]
    group = _group(ours, subscription_id)
    deletes = tuple(
        AssignmentChange(
            one.resource_id(subscription_id),
            Action.DELETE,
            Reason.ORPHANED,
            group,
            identity=None,
            entry=None,
            desired=None,
            before=one.assignment,
            after=None,
            orphan=one,
        )
        for one in ours
    )
    live = LiveGroup(group.group_id, None, ())
    return Changes((GroupChanges(group, live, (), (), 0, 0, deletes),) if deletes else (), judged_on=judged_on)


def _group(orphans: Sequence[Orphan], subscription_id: str) -> DesiredGroup:
    """What stands for the group of identities that are gone; its owner is that of all of them, if it is one."""
    owners = {one.assignment.owner for one in orphans}
    owner = owners.pop() if len(owners) == 1 else None
    group_id = ResourceGroupId(subscription_id, GONE)
    return DesiredGroup(group_id, None, owner, Policy(), Limits(), Ignore(), (), NO_PLACE)
