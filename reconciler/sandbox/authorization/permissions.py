"""Microsoft.Authorization: the permissions that a caller has at a scope."""

from reconciler.sandbox.gateway import Answer, Call, Route
from reconciler.sandbox.rules import require_group_of, rights
from reconciler.sandbox.state import Grant, State

NAMESPACE = "Microsoft.Authorization"
PERMISSIONS_READ = f"{NAMESPACE}/permissions/read"

PERMISSIONS_API_VERSIONS = (
    "2015-07-01", "2018-01-01-preview", "2018-07-01", "2022-04-01", "2022-05-01-preview",
)  # fmt: skip
"""Source: OpenAPI for 2022-04-01; the others assumed."""


def list_permissions(state: State, call: Call) -> Answer:
    """What the caller has at the scope and above: an entry for each grant, and for each permission of an assigned role.

    Source: OpenAPI, Microsoft.Authorization 2022-04-01 (Permissions_ListForResourceGroup and ..ListForResource); the
    same path at a subscription, that a resource need not exist, and the order are assumed.
    """
    scope = call.names["scope"]
    require_group_of(state, scope)
    rights.require(state, call, PERMISSIONS_READ, scope)
    return Answer(200, {"value": [_show(grant) for grant in rights.grants_at(state, call.caller, scope)]})


def _show(grant: Grant) -> object:
    return {
        "actions": list(grant.actions),
        "notActions": list(grant.not_actions),
        "dataActions": list(grant.data_actions),
        "notDataActions": list(grant.not_data_actions),
    }


ROUTES = (
    Route(
        "/{scope}/providers/Microsoft.Authorization/permissions", PERMISSIONS_API_VERSIONS, {"GET": list_permissions}
    ),
)
