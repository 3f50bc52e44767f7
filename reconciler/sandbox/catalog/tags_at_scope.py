"""Microsoft.Resources/tags: the tags of a subscription, a group or a resource by themselves, without the rest of it.

They are the same tags that the resource itself shows; here they can be merged and deleted one by one. Source of what is
sent and answered: recorded traffic (azure-cli, tag tests; azure-sdk-assets, AddTag and RemoveTag, equal to the byte).
"""

from collections.abc import Callable
from dataclasses import replace

from reconciler.sandbox.gateway import Answer, Call, Route, by_gateway
from reconciler.sandbox.resources.subscriptions import API_VERSIONS as RESOURCES_API_VERSIONS
from reconciler.sandbox.rules import (
    check_together,
    read_tags,
    refuse_locked,
    require_scope,
    require_writable_scope,
    rights,
)
from reconciler.sandbox.state import Identity, Resource, ResourceGroup, State, Subscription, Tags, path_key

TYPE = "Microsoft.Resources/tags"
READ, WRITE, DELETE = f"{TYPE}/read", f"{TYPE}/write", f"{TYPE}/delete"

API_VERSIONS = tuple(version for version in RESOURCES_API_VERSIONS if version >= "2019-10-01")
"""Source: Azure documentation (2019-10-01 is the first with tags at a scope)."""

_Tagged = Subscription | ResourceGroup | Identity | Resource
_Change = Callable[[dict[str, str], Tags], dict[str, str]]


def get_tags(state: State, call: Call) -> Answer:
    """The tags at a scope."""
    rights.require(state, call, READ, call.names["scope"])
    require_scope(state, call.names["scope"])
    return Answer(200, _show(call, _tagged(state, call).tags or ()))


def put_tags(state: State, call: Call) -> Answer:
    """Replace all tags: 200. Source: recorded traffic (azure-cli, tag tests)."""
    _require_writable(state, call, WRITE)
    return _replace(state, call, _asked(call))


def patch_tags(state: State, call: Call) -> Answer:
    """Replace, merge or delete tags: 200 with what there is then. Source: recorded traffic (azure-cli, tag tests)."""
    _require_writable(state, call, WRITE)
    operation = call.text_field(call.json_object(), "operation") or ""
    change = _OPERATIONS.get(operation.casefold())
    if change is None:  # Source: assumed
        raise by_gateway(
            400, "InvalidRequestContent", f"The tag operation '{operation}' is none of Replace, Merge and Delete."
        )
    changed = change(dict(_tagged(state, call).tags or ()), _asked(call))
    return _replace(state, call, tuple(changed.items()))


def delete_tags(state: State, call: Call) -> Answer:
    """Remove all tags: 200 without a body. Source: recorded traffic (azure-cli, tag tests)."""
    _require_writable(state, call, DELETE)
    state.put(replace(_tagged(state, call), tags=()))
    return Answer(200)


def _replace(state: State, call: Call, tags: Tags) -> Answer:
    check_together(tags)
    state.put(replace(_tagged(state, call), tags=tags))
    return Answer(200, _show(call, tags))


def _require_writable(state: State, call: Call, action: str) -> None:
    rights.require(state, call, action, call.names["scope"])
    require_writable_scope(state, call.names["scope"])
    # That a CanNotDelete lock keeps the tags from being deleted is assumed.
    refuse_locked(state, call)


def _asked(call: Call) -> Tags:
    properties = call.json_object().get("properties")
    return (read_tags(properties) if isinstance(properties, dict) else None) or ()


def _merge(tags: dict[str, str], asked: Tags) -> dict[str, str]:
    known = {name.casefold(): name for name in tags}
    # That a name keeps its spelling is assumed.
    return {**tags, **{known.get(name.casefold(), name): value for name, value in asked}}


def _delete(tags: dict[str, str], asked: Tags) -> dict[str, str]:
    """Source: OpenAPI (Tags_UpdateAtScope: by name, or by name and value); that an empty value is none is assumed."""
    removed = {name.casefold(): value for name, value in asked}
    return {name: value for name, value in tags.items() if removed.get(name.casefold()) not in ("", value)}


_OPERATIONS: dict[str, _Change] = {"replace": lambda _tags, asked: dict(asked), "merge": _merge, "delete": _delete}


def _tagged(state: State, call: Call) -> _Tagged:
    """What has the tags of a scope."""
    key = path_key(call.names["scope"])
    candidates: tuple[_Tagged | None, ...] = (
        state.shelf(Subscription).get(key),
        state.shelf(ResourceGroup).get(key),
        state.shelf(Identity).get(key),
        state.shelf(Resource).get(key),
    )
    for found in candidates:
        if found is not None:
            return found
    # Source: assumed; what is known only by a lock or a role assignment has no tags that could be kept.
    raise by_gateway(404, "NotFound", f"There is nothing at the scope '{call.names['scope']}' that can have tags.")


def _show(call: Call, tags: Tags) -> object:
    # Source: recorded traffic (azure-cli, tag tests; key order).
    return {
        "id": f"{call.names['scope'].rstrip('/')}/providers/{TYPE}/default",
        "name": "default",
        "type": TYPE,
        "properties": {"tags": dict(tags)},
    }


ROUTES = (
    Route(
        "/{scope}/providers/" + TYPE + "/default",
        API_VERSIONS,
        {"GET": get_tags, "PUT": put_tags, "PATCH": patch_tags, "DELETE": delete_tags},
    ),
)
