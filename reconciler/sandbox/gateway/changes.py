"""What a call changes, for Resource Graph's history: a resource as it is before the call, and as it is after it.

Of all that a state holds, only what the table `resources` shows has a history there: credentials, locks and role
assignments have none. Source: Azure documentation (analyze changes: child resources are not in `resourcechanges`).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from reconciler.sandbox.state import Facts, Identity, Operation, Origin, Resource, State, make_change, path_key

_TAGS_AT_SCOPE = "/providers/microsoft.resources/tags/default"

_CLIENTS: Mapping[str, str] = {
    "azurecli/": "Azure CLI",
    "azpowershell/": "Azure PowerShell",
    "azurepowershell/": "Azure PowerShell",
}
"""How programs begin their User-Agent, and what a record calls them.

Source: recorded traffic for the beginnings; Azure documentation, which has the form (`Azure Portal`); the words are
assumed.
"""

_PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
"""Source: Microsoft's list of its first-party applications (Azure Portal)."""

_UNKNOWN = "Unknown"
"""Source: Azure documentation (get resource changes: a client that is not recognized)."""


def client_type(user_agent: str, application_id: str) -> str:
    """What a record calls the program of a call.

    Source: Azure documentation (get resource changes: it is recognized by its user agent and application id).
    """
    if application_id.casefold() == _PORTAL:
        return "Azure Portal"
    begin = user_agent.casefold()
    return next((name for prefix, name in _CLIENTS.items() if begin.startswith(prefix)), _UNKNOWN)


def target_of(resource_id: str) -> str:
    """The resource that a write is about: tags are written by a resource of their own."""
    is_tags = resource_id.casefold().endswith(_TAGS_AT_SCOPE)
    return resource_id[: -len(_TAGS_AT_SCOPE)] if is_tags else resource_id


def facts_at(state: State, resource_id: str) -> Facts | None:
    """The properties of the resource of an id; None where there is none, or one without a history."""
    found = _find(state, resource_id)
    return None if found is None else dict(_facts(found))


def record_change(state: State, origin: Origin, operation: Operation, before: Facts | None, at: datetime) -> None:
    """Keep what a call changed, if anything: `before` is what `facts_at` said of its target when it began."""
    target_id = target_of(operation.resource_id)
    change = make_change(origin, target_id, operation.action, at, before, facts_at(state, target_id))
    if change is not None:
        state.resource_changes.add(change)


def _find(state: State, resource_id: str) -> Identity | Resource | None:
    key = path_key(resource_id)
    return state.shelf(Identity).get(key) or state.shelf(Resource).get(key)


def _facts(found: Identity | Resource) -> Iterator[tuple[str, str]]:
    yield from ((f"tags.{name}", value) for name, value in found.tags or ())
    yield "location", found.location or ""
    if isinstance(found, Identity):
        yield "properties.isolationScope", found.isolation_scope or "None"
        yield "properties.principalId", found.principal_id
        return
    yield from ((f"identity.userAssignedIdentities.{one.identity_id}", "{}") for one in found.attachments)
    for name, value in json.loads(found.fields).items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        yield from ((f"{name}.{key}".rstrip("."), json.dumps(one, ensure_ascii=False)) for key, one in inner)
