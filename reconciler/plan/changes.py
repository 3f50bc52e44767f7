"""The vocabulary of a comparison: what would be done to each identity, credential and role assignment, and why.

One class for each kind of resource, because each compares other things; what is asked of any change (its id, action,
reason, group, source) has the same name in all of them. Nothing here compares or judges.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from reconciler.errors import SourcePos
from reconciler.manifest.desired import (
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    DesiredIdentity,
    DesiredRemoval,
)
from reconciler.model import (
    NOTHING_HELD,
    AddressBook,
    AnyId,
    AssignmentId,
    CredentialId,
    FederatedCredential,
    HeldRoles,
    Identity,
    Impact,
    Impacts,
    LastSignIn,
    LiveGroup,
    LiveTrust,
    Lock,
    Orphan,
    PlannedAssignment,
    PlannedIdentity,
    ResourceId,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    Trust,
    normalize_location,
)
from reconciler.plan.fields import FieldChange


class Action(StrEnum):
    """What a change does; no identity is ever replaced, because a new one is a new principal."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    NO_OP = "no-op"


class Reason(StrEnum):
    """Why a change is planned."""

    MISSING = "missing"
    DIFFERS = "differs"
    ADOPT = "adopt"
    NOT_LISTED = "not-listed"
    REMOVED = "removed"
    """The manifest names it under `remove`."""
    EXPIRED = "expired"
    ORPHANED = "orphaned"
    """The principal of a role assignment is gone."""
    EQUAL = "equal"


class SkipReason(StrEnum):
    """Why something is left out of the comparison."""

    IGNORED = "ignored"
    NOT_OWNED = "not-owned"
    NOT_LISTED = "not-listed"
    NOT_TARGETED = "not-targeted"
    NOT_OURS = "not-ours"
    """A role assignment that has no owner's mark."""
    UNMARKED = "unmarked"
    """One that has the name which this tool gives it, and no mark any more: whose it is, nothing says."""
    INHERITED = "inherited"
    OUT_OF_SCOPE = "out-of-scope"
    """A role assignment above what the policy `exact` is about, and so good there too; or one elsewhere."""
    UNRESOLVED = "unresolved"
    """A role assignment of an identity of which another line names a role that could not be identified."""
    INEXPRESSIBLE = "inexpressible"
    """A federated credential that the api-version cannot express."""
    HELD = "held"
    """A listed role that could not be identified, of an identity that the manifest holds."""
    EXPIRED = "expired"
    """A line whose day has come, and of which nothing lives."""
    NOT_EXPIRED = "not-expired"


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """One identity of the comparison: what is, what should be, and under which rules of the manifest.

    `desired` is None for an identity that no manifest lists, and `removal` is the entry of `remove` that names it, if
    any; `before` is None for one that is not live. The id has ARM's spelling, where it has one. `impact`
    is what a delete would break, None until it was read and for whatever is no delete.
    """

    resource_id: ResourceId
    action: Action
    reason: Reason
    group: DesiredGroup
    desired: DesiredIdentity | None
    before: Identity | None
    after: PlannedIdentity | None
    differences: tuple[FieldChange, ...] = ()
    removal: DesiredRemoval | None = None
    impact: Impact | None = None

    @property
    def identity(self) -> Identity | None:
        """The live identity that the change concerns."""
        return self.before

    @property
    def source(self) -> SourcePos:
        """The place in the manifest that asks for the change."""
        listed = self.desired or self.removal
        return listed.source if listed else self.group.place_of(self.resource_id)

    @property
    def contradicts_location(self) -> bool:
        """Whether the manifest claims a location in which the live identity is not."""
        if self.desired is None or self.desired.location is None or self.before is None:
            return False
        return normalize_location(self.desired.location) != normalize_location(self.before.location)


@dataclass(frozen=True, slots=True)
class CredentialChange:
    """One federated credential of an identity that lists its own; `identity` is None where that is still to be made,
    and `last_sign_in` is what the sign-in log says of one that is deleted, None where no log was named."""

    resource_id: CredentialId
    action: Action
    reason: Reason
    group: DesiredGroup
    identity: Identity | None
    entry: DesiredIdentity
    desired: DesiredCredential | None
    before: FederatedCredential | None
    after: Trust | None
    differences: tuple[FieldChange, ...] = ()
    last_sign_in: LastSignIn | None = None

    @property
    def source(self) -> SourcePos:
        """The place in the manifest that asks for the change."""
        return self.desired.source if self.desired else self.group.place_of(self.resource_id, self.entry)


@dataclass(frozen=True, slots=True)
class AssignmentChange:
    """One role of an identity.

    `identity` is None where that is still to be made: then its principal is known after apply. `entry` is None where
    the identity itself goes. `definition` says what a listed role gives, where it was read; no saved plan says it.
    `orphan` is what is known of a role whose principal is gone: then there is no identity and no entry.
    """

    resource_id: AssignmentId
    action: Action
    reason: Reason
    group: DesiredGroup
    identity: Identity | None
    entry: DesiredIdentity | None
    desired: DesiredAssignment | None
    before: RoleAssignment | None
    after: PlannedAssignment | None
    differences: tuple[FieldChange, ...] = ()
    definition: RoleDefinition | None = field(default=None, compare=False)
    orphan: Orphan | None = None

    @property
    def source(self) -> SourcePos:
        """The place in the manifest that asks for the change."""
        return self.desired.source if self.desired else self.group.place_of(self.resource_id, self.entry)


AccessChange = CredentialChange | AssignmentChange
"""A change of a child of an identity."""

Change = IdentityChange | AccessChange
"""One resource of the comparison."""


def written_scope(change: Change) -> str:
    """The ARM id of what a change writes to: an identity, a credential, or what a role is given on."""
    return change.resource_id.scope if isinstance(change, AssignmentChange) else str(change.resource_id)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something live or listed that this run leaves alone, and why; `condition` is that of a role assignment."""

    resource_id: AnyId
    reason: SkipReason
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class UnresolvedRole:
    """A listed role that is unknown at its scope, or is the name of several; or that another line ignores
    (`is_ignored`), or lists with other details or another day (`is_contradicted`), by another name of it."""

    identity: ResourceId
    desired: DesiredAssignment
    lookup: RoleLookup
    is_ignored: bool = False
    is_contradicted: bool = False

    @property
    def resource_id(self) -> AssignmentId:
        """What is known of the id of the assignment: the role's GUID is not."""
        return AssignmentId(self.identity, self.desired.role, "", self.desired.scope)


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """The comparison of one group.

    Attributes:
        changes: of identities.
        held: changes of identities, and then of their children, that the manifest holds back; in none of the others.
        deletable_count: live identities that the policy deletes once no manifest lists them, whatever `--target` leaves
            out: what the limits are a share of. Those under `remove` are not among them.
        removed_count: live identities that the manifest names under `remove`, so that no limit counts them.
        access: changes of the children of identities.
        kept_credentials: live ones that stay, though an identity that lists its own does not list them.
        unresolved_roles: listed ones whose role could not be identified, or that another line ignores or contradicts.
    """

    group: DesiredGroup
    live: LiveGroup
    changes: tuple[IdentityChange, ...]
    skipped: tuple[Skipped, ...]
    deletable_count: int
    removed_count: int
    access: tuple[AccessChange, ...] = ()
    kept_credentials: tuple[FederatedCredential, ...] = ()
    unresolved_roles: tuple[UnresolvedRole, ...] = ()
    held: tuple[Change, ...] = ()

    def deletes(self) -> tuple[IdentityChange, ...]:
        """The changes that delete an identity."""
        return tuple(change for change in self.changes if change.action is Action.DELETE)

    def counted_deletes(self) -> tuple[IdentityChange, ...]:
        """Deletes that count against the limits; those listed under `remove` do not."""
        return tuple(change for change in self.deletes() if change.removal is None)

    def revokes(self) -> tuple[AccessChange, ...]:
        """Deletes of credentials and role assignments that do not go with their identity."""
        deleted = {change.resource_id for change in self.deletes()}
        stay = (one for one in self.access if one.resource_id.identity not in deleted)
        return tuple(one for one in stay if one.action is Action.DELETE)


def _with_impact(change: IdentityChange, read: Impacts) -> IdentityChange:
    impact = read.deletes.get(change.resource_id)
    return change if impact is change.impact else replace(change, impact=impact)


@dataclass(frozen=True, slots=True)
class Changes:
    """The whole comparison, groups in the manifest's order.

    Attributes:
        judged_on: the day, in UTC, by which dates of the manifest were judged.
        locks: those where something is to be written.
        missing_scopes: at which roles would be given and that do not exist, in their normal form.
        held_roles: of the live identities that would get new trust, and of those that a new role could become.
        trust: who may become live identities whose trust or roles would change, and what that gives.
    """

    groups: tuple[GroupChanges, ...]
    locks: tuple[Lock, ...] = ()
    missing_scopes: frozenset[str] = frozenset()
    held_roles: HeldRoles = NOTHING_HELD
    trust: Mapping[ResourceId, LiveTrust] = field(default_factory=dict)
    judged_on: date = field(kw_only=True)

    def with_impacts(self, read: Impacts) -> "Changes":
        """The comparison with what was read about its changes."""
        groups = tuple(
            replace(group, changes=tuple(_with_impact(one, read) for one in group.changes)) for group in self.groups
        )
        met = replace(self, groups=groups, locks=read.locks, missing_scopes=read.missing_scopes)
        return replace(met, held_roles=read.held_roles, trust=read.trust)

    def identities(self) -> Iterator[IdentityChange]:
        """The changes of identities."""
        return (change for group in self.groups for change in group.changes)

    def with_children(self) -> Iterator[IdentityChange]:
        """The changes of identities whose children are compared: held ones too, but for removals before their day."""
        yield from self.identities()
        held = (one for group in self.groups for one in group.held)
        yield from (one for one in held if isinstance(one, IdentityChange) and one.desired is not None)

    def access(self) -> Iterator[AccessChange]:
        """The changes of the children of identities."""
        return (change for group in self.groups for change in group.access)

    def kept_credentials(self) -> tuple[FederatedCredential, ...]:
        """Live credentials that no change is about, of identities that list theirs."""
        return tuple(one for group in self.groups for one in group.kept_credentials)

    def __iter__(self) -> Iterator[Change]:
        yield from self.identities()
        yield from self.access()

    @property
    def addresses(self) -> AddressBook:
        """How this run's identities are written shortly."""
        return AddressBook(group.group.group_id for group in self.groups)
