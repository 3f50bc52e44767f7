"""Microsoft.Authorization/roleDefinitions: the built-in roles, at any scope; the sandbox has no custom ones."""

import re

from reconciler.sandbox import rights
from reconciler.sandbox.answers import Answer, by_provider
from reconciler.sandbox.built_in_roles import BUILT_IN_ROLES, RoleDefinition
from reconciler.sandbox.calls import Call
from reconciler.sandbox.paging import page, resume_after
from reconciler.sandbox.routing import Route
from reconciler.sandbox.scopes import require_scope
from reconciler.sandbox.shelf import Key, Shelf, key_of
from reconciler.sandbox.state import State

TYPE = "Microsoft.Authorization/roleDefinitions"
READ = f"{TYPE}/read"

API_VERSIONS = (
    "2015-07-01", "2018-01-01-preview", "2018-07-01", "2022-04-01", "2022-05-01-preview",
)  # fmt: skip
"""Source: recorded traffic for 2022-05-01-preview, OpenAPI for 2022-04-01; the rest assumed."""

_FILTER = re.compile(
    r"roleName\s+eq\s+'(?P<name>(?:[^']|'')*)'|type\s+eq\s+'(?P<type>[^']*)'|atScopeAndBelow\(\)", re.IGNORECASE
)
_DATED = "2024-01-01T00:00:00.0000000Z"
"""Source: assumed; each real role has times of its own."""


def _key(role: RoleDefinition) -> Key:
    return key_of(role.guid)


_ROLES = Shelf(BUILT_IN_ROLES, _key)


def require_definition(role_definition_id: str) -> RoleDefinition:
    """The role whose id this is, told by its GUID at the end.

    Source: recorded traffic (azure-service-operator); the GUID without dashes: as quoted by users.
    """
    guid = role_definition_id.rpartition("/")[2]
    found = _ROLES.get(key_of(guid))
    if found is None:
        raise by_provider(
            404,
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{guid.replace('-', '')}' does not exist.",
        )
    return found


def definition_id(scope: str, guid: str) -> str:
    """The id of a built-in role as seen from a scope: within its subscription, whatever lies below.

    Source: recorded traffic (azure-cli, role tests: the list of a group; assignments sent with `/providers/...`).
    """
    words = [word for word in scope.split("/") if word]
    in_subscription = len(words) >= 2 and words[0].casefold() == "subscriptions"
    return f"{f'/subscriptions/{words[1]}' if in_subscription else ''}/providers/{TYPE}/{guid}"


def list_definitions(state: State, call: Call) -> Answer:
    """The roles that can be assigned at a scope, by `$filter=roleName eq 'x'` or `type eq 'x'`, without case.

    Source: recorded traffic (azure-cli, `roleName eq 'reader'` finds Reader) and OpenAPI (type).
    """
    scope = call.names["scope"]
    rights.require(state, call, READ, scope)
    require_scope(state, scope)
    asked = call.query.get("$filter", "").strip()
    match = _FILTER.fullmatch(asked)
    if asked and match is None:  # Source: assumed, after role assignments
        raise by_provider(400, "UnsupportedQuery", f"The filter '{asked}' is not supported.")
    roles = (role for role in _ROLES.below((), after=resume_after(call)) if match is None or _fits(role, match))
    return page(call, roles, _key, lambda role: show_definition(scope, role))


def get_definition(state: State, call: Call) -> Answer:
    """One role, by its GUID."""
    scope = call.names["scope"]
    rights.require(state, call, READ, scope)
    require_scope(state, scope)
    return Answer(200, show_definition(scope, require_definition(call.names["name"])))


def _fits(role: RoleDefinition, match: re.Match[str]) -> bool:
    name, kind = match["name"], match["type"]
    if name is not None:
        return name.replace("''", "'").casefold() == role.name.casefold()
    return kind is None or kind.casefold() == "builtinrole"


def show_definition(scope: str, role: RoleDefinition) -> dict[str, object]:
    """A role as ARM shows it at a scope."""
    # Source: recorded traffic (azure-cli, role tests; key order).
    return {
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": role.description,
            "assignableScopes": ["/"],
            "permissions": [
                {
                    "actions": list(role.actions),
                    "notActions": list(role.not_actions),
                    "dataActions": list(role.data_actions),
                    "notDataActions": list(role.not_data_actions),
                }
            ],
            "createdOn": _DATED,
            "updatedOn": _DATED,
            "createdBy": None,
            "updatedBy": None,
        },
        "id": definition_id(scope, role.guid),
        "type": TYPE,
        "name": role.guid,
    }


_DEFINITIONS = "/{scope}/providers/" + TYPE

ROUTES = (
    Route(_DEFINITIONS, API_VERSIONS, {"GET": list_definitions}),
    Route(_DEFINITIONS + "/{name}", API_VERSIONS, {"GET": get_definition}),
)
