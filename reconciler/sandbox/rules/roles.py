"""Which roles there are, and where each can be assigned: the built-in ones everywhere, custom ones at their assignable
scopes and below.

A state may also hold built-in roles, since one that was taken from Azure has assignments of roles that the sandbox does
not bring along; what it says of a role wins over what the sandbox knows.
"""

from collections.abc import Iterator
from heapq import merge

from reconciler.sandbox.gateway import ArmRefusalError, by_provider
from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES
from reconciler.sandbox.state import (
    ROLE_DEFINITION_TYPE,
    Key,
    Permission,
    RoleDefinition,
    Shelf,
    State,
    covers,
    path_key,
)

BUILT_IN, CUSTOM = "BuiltInRole", "CustomRole"
"""The types of roles. Source: recorded traffic (azure-cli, role tests)."""

_BUILT_IN = Shelf(BUILT_IN_ROLES, lambda role: role.key)


def guid_of(role_definition_id: str) -> str:
    """The GUID at the end of a role's id, which tells the role: what stands before it differs by who shows it."""
    return role_definition_id.rpartition("/")[2]


def find_role(state: State, role_definition_id: str) -> RoleDefinition | None:
    """The role whose id, or GUID alone, this is."""
    key = _key(guid_of(role_definition_id))
    return state.shelf(RoleDefinition).get(key) or _BUILT_IN.get(key)


def _key(guid: str) -> Key:
    return path_key(definition_id("/", guid))


def is_built_in(guid: str) -> bool:
    """Whether a GUID is that of a built-in role which the sandbox brings along."""
    return _BUILT_IN.get(_key(guid)) is not None


def all_roles(state: State, after: Key | None = None) -> Iterator[RoleDefinition]:
    """Every role, in the order of GUIDs, from the one that follows `after`."""
    own = state.shelf(RoleDefinition)
    built_in = (role for role in _BUILT_IN.below((), after) if own.get(role.key) is None)
    return merge(built_in, own.below((), after), key=lambda role: role.key)


def require_role(state: State, role_definition_id: str) -> RoleDefinition:
    """The role whose id this is.

    Source: recorded traffic (azure-service-operator); the GUID without dashes: as quoted by users.
    """
    found = find_role(state, role_definition_id)
    if found is None:
        raise role_not_found(guid_of(role_definition_id))
    return found


def role_not_found(guid: str) -> ArmRefusalError:
    """No such role; see `require_role`."""
    return by_provider(
        404,
        "RoleDefinitionDoesNotExist",
        f"The specified role definition with ID '{guid.replace('-', '')}' does not exist.",
    )


def is_assignable_at(role: RoleDefinition, scope: str) -> bool:
    """Whether one of the role's assignable scopes is the scope or stands above it.

    Source: Azure documentation (role definitions: AssignableScopes).
    """
    return any(covers(assignable, scope) for assignable in role.assignable_scopes)


def is_assignable_below(role: RoleDefinition, scope: str) -> bool:
    """Whether one of the role's assignable scopes stands below the scope, or is it."""
    return any(covers(scope, assignable) for assignable in role.assignable_scopes)


def role_type(role: RoleDefinition) -> str:
    """BuiltInRole or CustomRole."""
    return BUILT_IN if role.built_in else CUSTOM


def role_properties(role: RoleDefinition) -> dict[str, object]:
    """The `properties` of a role, as ARM shows them and the state file keeps them.

    Source: recorded traffic (azure-cli, role tests; keys in this order).
    """
    return {
        "roleName": role.role_name,
        "type": role_type(role),
        "description": role.description,
        "assignableScopes": list(role.assignable_scopes),
        "permissions": [show_permission(entry) for entry in role.permissions],
        "createdOn": role.created_on,
        "updatedOn": role.updated_on,
        "createdBy": role.created_by,
        "updatedBy": role.updated_by,
    }


def show_permission(entry: Permission) -> dict[str, object]:
    """One entry of what a role gives, or a deny assignment takes, as ARM shows it."""
    shown: dict[str, object] = {
        "actions": list(entry.actions),
        "notActions": list(entry.not_actions),
        "dataActions": list(entry.data_actions),
        "notDataActions": list(entry.not_data_actions),
    }
    if entry.condition is not None:
        shown |= {"condition": entry.condition, "conditionVersion": entry.condition_version}
    return shown


def definition_id(scope: str, guid: str) -> str:
    """The id of a role as seen from a scope: within its subscription, whatever is below.

    Source: recorded traffic (azure-cli, role tests: the list of a group; assignments sent with `/providers/...`; a
    custom role); that it is the same for a custom role of a management group: users' reports (pulumi-azure-native issue
    2610).
    """
    words = [word for word in scope.split("/") if word]
    in_subscription = len(words) >= 2 and words[0].casefold() == "subscriptions"
    return f"{f'/subscriptions/{words[1]}' if in_subscription else ''}/providers/{ROLE_DEFINITION_TYPE}/{guid}"
