"""Resource providers as ARM lists them: which types they have in which api-versions, and that they are registered.

Clients ask before they create something (Terraform's azurerm where it is set to register providers) and to learn an
api-version that a type has (`az resource`). What the sandbox serves itself is read off its own routes, so that the list
cannot promise what is not there. Every provider is registered in every subscription: nothing here would ever refuse
what is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from reconciler.sandbox.gateway import RESOURCES, Answer, Call, Route, page, resume_after, unknown_namespace
from reconciler.sandbox.resources.subscriptions import API_VERSIONS
from reconciler.sandbox.resources.subscriptions import READ as READ_SUBSCRIPTION
from reconciler.sandbox.rules import REGION_LIST, rights
from reconciler.sandbox.state import Key, Shelf, State, key_of

_OTHERS: dict[str, dict[str, tuple[str, ...]]] = {
    "Microsoft.App": {"containerApps": ("2025-07-01", "2024-03-01"), "jobs": ("2025-07-01", "2024-03-01")},
    "Microsoft.Automation": {"automationAccounts": ("2023-11-01", "2022-08-08")},
    "Microsoft.Batch": {"batchAccounts": ("2024-07-01",)},
    "Microsoft.CognitiveServices": {"accounts": ("2025-06-01", "2023-05-01")},
    "Microsoft.Compute": {
        "virtualMachines": ("2024-07-01", "2024-03-01"),
        "virtualMachineScaleSets": ("2024-07-01", "2024-03-01"),
    },
    "Microsoft.ContainerInstance": {"containerGroups": ("2023-05-01",)},
    "Microsoft.ContainerRegistry": {"registries": ("2023-07-01",)},
    "Microsoft.ContainerService": {"managedClusters": ("2025-03-01", "2024-05-01")},
    "Microsoft.DataFactory": {"factories": ("2018-06-01",)},
    "Microsoft.DocumentDB": {"databaseAccounts": ("2024-08-15", "2023-04-15")},
    "Microsoft.EventGrid": {"topics": ("2025-02-15", "2022-06-15")},
    "Microsoft.EventHub": {"namespaces": ("2024-01-01", "2021-11-01")},
    "Microsoft.KeyVault": {"vaults": ("2023-07-01", "2022-07-01")},
    "Microsoft.Logic": {"workflows": ("2019-05-01",)},
    "Microsoft.MachineLearningServices": {"workspaces": ("2025-06-01", "2024-04-01")},
    "Microsoft.Network": {
        "applicationGateways": ("2025-01-01", "2023-11-01"),
        "virtualNetworks": ("2025-01-01", "2023-11-01"),
    },
    "Microsoft.ServiceBus": {"namespaces": ("2024-01-01", "2021-11-01")},
    "Microsoft.Sql": {"servers": ("2021-11-01",)},
    "Microsoft.Storage": {"storageAccounts": ("2025-06-01", "2023-05-01")},
    "Microsoft.Web": {"serverfarms": ("2023-12-01", "2023-01-01"), "sites": ("2023-12-01", "2023-01-01")},
}
"""Types to which identities are attached, newest api-version first. Source: go-azure-sdk and Azure's Python clients."""


_OPTIONS = ("$expand",)
"""Metadata and aliases. Source: OpenAPI, Microsoft.Resources 2022-09-01 (Providers_List)."""

_ALWAYS_REGISTERED = (RESOURCES, "Microsoft.Authorization")
"""Source: Azure documentation on resource providers (those that every subscription has from the start)."""


@dataclass(frozen=True, slots=True)
class _Type:
    name: str
    api_versions: tuple[str, ...]
    is_in_regions: bool


@dataclass(frozen=True, slots=True)
class _Provider:
    namespace: str
    types: tuple[_Type, ...]


def provider_routes(served: Sequence[Route]) -> tuple[Route, ...]:
    """The routes that list the providers of these other routes, and the well-known ones beside them."""
    known = Shelf(_providers(served), _key)
    in_subscription = "/subscriptions/{subscription}/providers"
    return (
        Route("/providers", API_VERSIONS, {"GET": partial(_list_in_tenant, known)}, other_options=_OPTIONS),
        Route("/providers/{provider}", API_VERSIONS, {"GET": partial(_get_in_tenant, known)}, other_options=_OPTIONS),
        Route(in_subscription, API_VERSIONS, {"GET": partial(_list, known)}, other_options=_OPTIONS),
        Route(in_subscription + "/{provider}", API_VERSIONS, {"GET": partial(_get, known)}, other_options=_OPTIONS),
        Route(in_subscription + "/{provider}/register", API_VERSIONS, {"POST": partial(_register, known)}),
    )


def _providers(served: Sequence[Route]) -> list[_Provider]:
    versions: dict[tuple[str, str], set[str]] = {}
    in_groups = set()
    for route in served:
        named = (route.namespace, route.resource_type)
        if not route.namespace.startswith("{") and not _is_action(route):
            versions.setdefault(named, set()).update(route.api_versions)
            if "{group}/providers/" in route.template and "/" not in route.resource_type:
                in_groups.add(named)
    types: dict[str, list[_Type]] = {}
    for (namespace, name), known_versions in versions.items():
        newest_first = tuple(sorted(known_versions, reverse=True))
        types.setdefault(namespace, []).append(_Type(name, newest_first, (namespace, name) in in_groups))
    for namespace, others in _OTHERS.items():
        types.setdefault(namespace, []).extend(_Type(name, newest_first, True) for name, newest_first in others.items())
    return [
        _Provider(namespace, tuple(sorted(found, key=lambda item: item.name.casefold())))
        for namespace, found in types.items()
    ]


def _is_action(route: Route) -> bool:
    return "/" in route.resource_type and "POST" in route.handlers


def _key(provider: _Provider) -> Key:
    return key_of(provider.namespace)


def _list(known: Shelf[_Provider], state: State, call: Call) -> Answer:
    """The providers, as they are registered in a subscription. Source of the rights here and below: assumed."""
    scope = f"/subscriptions/{call.names['subscription']}"
    rights.require(state, call, READ_SUBSCRIPTION, scope)
    return page(call, known.below((), after=resume_after(call)), _key, lambda item: _show_registered(scope, item))


def _get(known: Shelf[_Provider], state: State, call: Call) -> Answer:
    scope = f"/subscriptions/{call.names['subscription']}"
    rights.require(state, call, READ_SUBSCRIPTION, scope)
    return Answer(200, _show_registered(scope, _find(known, call)))


def _register(known: Shelf[_Provider], state: State, call: Call) -> Answer:
    """Register a provider that is registered. Source: OpenAPI, Microsoft.Resources 2022-09-01 (Providers_Register)."""
    scope, provider = f"/subscriptions/{call.names['subscription']}", _find(known, call)
    rights.require(state, call, f"{provider.namespace}/register/action", scope)
    return Answer(200, _show_registered(scope, provider))


def _list_in_tenant(known: Shelf[_Provider], _state: State, call: Call) -> Answer:
    """The providers, whatever subscription."""
    return page(call, known.below((), after=resume_after(call)), _key, _show)


def _get_in_tenant(known: Shelf[_Provider], _state: State, call: Call) -> Answer:
    return Answer(200, _show(_find(known, call)))


def _find(known: Shelf[_Provider], call: Call) -> _Provider:
    found = known.get(key_of(call.names["provider"]))
    if found is None:
        raise unknown_namespace(call.names["provider"])
    return found


def _show_registered(scope: str, provider: _Provider) -> object:
    body = {"id": f"{scope}/providers/{provider.namespace}", **_show(provider)}
    return {**body, "registrationState": "Registered"}


def _show(provider: _Provider) -> dict[str, object]:
    # Source: OpenAPI, Microsoft.Resources 2022-09-01 (Provider, ProviderResourceType); regions and the order of
    # api-versions as quoted by users of `az provider show`.
    locations = [region.display_name for region in REGION_LIST]
    return {
        "namespace": provider.namespace,
        "resourceTypes": [
            {
                "resourceType": item.name,
                "locations": locations if item.is_in_regions else [],
                "apiVersions": list(item.api_versions),
            }
            for item in provider.types
        ],
        "registrationPolicy": "RegistrationFree"
        if provider.namespace in _ALWAYS_REGISTERED
        else "RegistrationRequired",
    }
