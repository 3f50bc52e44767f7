"""What an identity is for: who may become it (federated credentials) and what it may do (role assignments).

Both are children of an identity, so their ids begin with its id. As everywhere, equality is ARM's
own: names, scopes and GUIDs without case; issuer, subject and audience exactly.
"""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from reconciler.model.identity import same_name
from reconciler.model.ids import CredentialId, ResourceId, normalize_scope
from reconciler.model.not_read import NotRead
from reconciler.model.owner_mark import MarkedDescription
from reconciler.model.roles.built_in import role_name
from reconciler.model.roles.permissions import BECOME_OTHERS, GIVE_ROLES, PermissionEntry, first_allowed

MAX_CREDENTIALS = 20
"""Federated credentials of one identity. Source: Microsoft Entra documentation (considerations)."""

_ASSIGNMENTS = uuid.UUID("6f1d8f0e-2a64-5c1b-9b0e-3c6f1b7a4d52")


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
    """A role as ARM describes it: `guid` in lower case is what its assignments name it by.

    Attributes:
        permissions: what it gives; of its entries together, as Azure takes them.
    """

    guid: str
    name: str
    permissions: tuple[PermissionEntry, ...] = ()

    @property
    def gives_roles(self) -> str | None:
        """The action by which its holder could have every right; None where it has none of these."""
        return first_allowed(self.permissions, GIVE_ROLES)

    @property
    def becomes_others(self) -> str | None:
        """The action by which its holder could sign in as other identities; None where it has none of these."""
        return first_allowed(self.permissions, BECOME_OTHERS)


@dataclass(frozen=True, slots=True)
class AssignmentDetails:
    """What a role assignment has besides who gets which role on what; None for what it does not have.

    A PUT replaces all of them. Source: Microsoft.Authorization 2022-04-01 OpenAPI (RoleAssignmentProperties).

    Attributes:
        condition: what narrows the role; compares exactly, as the others do.
        condition_version: None where there is no condition.
        description: the text alone, without the mark of an owner.
        delegated_managed_identity_resource_id: of the identity on whose behalf another tenant assigns.
        owner: of the manifest by which this tool gives it, as the mark in its description says.
    """

    condition: str | None = None
    condition_version: str | None = None
    description: str | None = None
    delegated_managed_identity_resource_id: str | None = None
    owner: str | None = None

    @property
    def marked_description(self) -> MarkedDescription:
        """The description as ARM keeps it."""
        return MarkedDescription(self.description, self.owner)

    def named(self) -> tuple[tuple[str, str | None], ...]:
        """All of them by name, in the order of their names, as a line of a manifest could say them."""
        return tuple(sorted(asdict(self).items()))


NO_DETAILS = AssignmentDetails()
"""Those of an assignment that gives its role without a word or a condition."""


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A live role assignment.

    Attributes:
        name: its GUID, by which ARM knows it.
        scope: the ARM id of what the role is given on; `/` is the root.
        role_guid: of the role definition, in lower case.
        details: None where a journal did not record them.
        created_s: when it was made, by ARM's clock, as epoch seconds; None where ARM did not say. Not compared.
        updated_s: when it was last written, likewise.
        principal_type: of its principal when the role was given: `ServicePrincipal`, `User`, ...; "" where ARM did not
            say. Not compared.
    """

    name: str
    scope: str
    role_guid: str
    principal_id: str
    details: AssignmentDetails | None = NO_DETAILS
    created_s: float | None = field(default=None, compare=False)
    updated_s: float | None = field(default=None, compare=False)
    principal_type: str = field(default="", compare=False)

    @property
    def condition(self) -> str | None:
        """What narrows the role; None where nothing is known to."""
        return None if self.details is None else self.details.condition

    @property
    def owner(self) -> str | None:
        """Whose mark it has; None where nothing is known to have been marked."""
        return None if self.details is None else self.details.owner


@dataclass(frozen=True, slots=True)
class PlannedAssignment:
    """What a role assignment will be; `principal_id` is None where its identity is still to be made."""

    role_guid: str
    scope: str
    principal_id: str | None
    details: AssignmentDetails = NO_DETAILS


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


def assignment_name(scope: str, principal_id: str, role_guid: str) -> str:
    """The GUID under which this tool gives a role: made of all that it is of, so that a repeated create meets itself.

    The principal is part of it, since an identity that is created again is another principal (Azure documentation on
    troubleshooting role assignments).
    """
    return _assignment_name("", scope, principal_id, role_guid)


def _assignment_name(owner: str, scope: str, principal_id: str, role_guid: str) -> str:
    parts = (owner, normalize_scope(scope), principal_id.casefold(), role_guid.casefold())
    return str(uuid.uuid5(_ASSIGNMENTS, "\n".join(parts)))


def bears_our_name(owner: str | None, assignment: RoleAssignment) -> bool:
    """Whether a role assignment has the name that this tool gives it, or gave it when owners were part of the name."""
    of = (assignment.scope, assignment.principal_id, assignment.role_guid)
    return any(same_name(assignment.name, _assignment_name(one, *of)) for one in ("", owner or ""))


def is_ours(owner: str | None, assignment: RoleAssignment) -> bool:
    """Whether a role assignment has this owner's mark; without an owner none is known to be ours."""
    return owner is not None and assignment.owner == owner


RoleKey = tuple[str, str]
"""A role as a manifest names it, and the scope, both as they compare."""


def role_key(role: str, scope: str) -> RoleKey:
    """What a role that a manifest names for a scope is looked up by."""
    return (role.casefold(), normalize_scope(scope))


@dataclass(frozen=True, slots=True)
class RoleLookup:
    """What ARM knows of a role that a manifest names for a scope: one definition, none, or several of one name.

    Attributes:
        similar: names that could have been meant, where nothing was found.
        unread: why the roles at the scope could not be read; empty where they were.
        is_scope_missing: whether that is because the scope does not exist.
    """

    role: str
    scope: str
    found: tuple[RoleDefinition, ...]
    similar: tuple[str, ...] = ()
    unread: str = ""
    is_scope_missing: bool = False


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
        definitions: of roles by GUID, as far as they were read.
        counts: role assignments of subscriptions, by their scope, where one list has shown all of them anyway.
        complete: identities of whose assignments none is missing, as far as the caller can see.
    """

    credentials: Mapping[ResourceId, tuple[FederatedCredential, ...]] = field(default_factory=dict)
    assignments: Mapping[ResourceId, tuple[RoleAssignment, ...]] = field(default_factory=dict)
    lookups: Mapping[RoleKey, RoleLookup] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    not_read: tuple[NotRead, ...] = ()
    unread: Mapping[ResourceId, NotRead] = field(default_factory=dict)
    definitions: Mapping[str, RoleDefinition] = field(default_factory=dict)
    complete: frozenset[ResourceId] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)

    def lookup(self, role: str, scope: str) -> RoleLookup:
        """What is known of a role at a scope; KeyError where it was not looked up."""
        return self.lookups[role_key(role, scope)]

    def role_name(self, guid: str) -> str:
        """The name of a role that a live assignment bears; its GUID where nobody knows it."""
        return self.names.get(guid) or role_name(guid)
