"""A comparison of which nothing remains but what has expired: for a job that runs unattended every night.

What remains are deletes alone: of credentials and roles whose line has ended, and of identities whose removal has a day
that has come, with the roles that go with them. Everything else stays as it is, and is said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import TypeVar

from reconciler.manifest.desired import has_expired
from reconciler.model import FederatedCredential, PlannedIdentity, ResourceId, identity_of
from reconciler.plan.changes import (
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
from reconciler.plan.sources import ended_line

AnyChange = TypeVar("AnyChange", bound=Change)


def only_expired(changes: Changes) -> Changes:
    """The comparison with what has expired alone; what else would be done is among what is left alone."""
    return replace(changes, groups=tuple(_only_expired(group, changes.judged_on) for group in changes.groups))


def is_due_removal(change: Change) -> bool:
    """Whether an identity is deleted because the day of its entry under `remove` has come."""
    match change:
        case IdentityChange(action=Action.DELETE, removal=removal):
            return removal is not None and removal.after is not None
    return False


def as_ended(change: AnyChange, judged_on: date) -> AnyChange:
    """A change as it is where nothing but what has ended counts.

    A credential that is to be changed can have what a line trusts whose day has come, under the name of another line:
    then that has to go, and what the other line asks for can wait.
    """
    if not isinstance(change, CredentialChange) or change.action is not Action.UPDATE:
        return change
    line = ended_line(change, judged_on)
    if line is None:
        return change
    return replace(change, action=Action.DELETE, reason=Reason.EXPIRED, desired=line, after=None, differences=())


def _only_expired(group: GroupChanges, judged_on: date) -> GroupChanges:
    group = replace(
        group,
        access=tuple(as_ended(one, judged_on) for one in group.access),
        held=tuple(as_ended(one, judged_on) for one in group.held),
    )
    going = {one.resource_id for one in group.changes if is_due_removal(one)}
    access = tuple(one for one in group.access if _remains(one, going))
    left = [*_left(group.changes, going), *_left(group.access, going), *_left(group.held, set())]
    skipped = [Skipped(one.resource_id, SkipReason.NOT_EXPIRED) for one in left if one.action is not Action.NO_OP]
    # Of a line that has ended, a role that nobody knows still has to go, and so still refuses.
    unresolved = tuple(one for one in group.unresolved_roles if has_expired(one.desired, judged_on))
    others = (one for one in group.unresolved_roles if one not in unresolved)
    skipped += [Skipped(one.resource_id, SkipReason.NOT_EXPIRED) for one in others]
    return replace(
        group,
        changes=tuple(_with_identities(group.changes, going, access)),
        access=access,
        held=_held(group.held),
        skipped=(*group.skipped, *sorted(skipped, key=lambda one: one.resource_id.key)),
        kept_credentials=(*group.kept_credentials, *_live_credentials(left)),
        unresolved_roles=unresolved,
    )


def _left(changes: Iterable[Change], going: set[ResourceId]) -> list[Change]:
    return [one for one in changes if not _remains(one, going)]


def _with_identities(
    changes: Iterable[IdentityChange], going: set[ResourceId], access: Iterable[Change]
) -> Iterator[IdentityChange]:
    """The identities that go, and those of which something does, which stay as they are themselves."""
    hosts = {identity_of(one.resource_id) for one in access}
    for one in changes:
        if one.resource_id in going:
            yield one
        elif one.resource_id in hosts:
            yield _as_it_is(one)


def _held(held: tuple[Change, ...]) -> tuple[Change, ...]:
    """What has expired of identities that are held, each behind its identity."""
    ended = [one for one in held if _remains(one, set())]
    hosts = {identity_of(one.resource_id) for one in ended}
    kept = (one for one in held if one in ended or one.resource_id in hosts)
    return tuple(_as_it_is(one) if isinstance(one, IdentityChange) else one for one in kept)


def _remains(change: Change, going: set[ResourceId]) -> bool:
    return change.reason is Reason.EXPIRED or identity_of(change.resource_id) in going


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
