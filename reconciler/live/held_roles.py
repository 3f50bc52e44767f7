"""The roles of identities that a plan would make worth more, so that guards can judge what it hands out.

Two questions, each asked only where a change raises it: which roles has a live identity that gets new trust, and which
identities at or below a scope may give roles, where a role there lets its holder become them. What cannot be read is
named instead, so that nobody takes it for "none".
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from reconciler.arm.actions import IDENTITIES
from reconciler.arm.resources import Resources
from reconciler.errors import CallFailed, NotFound
from reconciler.live.may_read import MayRead, missing, why_not
from reconciler.live.roles import Roles, read_roles
from reconciler.model import (
    Access,
    GivenRole,
    HeldRoles,
    Identity,
    NotRead,
    ResourceGroupId,
    ResourceId,
    RoleDefinition,
    identity_at,
    is_within,
    normalize_scope,
)
from reconciler.plan import Changes, is_new_trust, is_wider_role

READ_IDENTITIES = f"{IDENTITIES}/read"

_PLACE = re.compile(r"/subscriptions/(?P<subscription>[^/]+)(/resourceGroups/(?P<group>[^/]+))?", re.IGNORECASE)


def read_held_roles(changes: Changes, access: Access, resources: Resources, may_read: MayRead) -> HeldRoles:
    """Read what the changes raise questions about; nothing at all where they raise none. Raises Interrupted only.

    Args:
        access: what was read before, and is not asked again.
    """
    trusted = (change.identity for change in changes.access() if is_new_trust(change))
    held = read_roles((one for one in trusted if one is not None), access, resources, may_read)
    # Above the subscriptions every role is refused, whomever it lets its holder become.
    scopes = {normalize_scope(one): one for one in _scopes(changes, held) if is_within(one, "/subscriptions")}
    live = {group.live.group_id: group.live.identities for group in changes.groups}
    within = dict(
        resources.pairs(
            "Reading identities that a role reaches",
            lambda key: _identities_within(scopes[key], live, resources, may_read),
            scopes,
        )
    )
    all_of_them = (one for identities in within.values() if not isinstance(identities, NotRead) for one in identities)
    roles = read_roles(all_of_them, access, resources, may_read)
    return HeldRoles(held, {scope: _givers(identities, roles) for scope, identities in within.items()})


def _scopes(changes: Changes, held: Roles) -> Iterator[str]:
    """Where a role would be given, or is held by who gets new trust, that lets its holder become other identities."""
    for change in changes.access():
        if is_wider_role(change) and _is_about_others(change.definition):
            yield change.resource_id.scope
    roles = (role for given in held.values() if not isinstance(given, NotRead) for role in given)
    yield from (role.scope for role in roles if _is_about_others(role.definition))


def _is_about_others(role: RoleDefinition | None) -> bool:
    """Whether it matters whom a role lets its holder become: one that gives roles, or is not known, says enough."""
    return role is not None and role.gives_roles is None and role.becomes_others is not None


_Identities = tuple[Identity, ...] | NotRead


def _identities_within(
    scope: str, live: Mapping[ResourceGroupId, tuple[Identity, ...]], resources: Resources, may_read: MayRead
) -> _Identities:
    """The identities at or below a scope; `live` has those of whole groups that have been read."""
    place, single = _PLACE.fullmatch(scope.rstrip("/")), identity_at(scope)
    group_id = ResourceGroupId(place["subscription"], place["group"]) if place and place["group"] else None
    try:
        if single is not None:
            found = resources.identities.get(single)
            return () if found is None else (found,)
        if place is None:
            return ()  # no identity lies below any other resource
        if group_id is not None and group_id in live:
            return live[group_id]
        if not may_read.allows(scope, READ_IDENTITIES):
            return NotRead("Identities", scope, missing(READ_IDENTITIES))
        if group_id is None:
            return resources.identities.list_by_subscription(place["subscription"])
        return resources.identities.list_by_group(group_id)
    except NotFound:
        return ()
    except CallFailed as error:
        return NotRead("Identities", scope, why_not(error))


def _givers(identities: _Identities, roles: Roles) -> tuple[ResourceId, ...] | NotRead:
    """Those identities that may give roles; where none is known to and one could not be read, why."""
    if isinstance(identities, NotRead):
        return identities
    held = {one.resource_id: roles[one.resource_id] for one in identities}
    givers = tuple(one for one, given in held.items() if not isinstance(given, NotRead) and _may_give_roles(given))
    unread = (given for given in held.values() if isinstance(given, NotRead))
    return givers or next(unread, ())


def _may_give_roles(roles: Iterable[GivenRole]) -> bool:
    return any(role.definition is None or role.definition.gives_roles for role in roles)
