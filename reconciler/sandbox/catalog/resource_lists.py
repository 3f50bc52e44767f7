"""ARM's own list of what is in a group or a subscription, identities included, without the properties.

Source: Microsoft.Resources OpenAPI (Resources_ListByResourceGroup and Resources_List); rights and order are assumed.
"""

import json
import re
from collections.abc import Callable, Iterator
from heapq import merge

from reconciler.sandbox.gateway import Answer, Call, NotServedError, Route, by_gateway, page, resume_after
from reconciler.sandbox.managed_identity.identities import TYPE as IDENTITY_TYPE
from reconciler.sandbox.resources.generic import show_resource
from reconciler.sandbox.resources.subscriptions import API_VERSIONS
from reconciler.sandbox.rules import group_scope, require_group, rights
from reconciler.sandbox.state import SUCCEEDED, Identity, Key, Resource, State, path_key

READ = "Microsoft.Resources/subscriptions/resourceGroups/resources/read"

_TERM = re.compile(
    r"(resourceType|name|location|resourceGroup|tagName|tagValue)\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE
)

_OF_AZURE = re.compile(r"\b(ne|or|substringof|startswith|identity|plan)\b", re.IGNORECASE)
"""What else a filter may have. Source: OpenAPI (Resources_List)."""

_Item = dict[str, object]


def list_in_group(state: State, call: Call) -> Answer:
    """What is in a group."""
    answer = _list(state, call, group_scope(call))
    require_group(state, call)  # after the rights: who may not look does not learn what exists
    return answer


def list_in_subscription(state: State, call: Call) -> Answer:
    """What is in a subscription."""
    return _list(state, call, f"/subscriptions/{call.names['subscription']}")


def _list(state: State, call: Call, scope: str) -> Answer:
    matches, after = _filter(call), resume_after(call)
    items = (item for item in _items(state, path_key(scope), after, _expander(state, call)) if matches(item))
    seen = rights.visible(state, call, READ, scope, items, lambda item: str(item["id"]))
    return page(call, seen, _key, lambda item: item)


def _expander(state: State, call: Call) -> Callable[[_Item], _Item]:
    """What `$expand` adds to an entry.

    Source: OpenAPI (Resources_List; `createdTime`, `changedTime` and `provisioningState`, only where they are asked
    for). Times are those of the Activity Log: what it does not know, as of a resource that was loaded, is left out.
    What else is asked for is passed over: assumed.
    """
    asked = {name.strip().casefold() for name in call.query.get("$expand", "").split(",")}
    times = _times(state) if asked & {"createdtime", "changedtime"} else {}

    def expand(item: _Item) -> _Item:
        first, last = times.get(_key(item), (None, None))
        added = {"createdTime": first, "changedTime": last, "provisioningState": "Succeeded"}
        shown = {name: value for name, value in added.items() if name.casefold() in asked and value is not None}
        return {**item, **shown} if shown else item

    return expand


def _times(state: State) -> dict[Key, tuple[str, str]]:
    """When each resource was written first since it was last deleted, and when last."""
    times: dict[Key, tuple[str, str]] = {}
    for event in state.activity:
        if event.status != SUCCEEDED:
            continue
        action = str(json.loads(event.text)["operationName"]["value"]).casefold()
        if action.endswith("/delete"):
            times.pop(event.resource_key, None)
        elif action.endswith("/write"):
            at = f"{event.at:%Y-%m-%dT%H:%M:%S.%f}0Z"
            first, _ = times.get(event.resource_key, (at, at))
            times[event.resource_key] = (first, at)
    return times


def _items(state: State, scope: Key, after: Key | None, expand: Callable[[_Item], _Item]) -> Iterator[_Item]:
    # Children without a location are known to their provider alone.
    resources = (
        expand(show_resource(state, resource, without=("properties",)))
        for resource in state.shelf(Resource).below(scope, after)
        if resource.location is not None
    )
    identities = (expand(_identity(identity)) for identity in state.shelf(Identity).below(scope, after))
    return merge(resources, identities, key=_key)


def _identity(identity: Identity) -> _Item:
    # Source of the id's spelling and of the empty tags: recorded traffic (azure-libraries-for-java, canUpdateTag).
    return {
        "id": identity.resource_id.replace("/resourcegroups/", "/resourceGroups/", 1),
        "name": identity.name,
        "type": IDENTITY_TYPE,
        "location": identity.location,
        "tags": dict(identity.tags),
    }


def _key(item: _Item) -> Key:
    return path_key(str(item["id"]))


def _filter(call: Call) -> Callable[[_Item], bool]:
    """What `$filter` asks: terms of `FIELD eq 'x'`, joined by `and`."""
    text = call.query.get("$filter", "").strip()
    terms = []
    for term in re.split(r"\s+and\s+", text) if text else ():
        match = _TERM.fullmatch(term)
        if match is None and _OF_AZURE.search(text):
            raise NotServedError("this form of `$filter` in the list of resources")
        if match is None:  # Source: assumed
            raise by_gateway(
                400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string."
            )
        terms.append((match[1].casefold(), match[2].replace("''", "'").casefold()))
    return lambda item: all(value in _values(item, field) for field, value in terms)


def _values(item: _Item, field: str) -> tuple[str, ...]:
    tags = item.get("tags")
    pairs = tags.items() if isinstance(tags, dict) else ()
    found = {
        "resourcetype": (str(item["type"]),),
        "name": (str(item["name"]),),
        "location": (str(item["location"]),),
        "resourcegroup": (_key(item)[3],),
        "tagname": tuple(name for name, _ in pairs),
        "tagvalue": tuple(value for _, value in pairs),
    }[field]
    return tuple(value.casefold() for value in found)


ROUTES = (
    Route("/subscriptions/{subscription}/resources", API_VERSIONS, {"GET": list_in_subscription}),
    Route("/subscriptions/{subscription}/resourceGroups/{group}/resources", API_VERSIONS, {"GET": list_in_group}),
)
