"""Identities of this run's owners in groups that no manifest names: told, and nothing else is."""

from dataclasses import replace

import pytest

from reconciler.manifest.desired import Desired
from reconciler.model import OWNER_TAG, Identity
from reconciler.plan import Abandoned, owners_of
from reconciler.plan.abandoned import find_abandoned
from tests.builders import desired_group, live_group, live_identity, live_of, resource_id

DESIRED = Desired(
    (
        desired_group("id-api", owner="team-a"),
        desired_group(name="rg-b", owner="team-b"),
        desired_group(name="rg-c"),
    )
)


def lost(name: str, owner: str | None, group: str = "rg-lost") -> Identity:
    return live_identity(name, group=group, tags={} if owner is None else {OWNER_TAG: owner})


def test_owners_are_those_that_documents_name() -> None:
    assert owners_of(DESIRED) == {"team-a", "team-b"}


def test_every_identity_of_our_owners_beyond_the_manifest_is_told_in_order() -> None:
    live = replace(live_of(live_group("id-api")), beyond=(lost("id-x", "team-a"), lost("id-y", "team-b")))

    assert find_abandoned(DESIRED, live) == (
        Abandoned(resource_id("id-x", "rg-lost"), "team-a", "principal-of-id-x"),
        Abandoned(resource_id("id-y", "rg-lost"), "team-b", "principal-of-id-y"),
    )


@pytest.mark.parametrize(
    "identity",
    [lost("id-x", None), lost("id-x", "team-c"), lost("id-x", "TEAM-A"), lost("id-x", "team-a", group="RG-B")],
)
def test_identity_of_nobody_or_of_others_or_in_a_group_of_the_manifest_is_not_told(identity: Identity) -> None:
    assert find_abandoned(DESIRED, replace(live_of(live_group("id-api")), beyond=(identity,))) == ()
