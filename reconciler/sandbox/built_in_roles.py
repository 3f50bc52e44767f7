"""The built-in roles that people give to managed identities, with their GUIDs, which are the same in every tenant.

Source: Azure documentation on built-in roles. Of roles with long lists of actions only those that matter for what the
sandbox serves are given, with the provider's own; nothing evaluates them here.
"""

from dataclasses import dataclass

_READ_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups/read"
_USUAL = (
    "Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.Resources/deployments/*",
    _READ_GROUPS, "Microsoft.Support/*",
)  # fmt: skip
"""What most roles that manage a kind of resource have besides it."""

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
_QUEUES = "Microsoft.Storage/storageAccounts/queueServices"
_TABLES = "Microsoft.Storage/storageAccounts/tableServices"
_BUS = "Microsoft.ServiceBus"
_HUBS = "Microsoft.EventHub"
_VAULTS = "Microsoft.KeyVault/vaults"
_AKS = "Microsoft.ContainerService/managedClusters"


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role; the actions may hold `*`."""

    guid: str
    name: str
    description: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


def _manager(guid: str, name: str, description: str, *actions: str) -> RoleDefinition:
    return RoleDefinition(guid, name, description, (*_USUAL, *actions))


def _user(guid: str, name: str, description: str, *data_actions: str, reads: tuple[str, ...] = ()) -> RoleDefinition:
    return RoleDefinition(guid, name, description, reads, (), data_actions)


_GENERAL = (
    RoleDefinition(
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner",
        "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
        ("*",),
    ),
    RoleDefinition(
        "b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor",
        "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage "
        "assignments in Azure Blueprints, or share image galleries.",
        ("*",),
        (
            "Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action", "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete", "Microsoft.Compute/galleries/share/action",
        ),
    ),
    RoleDefinition(
        "acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader",
        "View all resources, but does not allow you to make any changes.",
        ("*/read",),
    ),
    RoleDefinition(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator",
        "Lets you manage user access to Azure resources.",
        ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
    ),
    RoleDefinition(
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator",
        "Manage access to Azure resources by assigning roles using Azure RBAC.",
        (
            "Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete",
            "*/read", "Microsoft.Support/*",
        ),
    ),
    _manager(
        "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59", "Managed Identity Contributor",
        "Create, Read, Update, and Delete User Assigned Identity",
        "Microsoft.ManagedIdentity/userAssignedIdentities/read",
        "Microsoft.ManagedIdentity/userAssignedIdentities/write",
        "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete",
    ),
    _manager(
        "f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator", "Read and Assign User Assigned Identity",
        "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
        "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
    ),
    RoleDefinition(
        "4a9ae827-6dc8-4573-8ac7-8239d42aa03f", "Tag Contributor",
        "Lets you manage tags on entities, without providing access to the entities themselves.",
        (_READ_GROUPS, "Microsoft.Resources/subscriptions/resources/read", "Microsoft.Resources/tags/*"),
    ),
    RoleDefinition(
        "43d0d8ad-25c7-4714-9337-8ba259a9fe05", "Monitoring Reader", "Can read all monitoring data.",
        ("*/read", "Microsoft.OperationalInsights/workspaces/search/action", "Microsoft.Support/*"),
    ),
    _user(
        "3913510d-42f4-4e42-8a64-420c390055eb", "Monitoring Metrics Publisher",
        "Enables publishing metrics against Azure resources", "Microsoft.Insights/Metrics/Write",
    ),
    RoleDefinition(
        "73c42c96-874c-492b-b04d-ab87d138a893", "Log Analytics Reader",
        "Log Analytics Reader can view and search all monitoring data as well as and view monitoring settings.",
        ("*/read", "Microsoft.OperationalInsights/workspaces/analytics/query/action"),
        ("Microsoft.OperationalInsights/workspaces/sharedKeys/read",),
    ),
)  # fmt: skip

_MANAGERS = (
    _manager(
        "17d1049b-9a84-46fb-8f53-869881c3d3ab", "Storage Account Contributor",
        "Lets you manage storage accounts, including accessing storage account keys.",
        "Microsoft.Storage/storageAccounts/*",
    ),
    _manager(
        "4d97b98b-1d4f-4787-a291-c67834d212e7", "Network Contributor",
        "Lets you manage networks, but not access to them.", "Microsoft.Network/*",
    ),
    _manager(
        "9980e02c-c2be-4d73-94e8-173b1dc7cf3c", "Virtual Machine Contributor",
        "Lets you manage virtual machines, but not access to them, and not the virtual network or storage account "
        "they're connected to.",
        "Microsoft.Compute/virtualMachines/*", "Microsoft.Compute/virtualMachineScaleSets/*",
    ),
    _manager(
        "befefa01-2a29-4197-83a8-272ff33ce314", "DNS Zone Contributor",
        "Lets you manage DNS zones and record sets in Azure DNS, but does not let you control who has access to them.",
        "Microsoft.Network/dnsZones/*",
    ),
    _manager(
        "b12aa53e-6015-4669-85d0-8515ebb3ae7f", "Private DNS Zone Contributor",
        "Lets you manage private DNS zone resources, but not the virtual networks they are linked to.",
        "Microsoft.Network/privateDnsZones/*",
    ),
    _manager(
        "f25e0fa2-a7c8-4377-a976-54943a77a395", "Key Vault Contributor",
        "Lets you manage key vaults, but not access to them.", "Microsoft.KeyVault/*",
    ),
    _manager(
        "de139f84-1756-47ae-9be6-808fbbe84772", "Website Contributor",
        "Lets you manage websites (not web plans), but not access to them.", "Microsoft.Web/sites/*",
    ),
    RoleDefinition(
        "4abbcc35-e782-43d8-92c5-2d3f1bd2253f", "Azure Kubernetes Service Cluster User Role",
        "List cluster user credential action.",
        (f"{_AKS}/listClusterUserCredential/action", f"{_AKS}/read"),
    ),
    RoleDefinition(
        "7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull", "acr pull",
        ("Microsoft.ContainerRegistry/registries/pull/read",),
    ),
    RoleDefinition(
        "8311e382-0749-4cb8-b61a-304f252e45ec", "AcrPush", "acr push",
        ("Microsoft.ContainerRegistry/registries/pull/read", "Microsoft.ContainerRegistry/registries/push/write"),
    ),
)  # fmt: skip

_STORAGE = (
    _user(
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "Storage Blob Data Owner",
        "Allows for full access to Azure Storage blob containers and data, including assigning POSIX access control.",
        f"{_BLOBS}/containers/blobs/*",
        reads=(f"{_BLOBS}/containers/*", f"{_BLOBS}/generateUserDelegationKey/action"),
    ),
    _user(
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor",
        "Allows for read, write and delete access to Azure Storage blob containers and data",
        f"{_BLOBS}/containers/blobs/delete", f"{_BLOBS}/containers/blobs/read", f"{_BLOBS}/containers/blobs/write",
        f"{_BLOBS}/containers/blobs/move/action", f"{_BLOBS}/containers/blobs/add/action",
        reads=(
            f"{_BLOBS}/containers/delete", f"{_BLOBS}/containers/read", f"{_BLOBS}/containers/write",
            f"{_BLOBS}/generateUserDelegationKey/action",
        ),
    ),
    _user(
        "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader",
        "Allows for read access to Azure Storage blob containers and data", f"{_BLOBS}/containers/blobs/read",
        reads=(f"{_BLOBS}/containers/read", f"{_BLOBS}/generateUserDelegationKey/action"),
    ),
    _user(
        "974c5e8b-45b9-4653-ba55-5f855dd0fb88", "Storage Queue Data Contributor",
        "Allows for read, write, and delete access to Azure Storage queues and queue messages",
        f"{_QUEUES}/queues/messages/delete", f"{_QUEUES}/queues/messages/read", f"{_QUEUES}/queues/messages/write",
        f"{_QUEUES}/queues/messages/process/action",
        reads=(f"{_QUEUES}/queues/delete", f"{_QUEUES}/queues/read", f"{_QUEUES}/queues/write"),
    ),
    _user(
        "19e7f393-937e-4f77-808e-94535e297925", "Storage Queue Data Reader",
        "Allows for read access to Azure Storage queues and queue messages", f"{_QUEUES}/queues/messages/read",
        reads=(f"{_QUEUES}/queues/read",),
    ),
    _user(
        "8a0f0c08-91a1-4084-bc3d-661d67233fed", "Storage Queue Data Message Processor",
        "Allows for peek, receive, and delete access to Azure Storage queue messages",
        f"{_QUEUES}/queues/messages/read", f"{_QUEUES}/queues/messages/process/action",
    ),
    _user(
        "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a", "Storage Queue Data Message Sender",
        "Allows for sending of Azure Storage queue messages", f"{_QUEUES}/queues/messages/add/action",
    ),
    _user(
        "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", "Storage Table Data Contributor",
        "Allows for read, write and delete access to Azure Storage tables and entities",
        f"{_TABLES}/tables/entities/*",
        reads=(f"{_TABLES}/tables/read", f"{_TABLES}/tables/write", f"{_TABLES}/tables/delete"),
    ),
    _user(
        "76199698-9eea-4c19-bc75-cec21354c6b6", "Storage Table Data Reader",
        "Allows for read access to Azure Storage tables and entities", f"{_TABLES}/tables/entities/read",
        reads=(f"{_TABLES}/tables/read",),
    ),
)  # fmt: skip

_SERVICES = (
    _user(
        "00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator",
        "Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and "
        "secrets.",
        f"{_VAULTS}/*", reads=(*_USUAL, f"{_VAULTS}/*/read"),
    ),
    _user(
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer",
        "Perform any action on the secrets of a key vault, except manage permissions.",
        f"{_VAULTS}/secrets/*", reads=(*_USUAL, f"{_VAULTS}/*/read"),
    ),
    _user(
        "4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User", "Read secret contents.",
        f"{_VAULTS}/secrets/getSecret/action", f"{_VAULTS}/secrets/readMetadata/action",
    ),
    _user(
        "12338af0-0e69-4776-bea7-57ae8d297424", "Key Vault Crypto User",
        "Perform cryptographic operations using keys.",
        f"{_VAULTS}/keys/read", f"{_VAULTS}/keys/encrypt/action", f"{_VAULTS}/keys/decrypt/action",
        f"{_VAULTS}/keys/wrap/action", f"{_VAULTS}/keys/unwrap/action", f"{_VAULTS}/keys/sign/action",
        f"{_VAULTS}/keys/verify/action",
    ),
    _user(
        "e147488a-f6f5-4113-8e2d-b22465e65bf6", "Key Vault Crypto Service Encryption User",
        "Read metadata of keys and perform wrap/unwrap operations.",
        f"{_VAULTS}/keys/read", f"{_VAULTS}/keys/wrap/action", f"{_VAULTS}/keys/unwrap/action",
    ),
    _user(
        "090c5cfd-751d-490a-894a-3ce6f1109419", "Azure Service Bus Data Owner",
        "Allows for full access to Azure Service Bus resources.", f"{_BUS}/*", reads=(f"{_BUS}/*",),
    ),
    _user(
        "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39", "Azure Service Bus Data Sender",
        "Allows for send access to Azure Service Bus resources.", f"{_BUS}/*/send/action",
        reads=(f"{_BUS}/*/queues/read", f"{_BUS}/*/topics/read"),
    ),
    _user(
        "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0", "Azure Service Bus Data Receiver",
        "Allows for receive access to Azure Service Bus resources.", f"{_BUS}/*/receive/action",
        reads=(f"{_BUS}/*/queues/read", f"{_BUS}/*/topics/read"),
    ),
    _user(
        "2b629674-e913-4c01-ae53-ef4638d8f975", "Azure Event Hubs Data Sender",
        "Allows send access to Azure Event Hubs resources.", f"{_HUBS}/*/send/action",
        reads=(f"{_HUBS}/*/eventhubs/read",),
    ),
    _user(
        "a638d3c7-ab3a-418d-83e6-5f17a39d4fde", "Azure Event Hubs Data Receiver",
        "Allows receive access to Azure Event Hubs resources.", f"{_HUBS}/*/receive/action",
        reads=(f"{_HUBS}/*/eventhubs/consumergroups/read",),
    ),
    _user(
        "516239f1-63e1-4d78-a4de-a74fb236a071", "App Configuration Data Reader",
        "Allows read access to App Configuration data.",
        "Microsoft.AppConfiguration/configurationStores/*/read",
    ),
    _user(
        "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "Cognitive Services OpenAI User",
        "Ability to view files, models, deployments, and make inference calls.",
        "Microsoft.CognitiveServices/accounts/OpenAI/*/read",
        reads=("Microsoft.CognitiveServices/*/read", "Microsoft.Authorization/roleAssignments/read"),
    ),
    _user(
        "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b", "Azure Kubernetes Service RBAC Cluster Admin",
        "Lets you manage all resources in the cluster.", f"{_AKS}/*",
        reads=(*_USUAL, f"{_AKS}/listClusterUserCredential/action"),
    ),
)  # fmt: skip

BUILT_IN_ROLES = (*_GENERAL, *_MANAGERS, *_STORAGE, *_SERVICES)
"""Every role of the sandbox; the names are unique."""
