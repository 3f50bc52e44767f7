"""Microsoft.Authorization/denyAssignments: what is denied to principals at any scope. `rights` keeps them from it.

They are only read: Azure makes them for managed applications, deployment stacks and blueprints, and the state file for
rehearsals. Source: Azure documentation (deny assignments are read-only for users), OpenAPI 2022-04-01, which has no
other method than GET; that any other is a 405 is assumed. Previews in which users can write some are not served.
"""

import re
from collections.abc import Callable, Iterator

from reconciler.sandbox.authorization.role_definitions import parse_permission
from reconciler.sandbox.gateway import (
    Answer,
    Call,
    GraphRows,
    GraphView,
    JsonObject,
    Kind,
    Loading,
    ProviderOperation,
    Route,
    by_provider,
    page,
    resume_after,
)
from reconciler.sandbox.rules import (
    DeniedPrincipal,
    DenyAssignment,
    applying_at,
    reaching,
    require_scope,
    rights,
    show_permission,
)
from reconciler.sandbox.state import Node, State, path_key

TYPE = "Microsoft.Authorization/denyAssignments"
READ = f"{TYPE}/read"

API_VERSIONS = ("2018-07-01-preview", "2022-04-01")
"""Source: OpenAPI for 2022-04-01; the preview as quoted by users (azure-powershell issue 16410)."""

_ID = re.compile(rf"(?:|/.+)/providers/{re.escape(TYPE)}/[^/]+", re.IGNORECASE)
_TERM = re.compile(
    r"(atScope)\(\s*\)|(denyAssignmentName|principalId|gdprExportPrincipalId)\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE
)

_Shower = Callable[[DenyAssignment], JsonObject]


def list_deny_assignments(state: State, call: Call) -> Answer:
    """The deny assignments at a scope, above it and below it, by `$filter`: `atScope()` leaves out those below, the
    other terms keep those of a name or of a principal.

    Source: OpenAPI 2022-04-01 (`$filter`); that terms can be joined by `and`, as those of role assignments: assumed.
    """
    scope = call.names["scope"]
    require_scope(state, scope)
    asked = _filter(call)
    look = applying_at if "atscope" in asked else reaching
    found = look(state.shelf(DenyAssignment), path_key(scope), TYPE, resume_after(call))
    seen = rights.visible(state, call, READ, scope, found, lambda item: item.resource_id)
    show: _Shower = _show_exported if "gdprexportprincipalid" in asked else show_deny_assignment
    return page(call, (item for item in seen if _fits(item, asked)), lambda item: item.key, show)


def get_deny_assignment(state: State, call: Call) -> Answer:
    """One deny assignment, at its own scope alone; without one it is a 404. Source: assumed, as role assignments."""
    scope, name = call.names["scope"], call.names["name"]
    resource_id = f"{scope.rstrip('/')}/providers/{TYPE}/{name}"
    rights.require(state, call, READ, resource_id)
    require_scope(state, scope)
    found = state.shelf(DenyAssignment).get(path_key(resource_id))
    if found is None:
        raise by_provider(404, "DenyAssignmentNotFound", f"The deny assignment '{name}' is not found.")
    return Answer(200, show_deny_assignment(found))


def _filter(call: Call) -> dict[str, str]:
    """What `$filter` asks for, by the names of its terms; all in lower case."""
    text = call.query.get("$filter", "").strip()
    asked: dict[str, str] = {}
    for term in re.split(r"\s+and\s+", text) if text else ():
        match = _TERM.fullmatch(term)
        if match is None:  # Source: assumed, after role assignments
            raise by_provider(400, "UnsupportedQuery", f"The filter '{text}' is not supported.")
        asked[(match[1] or match[2]).casefold()] = (match[3] or "").replace("''", "'").casefold()
    return asked


def _fits(item: DenyAssignment, asked: dict[str, str]) -> bool:
    """Source: OpenAPI 2022-04-01 (whom `principalId` and `gdprExportPrincipalId` find)."""
    named = {one.principal_id.casefold() for one in item.principals}
    excluded = {one.principal_id.casefold() for one in item.excluded}
    return (
        asked.get("denyassignmentname", item.display_name.casefold()) == item.display_name.casefold()
        and ("principalid" not in asked or asked["principalid"] in named)
        and ("gdprexportprincipalid" not in asked or asked["gdprexportprincipalid"] in named | excluded)
    )


def show_deny_assignment(item: DenyAssignment) -> JsonObject:
    """A deny assignment as ARM shows it. Source: key order as quoted by users (azure-powershell issue 16410)."""
    return {"properties": _properties(item), "id": item.resource_id, "type": TYPE, "name": item.name}


def _show_exported(item: DenyAssignment) -> JsonObject:
    """Name and description alone. Source: OpenAPI 2022-04-01 (`gdprExportPrincipalId`)."""
    shown = {"denyAssignmentName": item.display_name, "description": item.description or ""}
    return {**show_deny_assignment(item), "properties": shown}


def _properties(item: DenyAssignment) -> JsonObject:
    properties: JsonObject = {
        "denyAssignmentName": item.display_name,
        "description": item.description,
        "permissions": [show_permission(entry) for entry in item.permissions],
        "scope": item.scope,
        "doNotApplyToChildScopes": item.at_scope_alone,
        "principals": [_show_principal(one) for one in item.principals],
        "excludePrincipals": [_show_principal(one) for one in item.excluded],
        "isSystemProtected": item.system_protected,
        "condition": item.condition,
        "conditionVersion": item.condition_version,
        "createdOn": item.created_on,
        "updatedOn": item.updated_on,
        "createdBy": item.created_by,
        "updatedBy": item.updated_by,
    }
    return {name: value for name, value in properties.items() if value is not None}


def _show_principal(one: DeniedPrincipal) -> JsonObject:
    return {"id": one.principal_id} if one.kind is None else {"id": one.principal_id, "type": one.kind}


def _parse(node: Node, _loading: Loading) -> DenyAssignment:
    """What a list of ARM shows; the scope is the one of the id."""
    node.required("id").names(_ID, "a deny assignment")
    properties = node.required("properties")
    return DenyAssignment(
        node.required("id").text(),
        properties.required("denyAssignmentName").text(),
        tuple(parse_permission(entry) for entry in properties.required("permissions").items()),
        _principals(properties.required("principals")),
        _principals(properties.optional("excludePrincipals")),
        properties.optional_text("description"),
        properties.flag("doNotApplyToChildScopes", otherwise=False),
        properties.flag("isSystemProtected", otherwise=True),
        properties.optional_text("condition"),
        properties.optional_text("conditionVersion"),
        properties.optional_text("createdOn"),
        properties.optional_text("updatedOn"),
        properties.optional_text("createdBy"),
        properties.optional_text("updatedBy"),
    )


def _principals(node: Node | None) -> tuple[DeniedPrincipal, ...]:
    entries = () if node is None else node.items()
    return tuple(DeniedPrincipal(one.required("id").text(), one.optional_text("type")) for one in entries)


def _show(item: DenyAssignment) -> JsonObject:
    return {"id": item.resource_id, "properties": _properties(item)}


def _find(state: State, call: Call, view: GraphView) -> Iterator[DenyAssignment]:
    held = (one for one in state.shelf(DenyAssignment) if view.holds(path_key(one.scope)))
    return rights.readable(state, call, READ, "/", held, lambda one: one.resource_id)


_DENY_ASSIGNMENTS = "/{scope}/providers/" + TYPE

KIND = Kind(
    "denyAssignments",
    TYPE,
    DenyAssignment,
    _parse,
    _show,
    (
        Route(_DENY_ASSIGNMENTS, API_VERSIONS, {"GET": list_deny_assignments}),
        Route(
            _DENY_ASSIGNMENTS + "/{name}",
            API_VERSIONS,
            {"GET": get_deny_assignment},
            other_methods=("PUT", "DELETE"),  # Source: the generated Bicep types (2024-07-01-preview)
        ),
    ),
    (ProviderOperation(READ, "denyAssignments", "read"),),
    GraphRows("authorizationresources", _find, lambda _state, item: show_deny_assignment(item)),
    is_always_written=False,
)
