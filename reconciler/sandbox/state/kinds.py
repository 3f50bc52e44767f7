"""What the sandbox holds below and beside identities: credentials, roles, role assignments, locks, resources."""

from dataclasses import dataclass
from typing import Protocol

from reconciler.sandbox.state.paths import path_key
from reconciler.sandbox.state.shelf import Key

CREDENTIAL_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
ROLE_DEFINITION_TYPE = "Microsoft.Authorization/roleDefinitions"
ROLE_ASSIGNMENT_TYPE = "Microsoft.Authorization/roleAssignments"
LOCK_TYPE = "Microsoft.Authorization/locks"


class _HasId(Protocol):
    @property
    def resource_id(self) -> str:
        """The id in ARM's spelling."""


class Keyed:
    """A value that its id tells from all others."""

    __slots__ = ()

    @property
    def key(self: _HasId) -> Key:
        """What lookups compare."""
        return path_key(self.resource_id)


@dataclass(frozen=True, slots=True)
class ClaimsExpression:
    """What a flexible credential has in place of a subject. Source: OpenAPI 2025-01-31-preview."""

    value: str
    language_version: int


@dataclass(frozen=True, slots=True)
class FederatedCredential(Keyed):
    """A credential of an identity: either `subject` or `expression` is None.

    `identity_id` is in ARM's spelling; the credential's own id begins with it. Source: recorded traffic.
    """

    identity_id: str
    name: str
    issuer: str
    subject: str | None
    audiences: tuple[str, ...]
    expression: ClaimsExpression | None = None

    @property
    def resource_id(self) -> str:
        """The id in ARM's spelling."""
        return f"{self.identity_id}/federatedIdentityCredentials/{self.name}"


@dataclass(frozen=True, slots=True)
class Permission:
    """One entry of what a role gives; what the `not_` fields name is left out of this entry alone. All may hold `*`.

    `condition`: some built-in roles have one. Source: listings of built-in roles.
    """

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    condition: str | None = None
    condition_version: str | None = None


@dataclass(frozen=True, slots=True)
class RoleDefinition(Keyed):
    """A role. `guid` is ARM's `name`, `role_name` what people call it.

    Times are texts as ARM shows them, None for those of built-in roles; `created_by` and `updated_by` are object ids.
    """

    guid: str
    role_name: str
    description: str | None
    permissions: tuple[Permission, ...]
    assignable_scopes: tuple[str, ...]
    built_in: bool = False
    created_on: str | None = None
    updated_on: str | None = None
    created_by: str | None = None
    updated_by: str | None = None

    @property
    def resource_id(self) -> str:
        """The id that a role has throughout its tenant."""
        return f"/providers/{ROLE_DEFINITION_TYPE}/{self.guid}"


@dataclass(frozen=True, slots=True)
class RoleAssignment(Keyed):
    """A role of a principal at a scope; the id echoes the scope as it was asked. Source: recorded traffic.

    Times are texts as ARM shows them; `created_by` and `updated_by` are object ids.
    """

    scope: str
    name: str
    role_definition_id: str
    principal_id: str
    principal_type: str
    description: str | None = None
    condition: str | None = None
    condition_version: str | None = None
    delegated_identity_id: str | None = None
    created_on: str | None = None
    updated_on: str | None = None
    created_by: str | None = None
    updated_by: str | None = None

    @property
    def resource_id(self) -> str:
        """The id, with the scope as it was asked; at the root there is nothing before `/providers`."""
        return f"{self.scope.rstrip('/')}/providers/{ROLE_ASSIGNMENT_TYPE}/{self.name}"


@dataclass(frozen=True, slots=True)
class Lock(Keyed):
    """A lock at a scope: `level` is CanNotDelete or ReadOnly; `owners` are application ids."""

    scope: str
    name: str
    level: str
    notes: str | None = None
    owners: tuple[str, ...] | None = None

    @property
    def resource_id(self) -> str:
        """The id, with the scope as it was asked. Source: recorded traffic (azure-cli, lock tests)."""
        return f"{self.scope.rstrip('/')}/providers/{LOCK_TYPE}/{self.name}"


@dataclass(frozen=True, slots=True)
class Attachment:
    """An identity on a resource, with the ids that the identity had when it was attached.

    They stay when the identity is deleted, and do not follow one that is created again under the same name. Source:
    Azure documentation (deleting an identity leaves the reference) and users' reports (aad-pod-identity issue 880).
    """

    identity_id: str
    principal_id: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Resource(Keyed):
    """Any other resource. `fields` is the JSON text of what it has besides what stands here.

    Attributes:
        type: with its namespace, as in `Microsoft.Compute/virtualMachines`.
        system_principal_id: of the system-assigned identity, None where there is none.
        has_identity: an `identity` block is shown, though nothing may be attached.
    """

    resource_id: str
    type: str
    name: str
    location: str | None
    tags: tuple[tuple[str, str], ...] | None = None
    attachments: tuple[Attachment, ...] = ()
    system_principal_id: str | None = None
    has_identity: bool = False
    fields: str = "{}"
