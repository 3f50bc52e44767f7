"""Role definitions: by name or by GUID, as they can be assigned at a scope."""

import re

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import JsonObject, about, object_list, section, text
from reconciler.arm.http.paths import scope_path, segment
from reconciler.arm.permissions import read_entry
from reconciler.model import RoleDefinition, same_name

API_VERSION = "2022-04-01"
"""Source: Microsoft.Authorization 2022-04-01 OpenAPI (authorization-RoleDefinitionsCalls.json)."""

_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+", re.IGNORECASE)
_ABSENT_CODES = frozenset({"RoleDefinitionDoesNotExist", "NotFound"})


def find_by_name(client: ArmClient, scope: str, name: str) -> tuple[RoleDefinition, ...]:
    """The roles of a name that can be assigned at a scope, in order of their GUIDs; custom roles may share a name.

    Source: recorded traffic (azure-cli, `roleName eq 'reader'` finds Reader).
    """
    quoted = name.replace("'", "''")
    found = {
        one.guid: one
        for one in client.get_pages(_path(scope), API_VERSION, _read, f"roleName eq '{quoted}'")
        if same_name(one.name, name)
    }
    return tuple(found[guid] for guid in sorted(found))


def list_names(client: ArmClient, scope: str) -> tuple[str, ...]:
    """The names of all roles that can be assigned at a scope, in order."""
    return tuple(sorted({one.name for one in client.get_pages(_path(scope), API_VERSION, _read)}))


def get(client: ArmClient, scope: str, guid: str) -> RoleDefinition | None:
    """One role by its GUID, or None where there is none."""
    read = about(_read, lambda definition: definition.guid, guid)
    return client.find(f"{_path(scope)}/{segment(guid)}", API_VERSION, read, _ABSENT_CODES)


def role_definition_id(scope: str, guid: str) -> str:
    """The id of a role as it is sent with an assignment at a scope: within its subscription where there is one."""
    subscription = _SUBSCRIPTION.match(scope)
    return f"{subscription[0] if subscription else ''}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


def _path(scope: str) -> str:
    return f"{scope_path(scope)}/providers/Microsoft.Authorization/roleDefinitions"


def _read(body: JsonObject) -> RoleDefinition:
    properties = section(body, "properties")
    entries = tuple(read_entry(one) for one in object_list(properties, "permissions"))
    return RoleDefinition(text(body, "name").casefold(), text(properties, "roleName"), entries)
