"""The rules of custom roles: what a body may say, who may say it, and when a role has to stay.

Source, where nothing else is said: codes and statuses are those that Azure's own .NET client asserts in its recorded
tests (RoleDefinitionCreateTests and RoleDefinitionUpdateTests), the texts ours. Which actions the providers have is not
known here, so that whatever has the form of an action is taken.
"""

import re
from collections.abc import Iterator, Mapping

from reconciler.sandbox.gateway import Call, by_gateway, by_provider
from reconciler.sandbox.rules import all_roles, find_role, guid_of, rights
from reconciler.sandbox.state import (
    GUID,
    Permission,
    RoleAssignment,
    RoleDefinition,
    State,
    Subscription,
    covers,
    is_management_group,
    path_key,
)

MAX_CUSTOM_ROLES = 5000
"""Of a tenant. Source: Azure documentation (custom roles, limits)."""

_ACTION = re.compile(r"\*|[^/\s]+(/[^/\s]+)+")


def read_custom_role(state: State, call: Call) -> RoleDefinition:
    """The role that a PUT asks for, every rule kept that does not depend on the caller."""
    guid = call.names["name"]
    if not GUID.fullmatch(guid):  # Source: assumed
        raise by_provider(400, "InvalidRoleDefinitionId", f"The role definition ID '{guid}' is not a GUID.")
    existing = find_role(state, guid)
    if existing is not None and existing.built_in:
        raise by_provider(409, "RoleDefinitionExists", f"The role definition '{guid}' is a built-in role.")
    properties = call.json_object().get("properties")
    fields: Mapping[str, object] = properties if isinstance(properties, dict) else {}
    role = RoleDefinition(
        guid,
        _name(call, fields),
        call.text_field(fields, "description"),
        tuple(_permission(call, entry) for entry in call.objects_field(fields, "permissions")),
        _scopes(call, fields),
        created_on=call.time_text,
        updated_on=call.time_text,
        created_by=call.caller.object_id,
        updated_by=call.caller.object_id,
    )
    _refuse_same_name(state, role)
    if existing is None:
        _refuse_beyond_limit(state)
    else:
        _refuse_orphans(state, existing, role)
    return role


def _name(call: Call, fields: Mapping[str, object]) -> str:
    kind = call.text_field(fields, "type")
    if kind and kind.casefold() != "customrole":
        raise by_provider(400, "InvalidRoleDefinitionType", f"The role type '{kind}' is not valid; it is CustomRole.")
    name = call.text_field(fields, "roleName")
    if not name:
        raise by_provider(400, "RoleDefinitionNameNullOrEmpty", "The role definition has no name.")
    return name


def _permission(call: Call, entry: Mapping[str, object]) -> Permission:
    kinds = ("actions", "notActions", "dataActions", "notDataActions")
    actions, not_actions, data_actions, not_data_actions = (call.texts_field(entry, kind) for kind in kinds)
    for action in (*actions, *not_actions, *data_actions, *not_data_actions):
        # Source: Azure documentation (one wildcard in an action); code and text as quoted by users.
        if not _ACTION.fullmatch(action) or action.count("*") > 1:
            raise by_provider(
                400,
                "InvalidActionOrNotAction",
                f"'{action}' does not match any of the actions supported by the providers.",
            )
    return Permission(actions, not_actions, data_actions, not_data_actions)


def _scopes(call: Call, fields: Mapping[str, object]) -> tuple[str, ...]:
    scopes = call.texts_field(fields, "assignableScopes")
    if not scopes:
        raise by_provider(400, "MissingAssignableScopes", "The role definition has no assignable scopes.")
    for index, scope in enumerate(scopes):
        if not _is_scope(scope):
            # Source: text as quoted by users; that the root and wildcards are refused: Azure documentation.
            raise by_gateway(
                400,
                "LinkedInvalidPropertyId",
                f"Property id '{scope}' at path 'properties.assignableScopes[{index}]' is invalid. Expect fully "
                "qualified resource Id that start with '/subscriptions/{subscriptionId}' or "
                "'/providers/{resourceProviderNamespace}/'.",
            )
    if sum(is_management_group(scope) for scope in scopes) > 1:
        # Source: Azure documentation; the code assumed.
        raise by_provider(
            400, "InvalidAssignableScopes", "A role definition can have one management group as assignable scope."
        )
    return scopes


def _is_scope(scope: str) -> bool:
    in_subscription = path_key(scope)[:1] == ("subscriptions",) and len(path_key(scope)) % 2 == 0
    return scope.startswith("/") and "*" not in scope and (in_subscription or is_management_group(scope))


def _refuse_same_name(state: State, role: RoleDefinition) -> None:
    name = role.role_name.casefold()
    if any(other.role_name.casefold() == name and other.key != role.key for other in all_roles(state)):
        # Source: text as quoted by users; that built-in names are taken too, and without case, is assumed.
        raise by_provider(
            409,
            "RoleDefinitionWithSameNameExists",
            "A custom role with the same name already exists in this directory. Use a different name.",
        )


def _refuse_beyond_limit(state: State) -> None:
    if sum(not role.built_in for role in state.shelf(RoleDefinition)) >= MAX_CUSTOM_ROLES:
        # Source: Azure documentation (troubleshooting); the status assumed.
        raise by_provider(
            400,
            "RoleDefinitionLimitExceeded",
            "Role definition limit exceeded. No more role definitions can be created.",
        )


def _refuse_orphans(state: State, before: RoleDefinition, after: RoleDefinition) -> None:
    """Keep a role from leaving a scope where it is assigned."""
    for assignment in _assignments_of(state, before):
        if not any(covers(scope, assignment.scope) for scope in after.assignable_scopes):
            left = [scope for scope in before.assignable_scopes if covers(scope, assignment.scope)]
            # Source: as quoted by users (bicep issue 17145); the status assumed.
            raise by_provider(
                409,
                "RoleScopeBeingRemovedContainsAssignments",
                f"Role assignments found under scope '{(left or [assignment.scope])[0]}' which is being removed. "
                "Removing this scope from the role will orphan these assignments. Delete these assignments before "
                "removing the scope.",
            )


def refuse_while_assigned(state: State, role: RoleDefinition) -> None:
    """Keep a role from being deleted while somebody has it, wherever.

    Source: Azure documentation (troubleshooting); the status as clients type it.
    """
    if next(_assignments_of(state, role), None) is not None:
        raise by_provider(409, "RoleDefinitionHasAssignments", "There are existing role assignments referencing role.")


def _assignments_of(state: State, role: RoleDefinition) -> Iterator[RoleAssignment]:
    return (
        item
        for item in state.shelf(RoleAssignment)
        if guid_of(item.role_definition_id).casefold() == role.guid.casefold()
    )


def require_at_scopes(state: State, call: Call, role: RoleDefinition, action: str) -> None:
    """Refuse a caller who may not do the action at each assignable scope.

    Source: Azure documentation (custom roles: who can create, delete, update or view one; the text: troubleshooting);
    that a subscription of another tenant counts as such a scope is assumed.
    """
    failed = [scope for scope in role.assignable_scopes if not _may(state, call, action, scope)]
    if failed:
        raise by_gateway(
            403,
            "LinkedAuthorizationFailed",
            f"The client '{call.caller.name}' with object id '{call.caller.principal_id}' has permission to perform "
            f"action '{action}' on scope '{call.names['scope']}'; however, it does not have permission to perform "
            f"action '{action}' on the linked scope(s) '{','.join(failed)}' or the linked scope(s) are invalid.",
        )


def _may(state: State, call: Call, action: str, scope: str) -> bool:
    key = path_key(scope)
    known = key[:1] != ("subscriptions",) or state.shelf(Subscription).get(key[:2]) is not None
    return known and rights.may(state, call.caller, action, scope)
