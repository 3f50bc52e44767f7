"""The built-in roles that people give to managed identities, with their GUIDs, which are the same in every tenant.

They lie beside this file in `built_in_roles.json`, by name, with every action that they have, since the rights of
callers follow from them. Source: two public listings of the role definitions of a tenant, made by machine and
independent of each other, both of August 2026, which agree for every role here in name, GUID and each action (a third,
of March 2026, knows every GUID too). Roles with several permissions or with a condition of their own are not here. The
descriptions are ours, but for Reader's, which recorded traffic is compared with.
"""

import json
from importlib import resources

from reconciler.sandbox.state import Permission, RoleDefinition


def _read(entry: dict[str, str | list[str]]) -> RoleDefinition:
    def actions(kind: str) -> tuple[str, ...]:
        return tuple(entry.get(kind, ()))

    permission = Permission(
        actions("actions"), actions("notActions"), actions("dataActions"), actions("notDataActions")
    )
    return RoleDefinition(
        str(entry["guid"]), str(entry["name"]), str(entry["description"]), (permission,), ("/",), built_in=True
    )


def _read_all() -> tuple[RoleDefinition, ...]:
    data = resources.files("reconciler.sandbox.rules") / "built_in_roles.json"  # in a zipped wheel too
    return tuple(_read(entry) for entry in json.loads(data.read_text(encoding="utf-8")))


BUILT_IN_ROLES = _read_all()
"""Every built-in role of the sandbox; the names are unique."""
