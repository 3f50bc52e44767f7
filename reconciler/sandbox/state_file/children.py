"""The JSON of what stands below and beside identities in a state: credentials, roles and their assignments, locks,
resources, and the events of the Activity Log.

It is ARM's own, as `state_json` has it for groups and identities: what a list of real Azure shows can be put here.
"""

import json
import re

from reconciler.sandbox.rules.attachments import identity_block
from reconciler.sandbox.rules.locations import normalize_location
from reconciler.sandbox.rules.locking import LEVELS
from reconciler.sandbox.rules.roles import BUILT_IN, CUSTOM, definition_id, is_built_in, role_properties
from reconciler.sandbox.state.events import ActivityEvent, event_of, parse_time
from reconciler.sandbox.state.kinds import (
    LOCK_TYPE,
    ROLE_ASSIGNMENT_TYPE,
    ROLE_DEFINITION_TYPE,
    Attachment,
    ClaimsExpression,
    FederatedCredential,
    Lock,
    Permission,
    Resource,
    RoleAssignment,
    RoleDefinition,
)
from reconciler.sandbox.state.node import GUID, Node

_GROUP_ID = r"/subscriptions/[^/]+/resourceGroups/[^/]+"
_CREDENTIAL_ID = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/([^/]+)"
    r"/federatedIdentityCredentials/([^/]+)",
    re.IGNORECASE,
)
_DEFINITION_ID = re.compile(rf"(?:|/.+)/providers/{re.escape(ROLE_DEFINITION_TYPE)}/({GUID.pattern})", re.IGNORECASE)
_ASSIGNMENT_ID = re.compile(rf"(|/.+)/providers/{re.escape(ROLE_ASSIGNMENT_TYPE)}/([^/]+)", re.IGNORECASE)
_LOCK_ID = re.compile(rf"(|/.+)/providers/{re.escape(LOCK_TYPE)}/([^/]+)", re.IGNORECASE)
_RESOURCE_ID = re.compile(rf"{_GROUP_ID}/providers/([^/]+)((?:/[^/]+/[^/]+)+)", re.IGNORECASE)
_OWN_FIELDS = ("id", "name", "type", "location", "tags", "identity")


def parse_credential(node: Node) -> FederatedCredential:
    """A federated identity credential; several audiences are kept, though none can be written."""
    subscription_id, group, identity, name = node.required("id").names(_CREDENTIAL_ID, "a federated credential")
    properties = node.required("properties")
    subject = properties.optional("subject")
    return FederatedCredential(
        f"/subscriptions/{subscription_id}/resourcegroups/{group}"
        f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{identity}",
        name,
        properties.required("issuer").text(),
        None if subject is None else subject.any_text() or None,
        tuple(audience.text() for audience in properties.required("audiences").items()),
        _expression(properties.optional("claimsMatchingExpression")),
    )


def _expression(node: Node | None) -> ClaimsExpression | None:
    if node is None:
        return None
    return ClaimsExpression(node.required("value").text(), node.required("languageVersion").count())


def parse_role_definition(node: Node) -> RoleDefinition:
    """A role, a custom one unless its `type` says otherwise; two may have one name, which ARM would not let them."""
    guid = node.required("id").names(_DEFINITION_ID, "a role definition")[0]
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
        _free_text(properties, "description"),
        tuple(_permission(entry) for entry in properties.required("permissions").items()),
        tuple(scope.text() for scope in scopes.items()),
        built_in,
        _text(properties, "createdOn"),
        _text(properties, "updatedOn"),
        _text(properties, "createdBy"),
        _text(properties, "updatedBy"),
    )


def _permission(node: Node) -> Permission:
    def actions(name: str) -> tuple[str, ...]:
        found = node.optional(name)
        return () if found is None else tuple(action.text() for action in found.items())

    return Permission(
        actions("actions"),
        actions("notActions"),
        actions("dataActions"),
        actions("notDataActions"),
        _text(node, "condition"),
        _text(node, "conditionVersion"),
    )


def parse_role_assignment(node: Node) -> RoleAssignment:
    """A role assignment; without a `principalType` it is one of a service principal."""
    scope, name = node.required("id").names(_ASSIGNMENT_ID, "a role assignment")
    properties = node.required("properties")
    return RoleAssignment(
        scope or "/",
        name,
        properties.required("roleDefinitionId").text(),
        properties.required("principalId").text(),
        _text(properties, "principalType") or "ServicePrincipal",
        _free_text(properties, "description"),
        _free_text(properties, "condition"),
        _free_text(properties, "conditionVersion"),
        _text(properties, "delegatedManagedIdentityResourceId"),
        _text(properties, "createdOn"),
        _text(properties, "updatedOn"),
        _text(properties, "createdBy"),
        _text(properties, "updatedBy"),
    )


def parse_event(node: Node) -> ActivityEvent:
    """An event of the Activity Log; what it has besides the fields that are read here is kept as it is."""
    timestamp = node.required("eventTimestamp")
    for name in ("caller", "correlationId", "resourceId"):
        node.required(name).text()
    for name in ("operationName", "status"):
        node.required(name).required("value").text()
    try:
        at = parse_time(timestamp.text())
    except ValueError as error:
        raise timestamp.fail("must be a time as 2026-03-01T12:00:00Z") from error
    return event_of(node.plain(), at)


def parse_lock(node: Node) -> Lock:
    """A lock."""
    scope, name = node.required("id").names(_LOCK_ID, "a lock")
    properties = node.required("properties")
    level, owners = properties.required("level"), properties.optional("owners")
    if level.text() not in LEVELS:
        raise level.fail(f"must be one of {', '.join(LEVELS)}")
    notes = properties.optional("notes")
    return Lock(
        scope or "/",
        name,
        level.text(),
        None if notes is None else str(notes.value),
        None if owners is None else tuple(owner.required("applicationId").any_text() for owner in owners.items()),
    )


def parse_resource(node: Node) -> Resource:
    """A resource of another provider, with everything that it has."""
    resource_id = node.required("id")
    namespace, types = resource_id.names(_RESOURCE_ID, "a resource in a resource group")
    words = types.strip("/").split("/")
    tags, location, identity = node.optional("tags"), node.optional("location"), node.optional("identity")
    system = None if identity is None else identity.optional("principalId")
    fields = {name: field.value for name, field in node.mapping().items() if name not in _OWN_FIELDS}
    return Resource(
        resource_id.text(),
        "/".join((namespace, *words[::2])),
        words[-1],
        None if location is None else normalize_location(location.text()),
        None if tags is None else tags.tags(),
        () if identity is None else _attachments(identity),
        None if system is None else system.text(),
        identity is not None,
        json.dumps(fields, ensure_ascii=False),
    )


def _attachments(identity: Node) -> tuple[Attachment, ...]:
    attached = identity.optional("userAssignedIdentities")
    if attached is None:
        return ()
    return tuple(
        Attachment(identity_id, _text(node, "principalId"), _text(node, "clientId"))
        for identity_id, node in attached.mapping().items()
    )


def _text(node: Node, name: str) -> str | None:
    value = node.optional(name)
    return None if value is None else value.any_text()


def _free_text(node: Node, name: str) -> str | None:
    """A text that may be empty, since callers may send such ones."""
    value = node.optional(name)
    if value is None:
        return None
    if not isinstance(value.value, str):
        raise value.fail("must be a text")
    return value.value


def credential_json(credential: FederatedCredential) -> dict[str, object]:
    """A credential in the form of the state file."""
    properties: dict[str, object] = {"issuer": credential.issuer}
    if credential.subject is not None:
        properties["subject"] = credential.subject
    properties["audiences"] = list(credential.audiences)
    if credential.expression is not None:
        properties["claimsMatchingExpression"] = {
            "value": credential.expression.value,
            "languageVersion": credential.expression.language_version,
        }
    return {"id": credential.resource_id, "properties": properties}


def role_definition_json(role: RoleDefinition) -> dict[str, object]:
    """A role in the form of the state file; what is unset is left out."""
    first_scope = role.assignable_scopes[0] if role.assignable_scopes else "/"
    return {
        "id": definition_id(first_scope, role.guid),
        "properties": {name: value for name, value in role_properties(role).items() if value is not None},
    }


def role_assignment_json(item: RoleAssignment) -> dict[str, object]:
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


def lock_json(lock: Lock) -> dict[str, object]:
    """A lock in the form of the state file."""
    properties: dict[str, object] = {"level": lock.level}
    if lock.notes is not None:
        properties["notes"] = lock.notes
    if lock.owners is not None:
        properties["owners"] = [{"applicationId": owner} for owner in lock.owners]
    return {"id": lock.resource_id, "properties": properties}


def resource_json(resource: Resource) -> dict[str, object]:
    """A resource in the form of the state file."""
    result: dict[str, object] = {"id": resource.resource_id}
    if resource.location is not None:
        result["location"] = resource.location
    if resource.tags is not None:
        result["tags"] = dict(resource.tags)
    if resource.has_identity:
        result["identity"] = identity_block(resource)
    return {**result, **json.loads(resource.fields)}
