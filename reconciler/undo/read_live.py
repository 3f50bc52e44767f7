"""Reads the live state of what a run touched, so that its reversal can be worked out."""

from collections.abc import Iterable

from reconciler.arm.resources import Resources, lane_of
from reconciler.errors import NotFound
from reconciler.journal import NetEffect, RunRecord, net_effects
from reconciler.live.children import list_credentials
from reconciler.model import (
    AssignmentId,
    CredentialId,
    Identity,
    ResourceId,
    RoleAssignment,
    identity_of,
    normalize_scope,
)
from reconciler.undo.reversal import LiveNow, roles_seen
from reconciler.undo.reverse import touched_identities

_WHAT = "Reading what the run touched"
_CREDENTIALS = "Reading federated credentials"
_ROLES = "Reading role assignments"


def read_live_now(record: RunRecord, resources: Resources) -> LiveNow:
    """Each identity that the run touched, and those credentials and role assignments of it that the run touched.

    Raises:
        AuthError: the caller may not read one of them.
        ArmError: one could not be read, for whatever other reason.
    """
    touched, effects = touched_identities(record), net_effects(record)
    if record.header.is_of_orphans:
        return LiveNow(dict.fromkeys(touched), {})
    identities = dict(resources.pairs(_WHAT, resources.identities.get, touched, lane_of))
    there = [identity for identity in _with_credentials(effects) if identities[identity] is not None]
    listed = resources.map(_CREDENTIALS, lambda identity: list_credentials(identity, resources), there, lane_of)
    given = resources.pairs(_ROLES, lambda role: _given(role, identities[role.identity], resources), _roles(effects))
    return LiveNow(
        identities,
        {one.credential_id: one for credentials in listed for one in credentials},
        {role: one for role, one in given if one is not None},
    )


def _with_credentials(effects: Iterable[NetEffect]) -> list[ResourceId]:
    """Whose credentials matter: the run touched them, or deleted the identity, which may be there again."""
    concerned = (one for one in effects if isinstance(one.resource_id, CredentialId) or _is_delete(one))
    return list(dict.fromkeys(identity_of(one.resource_id) for one in concerned))


def _roles(effects: Iterable[NetEffect]) -> list[AssignmentId]:
    """The roles that the run touched, and those that an identity had which it deleted."""
    roles: list[AssignmentId] = []
    for one in effects:
        if isinstance(one.resource_id, AssignmentId):
            roles.append(one.resource_id)
        elif _is_delete(one):
            roles += roles_seen(one, ())
    return list(dict.fromkeys(roles))


def _is_delete(effect: NetEffect) -> bool:
    return isinstance(effect.resource_id, ResourceId) and effect.after is None


def _given(role: AssignmentId, identity: Identity | None, resources: Resources) -> RoleAssignment | None:
    """The assignment of a role at its very scope, whatever its name; None also where the scope is gone."""
    if identity is None:
        return None
    try:
        found = resources.assignments.list(role.scope, identity.principal_id)
    except NotFound:
        return None
    planned = (normalize_scope(role.scope), role.role_guid)
    return next((one for one in found if (normalize_scope(one.scope), one.role_guid) == planned), None)
