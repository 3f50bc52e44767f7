"""What ARM lists besides resources: the tenant, the regions, and the providers with their types."""

import pytest

from reconciler.sandbox.rules.locations import REGIONS
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import (
    IN_SUBSCRIPTION,
    PERMISSIONS_VERSION,
    TENANT,
    application,
    client,
    contents,
    error,
    token_of,
)

RESOURCES = {"api-version": "2022-09-01"}
PROVIDERS = f"{IN_SUBSCRIPTION}/providers"


def test_tenants_are_the_one_of_the_state() -> None:
    with client(application()) as arm:
        listed = arm.get("/tenants", params=RESOURCES)

    assert listed.json() == {"value": [{"id": f"/tenants/{TENANT}", "tenantId": TENANT, "tenantCategory": "Home"}]}


def test_locations_are_every_region_with_the_names_that_people_and_programs_use() -> None:
    with client(application()) as arm:
        listed = arm.get(f"{IN_SUBSCRIPTION}/locations", params=RESOURCES).json()["value"]

    assert [item["name"] for item in listed] == sorted(REGIONS)
    assert next(item for item in listed if item["name"] == "westeurope") == {
        "id": f"{IN_SUBSCRIPTION}/locations/westeurope",
        "name": "westeurope",
        "type": "Region",
        "displayName": "West Europe",
        "regionalDisplayName": "(Europe) West Europe",
        "metadata": {"regionType": "Physical", "geographyGroup": "Europe"},
    }


def test_providers_are_all_registered_and_paged() -> None:
    with client(application(page_size=10)) as arm:
        pages = [arm.get(PROVIDERS, params=RESOURCES).json()]
        while "nextLink" in pages[-1]:
            pages.append(arm.get(pages[-1]["nextLink"]).json())

    states = {item["namespace"]: item["registrationState"] for page in pages for item in page["value"]}
    assert set(states.values()) == {"Registered"}
    assert {"Microsoft.Authorization", "Microsoft.Compute", "Microsoft.ManagedIdentity", "Microsoft.Resources"} < set(
        states
    )


def test_provider_lists_the_types_that_are_served_and_no_actions() -> None:
    with client(application()) as arm:
        provider = arm.get(f"{PROVIDERS}/microsoft.managedidentity", params=RESOURCES).json()

    types = {item["resourceType"]: item for item in provider["resourceTypes"]}
    identities = types["userAssignedIdentities"]
    assert (provider["id"], provider["namespace"]) == (
        f"{PROVIDERS}/Microsoft.ManagedIdentity",
        "Microsoft.ManagedIdentity",
    )
    assert {"userAssignedIdentities", "userAssignedIdentities/federatedIdentityCredentials"} <= set(types)
    assert "userAssignedIdentities/listAssociatedResources" not in types
    assert identities["apiVersions"][:3] == ["2025-05-31-preview", "2025-01-31-preview", "2024-11-30"]
    assert len(identities["locations"]) == len(REGIONS)
    assert types["userAssignedIdentities/federatedIdentityCredentials"]["locations"] == []


@pytest.mark.parametrize("kind", ["locks", "permissions", "roleAssignments", "roleDefinitions"])
def test_listed_type_is_answered_in_each_of_its_api_versions(kind: str) -> None:
    with client(application()) as arm:
        types = arm.get(f"{PROVIDERS}/Microsoft.Authorization", params=RESOURCES).json()["resourceTypes"]
        versions = next(item["apiVersions"] for item in types if item["resourceType"] == kind)
        answers = [
            arm.get(f"{PROVIDERS}/Microsoft.Authorization/{kind}", params={"api-version": version}).status_code
            for version in versions
        ]

    assert len(versions) > 2
    assert set(answers) == {200}


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/register")])
def test_provider_is_shown_and_registered_alike(method: str, path: str) -> None:
    with client(application()) as arm:
        shown = arm.request(method, f"{PROVIDERS}/Microsoft.Compute{path}", params=RESOURCES)

    assert (shown.status_code, shown.json()["registrationState"]) == (200, "Registered")


def test_provider_of_the_tenant_has_no_registration() -> None:
    with client(application()) as arm:
        one = arm.get("/providers/Microsoft.Web", params=RESOURCES).json()
        listed = arm.get("/providers", params=RESOURCES).json()["value"]

    assert one in listed
    assert set(one) == {"namespace", "resourceTypes", "registrationPolicy"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{PROVIDERS}/Microsoft.Nothing"),
        ("GET", "/providers/Microsoft.Nothing"),
        ("POST", f"{PROVIDERS}/Microsoft.Nothing/register"),
    ],
)
def test_unknown_provider_is_404(method: str, path: str) -> None:
    with client(application()) as arm:
        refused = arm.request(method, path, params=RESOURCES)

    assert error(refused) == (
        404,
        "InvalidResourceNamespace",
        "The resource namespace 'Microsoft.Nothing' is invalid.",
    )


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", f"{IN_SUBSCRIPTION}/locations", "Microsoft.Resources/subscriptions/read"),
        ("GET", PROVIDERS, "Microsoft.Resources/subscriptions/read"),
        ("GET", f"{PROVIDERS}/Microsoft.Web", "Microsoft.Resources/subscriptions/read"),
        ("POST", f"{PROVIDERS}/Microsoft.Web/register", "Microsoft.Web/register/action"),
    ],
)
def test_each_list_needs_a_right_at_the_subscription(method: str, path: str, action: str) -> None:
    app = application(contents(permissions=[Grant("reader", IN_SUBSCRIPTION, (action,))]))

    with client(app, token_of("reader")) as reader, client(app, token_of("nobody")) as nobody:
        allowed = reader.request(method, path, params=RESOURCES)
        refused = nobody.request(method, path, params=RESOURCES)

    assert allowed.status_code == 200
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert f"perform action '{action}' over scope '{IN_SUBSCRIPTION}'" in refused.json()["error"]["message"]


def test_path_of_providers_takes_only_the_api_versions_of_arm() -> None:
    with client(application()) as arm:
        refused = arm.get(f"{PROVIDERS}/Microsoft.Web", params={"api-version": "2022-04-01"})
        other = arm.get(f"{PROVIDERS}/Microsoft.Authorization/permissions", params=PERMISSIONS_VERSION)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidApiVersionParameter")
    assert other.status_code == 200
