"""From a URL to what it names: which route, which names, and ARM's own errors for what no route serves.

Paths are taken from the raw request line, segment by segment: decoded, empty segments dropped, fixed words in any case.
That is how real ARM takes them: clients send doubled slashes and whole scopes with `%2F` (source: recorded traffic of
azure-libraries-for-net and cloud-custodian). A `{scope}` at the head of a template stands for any number of segments,
which is how extension resources such as permissions apply to everything. A `{types}` at the end stands for the types
and names of a resource of any provider that has no routes of its own, a `{collection}` for those of a list of them.

What no route serves is either known to be in Azure (then the sandbox says that it lacks it) or refused as ARM does.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.sandbox.gateway.answers import Answer, ArmRefusalError, by_gateway
from reconciler.sandbox.gateway.azure import OTHER_API_VERSIONS, has_path, has_provider
from reconciler.sandbox.gateway.calls import Call
from reconciler.sandbox.gateway.not_served import NotServedError
from reconciler.sandbox.state import State
from reconciler.sandbox.state import split_path as split_path

Handler = Callable[[State, Call], Answer]

RESOURCES = "Microsoft.Resources"
"""The namespace of what ARM serves itself: subscriptions, resource groups and their operations."""

_SCOPE = "{scope}"
_TYPES, _COLLECTION = "{types}", "{collection}"
_OF_ANY_PROVIDER = (_TYPES, _COLLECTION)
_PROVIDER = "{provider}"
_ANY_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Route:
    """A path of ARM, the api-versions in which it exists, and who answers each method.

    `template` is written as in the OpenAPI documents. Without `api_versions` the route exists in every one. A POST to
    an action changes something.

    Attributes:
        other_methods: those that Azure has here beside the handlers.
        other_options: query options that Azure heeds here and the sandbox does not, in lower case.
    """

    template: str
    api_versions: tuple[str, ...]
    handlers: Mapping[str, Handler]
    is_action: bool = False
    other_methods: tuple[str, ...] = ()
    other_options: tuple[str, ...] = ()

    @property
    def namespace(self) -> str:
        """The resource provider that serves the path."""
        return _namespace(split_path(self.template))

    @property
    def resource_type(self) -> str:
        """The type within the namespace, for error texts."""
        return _resource_type(split_path(self.template))

    def match(self, segments: Sequence[str]) -> Mapping[str, str] | None:
        """The names that stand for the placeholders, None where the path is another one."""
        words = split_path(self.template)
        names: dict[str, str] = {}
        if words[0] == _SCOPE:
            scope_length = len(segments) - len(words) + 1
            if scope_length < 0:
                return None
            names["scope"] = "/" + "/".join(segments[:scope_length])
            words, segments = words[1:], segments[scope_length:]
        last = words[-1]
        if last in _OF_ANY_PROVIDER:
            types = segments[len(words) - 1 :]
            odd = len(types) % 2 == 1
            if not types or odd is (last == _TYPES) or "providers" in (word.casefold() for word in types[::2]):
                return None
            names[last.strip("{}")] = "/".join(types)
            words, segments = words[:-1], segments[: len(words) - 1]
        if len(words) != len(segments):
            return None
        for word, segment in zip(words, segments, strict=True):
            if word.startswith("{"):
                names[word.strip("{}")] = segment
            elif word.casefold() != segment.casefold():
                return None
        return names


class Router:
    """All routes of the sandbox."""

    def __init__(self, routes: Sequence[Route]) -> None:
        # A provider's own routes go before those of any resource of any provider.
        self._routes = sorted(routes, key=lambda route: route.template.endswith(_OF_ANY_PROVIDER))
        # Where only reads are served, as of Microsoft.Insights, resources are kept as those of any other provider.
        self._own_namespaces = frozenset(route.namespace.casefold() for route in routes if "PUT" in route.handlers)

    def find(self, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """The route of a path and the names in it."""
        segments = split_path(path)
        for route in self._routes:
            names = route.match(segments)
            if names is not None and names.get("namespace", "").casefold() not in self._own_namespaces:
                return route, names
        return None

    def unknown_path(self, path: str, api_version: str) -> ArmRefusalError:
        """The error for a path that no route serves.

        It is ARM's own where the namespace, the type, or the api-version is not known in Azure either.
        """
        segments = split_path(path)
        namespace, resource_type = _namespace(segments), _resource_type(segments)
        if has_path(namespace, resource_type.split("/")) and _provider_index(segments) is not None:
            return NotServedError(f"`{namespace}/{resource_type}` at this path")
        own = [route for route in self._routes if route.namespace.casefold() == namespace.casefold()]
        if not own and not has_provider(namespace):
            return unknown_namespace(namespace)
        versions = own[0].api_versions if own else ()
        if namespace == RESOURCES and api_version not in versions:
            # An empty group name ends here: what follows it is no path of ARM's own (azure-cli issue 31331).
            return invalid_api_version(api_version, versions)
        return unknown_type(namespace, api_version)


def check_served(route: Route, method: str, query: Mapping[str, str], api_version: str) -> None:
    """Refuse what a route has not: an api-version, a method, or an option, whether Azure has it or not."""
    _check_api_version(route, api_version)
    what = "/".join((route.namespace, route.resource_type)).removeprefix("{namespace}/")
    if method not in route.handlers:
        # Source: OpenAPI (Resources_CheckExistenceById takes the id of any resource).
        is_check = method == "HEAD" and "GET" in route.handlers and route.template.endswith("}")
        if method in route.other_methods or is_check:
            raise NotServedError(f"the method {method} for `{what}`")
        raise unsupported_method(method)
    for option in route.other_options:
        if query.get(option, "").casefold() not in ("", "false"):
            raise NotServedError(f"the query option `{option}` for `{what}`")


def _check_api_version(route: Route, api_version: str) -> None:
    """Refuse an api-version in which the route does not exist.

    Source: as quoted by users; ARM's own paths answer InvalidApiVersionParameter (azure-cli issue 31331), those of
    resource providers InvalidResourceType (acs-engine issue 4037).
    """
    if api_version in route.api_versions or (not route.api_versions and _ANY_API_VERSION.fullmatch(api_version)):
        return
    if route.namespace == RESOURCES:
        raise invalid_api_version(api_version, route.api_versions)
    namespace, resource_type = route.namespace, route.resource_type
    others = OTHER_API_VERSIONS.get((namespace.casefold(), resource_type.casefold()), ())
    if api_version in others:
        raise NotServedError(f"the api-version {api_version} of `{namespace}/{resource_type}`")
    raise unknown_api_version(namespace, resource_type, api_version, sorted((*route.api_versions, *others)))


def missing_api_version() -> ArmRefusalError:
    """No api-version was asked. Source: text as quoted by users."""
    return by_gateway(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def invalid_api_version(api_version: str, supported: Sequence[str]) -> ArmRefusalError:
    """An api-version that ARM itself does not know. Source: text as quoted by users."""
    return by_gateway(
        400,
        "InvalidApiVersionParameter",
        f"The api-version '{api_version}' is invalid. The supported versions are '{','.join(supported)}'.",
    )


def unknown_namespace(namespace: str) -> ArmRefusalError:
    """A provider that does not exist. Source: text as quoted by users."""
    return by_gateway(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")


def unknown_type(namespace: str, api_version: str) -> ArmRefusalError:
    """A type that its provider does not have in any api-version. Source: text as quoted by Azure documentation."""
    return by_gateway(
        404,
        "InvalidResourceType",
        f"The resource type could not be found in the namespace '{namespace}' for api version '{api_version}'.",
    )


def unknown_api_version(
    namespace: str, resource_type: str, api_version: str, supported: Sequence[str]
) -> ArmRefusalError:
    """A type that its provider does not have in this api-version. Source: text as quoted by users."""
    return by_gateway(
        404,
        "InvalidResourceType",
        f"The resource type '{resource_type}' could not be found in the namespace '{namespace}' for api version "
        f"'{api_version}'. The supported api-versions are '{','.join(supported)}'.",
    )


def unsupported_method(method: str) -> ArmRefusalError:
    """A method that the path does not have. Source: assumed, the text as quoted by users."""
    return by_gateway(405, "MethodNotAllowed", f"The requested resource does not support http method '{method}'.")


def _provider_index(segments: Sequence[str]) -> int | None:
    """Where the last `providers` stands at a place where a type can stand; a group may itself be named `providers`.

    A template's `{provider}` is a name in ARM's own list of them.
    """
    found = None
    index = 0
    while index < len(segments):
        names_type = index + 1 < len(segments) and segments[index + 1] != _PROVIDER
        if names_type and segments[index].casefold() == "providers":
            found = index
        index += 2
    return found


def _namespace(segments: Sequence[str]) -> str:
    words = segments[1:] if segments and segments[0] == _SCOPE else segments
    index = _provider_index(words)
    return RESOURCES if index is None else words[index + 1]


def _resource_type(segments: Sequence[str]) -> str:
    words = segments[1:] if segments and segments[0] == _SCOPE else segments
    index = _provider_index(words)
    types = words[::2][-1:] if index is None else words[index + 2 :: 2]
    return "/".join(types)
