"""ARM's own list of what is in a group or a subscription, identities included, without the properties.

Source: Microsoft.Resources OpenAPI (Resources_ListByResourceGroup and Resources_List); rights and order are assumed.
"""

import re
from collections.abc import Callable, Iterator
from heapq import merge

from reconciler.sandbox.gateway import Answer, Call, Route, by_gateway, page, resume_after
from reconciler.sandbox.managed_identity.identities import TYPE as IDENTITY_TYPE
from reconciler.sandbox.resources.generic import show_resource
from reconciler.sandbox.resources.subscriptions import API_VERSIONS
from reconciler.sandbox.rules import group_scope, require_group, rights
from reconciler.sandbox.state import Identity, Key, Resource, State, path_key

READ = "Microsoft.Resources/subscriptions/resourceGroups/resources/read"

_TERM = re.compile(
    r"(resourceType|name|location|resourceGroup|tagName|tagValue)\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE
)

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
    items = (item for item in _items(state, path_key(scope), after) if matches(item))
    seen = rights.visible(state, call, READ, scope, items, lambda item: str(item["id"]))
    return page(call, seen, _key, lambda item: item)


def _items(state: State, scope: Key, after: Key | None) -> Iterator[_Item]:
    # Children without a location are known to their provider alone.
    resources = (
        show_resource(resource, without=("properties",))
        for resource in state.shelf(Resource).below(scope, after)
        if resource.location is not None
    )
    identities = (_identity(identity) for identity in state.shelf(Identity).below(scope, after))
    return merge(resources, identities, key=_key)


def _identity(identity: Identity) -> _Item:
    # Source of the id's spelling: assumed, as for every resource but those that the provider itself answers for.
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
