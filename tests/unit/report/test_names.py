"""Names: the shortest words that mean one thing, and a GUID only where nothing knows its name."""

from dataclasses import replace

import pytest

from reconciler.model import AssignmentId, CredentialId, ResourceGroupId, Subscription
from reconciler.plan import Skipped, SkipReason
from reconciler.report.names import names_of
from tests.builders import (
    GROUP,
    OTHER_SUBSCRIPTION,
    SUBSCRIPTION,
    TENANT,
    desired_group,
    group_id,
    live_group,
    plan_of,
    resource_id,
)

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ID = resource_id("id-a")
OURS, OTHERS = f"/subscriptions/{SUBSCRIPTION}", f"/subscriptions/{OTHER_SUBSCRIPTION}"
PLAN = plan_of(desired_group("id-a"), live_group("id-a"))
NAMES = names_of(PLAN)


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("/", "the root scope /"),
        ("/providers/Microsoft.Management/managementGroups/mg-1", "management group mg-1"),
        (OURS, "subscription Payments"),
        (OTHERS, f"subscription {OTHER_SUBSCRIPTION}"),
        (f"{OURS}/resourceGroups/rg-data", "rg-data"),
        (f"{OURS.upper()}/RESOURCEGROUPS/rg-data/", "rg-data"),
        (f"{OTHERS}/resourceGroups/rg-data", f"rg-data in subscription {OTHER_SUBSCRIPTION}"),
        (str(resource_id("id-b", "rg-b")), "identity rg-b/id-b"),
        (f"{OURS}/resourceGroups/rg-a/providers/Microsoft.KeyVault/vaults/kv", "vaults kv (rg-a)"),
        (f"{OURS}/providers/Microsoft.A/policies/p", f"{OURS}/providers/Microsoft.A/policies/p"),
    ],
)
def test_scope_is_named_as_seen_from_the_identity(scope: str, words: str) -> None:
    assert NAMES.label(AssignmentId(ID, "Reader", READER, scope)) == f"role Reader on {words}"


def test_label_of_a_child_and_of_an_identity() -> None:
    assert NAMES.label(CredentialId(ID, "main")) == "credential main"
    assert NAMES.label(ID) == ""


def test_description_names_the_identity_too() -> None:
    described = [NAMES.describe(one) for one in (None, group_id(), ID, CredentialId(ID, "main"))]

    assert described == ["this run", GROUP, f"{GROUP}/id-a", f"credential main of {GROUP}/id-a"]
    assert NAMES.describe(ResourceGroupId(SUBSCRIPTION, "rg-b")) == "rg-b"


def test_address_names_the_subscription_where_two_groups_share_a_name() -> None:
    groups = [desired_group("id-a"), desired_group("id-a", subscription=OTHER_SUBSCRIPTION)]

    names = names_of(plan_of(groups, [live_group(), live_group(subscription=OTHER_SUBSCRIPTION)]))

    assert names.identity(ID) == f"{SUBSCRIPTION}/{GROUP}/id-a"


def test_name_that_two_subscriptions_share_is_not_used() -> None:
    twice = (Subscription(SUBSCRIPTION, "Same", TENANT), Subscription(OTHER_SUBSCRIPTION, "Same", TENANT))

    names = names_of(replace(PLAN, subscriptions=twice))

    assert names.scope(OTHERS, ID) == f"subscription {OTHER_SUBSCRIPTION}"


CUSTOM = "0c0ffee0-0000-0000-0000-000000000001"


def test_role_that_is_known_by_name_anywhere_is_nowhere_a_guid() -> None:
    known = Skipped(AssignmentId(ID, "Reads Much", CUSTOM, OURS), SkipReason.NOT_OURS)

    assert NAMES.role(CUSTOM, CUSTOM) == CUSTOM
    assert names_of(replace(PLAN, skipped=(known,))).role(CUSTOM.upper(), "") == "Reads Much"
    assert NAMES.role(READER.upper(), "") == "Reader"
