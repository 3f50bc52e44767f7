"""Resource groups and subscriptions."""

import httpx
import pytest

from reconciler.arm import resource_groups, subscriptions
from reconciler.errors import ArmError, NotFound
from reconciler.model.identity import ResourceGroup, Subscription
from reconciler.model.ids import ResourceGroupId
from tests.unit.arm.fakes import ENDPOINT, SUBSCRIPTION, answer, arm_client, refusal

GROUP = ResourceGroupId(SUBSCRIPTION, "rg")


def group_body(
    name: str = "rg", subscription: str = SUBSCRIPTION, location: object = "westeurope"
) -> dict[str, object]:
    return {"id": f"/subscriptions/{subscription}/resourceGroups/{name}", "name": name, "location": location}


def subscription_body(**fields: object) -> dict[str, object]:
    body = {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "subscriptionId": SUBSCRIPTION,
        "displayName": "Prod",
        "tenantId": "t",
    }
    return body | fields


def test_group_is_read() -> None:
    with arm_client(answer(200, group_body("RG"))) as (client, arm):
        group = resource_groups.get(client, GROUP)

    assert group == ResourceGroup(GROUP, "westeurope")
    assert arm.urls == [f"{ENDPOINT}/subscriptions/{SUBSCRIPTION}/resourceGroups/rg?api-version=2024-07-01"]


def test_group_that_is_not_there_is_none() -> None:
    with arm_client(refusal(404, "ResourceGroupNotFound")) as (client, _):
        assert resource_groups.get(client, GROUP) is None


@pytest.mark.parametrize("response", [refusal(404, "SubscriptionNotFound"), answer(404)])
def test_group_with_any_other_404_is_an_error(response: httpx.Response) -> None:
    with arm_client(response) as (client, _), pytest.raises(NotFound):
        resource_groups.get(client, GROUP)


@pytest.mark.parametrize(
    "body",
    [
        {},
        group_body("other"),
        group_body(subscription="other"),
        group_body(location=None),
        {"id": "/x", "location": "y"},
    ],
)
def test_group_that_is_not_what_was_asked_is_malformed(body: object) -> None:
    with arm_client(answer(200, body)) as (client, _), pytest.raises(ArmError, match="malformed answer"):
        resource_groups.get(client, GROUP)


def test_groups_of_a_subscription_are_in_order_of_names_over_all_pages() -> None:
    pages = [{"value": [group_body("B")], "nextLink": f"{ENDPOINT}/next"}, {"value": [group_body("a")]}]

    with arm_client(*(answer(200, page) for page in pages)) as (client, _):
        groups = resource_groups.list_by_subscription(client, SUBSCRIPTION)

    assert [group.group_id.resource_group for group in groups] == ["a", "B"]


@pytest.mark.parametrize("items", [[group_body("a"), group_body("A")], [group_body(subscription="other")]])
def test_groups_that_come_twice_or_from_elsewhere_are_malformed(items: list[object]) -> None:
    with arm_client(answer(200, {"value": items})) as (client, _), pytest.raises(ArmError, match="malformed answer"):
        resource_groups.list_by_subscription(client, SUBSCRIPTION)


def test_subscription_is_read() -> None:
    with arm_client(answer(200, subscription_body())) as (client, arm):
        subscription = subscriptions.get(client, SUBSCRIPTION)

    assert subscription == Subscription(SUBSCRIPTION, "Prod", "t")
    assert arm.urls == [f"{ENDPOINT}/subscriptions/{SUBSCRIPTION}?api-version=2022-12-01"]


def test_subscription_that_is_not_there_says_what_to_check() -> None:
    with (
        arm_client(refusal(404, "SubscriptionNotFound", "It could not be found.")) as (client, _),
        pytest.raises(NotFound) as raised,
    ):
        subscriptions.get(client, SUBSCRIPTION)

    assert raised.value.hint == "Check the id, and that you are signed in to its tenant with access to it."


@pytest.mark.parametrize("fields", [{"subscriptionId": "other"}, {"tenantId": None}, {"displayName": 5}])
def test_subscription_that_is_not_what_was_asked_is_malformed(fields: dict[str, object]) -> None:
    with (
        arm_client(answer(200, subscription_body(**fields))) as (client, _),
        pytest.raises(ArmError, match="malformed answer"),
    ):
        subscriptions.get(client, SUBSCRIPTION)


def test_all_subscriptions_are_in_order_of_ids_over_all_pages() -> None:
    pages = [
        {"value": [subscription_body(subscriptionId="B")], "nextLink": f"{ENDPOINT}/next"},
        {"value": [subscription_body(subscriptionId="a")]},
    ]

    with arm_client(*(answer(200, page) for page in pages)) as (client, arm):
        listed = subscriptions.list_all(client)

    assert listed == (Subscription("a", "Prod", "t"), Subscription("B", "Prod", "t"))
    assert arm.urls[0] == f"{ENDPOINT}/subscriptions?api-version=2022-12-01"
