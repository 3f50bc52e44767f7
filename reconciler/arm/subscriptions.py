"""Subscriptions: their names for the report, and the tenant that the token must be of."""

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import JsonObject, about, text
from reconciler.arm.http.paths import subscription_path
from reconciler.errors import AuthError, LoginError
from reconciler.model import Subscription, same_name

API_VERSION = "2022-12-01"
"""Source: Microsoft.Resources 2022-12-01 OpenAPI (subscriptions.json)."""


def get(client: ArmClient, subscription_id: str) -> Subscription:
    """One subscription; NotFound, with what to check, where it does not exist or the caller sees nothing of it."""
    read = about(_read, lambda one: one.subscription_id, subscription_id)
    return client.get(subscription_path(subscription_id), API_VERSION, read)


def find(client: ArmClient, subscription_id: str) -> Subscription:
    """One subscription, for callers with rights in one group of it too: these reach only the list of subscriptions."""
    try:
        return get(client, subscription_id)
    except LoginError:
        raise
    except AuthError:
        for one in list_all(client):
            if same_name(one.subscription_id, subscription_id):
                return one
        raise


def list_all(client: ArmClient) -> tuple[Subscription, ...]:
    """Every subscription in which the caller may see anything at all, in order of their ids."""
    subscriptions = client.get_pages("/subscriptions", API_VERSION, _read)
    return tuple(sorted(subscriptions, key=lambda one: one.subscription_id.casefold()))


def _read(body: JsonObject) -> Subscription:
    return Subscription(text(body, "subscriptionId"), text(body, "displayName"), text(body, "tenantId"))
