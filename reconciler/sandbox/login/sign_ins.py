"""The rows that the tenant's sign-in log gets of the tokens that are given out to managed identities.

Source: Azure Monitor's reference of the table AADManagedIdentitySignInLogs, for the columns. That a sign-in with a
federated credential stands in this table, that `FederatedCredentialId` is a GUID which ARM never shows, that a
sign-in which succeeds has the result `0`, and that a row is there at once, are assumed. Applications have a table of
their own, and tokens that are refused leave no row here: neither is kept.
"""

from datetime import datetime

from reconciler.sandbox.login.tokens import Principal
from reconciler.sandbox.state import FederatedCredential, State, derived_id, sign_in_of

_RESOURCES = {
    "management.azure.com": "Azure Resource Manager",
    "management.core.windows.net": "Azure Resource Manager",
    "management.usgovcloudapi.net": "Azure Resource Manager",
    "management.chinacloudapi.cn": "Azure Resource Manager",
    "vault.azure.net": "Azure Key Vault",
    "storage.azure.com": "Azure Storage",
    "graph.microsoft.com": "Microsoft Graph",
    "database.windows.net": "Azure SQL Database",
}
"""What a sign-in log calls well-known audiences. Source: as users quote rows of the log; another audience stands for
itself, which is assumed."""


def record_sign_in(
    state: State, principal: Principal, audience: str, now: datetime, credential: FederatedCredential | None = None
) -> None:
    """Keep that a managed identity got a token, and through which federated credential; of others keep nothing."""
    if principal.resource_id is None:
        return
    number = str(state.sign_ins.recorded)
    host = audience.removeprefix("https://").strip("/")
    row = {
        "AppId": principal.client_id,
        "Category": "ManagedIdentitySignInLogs",
        "CorrelationId": derived_id(0, "sign-in correlation", principal.principal_id, now.isoformat(), number),
        "FederatedCredentialId": "" if credential is None else derived_id(0, "credential", *credential.key),
        "Id": derived_id(0, "sign-in", principal.principal_id, now.isoformat(), number),
        "OperationName": "Sign-in activity",
        "ResourceDisplayName": _RESOURCES.get(host.casefold(), audience),
        "ResourceIdentity": derived_id(0, "resource", host.casefold()),
        "ResultType": "0",
        "ServicePrincipalId": principal.principal_id,
        "ServicePrincipalName": principal.resource_id.rpartition("/")[2],
    }
    state.sign_ins.add(sign_in_of(row, now))
