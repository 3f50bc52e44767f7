"""A role assignment as ARM shows it, by api-version, and as the state file holds it."""

import re

from reconciler.sandbox.gateway import JsonObject, Loading
from reconciler.sandbox.state import ROLE_ASSIGNMENT_TYPE, Node, RoleAssignment

_ALL_FIELDS_SINCE = "2020-04-01-preview"
"""Source: recorded traffic."""

_PRINCIPAL_TYPE_SHOWN_SINCE = "2018-01-01-preview"
"""An answer has the type of a principal before a request may name it. Source: recorded traffic (in all answers of
2018-01-01-preview, in none of 2015-07-01; that 2017-10-01-preview is like the latter is assumed)."""

_DATED = "2024-01-01T00:00:00.0000000Z"
"""When an assignment was made of which a state file does not say it: ARM knows it of each. Source: assumed."""

_ID = re.compile(rf"(|/.+)/providers/{re.escape(ROLE_ASSIGNMENT_TYPE)}/([^/]+)", re.IGNORECASE)


def show_assignment(item: RoleAssignment, api_version: str) -> dict[str, object]:
    """An assignment as ARM shows it."""
    # Source: recorded traffic (keys in this order, null where unset).
    properties = {
        "roleDefinitionId": item.role_definition_id,
        "principalId": item.principal_id,
        "principalType": item.principal_type,
        "scope": item.scope,
        "condition": item.condition,
        "conditionVersion": item.condition_version,
        "createdOn": item.created_on or _DATED,
        "updatedOn": item.updated_on,
        "createdBy": item.created_by,
        "updatedBy": item.updated_by,
        "delegatedManagedIdentityResourceId": item.delegated_identity_id,
        "description": item.description,
    }
    for name in _absent_fields(api_version):
        del properties[name]
    return {"properties": properties, "id": item.resource_id, "type": ROLE_ASSIGNMENT_TYPE, "name": item.name}


def _absent_fields(api_version: str) -> tuple[str, ...]:
    if api_version >= _ALL_FIELDS_SINCE:
        return ()
    recent = ("condition", "conditionVersion", "delegatedManagedIdentityResourceId", "description")
    return recent if api_version >= _PRINCIPAL_TYPE_SHOWN_SINCE else (*recent, "principalType")


def parse_assignment(node: Node, _loading: Loading) -> RoleAssignment:
    """A role assignment; without a `principalType` it is one of a service principal."""
    scope, name = node.required("id").names(_ID, "a role assignment")
    properties = node.required("properties")
    return RoleAssignment(
        scope or "/",
        name,
        properties.required("roleDefinitionId").text(),
        properties.required("principalId").text(),
        properties.optional_text("principalType") or "ServicePrincipal",
        properties.optional_text("description"),
        properties.optional_text("condition"),
        properties.optional_text("conditionVersion"),
        properties.optional_text("delegatedManagedIdentityResourceId"),
        properties.optional_text("createdOn"),
        properties.optional_text("updatedOn"),
        properties.optional_text("createdBy"),
        properties.optional_text("updatedBy"),
    )


def state_form(item: RoleAssignment) -> JsonObject:
    """A role assignment in the form of the state file; what is unset is left out."""
    properties = {
        "roleDefinitionId": item.role_definition_id,
        "principalId": item.principal_id,
        "principalType": item.principal_type,
        "description": item.description,
        "condition": item.condition,
        "conditionVersion": item.condition_version,
        "delegatedManagedIdentityResourceId": item.delegated_identity_id,
        "createdOn": item.created_on,
        "updatedOn": item.updated_on,
        "createdBy": item.created_by,
        "updatedBy": item.updated_by,
    }
    return {
        "id": item.resource_id,
        "properties": {name: value for name, value in properties.items() if value is not None},
    }
