"""What the changes of a run would meet and break, read once they are known; nothing at all where nothing changes.

Nothing here is an error: what cannot be read is said where it is missing, and the guards decide what that means.
"""

from reconciler.arm.resources import Resources
from reconciler.errors import ArmError, AuthError, NotFound
from reconciler.live.attachments import read_attachments
from reconciler.live.gaps import why_not
from reconciler.live.locks import read_locks
from reconciler.model.access import Access, FederatedCredential, is_ours
from reconciler.model.ids import ResourceId
from reconciler.model.impact import HeldRole, Impact, Impacts, Part
from reconciler.parallel import map_parallel
from reconciler.plan.changes import Changes, IdentityChange


def read_impact(changes: Changes, access: Access, resources: Resources, *, parallelism: int) -> Impacts:
    """Read what uses the identities that are to go, and the locks wherever something is to be written."""
    deletes = [change for group in changes.groups for change in group.deletes()]
    identities = [change.resource_id for change in deletes]
    locks = read_locks(changes, resources, parallelism)
    attachments = read_attachments(identities, resources, parallelism)
    credentials = map_parallel(lambda identity: _credentials(identity, resources), identities, parallelism)
    impacts = {
        change.resource_id: Impact(
            attachments[change.resource_id], _roles(change, access), trusted, locks.reaching(str(change.resource_id))
        )
        for change, trusted in zip(deletes, credentials, strict=True)
    }
    return Impacts(impacts, locks.locks, locks.notes)


def _credentials(identity: ResourceId, resources: Resources) -> Part[FederatedCredential]:
    try:
        return Part(resources.credentials.list(identity))
    except NotFound:
        return Part()  # deleted since it was listed
    except (ArmError, AuthError) as error:
        return Part((), why_not(error))


def _roles(change: IdentityChange, access: Access) -> Part[HeldRole]:
    given = access.assignments.get(change.resource_id, ())
    roles = (
        HeldRole(
            access.names.get(one.role_guid, one.role_guid),
            one.role_guid,
            one.scope,
            removed=is_ours(change.group.owner, one),
        )
        for one in given
    )
    in_order = tuple(sorted(roles, key=lambda role: (role.scope.casefold(), role.role.casefold(), role.role_guid)))
    return Part(in_order, access.unread.get(change.resource_id))
