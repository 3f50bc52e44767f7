"""The tenant of a run: named once, and held against the token and the subscriptions."""

import pytest

from reconciler.errors import AuthError, LoginError, SourcePos, UsageError
from reconciler.manifest.desired import Desired, DesiredTenant
from reconciler.manifest.tenants import (
    ExpectedTenant,
    check_one_tenant,
    check_subscription_tenant,
    check_token_tenant,
    expected_tenant,
)
from reconciler.model.identity import Subscription
from tests.builders import MANIFEST, OTHER_SUBSCRIPTION, SUBSCRIPTION, desired_group

ONE = "abcdef00-0000-0000-0000-00000000000a"
OTHER = "abcdef00-0000-0000-0000-00000000000b"


def named(tenant_id: str, line: int = 3) -> DesiredTenant:
    """A tenant as a manifest names it."""
    return DesiredTenant(tenant_id, SourcePos(MANIFEST, line, 9))


def sign_in(tenant_id: str) -> str:
    """As a kind of credential says it."""
    return f"Sign in to {tenant_id}."


def declared(first: DesiredTenant | None, second: DesiredTenant | None = None) -> Desired:
    """A group in each of two subscriptions, with the tenants that their documents name."""
    return Desired((desired_group(tenant=first), desired_group(subscription=OTHER_SUBSCRIPTION, tenant=second)))


@pytest.mark.parametrize(
    ("first", "second"),
    [(None, None), (named(ONE), None), (None, named(ONE)), (named(ONE), named(ONE.upper(), line=20))],
)
def test_one_tenant_or_none_is_fine(first: DesiredTenant | None, second: DesiredTenant | None) -> None:
    check_one_tenant(declared(first, second))


def test_two_tenants_are_refused_with_both_places() -> None:
    with pytest.raises(UsageError) as raised:
        check_one_tenant(declared(named(OTHER, line=20), named(ONE)))

    assert raised.value.message == (
        f"The manifest is about two tenants: {ONE} (identities.yaml:3:9) and {OTHER} (identities.yaml:20:9);"
        " a run has a token of one."
    )
    assert raised.value.hint.startswith("Pass --subscription ")


@pytest.mark.parametrize("token_tenant", [ONE, ONE.upper(), None])
def test_token_of_the_tenant_or_of_none_that_it_says_is_fine(token_tenant: str | None) -> None:
    check_token_tenant(declared(named(ONE)), token_tenant, sign_in)


def test_manifest_without_a_tenant_takes_every_token() -> None:
    check_token_tenant(declared(None), OTHER, sign_in)


def test_token_of_another_tenant_is_refused_with_the_place() -> None:
    with pytest.raises(LoginError) as raised:
        check_token_tenant(declared(None, named(ONE)), OTHER, sign_in)

    assert raised.value.message == (
        f"The token is of the tenant {OTHER}, not of {ONE} as identities.yaml:3:9 says; nothing was asked with it."
    )
    assert raised.value.hint == f"Sign in to {ONE}. Or fix the manifest."


def test_manifest_goes_before_the_flag_for_its_own_subscription_only() -> None:
    desired = declared(named(ONE))

    expected = [expected_tenant(desired, one, OTHER) for one in (SUBSCRIPTION, OTHER_SUBSCRIPTION)]

    assert expected == [ExpectedTenant(ONE, "identities.yaml:3:9"), ExpectedTenant(OTHER, "--tenant")]
    assert expected_tenant(desired, OTHER_SUBSCRIPTION, None) is None


@pytest.mark.parametrize("expected", [None, ExpectedTenant(ONE.upper(), "--tenant")])
def test_subscription_of_the_tenant_is_fine(expected: ExpectedTenant | None) -> None:
    check_subscription_tenant(Subscription(SUBSCRIPTION, "Payments", ONE), expected)


def test_subscription_of_another_tenant_is_refused() -> None:
    with pytest.raises(AuthError) as raised:
        check_subscription_tenant(Subscription(SUBSCRIPTION, "Payments", OTHER), ExpectedTenant(ONE, "--tenant"))

    assert raised.value.message == (
        f"The subscription Payments ({SUBSCRIPTION}) is of the tenant {OTHER}, not of {ONE} as --tenant says;"
        " nothing in it was read."
    )
