"""Which tenant a run is about, and that everything it meets there is of it.

A run has one token, and a token is of one tenant. A manifest that names its tenant is thereby safe from a login to
another one in which the same names exist: the token is held against it before anything is asked, and each subscription
before anything in it is listed. Where neither the manifest nor the caller names a tenant, nothing is checked.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.errors import AuthError, LoginError, UsageError
from reconciler.manifest.desired import Desired, DesiredTenant
from reconciler.model import Subscription, same_name


@dataclass(frozen=True, slots=True)
class ExpectedTenant:
    """The tenant that something must be of; `said_by` is a place in a manifest, or a flag."""

    tenant_id: str
    said_by: str


SignIn = Callable[[str], str]
"""How to sign in to a tenant, given by its id: a sentence for hints, by the kind of credential of the run."""


def check_one_tenant(desired: Desired) -> None:
    """Raises UsageError where documents that are taken together name different tenants."""
    named = _named_tenants(desired)
    for other in named[1:]:
        if other.tenant_id.casefold() != named[0].tenant_id.casefold():
            raise UsageError(
                f"The manifest is about two tenants: {named[0].tenant_id} ({named[0].source}) and {other.tenant_id}"
                f" ({other.source}); a run has a token of one.",
                "Pass --subscription with those of one tenant, and run once for each tenant.",
            )


def check_token_tenant(desired: Desired, token_tenant: str | None, sign_in: SignIn) -> None:
    """Raises LoginError where the token says that it is of another tenant than the manifest names."""
    for named in _named_tenants(desired):
        if token_tenant is not None and token_tenant.casefold() != named.tenant_id.casefold():
            raise LoginError(
                f"The token is of the tenant {token_tenant}, not of {named.tenant_id} as {named.source} says;"
                " nothing was asked with it.",
                f"{sign_in(named.tenant_id)} Or fix the manifest.",
            )


def check_earlier_tenant(tenant: str | None, token_tenant: str | None, what: str, sign_in: SignIn) -> None:
    """Raises LoginError where the token says that it is of another tenant than what an earlier run has left."""
    if tenant is None or token_tenant is None or same_name(tenant, token_tenant):
        return
    raise LoginError(
        f"The token is of the tenant {token_tenant}, and {what} is of {tenant}; nothing was asked with it.",
        sign_in(tenant),
    )


def expected_tenant(desired: Desired, subscription_id: str, otherwise: str | None) -> ExpectedTenant | None:
    """What a subscription must be of: what the manifest says, else `otherwise`, the value of --tenant."""
    for group in desired.groups:
        if group.group_id.subscription_id.casefold() == subscription_id.casefold() and group.tenant is not None:
            return ExpectedTenant(group.tenant.tenant_id, str(group.tenant.source))
    return None if otherwise is None else ExpectedTenant(otherwise, "--tenant")


def check_subscription_tenant(subscription: Subscription, expected: ExpectedTenant | None) -> None:
    """Raises AuthError where a subscription belongs to another tenant than is expected."""
    if expected is not None and subscription.tenant_id.casefold() != expected.tenant_id.casefold():
        raise AuthError(
            f"The subscription {subscription.display_name} ({subscription.subscription_id}) is of the tenant"
            f" {subscription.tenant_id}, not of {expected.tenant_id} as {expected.said_by} says; nothing in it was"
            " read.",
            "Check the subscription's id and the tenant's, and fix the one that is wrong.",
        )


def _named_tenants(desired: Desired) -> list[DesiredTenant]:
    """In order of place, so that a message names the same two in every run."""
    named = {group.tenant for group in desired.groups if group.tenant is not None}
    return sorted(named, key=lambda tenant: tenant.source)
