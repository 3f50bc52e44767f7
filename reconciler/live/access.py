"""The live side of credentials and role assignments, of identities that ask for it or would be deleted, no others.

Complete or an error, as for identities: a credential or a role that was not seen would be written a second time. Of an
identity that would be deleted, the roles are read to show which are orphaned, and a list that cannot be read is named
instead. So is whatever is outside the scopes that could be read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.arm.resources import Resources, lane_of
from reconciler.errors import AuthError, CallFailed, LoginError, NotFound
from reconciler.live.children import (
    ONE_LIST_FROM,
    READ_ASSIGNMENTS,
    READING_CREDENTIALS,
    READING_ROLES,
    incomplete_roles,
    list_assignments,
    list_credentials,
)
from reconciler.live.elsewhere import find_scopes
from reconciler.live.may_read import MayRead, missing, why_not
from reconciler.live.role_lookups import look_up_roles, read_definitions, root_of
from reconciler.manifest.desired import (
    AssignmentsPolicy,
    DesiredAssignment,
    DesiredGroup,
    DesiredIdentity,
    IgnoredAssignment,
    Policy,
)
from reconciler.model import (
    Access,
    FederatedCredential,
    Identity,
    NotRead,
    ResourceId,
    RoleAssignment,
    RoleKey,
    RoleLookup,
    is_within,
    normalize_scope,
    role_key,
    roles_elsewhere,
    roles_of_deleted,
    roles_unnamed,
    subscription_of,
)
from reconciler.plan import Action, Changes, IdentityChange


def read_access(changes: Changes, resources: Resources, may_read: MayRead) -> Access:
    """Read what the comparison of identities asks for; nothing at all where it asks for nothing.

    Raises:
        AuthError: the caller may not read something that is managed.
        ArmError: something could not be read, for whatever other reason.
    """
    identities = list(changes.with_children())
    credentials = _read_credentials(identities, resources)
    listed = [one for change in identities for one in _listed_assignments(change)]
    ignored = [one for change in identities for one in _ignored_assignments(change)]
    lookups = look_up_roles((*listed, *ignored), resources)
    closed = _closed_scopes(listed, lookups)
    holders = list(_holders(identities, closed))
    known = {role.guid: role for lookup in lookups.values() for role in lookup.found}
    if not holders:
        return Access(credentials, {}, lookups, definitions=known)
    read = _read_assignments(holders, resources, may_read)
    given = [one for of_identity in read.by_identity.values() for one in of_identity]
    others = read_definitions((one for one in given if one.role_guid not in known), resources)
    names = {guid: role.name for guid, role in (others | known).items()}
    return Access(
        credentials,
        read.by_identity,
        lookups,
        names,
        (*read.not_read, *_unknown_ignored(ignored, lookups)),
        read.unread,
        {**others, **known},
        read.complete,
        read.counts,
    )


def _read_credentials(
    identities: Iterable[IdentityChange], resources: Resources
) -> dict[ResourceId, tuple[FederatedCredential, ...]]:
    managed: list[ResourceId] = []
    for change in identities:
        match change:
            case IdentityChange(before=Identity(), desired=DesiredIdentity(federated_credentials=tuple())):
                managed.append(change.resource_id)
    return dict(
        resources.pairs(
            READING_CREDENTIALS,
            lambda identity: list_credentials(identity, resources),
            managed,
            lane_of,
        )
    )


def _listed_assignments(change: IdentityChange) -> tuple[DesiredAssignment, ...]:
    return (change.desired.role_assignments or ()) if change.desired else ()


def _ignored_assignments(change: IdentityChange) -> tuple[IgnoredAssignment, ...]:
    """The role assignments to ignore at an identity; none where it does not list its own."""
    match change:
        case IdentityChange(desired=DesiredIdentity(role_assignments=tuple())):
            return change.group.ignore.role_assignments
    return ()


def _closed_scopes(listed: Iterable[DesiredAssignment], lookups: Mapping[RoleKey, RoleLookup]) -> frozenset[str]:
    """The scopes of lines at which not even roles could be read, in their normal form."""
    found = (lookups[role_key(one.role, one.scope)] for one in listed)
    return frozenset(normalize_scope(one.scope) for one in found if one.unread)


def _unknown_ignored(
    ignored: Iterable[IgnoredAssignment], lookups: Mapping[RoleKey, RoleLookup]
) -> tuple[NotRead, ...]:
    """Entries of `ignore` that could mean any role at their scope; each once. Where no scope is, there is no role."""
    found = (lookups[role_key(one.role, one.scope)] for one in ignored)
    unknown = (one for one in found if not one.found and not one.is_scope_missing)
    return tuple(
        NotRead(
            f"Role assignments to ignore ({one.role})",
            one.scope,
            f"{one.unread or 'no role of this name can be given there'}; none that was given there is taken away",
        )
        for one in dict.fromkeys(unknown)
    )


def _holders(identities: Iterable[IdentityChange], closed: frozenset[str]) -> Iterator["_Holder"]:
    """The live identities whose roles matter: those that list them, or that go and they do, or are orphaned."""
    for change in identities:
        match change:
            case (
                IdentityChange(before=Identity() as live, desired=DesiredIdentity(role_assignments=tuple()))
                | IdentityChange(before=Identity() as live, action=Action.DELETE)
            ):
                yield _Holder(change, live.principal_id, closed)


@dataclass(frozen=True, slots=True)
class _Holder:
    """A live identity whose roles are asked for, but not at scopes of which not even the roles could be read."""

    change: IdentityChange
    principal_id: str
    closed: frozenset[str]

    @property
    def identity(self) -> ResourceId:
        return self.change.resource_id

    @property
    def goes(self) -> bool:
        return self.change.action is Action.DELETE

    @property
    def scopes(self) -> tuple[str, ...]:
        """Where its roles are listed to be, and its own group, in which a list finds those at the identity itself."""
        listed = (one.scope for one in _listed_assignments(self.change))
        return (str(self.identity.group_id), *(one for one in listed if normalize_scope(one) not in self.closed))

    @property
    def exact_scopes(self) -> tuple[str, ...]:
        """At and below which the policy takes its roles away; what cannot be read there stays, and is said."""
        match self.change:
            case IdentityChange(
                desired=DesiredIdentity(role_assignments=tuple(), lists_all_assignments=True),
                group=DesiredGroup(policy=Policy(role_assignments=AssignmentsPolicy.EXACT), role_scopes=scopes),
            ):
                return scopes
        return ()


@dataclass(frozen=True, slots=True)
class _Place:
    """One scope at which role assignments are listed, and for whom; `must_read` where lines or identities are."""

    scope: str
    holders: tuple[_Holder, ...]
    must_read: bool = True


@dataclass(frozen=True, slots=True)
class _Assignments:
    """Assignments by identity, and what could not be read; see Access."""

    by_identity: dict[ResourceId, tuple[RoleAssignment, ...]]
    not_read: tuple[NotRead, ...]
    unread: dict[ResourceId, NotRead]
    complete: frozenset[ResourceId]
    counts: dict[str, int]


def _read_assignments(holders: list[_Holder], resources: Resources, may_read: MayRead) -> _Assignments:
    elsewhere, complete, not_read = _find_elsewhere(holders, resources)
    named = _by_root((holder, scope) for holder in holders for scope in holder.scopes)
    roots = _by_root((*elsewhere, *_exact_pairs(holders)), named)
    unread: dict[ResourceId, NotRead] = {}
    readable = resources.pairs(
        "Reading permissions", lambda root: _may_list(may_read, root, gone_is_error=root in named), roots
    )
    places, denied, gone = _sort_roots(roots, readable)
    not_read += gone
    for root in denied:
        concerned = roots[root]
        complete -= concerned.keys()
        places += _places_within(root, concerned.values())
        reason = NotRead("Role assignments", root, f"{missing(READ_ASSIGNMENTS)} at {root}")
        unread.update({identity: reason for identity, holder in concerned.items() if holder.goes})
        not_read.append(NotRead(roles_elsewhere(root), "", f"{READ_ASSIGNMENTS} is missing there"))
    found: list[RoleAssignment] = []
    counts: dict[str, int] = {}
    for place, given in resources.pairs(READING_ROLES, lambda place: _list_or_say(resources, may_read, place), places):
        if isinstance(given, NotRead):
            unread.update({holder.identity: given for holder in place.holders if holder.goes})
            complete -= {holder.identity for holder in place.holders}
            not_read.append(given)
        else:
            found += given
            counts |= _count(place, given)
    return _Assignments(_by_identity(holders, found), tuple(not_read), unread, frozenset(complete), counts)


_Roots = dict[str, dict[ResourceId, _Holder]]
"""Who holds or may hold roles in a subscription, or at another scope of no subscription, by its normal form."""


def _by_root(pairs: Iterable[tuple[_Holder, str]], known: _Roots | None = None) -> _Roots:
    roots = {root: dict(holders) for root, holders in (known or {}).items()}
    for holder, scope in pairs:
        roots.setdefault(normalize_scope(root_of(scope)) or "/", {})[holder.identity] = holder
    return roots


def _find_elsewhere(
    holders: Iterable[_Holder], resources: Resources
) -> tuple[list[tuple[_Holder, str]], set[ResourceId], list[NotRead]]:
    """Scopes that the manifest does not name and at which a role of ours could be; without an owner none is ours.

    And whose scopes these are all of.
    """
    owned = {one.principal_id.casefold(): one for one in holders if one.change.group.owner is not None}
    if not owned:
        return [], set(), []
    try:
        with resources.activity.part("Asking Resource Graph for role assignments"):
            found = find_scopes(resources.client, owned)
    except CallFailed as error:
        return [], set(), [NotRead(roles_unnamed(), "", f"Resource Graph: {why_not(error)}")]
    elsewhere = [(owned[principal_id], scope) for principal_id, scope in found if principal_id in owned]
    return elsewhere, {one.identity for one in owned.values()}, []


def _may_list(may_read: MayRead, root: str, *, gone_is_error: bool) -> bool | None:
    """Whether the caller may list role assignments there; None where the index names a scope that is gone."""
    try:
        return may_read.allows(root, READ_ASSIGNMENTS)
    except NotFound:
        if gone_is_error:
            raise
        return None


def _places_within(root: str, holders: Iterable[_Holder]) -> list[_Place]:
    """The scopes of the manifest themselves, where the subscription as a whole may not be read."""
    scopes: dict[str, dict[ResourceId, _Holder]] = {}
    named: set[str] = set()
    for holder in holders:
        named |= {*holder.scopes}
        for scope in (*holder.scopes, *holder.exact_scopes):
            if normalize_scope(root_of(scope)) == root:
                scopes.setdefault(scope, {})[holder.identity] = holder
    return [_Place(scope, tuple(concerned.values()), scope in named) for scope, concerned in scopes.items()]


def _sort_roots(
    roots: "_Roots", readable: Iterable[tuple[str, bool | None]]
) -> tuple[list[_Place], list[str], list[NotRead]]:
    """Where all can be listed at once, where it cannot, and what is gone though the manifest names something there."""
    places, denied, gone = [], [], []
    for root, may_list in readable:
        holders = tuple(roots[root].values())
        if may_list:
            places.append(_Place(root, holders))
        elif may_list is False:
            denied.append(root)
        elif any(one.exact_scopes for one in holders):
            gone.append(NotRead("Role assignments at and below roleScopes", root, "it does not exist"))
    return places, denied, gone


def _count(place: _Place, given: list[RoleAssignment]) -> dict[str, int]:
    """How many there are in a subscription, where the list has those of all principals; nothing elsewhere."""
    is_whole = len(place.holders) >= ONE_LIST_FROM and subscription_of(place.scope) == place.scope
    return {place.scope: sum(is_within(one.scope, place.scope) for one in given)} if is_whole else {}


def _exact_pairs(holders: Iterable[_Holder]) -> Iterator[tuple[_Holder, str]]:
    return ((holder, scope) for holder in holders for scope in holder.exact_scopes)


def _list_or_say(resources: Resources, may_read: MayRead, place: _Place) -> list[RoleAssignment] | NotRead:
    """The assignments of a place, or why they could not be read, where the plan can do without them."""
    try:
        return _list_at(resources, may_read, place)
    except CallFailed as error:
        if place.must_read and not all(holder.goes for holder in place.holders):
            raise
        lacks_right = isinstance(error, AuthError) and not isinstance(error, LoginError)
        because = missing(READ_ASSIGNMENTS) if lacks_right else why_not(error)
        if not place.must_read:
            what = f"Role assignments at {place.scope}, of roleScopes"
            return NotRead(what, "", f"{because}; none that was given there is taken away")
        return NotRead(roles_of_deleted(place.scope), "", because)


def _list_at(resources: Resources, may_read: MayRead, place: _Place) -> list[RoleAssignment]:
    if not may_read.allows(place.scope, READ_ASSIGNMENTS):
        raise incomplete_roles(place.scope)
    return list(list_assignments(place.scope, [one.principal_id for one in place.holders], resources))


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
