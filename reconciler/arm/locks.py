"""Management locks: the list, and its JSON to the model. This tool reads them and never puts or removes one."""

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import FieldError, JsonObject, section, text
from reconciler.arm.http.paths import scope_path
from reconciler.model import Lock

API_VERSION = "2020-05-01"
"""Source: Microsoft.Authorization 2020-05-01 OpenAPI (locks.json)."""

_TYPE = "/providers/microsoft.authorization/locks/"


def list_at(client: ArmClient, scope: str) -> tuple[Lock, ...]:
    """The locks that the caller may see at a scope, below it and, for a resource, above it; in order of their places.

    Source: recorded traffic (azure-libraries-for-net: the list of a group has the locks below it, the list of a
    resource those of its group too).
    """
    path = f"{scope_path(scope)}/providers/Microsoft.Authorization/locks"
    found = set(client.get_pages(path, API_VERSION, _read))
    return tuple(sorted(found, key=lambda lock: (lock.scope.casefold(), lock.name.casefold(), lock.level)))


def _read(item: JsonObject) -> Lock:
    lock_id = text(item, "id")
    # Only the id says what a lock was put on; ids echo the case that was asked. Source: recorded traffic.
    place = lock_id.lower().rfind(_TYPE)
    if place < 0:
        raise FieldError(f"`id` is not that of a lock: {lock_id!r}")
    return Lock(text(section(item, "properties"), "level"), text(item, "name"), lock_id[:place] or "/")
