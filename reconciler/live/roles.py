"""All roles of some identities with what each gives, wherever the caller can see them; or why that is not known.

One list of an identity's own subscription shows what is given in it and above it. Where else in the tenant there are
roles is asked of Resource Graph, which shows what the caller may read, a little late, and is looked up in ARM.
"""

from collections.abc import Iterable

from reconciler.arm.resources import Resources
from reconciler.errors import CallFailed, NotFound
from reconciler.live.children import READ_ASSIGNMENTS, READING_ROLES, list_assignments
from reconciler.live.elsewhere import find_scopes
from reconciler.live.may_read import MayRead, missing, why_not
from reconciler.live.role_lookups import read_definitions, root_of
from reconciler.model import Access, GivenRole, Identity, NotRead, ResourceId, RoleAssignment, normalize_scope

Roles = dict[ResourceId, tuple[GivenRole, ...] | NotRead]
"""By identity, in order of scope and name."""


def read_roles(identities: Iterable[Identity], access: Access, resources: Resources, may_read: MayRead) -> Roles:
    """The roles of each identity; one of which any could be missing has none but the reason. Raises Interrupted only.

    Args:
        access: what was read before, and is not asked again.
    """
    by_id = {one.resource_id: one for one in identities}
    found = _Found([one for resource_id, one in by_id.items() if resource_id not in access.complete])
    _read_assignments(found, resources, may_read)
    given = {one: access.assignments[one] for one in by_id if one in access.complete}
    given |= {one: found.of(one) for one in by_id if one not in given}
    unknown = [one for roles in given.values() for one in roles if one.role_guid not in access.definitions]
    definitions = {**read_definitions(unknown, resources), **access.definitions}
    return {
        one: found.unread.get(one) or tuple(GivenRole(role, definitions.get(role.role_guid)) for role in roles)
        for one, roles in given.items()
    }


class _Found:
    """Assignments as they are found, of identities and no others; one that several lists show counts once."""

    def __init__(self, identities: Iterable[Identity]) -> None:
        self.by_principal = {one.principal_id.casefold(): one for one in identities}
        self.unread: dict[ResourceId, NotRead] = {}
        self._assignments: dict[ResourceId, dict[tuple[str, str], RoleAssignment]] = {}

    def add(self, assignments: Iterable[RoleAssignment]) -> None:
        """Keep those of the identities."""
        for one in assignments:
            identity = self.by_principal.get(one.principal_id.casefold())
            if identity is not None:
                known = self._assignments.setdefault(identity.resource_id, {})
                known[normalize_scope(one.scope), one.name.casefold()] = one

    def of(self, identity: ResourceId) -> tuple[RoleAssignment, ...]:
        """The assignments of an identity."""
        return tuple(one for _, one in sorted(self._assignments.get(identity, {}).items()))

    def has(self, identity: Identity, scope: str) -> bool:
        """Whether an assignment of an identity at a scope has been found."""
        return any(key == normalize_scope(scope) for key, _ in self._assignments.get(identity.resource_id, {}))


def _read_assignments(found: _Found, resources: Resources, may_read: MayRead) -> None:
    identities = found.by_principal
    if not identities:
        return
    own = _by_root((one, str(one.resource_id.group_id)) for one in identities.values())
    _list(own, found, resources, may_read)
    try:
        with resources.activity.part("Asking Resource Graph for role assignments"):
            shown = find_scopes(resources.client, identities)
    except CallFailed as error:
        reason = NotRead("Roles in other subscriptions", "", f"Resource Graph: {why_not(error)}")
        found.unread |= {one.resource_id: reason for one in identities.values() if one.resource_id not in found.unread}
        return
    elsewhere = ((identities[principal], scope) for principal, scope in shown if principal in identities)
    others = _by_root((one, scope) for one, scope in elsewhere if not found.has(one, scope))
    _list({root: holders for root, holders in others.items() if root not in own}, found, resources, may_read)


_Roots = dict[str, list[Identity]]
"""Who has or may have roles in a subscription, or at another scope of no subscription, by its normal form."""


def _by_root(pairs: Iterable[tuple[Identity, str]]) -> _Roots:
    roots: dict[str, dict[ResourceId, Identity]] = {}
    for identity, scope in pairs:
        roots.setdefault(normalize_scope(root_of(scope)) or "/", {})[identity.resource_id] = identity
    return {root: list(identities.values()) for root, identities in roots.items()}


def _list(roots: _Roots, found: _Found, resources: Resources, may_read: MayRead) -> None:
    listed = resources.pairs(READING_ROLES, lambda root: _list_at(root, roots[root], resources, may_read), roots)
    for root, assignments in listed:
        if isinstance(assignments, NotRead):
            found.unread |= {one.resource_id: assignments for one in roots[root]}
        else:
            found.add(assignments)


def _list_at(
    root: str, identities: list[Identity], resources: Resources, may_read: MayRead
) -> tuple[RoleAssignment, ...] | NotRead:
    try:
        if not may_read.allows(root, READ_ASSIGNMENTS):
            return NotRead("Role assignments", root, missing(READ_ASSIGNMENTS))
        return list_assignments(root, [one.principal_id for one in identities], resources)
    except NotFound:
        return ()  # what the index shows may be gone
    except CallFailed as error:
        return NotRead("Role assignments", root, why_not(error))
