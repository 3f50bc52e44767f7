"""Who may become the identities of which a plan changes trust or roles, so that the plan can say who gains and loses.

A new federated credential hands out all roles of its identity, and a new role goes to everybody who may become it: so
of each identity the side is read that the change is not about, unmanaged parts included. Nothing here is an error.
"""

from collections.abc import Mapping

from reconciler.arm.resources import Resources
from reconciler.live.attachments import find_attachments
from reconciler.live.children import READING_CREDENTIALS, credentials_of
from reconciler.live.may_read import MayRead
from reconciler.live.roles import Roles, read_roles
from reconciler.model import (
    Access,
    FederatedCredential,
    GivenRole,
    HeldRole,
    HeldRoles,
    Identity,
    LiveTrust,
    NotRead,
    Part,
    ResourceId,
)
from reconciler.plan import Changes, changes_rights, changes_trust


def read_live_trust(
    changes: Changes, access: Access, held_roles: HeldRoles, resources: Resources, may_read: MayRead
) -> Mapping[ResourceId, LiveTrust]:
    """What lives of each live identity that stays and of which trust or rights would change.

    Raises Interrupted and OutOfTime only.

    Args:
        access: what was read before, and is not asked again, as `held_roles`.
    """
    going = {change.resource_id for group in changes.groups for change in group.deletes()}
    trust, rights = _concerned(changes, going)
    credentials = _credentials({**trust, **rights}, access, resources)
    roles = _roles(trust, access, held_roles, resources, may_read)
    attachments = find_attachments(list(rights), resources, may_read)
    return {
        one: LiveTrust(credentials[one], roles.get(one), attachments.get(one))
        for one in sorted({**trust, **rights}, key=lambda identity: identity.key)
    }


_Identities = dict[ResourceId, Identity]


def _concerned(changes: Changes, going: set[ResourceId]) -> tuple[_Identities, _Identities]:
    """The live identities whose trust changes, and those whose rights do."""
    trust: _Identities = {}
    rights: _Identities = {}
    for change in changes.access():
        identity = change.identity
        if identity is not None and identity.resource_id not in going:
            if changes_trust(change):
                trust[identity.resource_id] = identity
            elif changes_rights(change):
                rights[identity.resource_id] = identity
    return trust, rights


def _credentials(
    identities: _Identities, access: Access, resources: Resources
) -> dict[ResourceId, Part[FederatedCredential]]:
    known = {one: Part(access.credentials[one]) for one in identities if one in access.credentials}
    unknown = [one for one in identities if one not in known]
    return known | dict(resources.pairs(READING_CREDENTIALS, lambda one: credentials_of(one, resources), unknown))


def _roles(
    identities: _Identities, access: Access, held_roles: HeldRoles, resources: Resources, may_read: MayRead
) -> dict[ResourceId, Part[HeldRole]]:
    """All roles of the identities; those that get new trust have been asked for by then."""
    unknown = [identity for one, identity in identities.items() if one not in held_roles.by_identity]
    read: Roles = {one: held_roles.of(one) for one in identities if one in held_roles.by_identity}
    read |= read_roles(unknown, access, resources, may_read)
    return {one: roles_part(given) for one, given in read.items()}


def roles_part(given: tuple[GivenRole, ...] | NotRead) -> Part[HeldRole]:
    """What was read of an identity's roles, in the form that reports take."""
    if isinstance(given, NotRead):
        where = f" at {given.where}" if given.where else ""
        return Part((), f"{given.what[:1].lower()}{given.what[1:]}{where}: {given.because}")
    held = (
        HeldRole(one.name, one.role_guid, one.scope, removed=False, condition=one.assignment.condition) for one in given
    )
    return Part(tuple(held))
