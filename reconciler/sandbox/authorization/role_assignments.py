"""Microsoft.Authorization/roleAssignments: roles of principals at any scope.

An assignment names its principal by id alone, so that it outlives the principal; nothing here removes it then.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from reconciler.sandbox.authorization.assignment_attributes import live_attributes, sent_attributes
from reconciler.sandbox.authorization.assignment_forms import parse_assignment, show_assignment, state_form
from reconciler.sandbox.authorization.directory import principal_type
from reconciler.sandbox.gateway import (
    Answer,
    Call,
    GraphRows,
    GraphView,
    JsonObject,
    Kind,
    ProviderOperation,
    Route,
    by_provider,
    page,
    resume_after,
)
from reconciler.sandbox.rules import (
    applying_at,
    definition_id,
    guid_of,
    is_assignable_at,
    reaching,
    refuse_locked,
    require_role,
    require_scope,
    require_writable_scope,
    rights,
    standing_at,
)
from reconciler.sandbox.state import (
    GUID,
    ROLE_ASSIGNMENT_TYPE,
    RoleAssignment,
    RoleDefinition,
    State,
    is_management_group,
    path_key,
)

READ, WRITE, DELETE = f"{ROLE_ASSIGNMENT_TYPE}/read", f"{ROLE_ASSIGNMENT_TYPE}/write", f"{ROLE_ASSIGNMENT_TYPE}/delete"

API_VERSIONS = (
    "2015-07-01", "2017-10-01-preview", "2018-01-01-preview", "2018-07-01", "2018-09-01-preview",
    "2019-04-01-preview", "2020-03-01-preview", "2020-04-01-preview", "2020-08-01-preview", "2020-10-01-preview",
    "2021-04-01-preview", "2022-04-01",
)  # fmt: skip
"""Source: recorded traffic for 2015-07-01, 2020-04-01-preview, 2020-08-01-preview and 2022-04-01; the rest assumed."""

_AT_SCOPE = re.compile(r"atScope\(\s*\)", re.IGNORECASE)
_OF_PRINCIPAL = re.compile(r"principalId\s+eq\s+'([^']+)'|assignedTo\(\s*'([^']+)'\s*\)", re.IGNORECASE)


def list_assignments(state: State, call: Call) -> Answer:
    """The assignments at a scope, above it and below it, by `$filter`: `atScope()` leaves out those below,
    `principalId eq` and `assignedTo()` keep those of one principal (the sandbox has no groups).

    Source: recorded traffic; the combination of the two kinds: Azure documentation.
    """
    scope = call.names["scope"]
    require_scope(state, scope)
    at_scope, principal_id = _filter(call)
    look = applying_at if at_scope else reaching
    assignments = look(state.shelf(RoleAssignment), path_key(scope), ROLE_ASSIGNMENT_TYPE, resume_after(call))
    seen = rights.visible(state, call, READ, scope, assignments, lambda assignment: assignment.resource_id)
    kept = (item for item in seen if principal_id in (None, item.principal_id.casefold()))
    return page(call, kept, lambda item: item.key, _shower(call))


def get_assignment(state: State, call: Call) -> Answer:
    """One assignment, at its own scope alone (assumed). Source: recorded traffic (azure-service-operator)."""
    rights.require(state, call, READ, _asked_id(call))
    require_scope(state, call.names["scope"])
    found = state.shelf(RoleAssignment).get(path_key(_asked_id(call)))
    if found is None:
        raise by_provider(404, "RoleAssignmentNotFound", f"The role assignment '{call.names['name']}' is not found.")
    return Answer(200, _shower(call)(found))


def put_assignment(state: State, call: Call) -> Answer:
    """Create an assignment, or change its description or condition: 201 either way.

    The answer to the PUT has no `createdBy` yet, and as `createdOn` the time of the call, also where it changes one
    that was there. Source: recorded traffic (azure-cli, azure-service-operator).
    """
    rights.require(state, call, WRITE, _asked_id(call), sent_attributes(call))
    require_writable_scope(state, call.names["scope"])
    refuse_locked(state, call)
    asked = _read(state, call)
    existing = _of_same_name(state, asked)
    if existing is not None:
        _refuse_other_role(existing, asked)
        asked = replace(
            asked,
            created_on=existing.created_on,
            created_by=existing.created_by,
            updated_on=_later(call.time_text, existing.updated_on),
        )
    _refuse_duplicate(state, asked)
    state.put(asked)
    return Answer(201, _shower(call)(replace(asked, created_on=call.time_text, created_by=None)))


def _later(time_text: str, before: str | None) -> str:
    """The time of a second write: two are never at the same instant, as they may be by a clock that stands still."""
    if before is None or time_text > before:
        return time_text
    return f"{datetime.fromisoformat(before) + timedelta(microseconds=1):%Y-%m-%dT%H:%M:%S.%f}0Z"


def delete_assignment(state: State, call: Call) -> Answer:
    """200 with what was deleted, or 204, also for one that is inherited from another scope (assumed).

    Source: recorded traffic (azure-service-operator).
    """
    found = state.shelf(RoleAssignment).get(path_key(_asked_id(call)))
    rights.require(state, call, DELETE, _asked_id(call), live_attributes(found))
    require_scope(state, call.names["scope"])
    refuse_locked(state, call)
    if found is None:
        return Answer(204)
    state.remove(found)
    return Answer(200, _shower(call)(found))


def _asked_id(call: Call) -> str:
    return f"{call.names['scope'].rstrip('/')}/providers/{ROLE_ASSIGNMENT_TYPE}/{call.names['name']}"


def _filter(call: Call) -> tuple[bool, str | None]:
    """Whether only what applies at the scope is asked for, and of which principal, in lower case."""
    text = call.query.get("$filter", "").strip()
    terms = re.split(r"\s+and\s+", text) if text else []
    at_scope = [term for term in terms if _AT_SCOPE.fullmatch(term)]
    of_principal = [match for term in terms if (match := _OF_PRINCIPAL.fullmatch(term))]
    if len(at_scope) + len(of_principal) < len(terms) or len(at_scope) > 1 or len(of_principal) > 1:
        # Source: as quoted by users (azure-rest-api-specs issue 28255).
        raise by_provider(
            400,
            "UnsupportedQuery",
            f"The filter '{text}' is not supported. Supported filters are either 'atScope()' or "
            "'principalId eq '{value}' or assignedTo('{value}')'.",
        )
    principal_id = next((match[1] or match[2] for match in of_principal), None)
    return bool(at_scope), None if principal_id is None else principal_id.casefold()


def _read(state: State, call: Call) -> RoleAssignment:
    name, scope = call.names["name"], call.names["scope"]
    if not GUID.fullmatch(name):  # Source: code and text as quoted by users
        raise by_provider(
            400,
            "InvalidRoleAssignmentId",
            f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.",
        )
    properties = call.json_object().get("properties")
    fields = properties if isinstance(properties, dict) else {}
    role = call.text_field(fields, "roleDefinitionId")
    principal_id = call.text_field(fields, "principalId") or ""
    if not role:  # Source: assumed
        raise by_provider(400, "BadRequestFormat", "The request was incorrectly formatted: no roleDefinitionId.")
    if not GUID.fullmatch(principal_id):
        # Source: recorded traffic (azure-service-operator, ConfigMapUpdated).
        raise by_provider(
            400,
            "InvalidPrincipalId",
            f"The Principal ID '{principal_id}' is not valid. Principal ID must be a GUID.",
        )
    definition = require_role(state, role)
    _refuse_unassignable(definition, scope)
    condition, condition_version = _condition(call, fields)
    return RoleAssignment(
        scope,
        name,
        definition_id(scope, definition.guid) if role.startswith("/providers/") else role,
        principal_id,
        principal_type(state, call, principal_id, call.text_field(fields, "principalType")),
        call.text_field(fields, "description"),
        condition,
        condition_version,
        call.text_field(fields, "delegatedManagedIdentityResourceId"),
        created_on=call.time_text,
        updated_on=call.time_text,
        created_by=call.caller.object_id,
        updated_by=call.caller.object_id,
    )


def _refuse_unassignable(role: RoleDefinition, scope: str) -> None:
    has_data_actions = any(permission.data_actions for permission in role.permissions)
    barred = not role.built_in and has_data_actions and is_management_group(scope)
    if barred or not is_assignable_at(role, scope):
        # Source: the code as quoted by users, custom roles with data actions: Azure documentation; the text ours.
        raise by_provider(
            400,
            "RoleAssignmentScopeNotAssignableToRoleDefinition",
            f"The role '{role.role_name}' cannot be assigned at the scope '{scope}'.",
        )


def _condition(call: Call, fields: Mapping[str, object]) -> tuple[str | None, str | None]:
    """The condition and its version. Source: OpenAPI (2.0 is the only one); the refusal is assumed."""
    condition, version = call.text_field(fields, "condition"), call.text_field(fields, "conditionVersion")
    if condition and version != "2.0":
        raise by_provider(400, "InvalidConditionVersion", f"The condition version '{version}' is not valid; it is 2.0.")
    return condition, version


def _of_same_name(state: State, asked: RoleAssignment) -> RoleAssignment | None:
    return next((item for item in state.shelf(RoleAssignment) if item.name.casefold() == asked.name.casefold()), None)


def _refuse_other_role(existing: RoleAssignment, asked: RoleAssignment) -> None:
    """A name belongs to one scope, principal and role of the tenant.

    Source: Azure documentation (troubleshooting), which names tenant, principal and scope; that the role is fixed too,
    and the status, are assumed.
    """
    if existing.key != asked.key or _granted(existing) != _granted(asked):
        raise by_provider(
            400,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        )


def _refuse_duplicate(state: State, asked: RoleAssignment) -> None:
    # Source: recorded traffic (azure-cli, AKS tests).
    at_scope = standing_at(state.shelf(RoleAssignment), path_key(asked.scope), ROLE_ASSIGNMENT_TYPE)
    if any(other.key != asked.key and _granted(other) == _granted(asked) for other in at_scope):
        raise by_provider(409, "RoleAssignmentExists", "The role assignment already exists.")


def _granted(assignment: RoleAssignment) -> tuple[str, str]:
    return assignment.principal_id.casefold(), guid_of(assignment.role_definition_id).casefold()


def _shower(call: Call) -> Callable[[RoleAssignment], object]:
    """How this call's api-version shows an assignment."""
    return lambda item: show_assignment(item, call.api_version)


def _find(state: State, call: Call, view: GraphView) -> Iterator[RoleAssignment]:
    held = (one for one in state.shelf(RoleAssignment) if view.holds(path_key(one.scope)))
    return rights.readable(state, call, READ, "/", held, lambda one: one.resource_id)


def _body(_state: State, item: RoleAssignment) -> JsonObject:
    # Source: queries in public repositories, which find the GUID in the fifth part of the id.
    of_tenant = replace(item, role_definition_id=definition_id("/", guid_of(item.role_definition_id)))
    return show_assignment(of_tenant, API_VERSIONS[-1])


_ASSIGNMENTS = "/{scope}/providers/" + ROLE_ASSIGNMENT_TYPE

_ROUTES = (
    Route(_ASSIGNMENTS, API_VERSIONS, {"GET": list_assignments}),
    Route(
        _ASSIGNMENTS + "/{name}",
        API_VERSIONS,
        {"GET": get_assignment, "PUT": put_assignment, "DELETE": delete_assignment},
    ),
)

KIND = Kind(
    "roleAssignments",
    ROLE_ASSIGNMENT_TYPE,
    RoleAssignment,
    parse_assignment,
    state_form,
    _ROUTES,
    tuple(ProviderOperation(action, "roleAssignments", action.rpartition("/")[2]) for action in (READ, WRITE, DELETE)),
    GraphRows("authorizationresources", _find, _body),
)
