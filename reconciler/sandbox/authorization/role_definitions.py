"""Microsoft.Authorization/roleDefinitions at any scope: the built-in roles, and the custom ones of the state.

A role is read where it can be assigned: at its assignable scopes and below. Source: Azure documentation (custom roles:
who can view a custom role).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.sandbox.authorization.custom_roles import read_custom_role, refuse_while_assigned, require_at_scopes
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
    BUILT_IN,
    CUSTOM,
    all_roles,
    definition_id,
    find_role,
    is_assignable_at,
    is_assignable_below,
    is_built_in,
    refuse_locked,
    require_scope,
    require_writable_scope,
    rights,
    role_not_found,
    role_properties,
    role_type,
)
from reconciler.sandbox.state import GUID, ROLE_DEFINITION_TYPE, Node, Permission, RoleDefinition, State

READ, WRITE, DELETE = f"{ROLE_DEFINITION_TYPE}/read", f"{ROLE_DEFINITION_TYPE}/write", f"{ROLE_DEFINITION_TYPE}/delete"

API_VERSIONS = (
    "2015-07-01", "2018-01-01-preview", "2018-07-01", "2022-04-01", "2022-05-01-preview",
)  # fmt: skip
"""Source: recorded traffic for 2022-05-01-preview, OpenAPI for 2022-04-01; the rest assumed."""

_ID = re.compile(rf"(?:|/.+)/providers/{re.escape(ROLE_DEFINITION_TYPE)}/({GUID.pattern})", re.IGNORECASE)
_TERM = re.compile(
    r"roleName\s+eq\s+'(?P<name>(?:[^']|'')*)'|type\s+eq\s+'(?P<type>[^']*)'|(?P<below>atScopeAndBelow)\(\s*\)",
    re.IGNORECASE,
)
_JOINED = re.compile(r"(\0(\s+and\s+\0)*)?", re.IGNORECASE)
"""A filter whose terms were each replaced by one NUL: a name in quotes may hold the word `and`."""
_DATED = "2024-01-01T00:00:00.0000000Z"
"""When built-in roles were made. Source: assumed; each real role has times of its own."""


def list_definitions(state: State, call: Call) -> Answer:
    """The roles that can be assigned at a scope, by `$filter`, without case.

    `roleName eq 'x'` and `type eq 'x'` keep what fits; `atScopeAndBelow()` adds what can be assigned only below.
    Source: recorded traffic (azure-cli, `roleName eq 'reader'` finds Reader), OpenAPI; joining them is assumed.
    """
    scope = call.names["scope"]
    rights.require(state, call, READ, scope)
    require_scope(state, scope)
    asked = _filter(call)
    found = (role for role in _at(state, call, below="below" in asked) if _fits(role, asked))
    return page(call, found, lambda role: role.key, lambda role: show_definition(scope, role))


def get_definition(state: State, call: Call) -> Answer:
    """One role, by its GUID; a custom one also from above its assignable scopes (assumed)."""
    scope, guid = call.names["scope"], call.names["name"]
    rights.require(state, call, READ, scope)
    require_scope(state, scope)
    role = _find(state, scope, guid)
    if role is None:
        raise role_not_found(guid)
    return Answer(200, show_definition(scope, role))


def put_definition(state: State, call: Call) -> Answer:
    """Create a custom role or change one: 201 either way.

    The answer has no `createdBy` yet, and shows a changed role as created just now. Source: recorded traffic
    (azure-cli, custom roles); that the first creation is remembered all the same is assumed.
    """
    scope = call.names["scope"]
    rights.require(state, call, WRITE, scope)
    require_writable_scope(state, scope)
    refuse_locked(state, call)
    role = read_custom_role(state, call)
    require_at_scopes(state, call, role, WRITE)
    existing = state.shelf(RoleDefinition).get(role.key)
    kept = role if existing is None else replace(role, created_on=existing.created_on, created_by=existing.created_by)
    state.put(kept)
    return Answer(201, show_definition(scope, replace(role, created_by=None)))


def delete_definition(state: State, call: Call) -> Answer:
    """200 with what was deleted, or 204. Source: OpenAPI (RoleDefinitions_Delete)."""
    scope, guid = call.names["scope"], call.names["name"]
    rights.require(state, call, DELETE, scope)
    require_scope(state, scope)
    refuse_locked(state, call)
    role = _find(state, scope, guid)
    if role is None:
        return Answer(204)
    if role.built_in:  # Source: assumed
        raise by_provider(400, "InvalidRoleDefinitionType", f"The built-in role '{role.role_name}' cannot be deleted.")
    require_at_scopes(state, call, role, DELETE)
    refuse_while_assigned(state, role)
    state.remove(role)
    return Answer(200, show_definition(scope, role))


def _find(state: State, scope: str, guid: str) -> RoleDefinition | None:
    """A role that can be assigned at the scope, above it or below it."""
    role = find_role(state, guid)
    near = role is not None and (is_assignable_at(role, scope) or is_assignable_below(role, scope))
    return role if near else None


def _filter(call: Call) -> Mapping[str, str]:
    """What `$filter` asks for, in lower case: some of `name`, `type` and `below`."""
    text = call.query.get("$filter", "").strip()
    parts = [
        (kind, value)
        for match in _TERM.finditer(text)
        for kind, value in match.groupdict().items()
        if value is not None
    ]
    if not _JOINED.fullmatch(_TERM.sub("\0", text)) or len(parts) > len(dict(parts)):
        # Source: assumed, after role assignments
        raise by_provider(400, "UnsupportedQuery", f"The filter '{text}' is not supported.")
    return {kind: value.replace("''", "'").casefold() for kind, value in parts}


def _at(state: State, call: Call, *, below: bool) -> Iterator[RoleDefinition]:
    scope = call.names["scope"]
    return (
        role
        for role in all_roles(state, resume_after(call))
        if is_assignable_at(role, scope) or (below and is_assignable_below(role, scope))
    )


def _fits(role: RoleDefinition, asked: Mapping[str, str]) -> bool:
    name, kind = role.role_name.casefold(), role_type(role).casefold()
    return asked.get("name", name) == name and asked.get("type", kind) == kind


def show_definition(scope: str, role: RoleDefinition) -> dict[str, object]:
    """A role as ARM shows it at a scope."""
    # Source: recorded traffic (azure-cli, role tests; key order).
    properties = role_properties(role)
    if role.built_in:
        properties |= {"createdOn": role.created_on or _DATED, "updatedOn": role.updated_on or _DATED}
    return {
        "properties": properties,
        "id": definition_id(scope, role.guid),
        "type": ROLE_DEFINITION_TYPE,
        "name": role.guid,
    }


def _parse(node: Node, _loading: Loading) -> RoleDefinition:
    """A role, a custom one unless its `type` says otherwise; two may have one name, which ARM would not let them."""
    guid = node.required("id").names(_ID, "a role definition")[0]
    properties = node.required("properties")
    kind = properties.optional("type")
    if kind is not None and kind.value not in (BUILT_IN, CUSTOM):
        raise kind.fail(f"must be {BUILT_IN} or {CUSTOM}")
    built_in = kind is not None and kind.value == BUILT_IN
    if not built_in and is_built_in(guid):
        raise node.required("id").fail("is that of a built-in role")
    scopes = properties.required("assignableScopes")
    for scope in scopes.items():
        if not scope.text().startswith("/"):
            raise scope.fail("must begin with /")
    return RoleDefinition(
        guid,
        properties.required("roleName").text(),
        properties.optional_text("description"),
        tuple(parse_permission(entry) for entry in properties.required("permissions").items()),
        tuple(scope.text() for scope in scopes.items()),
        built_in,
        properties.optional_text("createdOn"),
        properties.optional_text("updatedOn"),
        properties.optional_text("createdBy"),
        properties.optional_text("updatedBy"),
    )


def parse_permission(node: Node) -> Permission:
    """One entry of what a role gives, or a deny assignment takes, in a state file."""
    return Permission(
        node.texts("actions"),
        node.texts("notActions"),
        node.texts("dataActions"),
        node.texts("notDataActions"),
        node.optional_text("condition"),
        node.optional_text("conditionVersion"),
    )


def _show(role: RoleDefinition) -> JsonObject:
    """A role in the form of the state file; what is unset is left out."""
    first_scope = role.assignable_scopes[0] if role.assignable_scopes else "/"
    return {
        "id": definition_id(first_scope, role.guid),
        "properties": {name: value for name, value in role_properties(role).items() if value is not None},
    }


def _find_readable(state: State, call: Call, _view: GraphView) -> Iterator[RoleDefinition]:
    # Built-in roles are of no subscription and known to everybody, custom ones to those who may read them: assumed.
    may_read = rights.permits(state, call.caller, READ)
    return (role for role in all_roles(state) if role.built_in or any(map(may_read, role.assignable_scopes)))


_DEFINITIONS = "/{scope}/providers/" + ROLE_DEFINITION_TYPE

_ROUTES = (
    Route(_DEFINITIONS, API_VERSIONS, {"GET": list_definitions}),
    Route(
        _DEFINITIONS + "/{name}",
        API_VERSIONS,
        {"GET": get_definition, "PUT": put_definition, "DELETE": delete_definition},
    ),
)

KIND = Kind(
    "roleDefinitions",
    ROLE_DEFINITION_TYPE,
    RoleDefinition,
    _parse,
    _show,
    _ROUTES,
    (ProviderOperation(READ, "roleDefinitions", "read"),),
    GraphRows("authorizationresources", _find_readable, lambda _state, role: show_definition("/", role)),
)
