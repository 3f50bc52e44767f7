"""Which limits each call draws on."""

import pytest

from reconciler.arm.http.rates.documented import limits_of, refused_limit

S = "/subscriptions/S1"
IDENTITIES = f"{S}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
ID = f"{IDENTITIES}/id-a"
ON_ID = f"{ID}/providers/Microsoft.Authorization/roleAssignments/x"


def at_each(operation: str) -> list[str]:
    return [f"{operation} {level}" for level in ("tenant", "subscription", "resource")]


@pytest.mark.parametrize(
    ("method", "path", "drawn"),
    [
        ("GET", f"{S}/resourceGroups", ["reads arm"]),
        ("GET", "/providers/Microsoft.ManagedIdentity/operations", ["reads arm"]),
        ("PUT", ON_ID, ["writes arm"]),
        ("DELETE", ON_ID, ["deletes arm"]),
        ("GET", IDENTITIES, ["reads arm", "list tenant", "list subscription"]),
        ("GET", ID, ["reads arm", *at_each("get")]),
        ("PUT", ID, ["writes arm", *at_each("write")]),
        ("PATCH", ID, ["writes arm", *at_each("write")]),
        ("DELETE", ID, ["deletes arm", *at_each("delete")]),
        ("GET", f"{ID}/federatedIdentityCredentials", ["reads arm", *at_each("list")]),
        ("PUT", f"{ID}/federatedIdentityCredentials/c", ["writes arm", *at_each("write")]),
        ("POST", f"{ID}/listAssociatedResources", ["writes arm", "associated tenant"]),
        ("POST", "/providers/Microsoft.ResourceGraph/resources", ["reads arm", "queries tenant"]),
        ("POST", "/a-tenant/oauth2/v2.0/token", []),
        ("GET", "/", []),
    ],
)
def test_call_draws_on_limits(method: str, path: str, drawn: list[str]) -> None:
    assert [f"{one.operation} {one.level}" for one in limits_of(method, path)] == drawn


def test_writes_to_an_identity_and_its_credentials_draw_on_the_same_limits_however_they_are_spelled() -> None:
    credential = f"{ID}/federatedIdentityCredentials/c%2D1"

    assert limits_of("PUT", ID.upper()) == limits_of("PATCH", credential)


def test_limits_of_a_subscription_are_its_own_and_those_of_the_tenant_common() -> None:
    other = limits_of("PUT", ID.replace("S1", "S2"))

    assert {one.level for one in limits_of("PUT", ID) if one in other} == {"tenant"}


@pytest.mark.parametrize(
    ("body", "level"),
    [
        ("Request is temporarily throttled because subscription S1 has issued too many requests.", "subscription"),
        ("Request is temporarily throttled because resource /x has issued too many requests.", "resource"),
        ('{"error": {"code": "SubscriptionRequestsThrottled"}}', "arm"),
        ("Slow down.", None),
        ("", None),
    ],
)
def test_refusal_may_say_which_limit_it_is_of(body: str, level: str | None) -> None:
    found = refused_limit(limits_of("PUT", ID), body)

    assert (found.level if found else None) == level
