"""The guards over identities: each trips on its own plan, says what it counted, and is lifted by nothing else."""

import pytest

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES
from reconciler.guards.identities import check_foreign_owner
from reconciler.manifest.desired import DesiredCredential, IdentitiesPolicy, Limits, Policy
from reconciler.model.access import Access, FederatedCredential, Trust
from reconciler.model.identity import OWNER_TAG
from reconciler.model.ids import CredentialId
from reconciler.model.violation import Violation
from reconciler.plan.diff_access import diff_access
from tests.builders import (
    MANIFEST,
    OTHER_SUBSCRIPTION,
    SUBSCRIPTION,
    address,
    compare,
    desired_group,
    group_id,
    listed,
    live_group,
    live_identity,
    removed,
    resource_id,
)
from tests.orphans import IN_SUBSCRIPTION, orphan, removal_of
from tests.unit.guarding import codes, names, verdict

# group-missing


def test_creates_in_a_missing_group_are_refused() -> None:
    violations = verdict(desired_group("id-a", "id-b"), live_group(location=None))

    assert violations == (
        Violation(
            "group-missing",
            group_id(),
            "resource group rg-app does not exist, and 2 identities would be created in it",
            f"Create it first: az group create --subscription {SUBSCRIPTION} --name rg-app --location LOCATION",
            (resource_id("id-a"), resource_id("id-b")),
        ),
    )


def test_missing_group_that_is_to_be_empty_is_as_it_should_be() -> None:
    assert verdict(desired_group(), live_group(location=None)) == ()


def test_creates_in_a_group_that_exists_pass() -> None:
    assert verdict(desired_group("id-a"), live_group()) == ()


# location


def test_location_of_a_live_identity_elsewhere_is_refused() -> None:
    violations = verdict(desired_group(listed("id-a", location="North Europe")), live_group("id-a"))

    assert violations == (
        Violation(
            "location",
            resource_id("id-a"),
            "the manifest says North Europe, but the identity is in westeurope;"
            " an identity cannot move, and a new one is a new principal",
            "Write location: westeurope (or leave it out). To move for real: list a new name,"
            " move what uses the old identity to it, then take the old name off the list.",
            (resource_id("id-a"),),
        ),
    )


def test_location_in_another_spelling_passes() -> None:
    assert verdict(desired_group(listed("id-a", location="West Europe")), live_group("id-a")) == ()


# foreign-owner


def test_update_of_another_owners_identity_is_refused() -> None:
    desired = desired_group(listed("id-a", tags={"env": "prod"}), owner="team-a")
    live = live_group(live_identity("id-a", tags={OWNER_TAG: "team-b"}))

    assert verdict(desired, live) == (
        Violation(
            "foreign-owner",
            resource_id("id-a"),
            "would update an identity that belongs to 'team-b'; this manifest's owner is 'team-a'",
            "If it is meant: --allow foreign-owner=rg-app/id-a. To leave it alone, take it off the list.",
            (resource_id("id-a"),),
        ),
    )


def test_delete_of_another_owners_identity_is_refused_where_the_manifest_has_none() -> None:
    violations = verdict(desired_group("id-a"), live_group("id-a", live_identity("id-b", tags={OWNER_TAG: "team-b"})))

    assert violations == (
        Violation(
            "foreign-owner",
            resource_id("id-b"),
            "would delete an identity that belongs to 'team-b'; this manifest has no owner",
            "If it is meant: --allow foreign-owner=rg-app/id-b. To leave it alone, list it under ignore.identities"
            " or use policy.identities: owned.",
            (resource_id("id-b"),),
        ),
    )


def test_delete_of_an_identity_that_never_bore_the_owner_is_refused() -> None:
    ours = live_identity("id-a", tags={OWNER_TAG: "team-a"})

    violations = verdict(desired_group("id-a", owner="team-a"), live_group(ours, "id-b"))

    assert violations == (
        Violation(
            "foreign-owner",
            resource_id("id-b"),
            "would delete an identity that has no owner; this manifest's owner is 'team-a'",
            "If it is meant: --allow foreign-owner=rg-app/id-b. To leave it alone, list it under ignore.identities"
            " or use policy.identities: owned.",
            (resource_id("id-b"),),
        ),
    )


def test_adopting_an_identity_that_bears_no_owner_passes() -> None:
    assert verdict(desired_group("id-a", owner="team-a"), live_group("id-a")) == ()


def test_deleting_what_bears_the_owner_passes() -> None:
    ours = [live_identity(name, tags={OWNER_TAG: "team-a"}) for name in ("id-a", "id-b")]

    assert verdict(desired_group("id-a", owner="team-a"), live_group(*ours)) == ()


@pytest.mark.parametrize(
    "value",
    ["rg-app/id-b", "RG-APP/ID-B", f"{SUBSCRIPTION}/rg-app/id-b", "team-b"],
    ids=["short", "case", "whole", "owner"],
)
def test_foreign_owner_is_lifted_by_its_address_or_its_owner(value: str) -> None:
    live = live_group("id-a", live_identity("id-b", tags={OWNER_TAG: "team-b"}))

    assert verdict(desired_group("id-a"), live, f"foreign-owner={value}") == ()


@pytest.mark.parametrize("value", ["rg-app/id-c", "rg-other", "id-b", "team-c", "Team-B", "*", "rg-app/*"])
def test_foreign_owner_is_lifted_by_nothing_else(value: str) -> None:
    live = live_group("id-a", live_identity("id-b", tags={OWNER_TAG: "team-b"}))

    violations = verdict(desired_group("id-a"), live, f"foreign-owner={value}")

    assert codes(violations) == [("foreign-owner", address("id-b"))]


def test_allowance_at_one_address_lifts_nothing_at_another() -> None:
    theirs = [live_identity(name, tags={OWNER_TAG: "team-b"}) for name in ("id-b", "id-c")]

    violations = verdict(
        desired_group("id-a", limits=Limits(max_delete_percent=100)),
        live_group("id-a", *theirs),
        "foreign-owner=rg-app/id-b",
    )

    assert codes(violations) == [("foreign-owner", address("id-c"))]


def test_short_address_lifts_nothing_where_two_groups_bear_the_name() -> None:
    live = [
        live_group("id-a", live_identity("id-b", tags={OWNER_TAG: "team-b"}, subscription=one), subscription=one)
        for one in (SUBSCRIPTION, OTHER_SUBSCRIPTION)
    ]
    desired = [desired_group("id-a", subscription=one) for one in (SUBSCRIPTION, OTHER_SUBSCRIPTION)]

    violations = verdict(desired, live, "foreign-owner=rg-app/id-b")

    assert codes(violations) == [
        ("foreign-owner", address("id-b")),
        ("foreign-owner", address("id-b", subscription=OTHER_SUBSCRIPTION)),
    ]


def test_another_teams_identities_stay_under_owned() -> None:
    theirs = [live_identity(name, tags={OWNER_TAG: "team-b"}) for name in names(9, "theirs")]
    desired = desired_group("id-a", owner="team-a", policy=Policy(IdentitiesPolicy.OWNED))

    assert verdict(desired, live_group("id-a", *theirs)) == ()


# tag-limit


def test_more_tags_than_a_resource_can_bear_are_refused() -> None:
    kept = {f"kept-{number}": "x" for number in range(50)}

    violations = verdict(
        desired_group(listed("id-a", tags={"one-more": "x"})), live_group(live_identity("id-a", tags=kept))
    )

    assert violations == (
        Violation(
            "tag-limit",
            resource_id("id-a"),
            "would have 51 tags, over ARM's limit of 50",
            "List fewer tags, or take live ones away by listing them as null.",
            (resource_id("id-a"),),
        ),
    )


def test_as_many_tags_as_a_resource_can_bear_pass() -> None:
    kept = {f"kept-{number}": "x" for number in range(49)}

    assert (
        verdict(desired_group(listed("id-a", tags={"one-more": "x"})), live_group(live_identity("id-a", tags=kept)))
        == ()
    )


def test_owner_counts_as_a_tag_of_a_create() -> None:
    wanted = {f"tag-{number}": "x" for number in range(50)}

    violations = verdict(desired_group(listed("id-a", tags=wanted), owner="team-a"), live_group())

    assert codes(violations) == [("tag-limit", address("id-a"))]


# several at once, and the flags


def test_every_guard_that_trips_is_told_in_order_of_guard_and_address() -> None:
    desired = [
        desired_group(listed("id-a", location="uksouth"), limits=Limits(max_deletes=0)),
        desired_group("id-new", name="rg-none"),
    ]
    theirs = live_identity("id-b", tags={OWNER_TAG: "team-b"})

    violations = verdict(desired, [live_group("id-a", theirs), live_group(name="rg-none", location=None)])

    assert codes(violations) == [
        ("group-missing", f"{SUBSCRIPTION}/rg-none"),
        ("location", address("id-a")),
        ("foreign-owner", address("id-b")),
        ("delete-limit", ""),
    ]


# what is not touched


def test_missing_group_holds_back_nothing_but_creates() -> None:
    gone = removed("id-gone")

    assert verdict(desired_group(remove=[gone]), live_group(location=None)) == ()
    (violation,) = verdict(desired_group("id-a", remove=[gone]), live_group(location=None))
    assert violation.refused == (resource_id("id-a"),)


def test_identity_of_another_owner_that_stays_as_it_is_is_not_touched() -> None:
    theirs = live_identity("id-a", tags={OWNER_TAG: "team-b", "env": "prod"})

    assert verdict(desired_group(listed("id-a", tags={"env": "prod"})), live_group(theirs)) == ()


def test_child_that_stays_as_it_is_is_not_held_back_with_its_identity() -> None:
    trust = Trust("https://i", "s", "a")
    credential = CredentialId(resource_id("id-a"), "main")
    entry = listed(
        "id-a",
        tags={"env": "prod"},
        federated_credentials=[DesiredCredential("main", trust, SourcePos(MANIFEST, 7, 7))],
    )
    compared = compare(desired_group(entry), live_group(live_identity("id-a", tags={OWNER_TAG: "team-b"})))
    access = Access({resource_id("id-a"): (FederatedCredential(credential, trust),)})

    (violation,) = check_foreign_owner(diff_access(compared, access), NO_ALLOWANCES)

    assert violation.refused == (resource_id("id-a"),)


def test_mark_of_an_orphan_is_what_makes_it_ours() -> None:
    assert removal_of(orphan(owner="team-a"), orphan(IN_SUBSCRIPTION, owner="team-b")).violations == ()
