"""The resources of one type of any other provider: of a subscription, of a group, or within another resource.

A provider's list has all of each resource, its properties included. Source: recorded traffic (cloud-custodian: 200 and
`{"value": [...]}`, also of none).
"""

from collections.abc import Iterator

from reconciler.sandbox.gateway import (
    Answer,
    ArmRefusalError,
    Call,
    NotServedError,
    Route,
    has_path,
    has_provider,
    is_type,
    page,
    resume_after,
    unknown_namespace,
    unknown_type,
)
from reconciler.sandbox.resources.generic import show_resource
from reconciler.sandbox.rules import group_scope, require_group, resource_not_found, rights
from reconciler.sandbox.state import Resource, State, path_key


def list_in_subscription(state: State, call: Call) -> Answer:
    """The resources of a type in a subscription."""
    if "/" in call.names["collection"]:
        raise _unknown(call)
    return _list(state, call, f"/subscriptions/{call.names['subscription']}", 8)


def list_in_group(state: State, call: Call) -> Answer:
    """The resources of a type in a group, or within a resource that exists."""
    namespace, words = call.names["namespace"], call.names["collection"].split("/")
    scope, typed_name = group_scope(call), "/".join((namespace, *words[:-1]))
    if len(words) == 1:
        answer = _list(state, call, scope, 8)
    else:
        parent = f"{scope}/providers/{typed_name}"
        answer = _list(state, call, parent, len(path_key(parent)) + 2)
    require_group(state, call)  # after the rights: who may not look does not learn what exists
    if len(words) > 1 and state.shelf(Resource).get(path_key(parent)) is None:
        raise resource_not_found(typed_name, call.names["group"])
    return answer


def refuse_action(_state: State, call: Call) -> Answer:
    """No action of a provider is known here."""
    raise _unknown(call)


def _list(state: State, call: Call, scope: str, key_length: int) -> Answer:
    resource_type = _type(call)

    def found() -> Iterator[Resource]:
        for one in state.shelf(Resource).below(path_key(scope), resume_after(call)):
            if one.type.casefold() == resource_type.casefold() and len(one.key) == key_length:
                yield one

    if not is_type(call.names["namespace"], _types(call)) and next(found(), None) is None:
        raise _unknown(call)
    seen = rights.visible(state, call, f"{resource_type}/read", scope, found(), lambda one: one.resource_id)
    return page(call, seen, lambda one: one.key, lambda one: show_resource(state, one))


def _types(call: Call) -> list[str]:
    return call.names["collection"].split("/")[::2]


def _type(call: Call) -> str:
    return "/".join((call.names["namespace"], *_types(call)))


def _unknown(call: Call) -> ArmRefusalError:
    namespace = call.names["namespace"]
    if has_path(namespace, _types(call)):
        return NotServedError(f"`{_type(call)}` at this path")
    return unknown_type(namespace, call.api_version) if has_provider(namespace) else unknown_namespace(namespace)


_OF_PROVIDER = "/providers/{namespace}/{collection}"

ROUTES = (
    Route("/subscriptions/{subscription}" + _OF_PROVIDER, (), {"GET": list_in_subscription, "POST": refuse_action}),
    Route(
        "/subscriptions/{subscription}/resourceGroups/{group}" + _OF_PROVIDER,
        (),
        {"GET": list_in_group, "POST": refuse_action},
    ),
)
"""Any api-version, since every provider has its own."""
