"""Which resources an identity is attached to: `listAssociatedResources` of the two previews that have it.

It lists every such resource, whatever the caller may read of them. Source: Microsoft Entra documentation (viewing
associated resources: all of them, for whoever may read the identity) and OpenAPI 2022-01-31-preview.
"""

import re

from reconciler.sandbox.gateway import Answer, ArmRefusalError, Call, Route, by_provider, page, resume_after
from reconciler.sandbox.managed_identity.identities import IN_GROUP, READ, TYPE, existing_identity, identity_scope
from reconciler.sandbox.rules import refuse_locked, rights
from reconciler.sandbox.state import Identity, Resource, State, Subscription, key_of, path_key

LIST = f"{TYPE}/listAssociatedResources/action"
"""Only named here: the sandbox asks for the right to read. Source: Azure's list of provider operations."""

API_VERSIONS = ("2021-09-30-preview", "2022-01-31-preview")
"""Source: OpenAPI; the released versions do not have it."""

_FIELDS = ("id", "name", "type", "resourceGroup", "subscriptionId", "subscriptionDisplayName")
_NAMES = {field.casefold(): field for field in _FIELDS}
_ALL_NAMES = "|".join(_FIELDS)
_CONTAINS = re.compile(rf"contains\(\s*({_ALL_NAMES})\s*,\s*'((?:[^']|'')*)'\s*\)", re.IGNORECASE)
_EQUALS = re.compile(rf"({_ALL_NAMES})\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)
_ORDER = re.compile(rf"({_ALL_NAMES})(?:\s+(asc|desc))?", re.IGNORECASE)

_Item = dict[str, str]


def list_associated(state: State, call: Call) -> Answer:
    """The resources in order of their ids, or as `$orderby` asks; `totalCount` counts what `$filter` lets through.

    Source: recorded traffic for the entries (Azure PowerShell, Az.ManagedServiceIdentity), OpenAPI for `$filter`,
    `$orderby`, `$top` and `$skip`; which filters there are, and their errors, is assumed.
    """
    rights.require(state, call, READ, identity_scope(call))
    identity = existing_identity(state, call)
    if call.method == "POST":
        refuse_locked(state, call)
    items = _ordered(call, [item for item in _attached(state, identity) if _fits(call, item)])
    numbered = list(enumerate(items))[_skip(call) :]
    after = resume_after(call)
    rest = (pair for pair in numbered if after is None or _place(pair) > after)
    answer = page(call, rest, _place, lambda pair: pair[1])
    body = answer.body if isinstance(answer.body, dict) else {}
    return Answer(200, {"totalCount": len(items), **body})


def _place(pair: tuple[int, _Item]) -> tuple[str, ...]:
    # Resources have no one order here, so that a page goes on where the last one's number ends.
    return (f"{pair[0]:08}",)


def _attached(state: State, identity: Identity) -> list[_Item]:
    own = path_key(identity.resource_id)
    return [
        _show(state, resource)
        for resource in state.shelf(Resource)
        if any(path_key(item.identity_id) == own for item in resource.attachments)
    ]


def _show(state: State, resource: Resource) -> _Item:
    words = resource.resource_id.split("/")
    subscription = state.shelf(Subscription).get(key_of("subscriptions", words[2]))
    return {
        "id": resource.resource_id,
        "name": resource.name,
        "type": resource.type.lower(),  # Source: OpenAPI, the example
        "resourceGroup": words[4],
        "subscriptionId": words[2],
        "subscriptionDisplayName": "" if subscription is None else subscription.display_name,
    }


def _fits(call: Call, item: _Item) -> bool:
    text = call.query.get("$filter", "").strip()
    if not text:
        return True
    contains, equals = _CONTAINS.fullmatch(text), _EQUALS.fullmatch(text)
    match = contains or equals
    if match is None:
        raise _invalid("$filter", text)
    value, sought = item[_NAMES[match[1].casefold()]].casefold(), match[2].replace("''", "'").casefold()
    return sought in value if contains else sought == value


def _ordered(call: Call, items: list[_Item]) -> list[_Item]:
    text = call.query.get("$orderby", "").strip()
    if not text:
        return items
    match = _ORDER.fullmatch(text)
    if match is None:
        raise _invalid("$orderby", text)
    field, down = _NAMES[match[1].casefold()], (match[2] or "asc").casefold() == "desc"
    return sorted(items, key=lambda item: item[field].casefold(), reverse=down)


def _skip(call: Call) -> int:
    text = call.query.get("$skip", "0")
    if not text.isascii() or not text.isdigit():
        raise _invalid("$skip", text)
    return int(text)


def _invalid(name: str, value: str) -> ArmRefusalError:
    return by_provider(400, "BadRequest", f"The request format was unexpected: {name} '{value}' is not supported.")


ROUTES = (
    Route(
        IN_GROUP + "/{name}/listAssociatedResources",
        API_VERSIONS,
        # The official clients ask for a next page with GET.
        {"POST": list_associated, "GET": list_associated},
    ),
)
