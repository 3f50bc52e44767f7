"""Role assignments: the calls, and their JSON to and from the model.

A list at a scope holds what stands there, above it and below it, so that one request for a subscription finds all that
a principal may do anywhere in it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import JsonObject, about, optional_text, optional_time_s, section, text
from reconciler.arm.http.paths import scope_path, segment
from reconciler.arm.role_definitions import role_definition_id
from reconciler.errors import NotFound
from reconciler.model import (
    AssignmentDetails,
    MarkedDescription,
    RoleAssignment,
    normalize_scope,
    same_name,
    shell_command,
)

API_VERSION = "2022-04-01"
"""Source: Microsoft.Authorization 2022-04-01 OpenAPI (authorization-RoleAssignmentsCalls.json)."""

# Source: recorded traffic (RoleAssignmentNotFound; the gateway's where the scope is gone).
_ABSENT_CODES = frozenset({"RoleAssignmentNotFound", "ResourceNotFound", "ResourceGroupNotFound"})
_SCOPE_ABSENT_CODES = frozenset({"ResourceNotFound", "ResourceGroupNotFound", "SubscriptionNotFound"})
_NOBODYS = "00000000-0000-0000-0000-000000000000"

_DETAILS = {
    "condition": "condition",
    "condition_version": "conditionVersion",
    "description": "description",
    "delegated_managed_identity_resource_id": "delegatedManagedIdentityResourceId",
}
"""ARM's name of each detail but the owner, which is part of the description.

Source: Microsoft.Authorization 2022-04-01 OpenAPI (RoleAssignmentProperties).
"""


@dataclass(frozen=True, slots=True)
class RoleAssignments:
    """Calls on role assignments; every method raises as ArmClient does. Scopes are ARM ids, `/` the root."""

    client: ArmClient

    def list(self, scope: str, principal_id: str | None = None) -> tuple[RoleAssignment, ...]:
        """The assignments at a scope, above it and below it, of one principal or of all, in order of scope and name.

        Source: Azure documentation on listing role assignments by REST; recorded traffic for `principalId eq`.
        """
        query = None if principal_id is None else f"principalId eq '{principal_id}'"
        found = {
            (normalize_scope(one.scope), one.name.casefold()): one
            for one in self.client.get_pages(_assignments_path(scope), API_VERSION, _read, query)
            # A service that passes the filter over must not have others' roles taken for ours.
            if principal_id is None or same_name(one.principal_id, principal_id)
        }
        return tuple(one for _, one in sorted(found.items()))

    def get(self, scope: str, name: str) -> RoleAssignment | None:
        """One assignment, or None where it or its scope does not exist; any other 404 is an error."""
        return self.client.find(assignment_path(scope, name), API_VERSION, _reader_of(name), _ABSENT_CODES)

    def has_scope(self, scope: str) -> bool:
        """Whether a scope exists, as far as ARM looks before it looks for an assignment that nobody has.

        Source: recorded traffic (the gateway's 404 where the scope is gone); the subscription's as quoted by users.
        """
        try:
            self.client.get(assignment_path(scope, _NOBODYS), API_VERSION, _read)
        except NotFound as error:
            return error.arm_code not in _SCOPE_ABSENT_CODES
        return True

    def write(self, assignment: RoleAssignment) -> RoleAssignment:
        """Give a role to a service principal, or give an assignment other details: a PUT replaces all of them.

        ARM answers 201 either way, and as `created_s` the time of this call; its `updated_s` is the `created_s` that a
        later read shows of one that this call has made. Source: recorded traffic (azure-cli, creates and updates).

        Its type is always sent: without it, a principal that the directory does not know yet is refused. Source:
        recorded traffic (186 of 297 without the type failed, none of 78 with it).
        """
        path, name = assignment_path(assignment.scope, assignment.name), assignment.name
        written, _ = self.client.put(path, API_VERSION, _body(assignment), _reader_of(name))
        return written

    def delete(self, scope: str, name: str) -> bool:
        """Take a role away; False where there was no such assignment, NotFound where its scope is gone."""
        return self.client.delete(assignment_path(scope, name), API_VERSION)


def put_command(assignment: RoleAssignment) -> str:
    """A command, quoted for a shell, that makes exactly this assignment.

    Source: `az rest --help` (a URL without a host is one of ARM); `az role assignment create` knows no delegated
    identity.
    """
    url = f"{assignment_path(assignment.scope, assignment.name)}?api-version={API_VERSION}"
    return shell_command("az", "rest", "--method", "put", "--url", url, "--body", json.dumps(_body(assignment)))


def delete_command(assignment: RoleAssignment) -> str:
    """A command that takes exactly this assignment away. Source: `az role assignment delete --help` (`--ids`)."""
    scope = assignment.scope.rstrip("/")
    resource_id = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{assignment.name}"
    return shell_command("az", "role", "assignment", "delete", "--ids", resource_id)


def grant_command(role: str, scope: str, principal: str = "PRINCIPAL") -> str:
    """A command that gives somebody a role, to be run by whoever administers the scope."""
    words = ("--role", role, "--scope", scope, "--assignee", principal)
    return shell_command("az", "role", "assignment", "create", *words)


def _body(assignment: RoleAssignment) -> JsonObject:
    if assignment.details is None:
        raise AssertionError("a role whose condition nobody knows")
    written = {**dict(assignment.details.named()), "description": assignment.details.marked_description.written}
    details = {name: written[key] for key, name in _DETAILS.items() if written[key] is not None}
    properties = {
        "roleDefinitionId": role_definition_id(assignment.scope, assignment.role_guid),
        "principalId": assignment.principal_id,
        "principalType": "ServicePrincipal",
        **details,
    }
    return {"properties": properties}


def _assignments_path(scope: str) -> str:
    return f"{scope_path(scope)}/providers/Microsoft.Authorization/roleAssignments"


def assignment_path(scope: str, name: str) -> str:
    """The assignment's id, encoded."""
    return f"{_assignments_path(scope)}/{segment(name)}"


def _reader_of(name: str) -> Callable[[JsonObject], RoleAssignment]:
    return about(_read, lambda assignment: assignment.name, name)


def _read(body: JsonObject) -> RoleAssignment:
    properties = section(body, "properties")
    # Only the GUID at its end tells a role: what stands before it differs between request and answer. Source: OpenAPI
    # 2022-04-01, example RoleAssignments_CreateForResourceGroup; recorded traffic.
    role_guid = text(properties, "roleDefinitionId").rpartition("/")[2].casefold()
    return RoleAssignment(
        text(body, "name"),
        text(properties, "scope"),
        role_guid,
        text(properties, "principalId"),
        _details(properties),
        optional_time_s(properties, "createdOn"),
        optional_time_s(properties, "updatedOn"),
        optional_text(properties, "principalType") or "",
    )


def _details(properties: Mapping[str, object]) -> AssignmentDetails:
    found = {key: optional_text(properties, name) for key, name in _DETAILS.items()}
    if found["condition"] is None:
        found["condition_version"] = None
    marked = MarkedDescription.read(found["description"])
    return AssignmentDetails(**{**found, "description": marked.text, "owner": marked.owner})
