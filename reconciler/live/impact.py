"""What the changes of a run would meet and break, read once they are known; nothing at all where nothing changes.

Nothing here is an error: what cannot be read is said where it is missing, and the guards decide what that means.
"""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.arm.resources import Resources, lane_of
from reconciler.live.attachments import read_attachments
from reconciler.live.children import READING_CREDENTIALS, credentials_of
from reconciler.live.held_roles import read_held_roles
from reconciler.live.locks import LocksRead, read_locks
from reconciler.live.may_read import MayRead
from reconciler.live.scopes import read_scopes
from reconciler.live.trust.changed import read_live_trust
from reconciler.live.trust.directory import read_directory
from reconciler.model import (
    DIRECTORY_UNREAD,
    Access,
    Directory,
    FederatedCredential,
    HeldRole,
    Impact,
    Impacts,
    Part,
    ResourceId,
    is_ours,
)
from reconciler.parallel import both
from reconciler.plan import Changes, IdentityChange


def read_impact(changes: Changes, access: Access, resources: Resources, may_read: MayRead) -> Impacts:
    """Read what uses the identities that would be deleted, the locks wherever something is to be written, the scopes at
    which roles would be given, the roles that new trust would hand out, and who would get or lose what."""
    deletes = {change.resource_id: change for group in changes.groups for change in group.deletes()}
    identities = list(deletes)

    def read_the_rest() -> tuple[_Credentials, LocksRead, Mapping[ResourceId, Directory], Impacts]:
        locks = read_locks(changes, resources, may_read)
        credentials = dict(
            resources.pairs(READING_CREDENTIALS, lambda one: credentials_of(one, resources), identities, lane_of)
        )
        directory = read_directory((one.before for one in deletes.values() if one.before is not None), resources)
        missing_scopes, not_read = read_scopes(changes, resources)
        held_roles = read_held_roles(changes, access, resources, may_read)
        trust = read_live_trust(changes, access, held_roles, resources, may_read)
        not_read = (*locks.not_read, *not_read)
        return credentials, locks, directory, Impacts({}, locks.locks, missing_scopes, not_read, held_roles, trust)

    # Azure answers one question about uses a second: everything else is read meanwhile.
    attachments, rest = both(lambda: read_attachments(identities, resources, may_read), read_the_rest)
    credentials, locks, directory, impacts = rest
    deleted = {
        one: Impact(
            attachments[one],
            _roles(change, access),
            credentials[one],
            locks.reaching(str(one)),
            directory.get(one, DIRECTORY_UNREAD),
        )
        for one, change in deletes.items()
    }
    return replace(impacts, deletes=deleted)


_Credentials = dict[ResourceId, Part[FederatedCredential]]


def _roles(change: IdentityChange, access: Access) -> Part[HeldRole]:
    given = access.assignments.get(change.resource_id, ())
    roles = (
        HeldRole(
            access.role_name(one.role_guid),
            one.role_guid,
            one.scope,
            removed=is_ours(change.group.owner, one),
            condition=one.condition,
        )
        for one in given
    )
    in_order = tuple(sorted(roles, key=lambda role: (role.scope.casefold(), role.role.casefold(), role.role_guid)))
    unread = access.unread.get(change.resource_id)
    return Part(in_order, unread.because if unread else None)
