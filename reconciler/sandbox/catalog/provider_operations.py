"""What the providers say that they can do: `operations` of Microsoft.ManagedIdentity and of Microsoft.Authorization.

Whoever has a token may look. Source: assumed.
"""

from reconciler.sandbox.authorization.locks import API_VERSIONS as LOCK_API_VERSIONS
from reconciler.sandbox.authorization.permissions import NAMESPACE, PERMISSIONS_READ
from reconciler.sandbox.catalog.kinds import KINDS
from reconciler.sandbox.gateway import Answer, Call, Handler, ProviderOperation, Route, page, resume_after
from reconciler.sandbox.managed_identity import associated_resources, system_assigned, token_revocation
from reconciler.sandbox.managed_identity.identities import API_VERSIONS as IDENTITY_API_VERSIONS
from reconciler.sandbox.state import State

_IDENTITY_PROVIDER = "Microsoft.ManagedIdentity"

_OTHERS = (
    ProviderOperation(
        system_assigned.READ, "System Assigned Identities", "Get System Assigned Identity", "Reads the identity."
    ),
    ProviderOperation(
        f"{_IDENTITY_PROVIDER}/operations/read",
        "Managed Identity operations",
        "List Managed Identity operations",
        "Lists what the provider can do.",
    ),
    ProviderOperation(
        f"{_IDENTITY_PROVIDER}/register/action",
        "Managed Identity Resource Provider",
        "Registers the Managed Identity Resource Provider",
        "Lets a subscription use the provider.",
    ),
    ProviderOperation(
        associated_resources.LIST,
        "User Assigned Identities",
        "List associated resources for User Assigned Identity",
        "Lists the resources that the identity is attached to.",
    ),
    ProviderOperation(
        token_revocation.REVOKE,
        "User Assigned Identities",
        "Revoke tokens",
        "Makes void the tokens that the identity has got.",
    ),
    ProviderOperation(PERMISSIONS_READ, "permissions", "read"),
)
"""What the providers can do beside the operations of the kinds."""

_RECORDED = (
    "identities/read", "operations/read", "register/action", "userAssignedIdentities/assign/action",
    "userAssignedIdentities/delete", "userAssignedIdentities/federatedIdentityCredentials/read",
    "userAssignedIdentities/federatedIdentityCredentials/write",
    "userAssignedIdentities/federatedIdentityCredentials/delete",
    "userAssignedIdentities/listAssociatedResources/action", "userAssignedIdentities/read",
    "userAssignedIdentities/write", "userAssignedIdentities/revokeTokens/action",
    "locks/read", "locks/write", "locks/delete",
    "roleAssignments/read", "roleAssignments/write", "roleAssignments/delete", "roleDefinitions/read",
    "permissions/read",
)  # fmt: skip
"""The order of the lists; what is not here comes last.

Source: recorded traffic for Microsoft.ManagedIdentity (azure-cli, identity test; revokeTokens is younger), whose
descriptions are ours; OpenAPI 2020-05-01 for the form of Microsoft.Authorization's, whose order is assumed.
"""


def _operations_of(namespace: str) -> list[ProviderOperation]:
    known = (*(one for kind in KINDS for one in kind.operations), *_OTHERS)
    return sorted((one for one in known if one.name.startswith(f"{namespace}/")), key=_place)


def _place(listed: ProviderOperation) -> int:
    name = listed.name.partition("/")[2]
    return _RECORDED.index(name) if name in _RECORDED else len(_RECORDED)


def _lister(namespace: str, provider: str) -> Handler:
    numbered = [((f"{number:04}",), operation) for number, operation in enumerate(_operations_of(namespace))]

    def list_operations(_state: State, call: Call) -> Answer:
        after = resume_after(call)
        rest = (item for item in numbered if after is None or item[0] > after)
        return page(call, rest, lambda item: item[0], lambda item: _show(item[1], provider))

    return list_operations


def _show(listed: ProviderOperation, provider: str) -> object:
    display = {"provider": provider, "resource": listed.resource, "operation": listed.operation}
    if listed.description is not None:
        display["description"] = listed.description
    return {"name": listed.name, "display": display}


ROUTES = (
    Route(
        f"/providers/{_IDENTITY_PROVIDER}/operations",
        IDENTITY_API_VERSIONS,
        {"GET": _lister(_IDENTITY_PROVIDER, "Microsoft Managed Identity")},
    ),
    Route(
        f"/providers/{NAMESPACE}/operations",
        LOCK_API_VERSIONS,
        {"GET": _lister(NAMESPACE, NAMESPACE)},
    ),
)
