"""What an identity is for: who may become it (federated credentials) and what it may do (role assignments).

Both hang on an identity and have no life without one, so their ids begin with its id. As everywhere, equality is ARM's
own: names, scopes and GUIDs without case; issuer, subject and audience exactly.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.identity import Identity, ResourceGroupId, ResourceId
from reconciler.model.not_read import NotRead

MAX_CREDENTIALS = 20
"""Federated credentials of one identity. Source: Microsoft Entra documentation (considerations)."""

_CREDENTIAL_ID = re.compile(r"(?P<identity>.*)/federatedIdentityCredentials/(?P<name>[^/]+)", re.IGNORECASE)

_ASSIGNMENTS = uuid.UUID("6f1d8f0e-2a64-5c1b-9b0e-3c6f1b7a4d52")


@dataclass(frozen=True, slots=True, eq=False)
class CredentialId:
    """The id of a federated identity credential; equal without case, spelled as first seen."""

    identity: ResourceId
    name: str

    @classmethod
    def parse(cls, text: str) -> "CredentialId":
        """Read ARM's form, whatever its case; raises ValueError where it is not the id of a federated credential."""
        match = _CREDENTIAL_ID.fullmatch(text)
        if match is None:
            raise ValueError(f"not the id of a federated credential: {text!r}")
        return cls(ResourceId.parse(match["identity"]), match["name"])

    @property
    def key(self) -> tuple[str, ...]:
        """What equality, hashing and order are made of."""
        return (*self.identity.key, "federatedCredentials", self.name.casefold())

    @property
    def group_id(self) -> ResourceGroupId:
        """The group that holds the identity."""
        return self.identity.group_id

    @property
    def below_identity(self) -> str:
        """What an address of it has behind that of its identity."""
        return f"federatedCredentials/{self.name}"

    @property
    def address(self) -> str:
        """`SUBSCRIPTION/GROUP/IDENTITY/federatedCredentials/NAME`."""
        return f"{self.identity.address}/{self.below_identity}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CredentialId) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return f"{self.identity}/federatedIdentityCredentials/{self.name}"


@dataclass(frozen=True, slots=True)
class Trust:
    """Who may become an identity: the tokens of `issuer` about `subject`, meant for `audience`.

    All three compare exactly. Source: Microsoft Entra documentation (considerations for federated identity
    credentials).
    """

    issuer: str
    subject: str
    audience: str

    @property
    def who(self) -> tuple[str, str]:
        """Issuer and subject, which together are unique within an identity. Source: the same documentation."""
        return (self.issuer, self.subject)


@dataclass(frozen=True, slots=True)
class FederatedCredential:
    """A live federated identity credential.

    `trust` is None where the api-version that was asked cannot express it: a flexible credential, which has an
    expression in place of a subject, or one with several audiences.
    """

    credential_id: CredentialId
    trust: Trust | None


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role as ARM describes it: `guid` in lower case is what assignments of it are told by."""

    guid: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentId:
    """A role of an identity at a scope, as manifests and plans name it; equal by role GUID and scope, without case.

    Attributes:
        role: the role's name, or its GUID where no name is known.
        role_guid: the role's GUID.
        scope: the ARM id of what the role is given on; `/` is the root.
    """

    identity: ResourceId
    role: str
    role_guid: str
    scope: str

    @property
    def key(self) -> tuple[str, ...]:
        """What equality, hashing and order are made of."""
        return (*self.identity.key, "roleAssignments", normalize_scope(self.scope), self.role_guid.casefold())

    @property
    def group_id(self) -> ResourceGroupId:
        """The group that holds the identity."""
        return self.identity.group_id

    @property
    def below_identity(self) -> str:
        """What an address of it has behind that of its identity."""
        return f"roleAssignments/{self.role}@{self.scope}"

    @property
    def address(self) -> str:
        """`SUBSCRIPTION/GROUP/IDENTITY/roleAssignments/ROLE@SCOPE`."""
        return f"{self.identity.address}/{self.below_identity}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssignmentId) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return f"{self.role} of {self.identity} at {self.scope}"


AnyId = ResourceId | CredentialId | AssignmentId
"""The id of anything that a change can be about."""


def identity_of(resource_id: AnyId) -> ResourceId:
    """The identity that an id is of, or belongs to."""
    return resource_id if isinstance(resource_id, ResourceId) else resource_id.identity


def normalize_scope(scope: str) -> str:
    """A scope as ARM compares it: without case, without a slash at its end; the root is empty.

    Source: recorded traffic (ids of role assignments echo the case of the request).
    """
    return scope.casefold().rstrip("/")


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A live role assignment of a service principal.

    Attributes:
        name: its GUID, by which ARM knows it.
        scope: the ARM id of what the role is given on; `/` is the root.
        role_guid: of the role definition, in lower case.
    """

    name: str
    scope: str
    role_guid: str
    principal_id: str


Fresh = Identity | FederatedCredential | RoleAssignment | None
"""What a read just before a call showed; None where there is nothing."""


@dataclass(frozen=True, slots=True)
class Children:
    """An identity's children and what it is attached to: its delete takes them along or leaves them dangling.

    None where it was not read.

    Attributes:
        attached: ids of the resources that it is attached to.
        unread: why something was not read, in sentences.
    """

    credentials: tuple[FederatedCredential, ...] | None = None
    assignments: tuple[RoleAssignment, ...] | None = None
    attached: tuple[str, ...] | None = None
    unread: tuple[str, ...] = ()


def assignment_name(owner: str | None, scope: str, principal_id: str, role_guid: str) -> str:
    """The GUID under which this tool makes a role assignment: by it, its own assignments are known again.

    The principal is part of it, since an identity that is created again is another principal (Azure documentation on
    troubleshooting role assignments), and so is the owner, so that two manifests can tell theirs apart.
    """
    parts = (owner or "", normalize_scope(scope), principal_id.casefold(), role_guid.casefold())
    return str(uuid.uuid5(_ASSIGNMENTS, "\n".join(parts)))


RoleKey = tuple[str, str]
"""A role as a manifest names it, and the scope, both as they compare."""


def role_key(role: str, scope: str) -> RoleKey:
    """What a role that a manifest names for a scope is looked up by."""
    return (role.casefold(), normalize_scope(scope))


@dataclass(frozen=True, slots=True)
class RoleLookup:
    """What ARM knows of a role that a manifest names for a scope: one definition, none, or several of one name.

    `similar` are names that could have been meant, where nothing was found.
    """

    role: str
    scope: str
    found: tuple[RoleDefinition, ...]
    similar: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """What was read of who may become the identities of a run, and of what they may do.

    Attributes:
        credentials: of identities that list theirs, by identity.
        assignments: of identities that list theirs, and of those that would be deleted, by identity.
        lookups: the roles that the manifest names, by name and scope.
        names: of roles by GUID, for those that only live assignments name.
        not_read: what could not be looked at.
        unread: of identities that would be deleted, why there may be more role assignments.
    """

    credentials: Mapping[ResourceId, tuple[FederatedCredential, ...]] = field(default_factory=dict)
    assignments: Mapping[ResourceId, tuple[RoleAssignment, ...]] = field(default_factory=dict)
    lookups: Mapping[RoleKey, RoleLookup] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    not_read: tuple[NotRead, ...] = ()
    unread: Mapping[ResourceId, NotRead] = field(default_factory=dict)

    def lookup(self, role: str, scope: str) -> RoleLookup:
        """What is known of a role at a scope; KeyError where it was not looked up."""
        return self.lookups[role_key(role, scope)]
