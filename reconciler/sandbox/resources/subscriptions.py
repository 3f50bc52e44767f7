"""Subscriptions and the tenant, as ARM lists them to a caller, the regions, and the check that a path names one."""

from collections.abc import Iterator

from reconciler.sandbox.gateway import (
    Answer,
    Call,
    GraphRows,
    GraphView,
    JsonObject,
    Kind,
    Loading,
    Route,
    page,
    resume_after,
)
from reconciler.sandbox.rules import REGION_LIST, Region, rights
from reconciler.sandbox.state import Node, State, Subscription, path_key

API_VERSIONS = (
    "2014-04-01", "2015-01-01", "2015-11-01", "2016-02-01", "2016-06-01", "2016-07-01", "2016-09-01", "2017-05-10",
    "2018-02-01", "2018-05-01", "2018-06-01", "2019-03-01", "2019-05-01", "2019-05-10", "2019-06-01", "2019-07-01",
    "2019-08-01", "2019-10-01", "2019-11-01", "2020-01-01", "2020-06-01", "2020-08-01", "2020-10-01", "2021-01-01",
    "2021-04-01", "2021-10-01", "2022-09-01", "2022-12-01", "2023-07-01", "2024-03-01", "2024-07-01", "2024-11-01",
    "2025-03-01", "2025-04-01",
)  # fmt: skip
"""Versions of Microsoft.Resources, for subscriptions and resource groups alike.

Source: recorded traffic and OpenAPI for 2019-07-01, 2020-06-01, 2021-04-01, 2022-09-01, 2022-12-01 and 2024-07-01; the
rest assumed.
"""

READ = "Microsoft.Resources/subscriptions/read"

_LOCATION_OPTIONS = ("includeextendedlocations",)
"""Source: OpenAPI, Microsoft.Resources 2022-12-01 (Subscriptions_ListLocations)."""


def list_subscriptions(state: State, call: Call) -> Answer:
    """Those in which the caller has any right, at the subscription or below; never refused. Source: assumed."""
    found = (
        item
        for item in state.shelf(Subscription).below((), after=resume_after(call))
        if rights.has_any_right(state, call.caller, item.resource_id)
    )
    return page(call, found, lambda item: item.key, lambda item: show_subscription(state, item))


def get_subscription(state: State, call: Call) -> Answer:
    """One subscription, to callers who may read it as a whole."""
    subscription_id = call.names["subscription"]
    rights.require(state, call, READ, f"/subscriptions/{subscription_id}")
    found = state.shelf(Subscription).get(path_key(f"/subscriptions/{subscription_id}"))
    if found is None:
        raise LookupError(f"unchecked subscription {subscription_id}")
    return Answer(200, show_subscription(state, found))


def list_tenants(state: State, _call: Call) -> Answer:
    """The one tenant there is, to whoever has a token.

    Source: OpenAPI, Microsoft.Resources 2022-12-01 (Tenants_List). What a state does not know, such as domains, is left
    out.
    """
    tenant = {"id": f"/tenants/{state.tenant_id}", "tenantId": state.tenant_id, "tenantCategory": "Home"}
    return Answer(200, {"value": [tenant]})


def list_locations(state: State, call: Call) -> Answer:
    """Every region, for every subscription.

    Source: OpenAPI, Microsoft.Resources 2022-12-01 (Subscriptions_ListLocations and its example); that it takes the
    right to read the subscription is assumed.
    """
    scope = f"/subscriptions/{call.names['subscription']}"
    rights.require(state, call, READ, scope)
    return Answer(200, {"value": [_show_region(scope, region) for region in REGION_LIST]})


def _show_region(scope: str, region: Region) -> object:
    return {
        "id": f"{scope}/locations/{region.name}",
        "name": region.name,
        "type": "Region",
        "displayName": region.display_name,
        "regionalDisplayName": f"({region.group}) {region.display_name}",
        "metadata": {"regionType": "Physical", "geographyGroup": region.group},
    }


def show_subscription(state: State, subscription: Subscription) -> dict[str, object]:
    """A subscription as ARM shows it."""
    # Source: OpenAPI, Microsoft.Resources 2022-12-01, Subscription and its example.
    body: dict[str, object] = {
        "id": subscription.resource_id,
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription.subscription_id,
        "tenantId": state.tenant_id,
        "displayName": subscription.display_name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }
    return {**body, "tags": dict(subscription.tags)} if subscription.tags else body


def _parse(node: Node, _loading: Loading) -> Subscription:
    node.only("subscriptionId", "displayName", "tags")
    subscription_id = node.required("subscriptionId").guid()
    display_name, tags = node.optional("displayName"), node.optional("tags")
    return Subscription(
        subscription_id,
        subscription_id if display_name is None else display_name.text(),
        () if tags is None else tags.tags(),
    )


def _show(subscription: Subscription) -> JsonObject:
    tags = {"tags": dict(subscription.tags)} if subscription.tags else {}
    return {"subscriptionId": subscription.subscription_id, "displayName": subscription.display_name, **tags}


def _find(state: State, call: Call, view: GraphView) -> Iterator[Subscription]:
    for scope in view.subscriptions:
        found = state.shelf(Subscription).get(path_key(scope))
        if found is not None and rights.may(state, call.caller, READ, scope):
            yield found


def _body(state: State, subscription: Subscription) -> JsonObject:
    shown = show_subscription(state, subscription)
    properties = {name: shown[name] for name in ("managedByTenants", "subscriptionPolicies", "state")}
    return {"id": shown["id"], "name": shown["displayName"], "properties": properties}


_ROUTES = (
    Route("/subscriptions", API_VERSIONS, {"GET": list_subscriptions}),
    Route("/subscriptions/{subscription}", API_VERSIONS, {"GET": get_subscription}),
    Route(
        "/subscriptions/{subscription}/locations",
        API_VERSIONS,
        {"GET": list_locations},
        other_options=_LOCATION_OPTIONS,
    ),
    Route("/tenants", API_VERSIONS, {"GET": list_tenants}),
)

KIND = Kind(
    "subscriptions",
    "Microsoft.Resources/subscriptions",
    Subscription,
    _parse,
    _show,
    _ROUTES,
    graph_rows=GraphRows("resourcecontainers", _find, _body),
    id_field="subscriptionId",
)
