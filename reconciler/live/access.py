"""The live side of credentials and role assignments, of those identities alone that ask for it, or that are to go.

Complete or an error, as for identities: a credential or a role that was not seen would be written a second time. Of an
identity that goes, the roles are read to tell which are orphaned, and a list that cannot be had is said instead. So is
whatever lies beyond the scopes that could be read.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.arm import permissions, role_definitions
from reconciler.arm.resources import Resources
from reconciler.errors import ArmError, AuthError, NotFound
from reconciler.live.elsewhere import find_scopes
from reconciler.live.gaps import missing, why_not
from reconciler.manifest.desired import DesiredAssignment
from reconciler.model.access import (
    Access,
    FederatedCredential,
    RoleAssignment,
    RoleDefinition,
    RoleKey,
    RoleLookup,
    role_key,
)
from reconciler.model.ids import ResourceId, normalize_scope
from reconciler.parallel import map_parallel
from reconciler.plan.changes import Action, Changes, IdentityChange

READ_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments/read"

ONE_LIST_FROM = 6
"""From this many principals on, one list of all assignments of a subscription is fewer requests than one for each.

Source: Azure documentation on limits (a subscription has at most some thousands of role assignments).
"""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+", re.IGNORECASE)
_SIMILAR_NAMES = 3


def read_access(changes: Changes, resources: Resources, *, parallelism: int) -> Access:
    """Read what the comparison of identities asks for; nothing at all where it asks for nothing.

    Raises:
        AuthError: the caller may not read something that is managed.
        ArmError: something could not be read, for whatever other reason.
    """
    identities = list(changes.identities())
    credentials = _read_credentials(identities, resources, parallelism)
    holders = [_Holder(change) for change in identities if _concerns_assignments(change)]
    listed = [one for change in identities for one in _listed_assignments(change)]
    lookups = _look_up(listed, resources, parallelism)
    if not holders:
        return Access(credentials, {}, lookups)
    assignments, unchecked, unread = _read_assignments(holders, resources, parallelism)
    known = {role.guid for lookup in lookups.values() for role in lookup.found}
    names = _read_names((one for given in assignments.values() for one in given), known, resources, parallelism)
    return Access(credentials, assignments, lookups, names, unchecked, unread)


def _read_credentials(
    identities: Iterable[IdentityChange], resources: Resources, parallelism: int
) -> dict[ResourceId, tuple[FederatedCredential, ...]]:
    managed = [
        change.resource_id
        for change in identities
        if change.before is not None and change.desired and change.desired.federated_credentials is not None
    ]
    found = map_parallel(lambda identity: _list_credentials(resources, identity), managed, parallelism)
    return dict(zip(managed, found, strict=True))


def _list_credentials(resources: Resources, identity: ResourceId) -> tuple[FederatedCredential, ...]:
    try:
        return resources.credentials.list(identity)
    except NotFound:
        # Deleted since it was listed; the read before the first write will find that out for itself.
        return ()


def _listed_assignments(change: IdentityChange) -> tuple[DesiredAssignment, ...]:
    return (change.desired.role_assignments or ()) if change.desired else ()


def _concerns_assignments(change: IdentityChange) -> bool:
    """Whether the roles that a live identity has matter: it lists them, or it goes and they do, or are orphaned."""
    if change.before is None:
        return False
    if change.desired is not None:
        return change.desired.role_assignments is not None
    return change.action is Action.DELETE


@dataclass(frozen=True, slots=True)
class _Holder:
    """A live identity whose roles are asked for."""

    change: IdentityChange

    @property
    def identity(self) -> ResourceId:
        return self.change.resource_id

    @property
    def goes(self) -> bool:
        return self.change.action is Action.DELETE

    @property
    def principal_id(self) -> str:
        return self.change.before.principal_id if self.change.before else ""

    @property
    def scopes(self) -> tuple[str, ...]:
        """Where its roles are listed to be, and its own group, in which a list finds those at the identity itself."""
        return (str(self.identity.group_id), *(one.scope for one in _listed_assignments(self.change)))


@dataclass(frozen=True, slots=True)
class _Place:
    """One scope at which role assignments are listed, and for whom."""

    scope: str
    holders: tuple[_Holder, ...]


_Assignments = tuple[dict[ResourceId, tuple[RoleAssignment, ...]], tuple[str, ...], dict[ResourceId, str]]
"""Assignments by identity; what was not looked at, in sentences; of those that go, why there may be more."""


def _read_assignments(holders: list[_Holder], resources: Resources, parallelism: int) -> _Assignments:
    roots: dict[str, dict[ResourceId, _Holder]] = {}
    for holder in holders:
        for scope in holder.scopes:
            roots.setdefault(normalize_scope(_root_of(scope)) or "/", {})[holder.identity] = holder
    elsewhere, unchecked = _find_elsewhere(holders, resources)
    named = set(roots)
    for holder, scope in elsewhere:
        roots.setdefault(normalize_scope(_root_of(scope)) or "/", {})[holder.identity] = holder
    places: list[_Place] = []
    unread: dict[ResourceId, str] = {}
    readable = map_parallel(lambda root: _may_read(resources, root, gone_is_error=root in named), roots, parallelism)
    for (root, concerned), may_read in zip(roots.items(), readable, strict=True):
        if may_read is None:
            continue
        if may_read:
            places.append(_Place(root, tuple(concerned.values())))
            continue
        places += _places_within(root, concerned.values())
        reason = f"{missing(READ_ASSIGNMENTS)} at {root}"
        unread.update({identity: reason for identity, holder in concerned.items() if holder.goes})
        unchecked.append(
            f"Role assignments elsewhere in {root} were not looked for: {READ_ASSIGNMENTS} is missing there."
        )
    found: list[RoleAssignment] = []
    read = map_parallel(lambda place: _list_or_tell(resources, place), places, parallelism)
    for place, given in zip(places, read, strict=True):
        if isinstance(given, str):
            unread.update({holder.identity: given for holder in place.holders})
            unchecked.append(
                f"Role assignments at {place.scope} of identities that are to go were not looked for: {given}."
            )
        else:
            found += given
    return _by_identity(holders, found), tuple(unchecked), unread


def _find_elsewhere(holders: Iterable[_Holder], resources: Resources) -> tuple[list[tuple[_Holder, str]], list[str]]:
    """Scopes that the manifest does not name and at which a role of ours could be; without an owner none is ours."""
    owned = {one.principal_id.casefold(): one for one in holders if one.change.group.owner is not None}
    if not owned:
        return [], []
    try:
        found = find_scopes(resources.client, owned)
    except (ArmError, AuthError) as error:
        return [], [f"Role assignments in subscriptions that the manifest does not name were not looked for: {error}"]
    return [(owned[principal_id], scope) for principal_id, scope in found if principal_id in owned], []


def _root_of(scope: str) -> str:
    """The subscription of a scope, in which one list finds everything; a scope of no subscription is its own."""
    subscription = _SUBSCRIPTION.match(scope)
    return subscription[0] if subscription else scope


def _may_read(resources: Resources, root: str, *, gone_is_error: bool = True) -> bool | None:
    """Whether the caller may list role assignments there; None where the index names a scope that is gone."""
    try:
        return permissions.read_at(resources.client, root).allows(READ_ASSIGNMENTS)
    except AuthError:
        return False
    except NotFound:
        if gone_is_error:
            raise
        return None


def _places_within(root: str, holders: Iterable[_Holder]) -> list[_Place]:
    """The listed scopes themselves, where the subscription as a whole may not be read."""
    scopes: dict[str, dict[ResourceId, _Holder]] = {}
    for holder in holders:
        for scope in holder.scopes:
            if normalize_scope(_root_of(scope)) == root:
                scopes.setdefault(scope, {})[holder.identity] = holder
    return [_Place(scope, tuple(concerned.values())) for scope, concerned in scopes.items()]


def _list_or_tell(resources: Resources, place: _Place) -> list[RoleAssignment] | str:
    """The assignments of a place, or why they could not be read, where that is of identities alone that go."""
    try:
        return _list_at(resources, place)
    except (ArmError, AuthError) as error:
        if not all(holder.goes for holder in place.holders):
            raise
        return missing(READ_ASSIGNMENTS) if isinstance(error, AuthError) else why_not(error)


def _list_at(resources: Resources, place: _Place) -> list[RoleAssignment]:
    if not _may_read(resources, place.scope):
        raise AuthError(
            f"reading the role assignments at {place.scope}: not allowed ({READ_ASSIGNMENTS}), so the list could be"
            " incomplete",
            f'Ask for a role there: az role assignment create --role Reader --scope "{place.scope}"'
            " --assignee PRINCIPAL",
        )
    if len(place.holders) >= ONE_LIST_FROM:
        return list(resources.assignments.list(place.scope))
    return [one for holder in place.holders for one in resources.assignments.list(place.scope, holder.principal_id)]


def _by_identity(
    holders: Iterable[_Holder], found: Iterable[RoleAssignment]
) -> dict[ResourceId, tuple[RoleAssignment, ...]]:
    """Assignments by the identity that has them; one that several lists show counts once."""
    identities = {holder.principal_id.casefold(): holder.identity for holder in holders}
    by_identity: dict[ResourceId, dict[tuple[str, str], RoleAssignment]] = {holder.identity: {} for holder in holders}
    for one in found:
        identity = identities.get(one.principal_id.casefold())
        if identity is not None:
            by_identity[identity][normalize_scope(one.scope), one.name.casefold()] = one
    return {identity: tuple(given for _, given in sorted(all_of.items())) for identity, all_of in by_identity.items()}


def _look_up(listed: Iterable[DesiredAssignment], resources: Resources, parallelism: int) -> dict[RoleKey, RoleLookup]:
    """What ARM knows of each listed role; one request for a name in a subscription, however often it is listed."""
    wanted = {role_key(one.role, one.scope): one for one in listed}
    by_root: dict[RoleKey, DesiredAssignment] = {}
    for one in wanted.values():
        by_root.setdefault(role_key(one.role, _root_of(one.scope)), one)
    roots = list(by_root)
    found = map_parallel(lambda key: _find_at_root(resources, by_root[key]), roots, parallelism)
    at_root = dict(zip(roots, found, strict=True))
    return {
        key: _lookup(resources, one, at_root[role_key(one.role, _root_of(one.scope))]) for key, one in wanted.items()
    }


def _find_at_root(resources: Resources, one: DesiredAssignment) -> tuple[RoleDefinition, ...]:
    try:
        return _find_role(resources, _root_of(one.scope), one.role)
    except AuthError:
        # Rights in one group do not reach its subscription; then each scope is asked for itself.
        return ()


def _find_role(resources: Resources, scope: str, role: str) -> tuple[RoleDefinition, ...]:
    if not _GUID.fullmatch(role):
        return role_definitions.find_by_name(resources.client, scope, role)
    definition = role_definitions.get(resources.client, scope, role)
    return () if definition is None else (definition,)


def _lookup(resources: Resources, one: DesiredAssignment, found: tuple[RoleDefinition, ...]) -> RoleLookup:
    # A custom role may be there for a group of the subscription alone.
    found = found or _find_role(resources, one.scope, one.role)
    if found:
        return RoleLookup(one.role, one.scope, found)
    names = {name.casefold(): name for name in role_definitions.list_names(resources.client, one.scope)}
    similar = difflib.get_close_matches(one.role.casefold(), names, n=_SIMILAR_NAMES)
    return RoleLookup(one.role, one.scope, (), tuple(names[name] for name in similar))


def _read_names(
    assignments: Iterable[RoleAssignment], known: set[str], resources: Resources, parallelism: int
) -> dict[str, str]:
    """The names of roles that only live assignments name; one whose name cannot be had is shown by its GUID."""
    scopes = {one.role_guid: one.scope for one in assignments if one.role_guid not in known}

    def name_of(guid: str) -> str | None:
        try:
            definition = role_definitions.get(resources.client, scopes[guid], guid)
        except (ArmError, AuthError):
            return None
        return None if definition is None else definition.name

    guids = list(scopes)
    names = map_parallel(name_of, guids, parallelism)
    return {guid: name for guid, name in zip(guids, names, strict=True) if name is not None}
