"""Every documented operation of the sandbox's routes, asked for so that it answers each status that it can.

What the sandbox does not serve is asked for too: the day that it does, it is noticed.
"""

from reconciler.sandbox.rules.rights import EVERYONE, DeniedPrincipal, DenyAssignment
from reconciler.sandbox.state.kinds import Permission
from tests.conformance.walk import Document, Walk
from tests.sandbox.arm import GROUP, IN_SUBSCRIPTION, SUBSCRIPTION

OF_SUBSCRIPTION = {"subscriptionId": SUBSCRIPTION}
IN_GROUP = {**OF_SUBSCRIPTION, "resourceGroupName": "rg-Payments"}
IDENTITY = {**IN_GROUP, "resourceName": "id-a"}
CREDENTIAL = {**IDENTITY, "federatedIdentityCredentialResourceName": "fic-a"}
IDENTITY_ID = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
ON_VM = {
    **IN_GROUP,
    "resourceProviderNamespace": "Microsoft.Compute",
    "parentResourcePath": "",
    "resourceType": "virtualMachines",
    "resourceName": "vm",
}
"""The machine, in the words that some documents have for a resource."""

MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/platform"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
GUID = "00000000-0000-0000-0000-0000000000aa"
PRINCIPAL = "00000000-0000-0000-0000-0000000000bb"
A_CREDENTIAL = {
    "properties": {"issuer": "https://idp.test", "subject": "a", "audiences": ["api://AzureADTokenExchange"]}
}
A_FLEXIBLE_CREDENTIAL = {
    "properties": {
        "issuer": "https://idp.test",
        "audiences": ["api://AzureADTokenExchange"],
        "claimsMatchingExpression": {"value": "claims['sub'] matches 'a*'", "languageVersion": 1},
    }
}
A_ROLE = {
    "properties": {
        "roleName": "Identity Watcher",
        "type": "CustomRole",
        "assignableScopes": [IN_SUBSCRIPTION],
        "permissions": [{"actions": ["Microsoft.ManagedIdentity/*/read"], "notActions": []}],
    }
}


A_DENY_ASSIGNMENT = DenyAssignment(
    f"{GROUP}/providers/Microsoft.Authorization/denyAssignments/{GUID}",
    "Keep the cluster",
    (Permission(("Microsoft.Compute/disks/write",), ("*/read",)),),
    (DeniedPrincipal(EVERYONE, "SystemDefined"),),
    (DeniedPrincipal(PRINCIPAL, "ServicePrincipal"),),
    "why",
    created_on="2026-03-01T12:00:00.0000000Z",
    created_by=PRINCIPAL,
)
"""What no caller can make: the sandbox has to begin with it."""


def walk_through(walk: Walk) -> None:
    """Ask for everything, over a sandbox that has the group `rg-Payments` with a deny assignment and nothing else."""
    vm = {"location": "westeurope", "properties": {}, "identity": {"type": "SystemAssigned"}}
    walk.http.put(VM, params={"api-version": "2024-07-01"}, json=vm).raise_for_status()
    for version in ("2022-01-31-preview", "2023-01-31", "2023-07-31-preview", "2024-11-30"):
        managed_identity(walk.document("Microsoft.ManagedIdentity", version))
    role_assignments(walk.document("Microsoft.Authorization", "2022-04-01"))
    role_definitions(walk.document("Microsoft.Authorization", "2022-04-01"))
    permissions(walk.document("Microsoft.Authorization", "2022-04-01"))
    deny_assignments(walk.document("Microsoft.Authorization", "2022-04-01"))
    locks(walk.document("Microsoft.Authorization", "2020-05-01"))
    arm_itself(walk.document("Microsoft.Resources", "2022-12-01"))
    resource_graph(walk.document("Microsoft.ResourceGraph", "2024-04-01"))
    activity_log(walk.document("Microsoft.Insights", "2015-04-01"))


def managed_identity(ask: Document) -> None:
    """Identities and their credentials, from create to delete."""
    for _ in ("created", "replaced"):
        ask("UserAssignedIdentities_CreateOrUpdate", IDENTITY, body={"location": "westeurope"})
    ask("UserAssignedIdentities_Update", IDENTITY, body={"tags": {"a": "1"}, "properties": {"isolationScope": "None"}})
    ask("UserAssignedIdentities_Get", IDENTITY)
    ask("UserAssignedIdentities_ListByResourceGroup", IN_GROUP)
    ask("UserAssignedIdentities_ListBySubscription", OF_SUBSCRIPTION)
    if ask.has("UserAssignedIdentities_ListAssociatedResources"):
        attached = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY_ID: {}}}}
        ask.walk.http.patch(VM, params={"api-version": "2024-07-01"}, json=attached).raise_for_status()
        ask("UserAssignedIdentities_ListAssociatedResources", IDENTITY)
        detached = {"identity": {"type": "SystemAssigned"}}
        ask.walk.http.patch(VM, params={"api-version": "2024-07-01"}, json=detached).raise_for_status()
    if ask.has("UserAssignedIdentities_RevokeTokens"):
        ask("UserAssignedIdentities_RevokeTokens", {**IN_GROUP, "revokeTokenResourceName": "id-a"})
    federated_credentials(ask)
    for _ in ("deleted", "not there"):
        ask("UserAssignedIdentities_Delete", IDENTITY)
    ask("SystemAssignedIdentities_GetByScope", {"scope": VM})
    ask("Operations_List")


def federated_credentials(ask: Document) -> None:
    """The credentials of an identity, one of them as only previews can make it."""
    for _ in ("created", "replaced"):
        ask("FederatedIdentityCredentials_CreateOrUpdate", CREDENTIAL, body=A_CREDENTIAL)
    flexible = f"{IDENTITY_ID}/federatedIdentityCredentials/fic-flexible"
    preview = {"api-version": "2025-05-31-preview"}
    ask.walk.http.put(flexible, params=preview, json=A_FLEXIBLE_CREDENTIAL).raise_for_status()
    ask("FederatedIdentityCredentials_Get", CREDENTIAL)
    ask("FederatedIdentityCredentials_List", IDENTITY)
    for _ in ("deleted", "not there"):
        ask("FederatedIdentityCredentials_Delete", CREDENTIAL)


def role_assignments(ask: Document) -> None:
    """One assignment by its scope, one by its id, and the lists of every kind of scope."""
    role = f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    properties = {"roleDefinitionId": role, "principalId": PRINCIPAL, "principalType": "ServicePrincipal"}
    by_scope = {"scope": GROUP, "roleAssignmentName": GUID}
    by_id = {"roleAssignmentId": f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/{GUID}"}
    for suffix, names in (("", by_scope), ("ById", by_id)):
        for _ in ("created", "replaced"):
            ask(f"RoleAssignments_Create{suffix}", names, body={"properties": properties})
        ask(f"RoleAssignments_Get{suffix}", names)
        if suffix == "":
            list_role_assignments(ask)
        for _ in ("deleted", "not there"):
            ask(f"RoleAssignments_Delete{suffix}", names)


def list_role_assignments(ask: Document) -> None:
    """The lists."""
    ask("RoleAssignments_ListForSubscription", OF_SUBSCRIPTION)
    ask("RoleAssignments_ListForResourceGroup", IN_GROUP)
    ask("RoleAssignments_ListForResource", ON_VM)
    ask("RoleAssignments_ListForScope", {"scope": MANAGEMENT_GROUP})


def role_definitions(ask: Document) -> None:
    """A built-in role, and a custom one from create to delete."""
    ask("RoleDefinitions_List", {"scope": IN_SUBSCRIPTION})
    ask("RoleDefinitions_Get", {"scope": IN_SUBSCRIPTION, "roleDefinitionId": READER})
    ask("RoleDefinitions_GetById", {"roleId": f"/providers/Microsoft.Authorization/roleDefinitions/{READER}"})
    custom = {"scope": IN_SUBSCRIPTION, "roleDefinitionId": GUID}
    ask("RoleDefinitions_CreateOrUpdate", custom, body=A_ROLE)
    ask("RoleDefinitions_Get", custom)
    for _ in ("deleted", "not there"):
        ask("RoleDefinitions_Delete", custom)


def permissions(ask: Document) -> None:
    """What the caller may do."""
    ask("Permissions_ListForResourceGroup", IN_GROUP)
    ask("Permissions_ListForResource", ON_VM)


def deny_assignments(ask: Document) -> None:
    """The one that the sandbox begins with, and the lists of every kind of scope, where their document is."""
    if not ask.has("DenyAssignments_Get"):
        return
    ask("DenyAssignments_Get", {"scope": GROUP, "denyAssignmentId": GUID})
    ask("DenyAssignments_GetById", {"denyAssignmentId": A_DENY_ASSIGNMENT.resource_id})
    ask("DenyAssignments_List", OF_SUBSCRIPTION)
    ask("DenyAssignments_ListForResourceGroup", IN_GROUP)
    ask("DenyAssignments_ListForResource", ON_VM)
    for filtered in ("atScope()", f"principalId eq '{EVERYONE}'", f"gdprExportPrincipalId eq '{PRINCIPAL}'"):
        ask("DenyAssignments_ListForResourceGroup", IN_GROUP, query={"$filter": filtered})
    ask("DenyAssignments_ListForScope", {"scope": MANAGEMENT_GROUP})


def locks(ask: Document) -> None:
    """A lock at every kind of scope, from create to delete."""
    levels = {
        "AtSubscriptionLevel": OF_SUBSCRIPTION,
        "AtResourceGroupLevel": IN_GROUP,
        "AtResourceLevel": ON_VM,
        "ByScope": {"scope": MANAGEMENT_GROUP},
    }
    lock = {"properties": {"level": "CanNotDelete", "notes": "why", "owners": [{"applicationId": "app"}]}}
    for level, scope in levels.items():
        names = {**scope, "lockName": "lock"}
        for _ in ("created", "replaced"):
            ask(f"ManagementLocks_CreateOrUpdate{level}", names, body=lock)
        ask(f"ManagementLocks_Get{level}", names)
        ask(f"ManagementLocks_List{level}", names)
        for _ in ("deleted", "not there"):
            ask(f"ManagementLocks_Delete{level}", names)
    ask("AuthorizationOperations_List")


def arm_itself(ask: Document) -> None:
    """Subscriptions and tenants."""
    ask("Subscriptions_List")
    ask("Subscriptions_Get", OF_SUBSCRIPTION)
    ask("Subscriptions_ListLocations", OF_SUBSCRIPTION)
    ask("Tenants_List")
    ask("Operations_List")
    peers = {"location": "westeurope", "subscriptionIds": [f"subscriptions/{SUBSCRIPTION}"]}
    ask("Subscriptions_CheckZonePeers", OF_SUBSCRIPTION, body=peers)
    ask("checkResourceName", body={"name": "id-a", "type": "Microsoft.ManagedIdentity/userAssignedIdentities"})


def resource_graph(ask: Document) -> None:
    """A query, its rows in both forms."""
    for form in ("objectArray", "table"):
        query = "resources | project id, name, type, location | order by id asc"
        body = {"subscriptions": [SUBSCRIPTION], "query": query, "options": {"resultFormat": form}}
        ask("Resources", body=body)
    ask("Resources", body={"subscriptions": [SUBSCRIPTION], "query": "where where"})
    ask("Operations_List")


def activity_log(ask: Document) -> None:
    """What happened on the day that the sandbox's clock shows."""
    day = "eventTimestamp ge '2026-03-01T00:00:00Z' and eventTimestamp le '2026-03-02T00:00:00Z'"
    ask("ActivityLogs_List", OF_SUBSCRIPTION, query={"$filter": day})
