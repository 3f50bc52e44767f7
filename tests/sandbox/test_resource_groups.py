"""Rules of resource groups, and of the subscriptions that hold them."""

import httpx
import pytest

from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IN_SUBSCRIPTION,
    SUBSCRIPTION,
    TENANT,
    application,
    client,
    contents,
    error,
    group,
    names,
)


def put(arm: httpx.Client, body: dict[str, object], name: str = "rg-Payments") -> httpx.Response:
    return arm.put(f"{IN_SUBSCRIPTION}/resourceGroups/{name}", params=GROUPS_VERSION, json=body)


def test_tags_of_a_group_are_absent_until_some_are_sent() -> None:
    with client(application(contents(groups=()))) as arm:
        bare = put(arm, {"location": "westeurope"})
        emptied = put(arm, {"location": "westeurope", "tags": {}})

    assert ("tags" in bare.json(), emptied.json()["tags"]) == (False, {})


def test_managed_by_is_kept_and_served() -> None:
    with client(application(contents(groups=()))) as arm:
        put(arm, {"location": "westeurope", "managedBy": "/some/cluster"})
        read = arm.get(GROUP, params=GROUPS_VERSION)

    assert read.json()["managedBy"] == "/some/cluster"


def test_patch_replaces_the_tags_and_keeps_the_rest() -> None:
    with client(application(contents(groups=()))) as arm:
        put(arm, {"location": "westeurope", "managedBy": "someone", "tags": {"a": "1", "b": "2"}})
        patched = arm.patch(GROUP, params=GROUPS_VERSION, json={"tags": {"b": "3"}})

    assert (patched.status_code, patched.json()["tags"], patched.json()["managedBy"]) == (200, {"b": "3"}, "someone")


def test_other_location_of_an_existing_group_is_a_conflict() -> None:
    with client(application()) as arm:
        refused = put(arm, {"location": "eastus"})

    assert error(refused) == (
        409,
        "InvalidResourceGroupLocation",
        "Invalid resource group location 'eastus'. The Resource group already exists in location 'westeurope'.",
    )


def test_unknown_location_is_refused() -> None:
    with client(application(contents(groups=()))) as arm:
        refused = put(arm, {"location": "atlantis"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "LocationNotAvailableForResourceGroup")


@pytest.mark.parametrize("name", ["ends.", "a b", "a:b", "x" * 91])
def test_bad_name_is_refused(name: str) -> None:
    with client(application()) as arm:
        refused = put(arm, {"location": "westeurope"}, name)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidResourceGroup")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("tagname eq 'a' and tagvalue eq 'b'", ["rg-1"]),
        ("tagName eq 'A'", ["rg-1", "rg-2"]),
        ("tagname eq 'quote' and tagvalue eq 'it''s'", ["rg-3"]),
        ("tagname eq 'none'", []),
    ],
)
def test_list_is_filtered_by_tag(asked: str, found: list[str]) -> None:
    with client(application(contents(groups=()))) as arm:
        put(arm, {"location": "westeurope", "tags": {"a": "b"}}, "rg-1")
        put(arm, {"location": "westeurope", "tags": {"a": "c"}}, "rg-2")
        put(arm, {"location": "westeurope", "tags": {"quote": "it's"}}, "rg-3")

        listed = arm.get(f"{IN_SUBSCRIPTION}/resourcegroups", params={**GROUPS_VERSION, "$filter": asked})

    assert names(listed) == found


def test_filter_that_is_not_understood_is_refused() -> None:
    with client(application()) as arm:
        refused = arm.get(f"{IN_SUBSCRIPTION}/resourcegroups", params={**GROUPS_VERSION, "$filter": "name eq 'x'"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidFilterInQueryString")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_absent_group_is_404(method: str) -> None:
    with client(application(contents(groups=()))) as arm:
        missing = arm.request(method, GROUP, params=GROUPS_VERSION, json={})

    assert error(missing) == (404, "ResourceGroupNotFound", "Resource group 'rg-Payments' could not be found.")


def test_second_deletion_of_a_group_joins_the_first() -> None:
    with client(application()) as arm:
        first = arm.delete(GROUP, params=GROUPS_VERSION)
        second = arm.delete(GROUP, params=GROUPS_VERSION)

    assert (second.status_code, second.headers["Location"]) == (202, first.headers["Location"])


def test_unknown_operation_is_404() -> None:
    with client(application()) as arm:
        missing = arm.get(f"{IN_SUBSCRIPTION}/operationresults/nothing", params=GROUPS_VERSION)

    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "OperationNotFound")


def test_subscription_is_served_with_its_name_and_tenant() -> None:
    with client(application(contents(groups=(group(),)))) as arm:
        one = arm.get(IN_SUBSCRIPTION, params={"api-version": "2022-12-01"})
        listed = arm.get("/subscriptions", params={"api-version": "2022-12-01"})

    assert listed.json() == {"value": [one.json()]}
    assert one.json() == {
        "id": IN_SUBSCRIPTION,
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": "Payments",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }
