"""Microsoft.ManagedIdentity: the system-assigned identity of a resource, which lives and dies with it.

`clientSecretUrl` names a service that gives the resource's host its certificate. The sandbox has none, so that the name
of the host is one that never leads anywhere.
"""

from reconciler.sandbox.gateway import Answer, Call, Route, by_provider
from reconciler.sandbox.managed_identity.identities import API_VERSIONS
from reconciler.sandbox.rules import require_scope, rights
from reconciler.sandbox.state import Resource, State, client_id_of_system_identity, path_key

TYPE = "Microsoft.ManagedIdentity/identities"
READ = f"{TYPE}/read"
"""Source: Azure's list of provider operations."""


def get_system_assigned(state: State, call: Call) -> Answer:
    """The identity of the resource at the scope.

    Source: OpenAPI 2024-11-30 (SystemAssignedIdentities_GetByScope); id, name and type are those of the resource, as
    Azure PowerShell's documentation of Get-AzSystemAssignedIdentity shows them of api-version 2023-01-31 (the id with
    `/resourcegroups/`); a scope without such an identity answering as a credential that is not there: assumed.
    """
    scope = call.names["scope"]
    own_id = f"{scope.rstrip('/')}/providers/{TYPE}/default"
    rights.require(state, call, READ, own_id)
    require_scope(state, scope)
    resource = state.shelf(Resource).get(path_key(scope))
    if resource is None or resource.system_principal_id is None:
        raise by_provider(404, "NotFound", f"Resource '{own_id}' was not found.")
    principal_id = resource.system_principal_id
    client_id = client_id_of_system_identity(principal_id)
    shown_id = resource.resource_id.replace("/resourceGroups/", "/resourcegroups/", 1)
    ids = f"tid={state.tenant_id}&oid={principal_id}&aid={client_id}"
    return Answer(
        200,
        {
            "id": shown_id,
            "name": resource.name,
            "type": resource.type,
            # Only a resource inside another may have no location of its own.
            "location": resource.location or "global",
            "tags": dict(resource.tags or ()),
            "properties": {
                "tenantId": state.tenant_id,
                "principalId": principal_id,
                "clientId": client_id,
                # Source: OpenAPI (the example of 2023-07-31-preview).
                "clientSecretUrl": f"https://sandbox.invalid{shown_id}/credentials?{ids}",
            },
        },
    )


ROUTES = (Route("/{scope}/providers/" + TYPE + "/default", API_VERSIONS, {"GET": get_system_assigned}),)
