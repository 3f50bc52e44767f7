"""What the conditions of a caller's own roles see of a role assignment that the caller writes or deletes."""

from reconciler.sandbox.gateway import ArmRefusalError, Call
from reconciler.sandbox.rules import guid_of
from reconciler.sandbox.rules.conditions import PRINCIPAL, PRINCIPAL_TYPE, ROLE, Attributes
from reconciler.sandbox.state import RoleAssignment

_SENT = {ROLE: "roleDefinitionId", PRINCIPAL: "principalId", PRINCIPAL_TYPE: "principalType"}


def sent_attributes(call: Call) -> Attributes:
    """Of a write: the role and the principal that are sent, whether or not they are valid.

    That a type which is not sent is not seen either, is assumed.
    """
    try:
        properties = call.json_object().get("properties")
    except ArmRefusalError:
        return Attributes()  # what is no JSON is refused after the rights
    fields = properties if isinstance(properties, dict) else {}
    texts = {name: text for name, key in _SENT.items() if isinstance(text := fields.get(key), str)}
    return Attributes(request={name: guid_of(text) if name == ROLE else text for name, text in texts.items()})


def live_attributes(assignment: RoleAssignment | None) -> Attributes:
    """Of a delete: what is there; nothing where there is nothing (assumed)."""
    if assignment is None:
        return Attributes()
    return Attributes(
        resource={
            ROLE: guid_of(assignment.role_definition_id),
            PRINCIPAL: assignment.principal_id,
            PRINCIPAL_TYPE: assignment.principal_type,
        }
    )
