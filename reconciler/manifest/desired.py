"""What a manifest declares, in normal form: defaults and policy merged, variables replaced, names checked.

Every rule a group needs (owner, policy, limits, ignore patterns) stands at the group itself, so that nothing downstream
has to know which document or which default it came from.
"""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import SourcePos
from reconciler.model.access import Trust
from reconciler.model.identity import IsolationScope
from reconciler.model.ids import ResourceGroupId, ResourceId


class IdentitiesPolicy(StrEnum):
    """What happens to live identities that the manifest does not list."""

    EXACT = "exact"
    """They are deleted."""
    OWNED = "owned"
    """Those that bear the manifest's owner are deleted."""
    MERGE = "merge"
    """They stay."""


class TagsPolicy(StrEnum):
    """What happens to live tags that the manifest does not list."""

    EXACT = "exact"
    """They are removed."""
    MERGE = "merge"
    """They stay."""


class CredentialsPolicy(StrEnum):
    """What happens to live federated credentials, of identities that list theirs, that the manifest does not list."""

    EXACT = "exact"
    """They are deleted."""
    MERGE = "merge"
    """They stay."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How far the manifest's word reaches in a group."""

    identities: IdentitiesPolicy = IdentitiesPolicy.EXACT
    tags: TagsPolicy = TagsPolicy.MERGE
    federated_credentials: CredentialsPolicy = CredentialsPolicy.EXACT


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one run may delete: a count over the run, and a share (0 to 100) of each group with 10 or more live."""

    max_deletes: int = 10
    max_delete_percent: int = 30


@dataclass(frozen=True, slots=True)
class Ignore:
    """Glob patterns, compared without case, of identities and tags that are never touched."""

    identities: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DesiredCredential:
    """A federated credential that a manifest lists, its convenience form expanded and its audience filled in."""

    name: str
    trust: Trust
    source: SourcePos


@dataclass(frozen=True, slots=True)
class DesiredAssignment:
    """A role assignment that a manifest lists: `role` is the name or the GUID of a role definition."""

    role: str
    scope: str
    source: SourcePos


@dataclass(frozen=True, slots=True)
class DesiredTenant:
    """The tenant that a document says its subscription belongs to, and where it says so."""

    tenant_id: str
    source: SourcePos


class RemovalAllowance(StrEnum):
    """Guards that an entry of `remove` lifts for its identity, by their codes."""

    IN_USE = "in-use"
    USE_UNKNOWN = "use-unknown"
    FOREIGN_OWNER = "foreign-owner"


@dataclass(frozen=True, slots=True)
class DesiredRemoval:
    """A live identity that a manifest names for deletion, under whatever policy.

    `principal_id` is what the identity must have to be deleted, None where whatever bears the name is meant; `allow` is
    in order and without repetition.
    """

    resource_id: ResourceId
    principal_id: str | None
    allow: tuple[RemovalAllowance, ...]
    source: SourcePos


@dataclass(frozen=True, slots=True)
class DesiredIdentity:
    """One identity that a manifest lists.

    Attributes:
        location: written at the identity itself, hence a claim; None where only defaults apply.
        isolation_scope: None where the key is absent and so not managed.
        tags: defaults merged in, in order of the names (without case); a value of None means the tag must be absent.
        federated_credentials: in order of their names (without case); None where the key is absent and so they are
            neither managed nor read.
        role_assignments: in order of scope and role (without case); None likewise.
        protect: whether it bears the tag that keeps it from being deleted; None where the key is absent.
        expected_principal_id: the principal that it must be; None where any will do.
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


@dataclass(frozen=True, slots=True)
class DesiredGroup:
    """One resource group that a manifest lists; `identities` and `remove` are in order of their names, without case.

    `default_location` is for creates only; None means the location of the resource group. `tenant` is None where the
    document names none.
    """

    group_id: ResourceGroupId
    tenant: DesiredTenant | None
    owner: str | None
    default_location: str | None
    policy: Policy
    limits: Limits
    ignore: Ignore
    identities: tuple[DesiredIdentity, ...]
    source: SourcePos
    remove: tuple[DesiredRemoval, ...] = ()


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything that one run declares; groups in order of subscription and name, each claimed by one document."""

    groups: tuple[DesiredGroup, ...]
