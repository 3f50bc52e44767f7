"""The roles that a manifest names and that live assignments bear: what ARM knows of them at their scopes."""

import difflib
from collections.abc import Iterable, Mapping

from reconciler.arm import role_definitions
from reconciler.arm.resources import Resources
from reconciler.errors import AuthError, CallFailed, LoginError, NotFound
from reconciler.export.choose import LiveRole
from reconciler.live.children import READ_ASSIGNMENTS
from reconciler.live.may_read import MayRead, missing, why_not
from reconciler.manifest.desired import DesiredAssignment, IgnoredAssignment
from reconciler.model import (
    GivenRole,
    RoleAssignment,
    RoleDefinition,
    RoleKey,
    RoleLookup,
    is_guid,
    role_key,
    subscription_of,
)

NamedRole = DesiredAssignment | IgnoredAssignment
"""A role that the manifest names at a scope."""

_SIMILAR_NAMES = 3


def root_of(scope: str) -> str:
    """The subscription of a scope, in which one list finds everything; a scope of no subscription is its own."""
    return subscription_of(scope) or scope


def look_up_roles(listed: Iterable[NamedRole], resources: Resources) -> dict[RoleKey, RoleLookup]:
    """What ARM knows of each named role; one request for a name in a subscription, however often it is written."""
    named = {role_key(one.role, one.scope): one for one in listed}
    by_root: dict[RoleKey, NamedRole] = {}
    for one in named.values():
        by_root.setdefault(role_key(one.role, root_of(one.scope)), one)
    at_root = dict(resources.pairs("Looking up roles", lambda key: _find_at_root(resources, by_root[key]), by_root))
    return {key: _lookup(resources, one, at_root[role_key(one.role, root_of(one.scope))]) for key, one in named.items()}


def _find_at_root(resources: Resources, one: NamedRole) -> tuple[RoleDefinition, ...]:
    try:
        return _find_role(resources, root_of(one.scope), one.role)
    except LoginError:
        raise
    except (AuthError, NotFound):
        # Rights in one group do not reach its subscription; then each scope is asked for itself.
        return ()


def _find_role(resources: Resources, scope: str, role: str) -> tuple[RoleDefinition, ...]:
    if not is_guid(role):
        return role_definitions.find_by_name(resources.client, scope, role)
    definition = role_definitions.get(resources.client, scope, role)
    return () if definition is None else (definition,)


def _lookup(resources: Resources, one: NamedRole, found: tuple[RoleDefinition, ...]) -> RoleLookup:
    """What is known of a role at a scope; one scope that is gone or closed to the caller says nothing of the others."""
    try:
        return _look_at(resources, one, found)
    except NotFound as error:
        return RoleLookup(one.role, one.scope, (), unread=why_not(error), is_scope_missing=True)
    except LoginError:
        raise
    except AuthError as error:
        return RoleLookup(one.role, one.scope, (), unread=why_not(error))


def _look_at(resources: Resources, one: NamedRole, found: tuple[RoleDefinition, ...]) -> RoleLookup:
    # A custom role may be there for a group of the subscription alone.
    found = found or _find_role(resources, one.scope, one.role)
    if found:
        return RoleLookup(one.role, one.scope, found)
    names = {name.casefold(): name for name in role_definitions.list_names(resources.client, one.scope)}
    similar = difflib.get_close_matches(one.role.casefold(), names, n=_SIMILAR_NAMES)
    return RoleLookup(one.role, one.scope, (), tuple(names[name] for name in similar))


def read_definitions(assignments: Iterable[RoleAssignment], resources: Resources) -> dict[str, RoleDefinition]:
    """The roles that live assignments name, by GUID, each asked for once; one that cannot be read is left out."""
    scopes = {one.role_guid: one.scope for one in assignments}

    def read(guid: str) -> RoleDefinition | None:
        try:
            return role_definitions.get(resources.client, scopes[guid], guid)
        except LoginError:
            raise
        except CallFailed:
            return None

    return {guid: role for guid, role in resources.pairs("Reading role definitions", read, scopes) if role is not None}


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
