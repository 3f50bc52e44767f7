"""What the providers say that they can do: `operations` of Microsoft.ManagedIdentity and of Microsoft.Authorization.

Whoever has a token may look. Source: assumed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.sandbox.authorization import locks, role_assignments, role_definitions
from reconciler.sandbox.authorization.permissions import NAMESPACE, PERMISSIONS_READ
from reconciler.sandbox.gateway.answers import Answer
from reconciler.sandbox.gateway.calls import Call
from reconciler.sandbox.gateway.paging import page, resume_after
from reconciler.sandbox.gateway.routing import Handler, Route
from reconciler.sandbox.managed_identity import (
    associated_resources,
    federated_credentials,
    system_assigned,
    token_revocation,
)
from reconciler.sandbox.managed_identity import identities as managed_identity
from reconciler.sandbox.rules.attachments import ASSIGN
from reconciler.sandbox.state.state import State


@dataclass(frozen=True, slots=True)
class _Listed:
    """An operation, and what people are shown of it."""

    name: str
    resource: str
    operation: str
    description: str | None = None


_USER, _CREDENTIALS = "User Assigned Identities", "Federated Identity Credentials"

_MANAGED_IDENTITY = (
    _Listed(system_assigned.READ, "System Assigned Identities", "Get System Assigned Identity", "Reads the identity."),
    _Listed(
        "Microsoft.ManagedIdentity/operations/read",
        "Managed Identity operations",
        "List Managed Identity operations",
        "Lists what the provider can do.",
    ),
    _Listed(
        "Microsoft.ManagedIdentity/register/action",
        "Managed Identity Resource Provider",
        "Registers the Managed Identity Resource Provider",
        "Lets a subscription use the provider.",
    ),
    _Listed(ASSIGN, _USER, "Assign User Assigned Identity", "Attaches the identity to a resource."),
    _Listed(managed_identity.DELETE, _USER, "Delete User Assigned Identity", "Deletes the identity."),
    _Listed(
        federated_credentials.READ, _CREDENTIALS, "Get or list Federated Identity Credentials", "Reads credentials."
    ),
    _Listed(
        federated_credentials.WRITE, _CREDENTIALS, "Add or update Federated Identity Credential", "Writes a credential."
    ),
    _Listed(
        federated_credentials.DELETE, _CREDENTIALS, "Delete Federated Identity Credential", "Deletes a credential."
    ),
    _Listed(
        associated_resources.LIST,
        _USER,
        "List associated resources for User Assigned Identity",
        "Lists the resources that the identity is attached to.",
    ),
    _Listed(managed_identity.READ, _USER, "Get User Assigned Identity", "Reads the identity."),
    _Listed(managed_identity.WRITE, _USER, "Create/Update User Assigned Identity", "Creates or changes the identity."),
    _Listed(token_revocation.REVOKE, _USER, "Revoke tokens", "Makes void the tokens that the identity has got."),
)
"""Source: recorded traffic (azure-cli, identity test), but for the descriptions, which are ours, and the last entry,
which is younger than the recording."""

_AUTHORIZATION = (
    *(_Listed(action, "locks", action.rpartition("/")[2]) for action in (locks.READ, locks.WRITE, locks.DELETE)),
    *(
        _Listed(action, "roleAssignments", action.rpartition("/")[2])
        for action in (role_assignments.READ, role_assignments.WRITE, role_assignments.DELETE)
    ),
    _Listed(role_definitions.READ, "roleDefinitions", "read"),
    _Listed(PERMISSIONS_READ, "permissions", "read"),
)
"""Source: OpenAPI 2020-05-01, the example; it lists what the sandbox serves."""


def _lister(operations: Iterable[_Listed], provider: str) -> Handler:
    numbered = [((f"{number:04}",), operation) for number, operation in enumerate(operations)]

    def list_operations(_state: State, call: Call) -> Answer:
        after = resume_after(call)
        rest = (item for item in numbered if after is None or item[0] > after)
        return page(call, rest, lambda item: item[0], lambda item: _show(item[1], provider))

    return list_operations


def _show(listed: _Listed, provider: str) -> object:
    display = {"provider": provider, "resource": listed.resource, "operation": listed.operation}
    if listed.description is not None:
        display["description"] = listed.description
    return {"name": listed.name, "display": display}


ROUTES = (
    Route(
        "/providers/Microsoft.ManagedIdentity/operations",
        managed_identity.API_VERSIONS,
        {"GET": _lister(_MANAGED_IDENTITY, "Microsoft Managed Identity")},
    ),
    Route(
        f"/providers/{NAMESPACE}/operations",
        locks.API_VERSIONS,
        {"GET": _lister(_AUTHORIZATION, NAMESPACE)},
    ),
)
