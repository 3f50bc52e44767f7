"""A comparison of which nothing remains but what has expired: for a job that runs unattended every night.

What remains are deletes alone: of credentials and roles whose line has ended, and of identities whose removal has a day
that has come, with the roles that go with them. Everything else stays as it is, and is said.
"""

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model import FederatedCredential, PlannedIdentity, ResourceId
from reconciler.plan.changes import (
    AccessChange,
    Action,
    Change,
    Changes,
    CredentialChange,
    GroupChanges,
    IdentityChange,
    Reason,
    Skipped,
    SkipReason,
)


def only_expired(changes: Changes) -> Changes:
    """The comparison with what has expired alone; what else would be done is among what is left alone."""
    return replace(changes, groups=tuple(_only_expired(group) for group in changes.groups))


def is_due_removal(change: Change) -> bool:
    """Whether an identity is deleted because the day of its entry under `remove` has come."""
    match change:
        case IdentityChange(action=Action.DELETE, removal=removal):
            return removal is not None and removal.after is not None
    return False


def _only_expired(group: GroupChanges) -> GroupChanges:
    going = {one.resource_id for one in group.changes if is_due_removal(one)}
    access = tuple(one for one in group.access if _remains(one, going))
    hosts = going | {one.resource_id.identity for one in access}
    changes = tuple(
        one if one.resource_id in going else _as_it_is(one) for one in group.changes if one.resource_id in hosts
    )
    held_hosts = {one.resource_id.identity for one in group.held if not isinstance(one, IdentityChange) and _ends(one)}
    held = tuple(
        _as_it_is(one) if isinstance(one, IdentityChange) else one
        for one in group.held
        if one.resource_id in held_hosts or _ends(one)
    )
    left: list[Change] = [one for one in group.changes if one.resource_id not in going]
    left += [one for one in group.access if not _remains(one, going)]
    left += [one for one in group.held if not _ends(one)]
    skipped = [Skipped(one.resource_id, SkipReason.NOT_EXPIRED) for one in left if one.action is not Action.NO_OP]
    skipped += [Skipped(one.resource_id, SkipReason.NOT_EXPIRED) for one in group.unresolved_roles]
    return replace(
        group,
        changes=changes,
        access=access,
        held=held,
        skipped=(*group.skipped, *sorted(skipped, key=lambda one: one.resource_id.key)),
        kept_credentials=(*group.kept_credentials, *_live_credentials(left)),
        unresolved_roles=(),
    )


def _remains(change: AccessChange, going: set[ResourceId]) -> bool:
    return _ends(change) or change.resource_id.identity in going


def _ends(change: Change) -> bool:
    return change.reason is Reason.EXPIRED


def _as_it_is(change: IdentityChange) -> IdentityChange:
    """An identity of which something has expired and that itself stays as it is; its place cannot be wrong then."""
    before, desired = change.before, change.desired
    if before is None or desired is None:
        return change
    after = PlannedIdentity(before.location, before.tags, before.isolation_scope)
    stays = replace(change, action=Action.NO_OP, reason=Reason.EQUAL, after=after, differences=())
    return replace(stays, desired=replace(desired, location=None))


def _live_credentials(changes: Iterable[Change]) -> tuple[FederatedCredential, ...]:
    credentials = (one.before for one in changes if isinstance(one, CredentialChange))
    return tuple(one for one in credentials if one is not None)


def only_expired_note(changes: Changes) -> tuple[str, ...]:
    """How many changes `only_expired` has left out, in a sentence."""
    number = sum(one.reason is SkipReason.NOT_EXPIRED for group in changes.groups for one in group.skipped)
    left = "no other change is planned" if not number else f"{number} other change{'s' * (number > 1)} left for later"
    return (f"Only what has expired by {changes.judged_on} is looked at; {left}.",)
