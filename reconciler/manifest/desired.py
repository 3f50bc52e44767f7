"""What a manifest declares, in normal form: defaults and policy merged, variables replaced, names checked.

Every rule of a group (owner, policy, limits, ignore patterns) stands at the group, and every default at the identities
that take it. So nothing downstream needs to know which document or which level a value came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from reconciler.errors import SourcePos
from reconciler.manifest.finding import Acceptance, Finding
from reconciler.model import AnyId, IsolationScope, ResourceGroupId, ResourceId, Trust


class IdentitiesPolicy(StrEnum):
    """What to do with unlisted live identities."""

    EXACT = "exact"
    """They are deleted."""
    OWNED = "owned"
    """Unlisted identities with the manifest's owner are deleted."""
    MERGE = "merge"
    """They stay."""


class TagsPolicy(StrEnum):
    """What to do with unlisted live tags of listed identities."""

    EXACT = "exact"
    """They are removed."""
    MERGE = "merge"
    """They stay."""


class CredentialsPolicy(StrEnum):
    """What to do with unlisted live credentials (only for identities that declare `federatedCredentials`)."""

    EXACT = "exact"
    """They are deleted."""
    MERGE = "merge"
    """They stay."""


class AssignmentsPolicy(StrEnum):
    """What to do with unlisted live role assignments (only for identities that declare `roleAssignments`)."""

    EXACT = "exact"
    """Those at and below the manifest's `roleScopes` are deleted, whoever gave them."""
    OWNED = "owned"
    """Those with the mark of the manifest's owner are deleted."""
    MERGE = "merge"
    """They stay."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do in a group with what is live but not listed."""

    identities: IdentitiesPolicy = IdentitiesPolicy.EXACT
    tags: TagsPolicy = TagsPolicy.MERGE
    federated_credentials: CredentialsPolicy = CredentialsPolicy.EXACT
    role_assignments: AssignmentsPolicy = AssignmentsPolicy.OWNED


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one run may delete: a count of identities, a percentage (0 to 100) of those of each group, and a count
    of credentials and role assignments whose identities stay."""

    max_deletes: int = 10
    max_delete_percent: int = 30
    max_revokes: int = 20


@dataclass(frozen=True, slots=True)
class IgnoredAssignment:
    """Role assignments that are never extras: those of this role (its name or GUID) at exactly this scope."""

    role: str
    scope: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """What is never changed: glob patterns of identities, tags and federated credentials, and role assignments.

    All of it compares without case; a role is resolved to its GUID.
    """

    identities: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    federated_credentials: tuple[str, ...] = ()
    role_assignments: tuple[IgnoredAssignment, ...] = ()


@dataclass(frozen=True, slots=True)
class DesiredCredential:
    """A federated credential that a manifest lists: its form (such as `github`) expanded, its audience filled in.

    `source` is its line; of one that a default gives, that of the identity that takes it, with the default's line as
    `given_by`. From the day `expires` on, in UTC, no credential with its issuer and subject may be there. `places` says
    where issuer, subject and audience are written, by these names: each at its own value, or at the form that means it.
    """

    name: str
    trust: Trust
    source: SourcePos
    accept: tuple[Acceptance, ...] = ()
    given_by: SourcePos | None = None
    expires: date | None = None
    places: Mapping[str, SourcePos] = field(default_factory=dict, compare=False, repr=False)

    @property
    def line(self) -> SourcePos:
        """Where it is written, at the identity or as a default: what has to change where it is wrong."""
        return self.given_by or self.source

    def place_of(self, name: str) -> SourcePos:
        """Where `issuer`, `subject` or `audience` is written; the credential itself where none is."""
        return self.places.get(name, self.line)


DETAIL_KEYS = {
    "condition": "condition",
    "conditionVersion": "condition_version",
    "description": "description",
    "delegatedManagedIdentityResourceId": "delegated_managed_identity_resource_id",
}
"""Keys of a line of `roleAssignments` for the details of the assignment, in the order in which they are written."""

CONDITION_VERSION = "2.0"
"""The version that a condition has where its line names none. Source: Microsoft.Authorization 2022-04-01 OpenAPI."""


@dataclass(frozen=True, slots=True)
class DesiredAssignment:
    """A role assignment that a manifest lists; `role` is the name or the GUID of a role definition.

    Attributes:
        details: those that the line names, by their names in AssignmentDetails and in order of these; None as a value:
            there must be none. Others stay as they live.
        source: its line; of one that a default gives, that of the identity that takes it.
        given_by: the line of the default that gives it; None where the identity lists it.
        expires: the day, in UTC, from which on the identity may not have the role there; None if it never ends.
    """

    role: str
    scope: str
    source: SourcePos
    details: tuple[tuple[str, str | None], ...] = ()
    accept: tuple[Acceptance, ...] = ()
    given_by: SourcePos | None = None
    expires: date | None = None

    @property
    def line(self) -> SourcePos:
        """Where it is written, at the identity or as a default: what has to change where it is wrong."""
        return self.given_by or self.source


def has_expired(line: DesiredCredential | DesiredAssignment | None, day: date) -> bool:
    """Whether what a line gives must not exist on that day."""
    return line is not None and line.expires is not None and day >= line.expires


@dataclass(frozen=True, slots=True)
class DesiredTenant:
    """The tenant that a document names for its subscription, and the place where it names it."""

    tenant_id: str
    source: SourcePos


class RemovalAllowance(StrEnum):
    """Codes of the guards that an entry of `remove` can lift for its identity."""

    IN_USE = "in-use"
    TRUSTED = "trusted"
    USE_UNKNOWN = "use-unknown"
    RECENTLY_USED = "recently-used"
    FOREIGN_OWNER = "foreign-owner"


@dataclass(frozen=True, slots=True)
class DesiredRemoval:
    """An entry of `remove`: a live identity to delete, whatever the policy.

    Attributes:
        principal_id: the identity is deleted only if it has this principal; None allows any.
        allow: sorted, without duplicates.
        expires: of those codes that end, the day from which on they lift nothing; sorted.
        after: the day from which on the identity is deleted; None if it is at once.
        accept: warnings of this entry that are answered; so at an identity, a group and a document for all below it.
    """

    resource_id: ResourceId
    principal_id: str | None
    allow: tuple[RemovalAllowance, ...]
    source: SourcePos
    expires: tuple[tuple[RemovalAllowance, date], ...] = ()
    after: date | None = None
    accept: tuple[Acceptance, ...] = ()

    def is_due(self, day: date) -> bool:
        """Whether the identity is deleted on that day."""
        return self.after is None or day >= self.after

    def on(self, day: date) -> "DesiredRemoval":
        """The entry with those codes alone that lift something on that day."""
        ended = {code for code, end in self.expires if day >= end}
        return replace(self, allow=tuple(code for code in self.allow if code not in ended))


@dataclass(frozen=True, slots=True)
class DesiredHold:
    """The line `hold` of an identity: nothing of it is written while the line is there. `source` is where it stands."""

    reason: str
    source: SourcePos


@dataclass(frozen=True, slots=True)
class DesiredIdentity:
    """One identity that a manifest lists.

    Attributes:
        location: written on the identity itself, so a live identity elsewhere is a violation; None if not written.
        isolation_scope: None if the key is absent: not managed.
        tags: with the defaults merged in, sorted by name (without case); None as a value: the tag must be absent.
        federated_credentials: its own and those that defaults give, sorted by name (without case); None if there are
            neither key nor defaults: neither managed nor read.
        role_assignments: the same, sorted by scope and role (without case).
        protect: whether the identity has the tag that prevents its delete; None if neither it nor a default says.
        expected_principal_id: the principal that the live identity must have; None allows any.
        default_location: where to create it if `location` is None; None means the location of the resource group.
        hold: why neither it nor any of its children is written; None if they are.
        lists_all_credentials: the key is written on the identity, and so the list is whole: others are extras. Where
            defaults alone give some, those that live beside them stay.
        lists_all_assignments: the same of role assignments.
    """

    resource_id: ResourceId
    location: str | None
    isolation_scope: IsolationScope | None
    tags: tuple[tuple[str, str | None], ...]
    source: SourcePos
    federated_credentials: tuple[DesiredCredential, ...] | None = None
    role_assignments: tuple[DesiredAssignment, ...] | None = None
    protect: bool | None = None
    expected_principal_id: str | None = None
    default_location: str | None = None
    hold: DesiredHold | None = None
    accept: tuple[Acceptance, ...] = ()
    lists_all_credentials: bool = True
    lists_all_assignments: bool = True

    @property
    def own_credentials(self) -> tuple[DesiredCredential, ...] | None:
        """What the identity itself lists; None if the key is absent."""
        listed = self.federated_credentials if self.lists_all_credentials else None
        return None if listed is None else tuple(one for one in listed if one.given_by is None)

    @property
    def own_assignments(self) -> tuple[DesiredAssignment, ...] | None:
        """The same of role assignments."""
        listed = self.role_assignments if self.lists_all_assignments else None
        return None if listed is None else tuple(one for one in listed if one.given_by is None)

    @property
    def given_credentials(self) -> tuple[DesiredCredential, ...]:
        """What defaults give it."""
        return tuple(one for one in self.federated_credentials or () if one.given_by is not None)

    @property
    def given_assignments(self) -> tuple[DesiredAssignment, ...]:
        """The same of role assignments."""
        return tuple(one for one in self.role_assignments or () if one.given_by is not None)


@dataclass(frozen=True, slots=True)
class DesiredGroup:
    """One resource group that a manifest lists.

    Attributes:
        tenant: None if the document names none.
        identities: sorted by name (without case), as is `remove`.
        role_scopes: the ARM ids of `roleScopes`, sorted (without case): at and below them, and nowhere else, the policy
            `exact` takes role assignments away.
        document_accept: what its document answers for all of its groups.
        places: where a delete is asked for of what is not listed, by id; an undo alone knows any.
    """

    group_id: ResourceGroupId
    tenant: DesiredTenant | None
    owner: str | None
    policy: Policy
    limits: Limits
    ignore: Ignore
    identities: tuple[DesiredIdentity, ...]
    source: SourcePos
    remove: tuple[DesiredRemoval, ...] = ()
    accept: tuple[Acceptance, ...] = ()
    document_accept: tuple[Acceptance, ...] = ()
    role_scopes: tuple[str, ...] = ()
    places: Mapping[AnyId, SourcePos] = field(default_factory=dict, compare=False, repr=False)

    def place_of(self, resource_id: AnyId, entry: DesiredIdentity | None = None) -> SourcePos:
        """Where a delete of what is not listed is asked for: elsewhere than at its identity's entry or the group itself
        only where that is known."""
        return self.places.get(resource_id) or (self if entry is None else entry).source


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything that the manifests of a run declare: groups by subscription and name, each from one document.

    Attributes:
        texts: what is odd about how values are written, which is no part of what they declare.
        skipped_files: files below a folder argument that are no manifests, by name; nor are these.
    """

    groups: tuple[DesiredGroup, ...]
    texts: tuple[Finding, ...] = field(default=(), compare=False, repr=False)
    skipped_files: tuple[str, ...] = field(default=(), compare=False, repr=False)
