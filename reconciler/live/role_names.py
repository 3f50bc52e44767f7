"""How a manifest can name the roles that identities have, so that a plan finds the very same ones again."""

from collections.abc import Iterable, Mapping

from reconciler.arm.resources import Resources
from reconciler.errors import NotFound
from reconciler.export.choose import LiveRole
from reconciler.live.children import READ_ASSIGNMENTS
from reconciler.live.may_read import MayRead, missing
from reconciler.live.role_lookups import look_up_roles
from reconciler.manifest.desired import IgnoredAssignment
from reconciler.model import GivenRole, RoleKey, RoleLookup, role_key, subscription_of


def name_roles(given: Iterable[GivenRole], resources: Resources, may_read: MayRead) -> list[LiveRole]:
    """Each role as a manifest can name it, in the same order: by name only where no other at its scope has that name.

    Raises:
        LoginError, ArmError: a role could not be looked up.
    """
    roles = list(given)
    lookups = look_up_roles(
        (IgnoredAssignment(one.definition.name, one.scope) for one in roles if one.definition), resources
    )
    above = {one.scope for one in roles if not subscription_of(one.scope)}
    closed = dict(resources.pairs("Reading permissions", lambda scope: _why_closed(may_read, scope), sorted(above)))
    return [_name(one, lookups, closed.get(one.scope, "")) for one in roles]


def _why_closed(may_read: MayRead, scope: str) -> str:
    """Why a plan could not read a scope above the subscriptions, at which this caller has seen a role all the same."""
    try:
        return (
            ""
            if may_read.allows(scope, READ_ASSIGNMENTS)
            else f"this login may not read there ({missing(READ_ASSIGNMENTS)})"
        )
    except NotFound:
        return "its scope does not exist"


def _name(role: GivenRole, lookups: Mapping[RoleKey, RoleLookup], closed: str) -> LiveRole:
    guid = role.role_guid
    if role.definition is None:
        return LiveRole(role.assignment, (guid,), "its role definition could not be read")
    name = role.definition.name
    lookup = lookups[role_key(name, role.scope)]
    names = (name, guid) if [one.guid for one in lookup.found] == [guid] else (guid,)
    unread = "its scope does not exist" if lookup.is_scope_missing else lookup.unread
    return LiveRole(role.assignment, names, closed or unread)
