"""Microsoft.ManagedIdentity: the system-assigned identity of a resource, which lives and dies with it.

`clientSecretUrl` is not shown: it names a service for the resource's own host, and the sandbox has none.
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

    Source: OpenAPI 2024-11-30 (SystemAssignedIdentities_GetByScope); id, name and type as other clients' tests have
    them; a scope without such an identity answering as a credential that is not there: assumed.
    """
    scope = call.names["scope"]
    own_id = f"{scope.rstrip('/')}/providers/{TYPE}/default"
    rights.require(state, call, READ, own_id)
    require_scope(state, scope)
    resource = state.shelf(Resource).get(path_key(scope))
    if resource is None or resource.system_principal_id is None:
        raise by_provider(404, "NotFound", f"Resource '{own_id}' was not found.")
    return Answer(
        200,
        {
            "id": f"{resource.resource_id}/providers/{TYPE}/default",
            "name": "default",
            "type": TYPE,
            # Only a resource inside another may have no location of its own.
            "location": resource.location or "global",
            "tags": dict(resource.tags or ()),
            "properties": {
                "tenantId": state.tenant_id,
                "principalId": resource.system_principal_id,
                "clientId": client_id_of_system_identity(resource.system_principal_id),
            },
        },
    )


ROUTES = (Route("/{scope}/providers/" + TYPE + "/default", API_VERSIONS, {"GET": get_system_assigned}),)
