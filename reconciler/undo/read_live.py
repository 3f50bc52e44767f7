"""Reads the live state of what a run touched, so that its reversal can be worked out."""

from reconciler.arm.resources import Resources
from reconciler.errors import NotFound
from reconciler.journal import RunRecord, net_effects
from reconciler.live.children import list_credentials
from reconciler.model import (
    AssignmentId,
    CredentialId,
    Identity,
    RoleAssignment,
    identity_of,
    normalize_scope,
)
from reconciler.undo.reverse import LiveNow, touched_identities


def read_live_now(record: RunRecord, resources: Resources) -> LiveNow:
    """Each identity that the run touched, and those credentials and role assignments of it that the run touched.

    Raises:
        AuthError: the caller may not read one of them.
        ArmError: one could not be read, for whatever other reason.
    """
    touched = touched_identities(record)
    found = resources.pool.map(resources.identities.get, touched)
    identities = dict(zip(touched, found, strict=True))
    concerned = {
        identity_of(one.resource_id) for one in net_effects(record) if isinstance(one.resource_id, CredentialId)
    }
    asked = [identity for identity in touched if identity in concerned and identities[identity] is not None]
    listed = resources.pool.map(lambda identity: list_credentials(identity, resources), asked)
    roles = [one.resource_id for one in net_effects(record) if isinstance(one.resource_id, AssignmentId)]
    given = resources.pool.map(lambda role: _given(role, identities[role.identity], resources), roles)
    return LiveNow(
        identities,
        {one.credential_id: one for credentials in listed for one in credentials},
        {role: one for role, one in zip(roles, given, strict=True) if one is not None},
    )


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
