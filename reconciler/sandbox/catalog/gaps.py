"""ARM's own operations, under no provider, that the sandbox does not serve.

Source: OpenAPI, Microsoft.Resources 2022-09-01; `/batch` as Azure's portal sends it.
"""

from collections.abc import Mapping
from functools import partial

from reconciler.sandbox.gateway import Answer, Call, NotServedError, Route
from reconciler.sandbox.resources.subscriptions import API_VERSIONS
from reconciler.sandbox.state import State

_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUP = f"{_SUBSCRIPTION}/resourceGroups/{{group}}"

_GAPS: Mapping[str, tuple[str, ...]] = {
    f"{_GROUP}/exportTemplate": ("POST",),
    f"{_GROUP}/moveResources": ("POST",),
    f"{_GROUP}/validateMoveResources": ("POST",),
    f"{_SUBSCRIPTION}/tagNames": ("GET",),
    f"{_SUBSCRIPTION}/tagNames/{{tag}}": ("PUT", "DELETE"),
    f"{_SUBSCRIPTION}/tagNames/{{tag}}/tagValues/{{value}}": ("PUT", "DELETE"),
    f"{_SUBSCRIPTION}/providers/{{provider}}/unregister": ("POST",),
    f"{_SUBSCRIPTION}/providers/{{provider}}/resourceTypes": ("GET",),
    f"{_SUBSCRIPTION}/providers/{{provider}}/providerPermissions": ("GET",),
    "/batch": ("POST",),
}


def _refuse(template: str, _state: State, _call: Call) -> Answer:
    raise NotServedError(f"`{template}`")


ROUTES = tuple(
    Route(template, API_VERSIONS, dict.fromkeys(methods, partial(_refuse, template)))
    for template, methods in _GAPS.items()
)
