"""How much of a manifest a run is about."""

import pytest

from reconciler.errors import UsageError
from reconciler.manifest.desired import Desired
from reconciler.manifest.scope import (
    check_targets_exist,
    is_looked_at,
    only_subscriptions,
    only_targets,
    parse_targets,
)
from reconciler.model.ids import CredentialId
from tests.builders import (
    OTHER_SUBSCRIPTION,
    SUBSCRIPTION,
    desired_group,
    listed,
    live_group,
    live_identity,
    live_of,
    removed,
    resource_id,
)

HERE = desired_group("id-a", name="rg-app")
THERE = desired_group("id-b", name="rg-data", subscription=OTHER_SUBSCRIPTION)
BOTH = Desired((HERE, THERE))


def test_subscriptions_limit_a_manifest_without_case() -> None:
    assert only_subscriptions(BOTH, (OTHER_SUBSCRIPTION.upper(),)) == Desired((THERE,))
    assert only_subscriptions(BOTH, ()) == BOTH


def test_subscription_that_the_manifest_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="--subscription nowhere: the manifest has no resource group"):
        only_subscriptions(BOTH, (SUBSCRIPTION, "nowhere"))


def test_targets_limit_a_manifest_to_their_groups() -> None:
    targets = parse_targets(["rg-data/id-b"], BOTH)

    assert only_targets(BOTH, targets) == Desired((THERE,))
    assert only_targets(BOTH, ()) == BOTH


def test_resource_is_looked_at_within_the_targets_and_the_groups() -> None:
    targets = parse_targets(["rg-app/id-a"], BOTH)
    credential = CredentialId(resource_id("ID-A"), "main")

    assert is_looked_at(credential, BOTH, targets)
    assert is_looked_at(resource_id("id-z"), BOTH, ())
    assert not is_looked_at(resource_id("id-z"), BOTH, targets)
    assert not is_looked_at(resource_id("id-a", group="rg-unknown"), BOTH, ())


def test_document_is_always_looked_at_and_a_group_where_the_run_has_it() -> None:
    targets = parse_targets(["rg-app/id-a"], BOTH)

    assert is_looked_at(None, BOTH, targets)
    assert is_looked_at(HERE.group_id, BOTH, targets)
    assert not is_looked_at(THERE.group_id, only_targets(BOTH, targets), targets)


def test_target_exists_where_it_is_listed_removed_or_alive() -> None:
    group = desired_group(listed("id-a"), remove=(removed("id-b"),))
    live = live_of(live_group(live_identity("id-c")))
    desired = Desired((group,))

    check_targets_exist(parse_targets(["rg-app", "rg-app/id-a", "rg-app/id-b", "rg-app/ID-C"], desired), desired, live)

    with pytest.raises(UsageError, match="--target rg-app/id-d: neither the manifest nor the resource group"):
        check_targets_exist(parse_targets(["rg-app/id-d"], desired), desired, live)
