"""Microsoft.Authorization/locks: locks at any scope. What they stop is decided in `locking`.

A lock can always be written and removed, whatever other locks there are; its removal is how a locked scope is freed.
"""

import re

from reconciler.sandbox.gateway import (
    Answer,
    ArmRefusalError,
    Call,
    JsonObject,
    Kind,
    Loading,
    ProviderOperation,
    Route,
    by_gateway,
    by_provider,
    page,
    resume_after,
)
from reconciler.sandbox.rules import LEVELS, applying_at, reaching, require_scope, require_writable_scope, rights
from reconciler.sandbox.state import LOCK_TYPE, Lock, Node, State, path_key

READ, WRITE, DELETE = f"{LOCK_TYPE}/read", f"{LOCK_TYPE}/write", f"{LOCK_TYPE}/delete"

API_VERSIONS = ("2016-09-01", "2017-04-01", "2020-05-01")
"""Source: recorded traffic for 2016-09-01, OpenAPI for 2020-05-01; that 2017-04-01 answers alike is assumed."""

MAX_NOTES_LENGTH = 512
_ID = re.compile(rf"(|/.+)/providers/{re.escape(LOCK_TYPE)}/([^/]+)", re.IGNORECASE)
_NAME = re.compile(r"[^<>%&:\\?/\x00-\x1f]{1,260}")
"""Source: Microsoft.Authorization 2020-05-01 OpenAPI, descriptions of `lockName` and `notes`."""


def list_locks(state: State, call: Call) -> Answer:
    """The locks at a scope, above it and below it; `$filter=atScope()` leaves out those below.

    Source: recorded traffic for the list without a filter; the meaning of `atScope()` is that of role assignments,
    assumed.
    """
    scope = call.names["scope"]
    require_scope(state, scope)
    asked = call.query.get("$filter", "").strip()
    if asked and asked.casefold() != "atscope()":  # Source: assumed
        raise by_provider(400, "InvalidFilterInQueryString", f"The filter '{asked}' is not supported.")
    look = applying_at if asked else reaching
    locks = look(state.shelf(Lock), path_key(scope), LOCK_TYPE, resume_after(call))
    seen = rights.visible(state, call, READ, scope, locks, lambda lock: lock.resource_id)
    return page(call, seen, lambda lock: lock.key, _show)


def get_lock(state: State, call: Call) -> Answer:
    """One lock. Source of the 404: recordings of azure-sdk-for-node."""
    rights.require(state, call, READ, _asked(call).resource_id)
    require_scope(state, call.names["scope"])
    found = state.shelf(Lock).get(_asked(call).key)
    if found is None:
        raise by_provider(404, "LockNotFound", f"The lock '{call.names['name']}' could not be found.")
    return Answer(200, _show(found))


def put_lock(state: State, call: Call) -> Answer:
    """Create a lock (201) or replace all of it (200). Source: recorded traffic (azure-cli, lock tests)."""
    rights.require(state, call, WRITE, _asked(call).resource_id)
    require_writable_scope(state, call.names["scope"])
    if not _NAME.fullmatch(call.names["name"]):  # Source of code and text: assumed
        raise by_provider(400, "InvalidLockName", f"The lock name '{call.names['name']}' is invalid.")
    lock = _read(call)
    created = state.shelf(Lock).get(lock.key) is None
    state.put(lock)
    return Answer(201 if created else 200, _show(lock))


def delete_lock(state: State, call: Call) -> Answer:
    """200 without a body (source: recorded traffic), or 204 where there is none (source: OpenAPI)."""
    asked = _asked(call)
    rights.require(state, call, DELETE, asked.resource_id)
    require_scope(state, asked.scope)
    found = state.shelf(Lock).get(asked.key)
    if found is None:
        return Answer(204)
    state.remove(found)
    return Answer(200)


def _asked(call: Call) -> Lock:
    return Lock(call.names["scope"], call.names["name"], "")


def _read(call: Call) -> Lock:
    properties = call.json_object().get("properties")
    if not isinstance(properties, dict):
        raise _invalid("The lock has no properties.")
    level, notes = call.text_field(properties, "level"), call.text_field(properties, "notes")
    known = next((known for known in LEVELS if known.casefold() == (level or "").casefold()), None)
    if known is None:
        raise _invalid(f"The lock level '{level or ''}' is not valid. Valid levels are '{', '.join(LEVELS)}'.")
    if notes is not None and len(notes) > MAX_NOTES_LENGTH:
        raise _invalid(f"The notes are longer than {MAX_NOTES_LENGTH} characters.")
    return Lock(call.names["scope"], call.names["name"], known, notes, _owners(call, properties.get("owners")))


def _owners(call: Call, value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(owner, dict) for owner in value):
        raise _invalid("The owners are not a list of objects.")
    return tuple(call.text_field(owner, "applicationId") or "" for owner in value)


def _invalid(reason: str) -> ArmRefusalError:
    # Source: assumed.
    return by_gateway(400, "InvalidRequestContent", f"The request content was invalid: '{reason}'.")


def _show(lock: Lock) -> object:
    # Source: recorded traffic (key order; `notes` is absent unless it was sent).
    return {"properties": _properties(lock), "id": lock.resource_id, "type": LOCK_TYPE, "name": lock.name}


def _properties(lock: Lock) -> JsonObject:
    properties: JsonObject = {"level": lock.level}
    if lock.notes is not None:
        properties["notes"] = lock.notes
    if lock.owners is not None:
        properties["owners"] = [{"applicationId": owner} for owner in lock.owners]
    return properties


def _parse(node: Node, _loading: Loading) -> Lock:
    """A lock."""
    scope, name = node.required("id").names(_ID, "a lock")
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


def _state_json(lock: Lock) -> JsonObject:
    return {"id": lock.resource_id, "properties": _properties(lock)}


_LOCKS = "/{scope}/providers/" + LOCK_TYPE

_ROUTES = (
    Route(_LOCKS, API_VERSIONS, {"GET": list_locks}),
    Route(_LOCKS + "/{name}", API_VERSIONS, {"GET": get_lock, "PUT": put_lock, "DELETE": delete_lock}),
)

KIND = Kind(
    "locks",
    LOCK_TYPE,
    Lock,
    _parse,
    _state_json,
    _ROUTES,
    tuple(ProviderOperation(action, "locks", action.rpartition("/")[2]) for action in (READ, WRITE, DELETE)),
)
