"""Addresses: as short as is unambiguous, and never naming two things."""

import pytest

from reconciler.errors import UsageError
from reconciler.model import Names
from reconciler.model.address import AddressBook, Target, parse_target
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, address, group_id, resource_id
from tests.orphans import PRINCIPAL, orphan

ONE_OF_EACH = (group_id("rg-app"), group_id("rg-data"))
SHARED = (group_id("rg-app"), group_id("RG-App", OTHER_SUBSCRIPTION), group_id("rg-data"))


def test_identity_in_a_group_of_its_own_name_is_written_without_the_subscription() -> None:
    assert AddressBook(ONE_OF_EACH).short(resource_id("id-api")) == "rg-app/id-api"


def test_identity_in_a_group_whose_name_is_shared_is_written_whole() -> None:
    assert AddressBook(SHARED).short(resource_id("id-api")) == address("id-api")


def test_group_whose_name_is_not_shared_is_written_alone() -> None:
    assert AddressBook(SHARED).short_group(group_id("rg-data")) == "rg-data"


@pytest.mark.parametrize("text", ["rg-app/id-api", "RG-APP/ID-API", address("id-api"), address("ID-api")])
def test_address_names_an_identity_in_any_case(text: str) -> None:
    assert AddressBook(ONE_OF_EACH).names(text, resource_id("id-api"))


@pytest.mark.parametrize("text", ["id-api", "rg-data/id-api", "rg-app/id-ap", "rg-app/", "rg-app/id-api/x", ""])
def test_text_that_is_not_its_address_names_no_identity(text: str) -> None:
    assert not AddressBook(ONE_OF_EACH).names(text, resource_id("id-api"))


def test_short_address_in_a_shared_group_names_no_identity() -> None:
    assert not AddressBook(SHARED).names("rg-app/id-api", resource_id("id-api"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rg-app", Target(group_id("rg-app"), None, "rg-app")),
        ("RG-DATA/id-x", Target(group_id("rg-data"), "id-x", "RG-DATA/id-x")),
        (f"{SUBSCRIPTION}/rg-app", Target(group_id("rg-app"), None, f"{SUBSCRIPTION}/rg-app")),
        (address("id-x"), Target(group_id("rg-app"), "id-x", address("id-x"))),
    ],
)
def test_target_is_a_group_or_an_identity_with_or_without_its_subscription(text: str, expected: Target) -> None:
    assert parse_target(text, ONE_OF_EACH) == expected


def test_target_with_a_subscription_picks_one_of_two_groups() -> None:
    target = parse_target(f"{OTHER_SUBSCRIPTION}/rg-app", SHARED)

    assert target.group_id == group_id("rg-app", OTHER_SUBSCRIPTION)


def test_group_target_covers_its_identities_only() -> None:
    target = Target(group_id("rg-app"), None, "rg-app")

    assert target.covers(resource_id("id-x", group="RG-App"))
    assert not target.covers(resource_id("id-x", group="rg-data"))


def test_identity_target_covers_that_identity_only() -> None:
    target = Target(group_id("rg-app"), "id-x", "rg-app/id-x")

    assert target.covers(resource_id("ID-X"))
    assert not target.covers(resource_id("id-y"))
    assert not target.covers(resource_id("id-x", group="rg-data"))


@pytest.mark.parametrize("text", ["", "/", "rg-app/", "/id-api", "rg-app//id-api", f"{address('id-api')}/more"])
def test_malformed_target_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse_target(text, ONE_OF_EACH)

    assert refusal.value.message == f"--target {text}: not an address"
    assert refusal.value.hint == "Write GROUP, GROUP/IDENTITY or SUBSCRIPTION/GROUP[/IDENTITY]."


def test_target_of_an_unlisted_group_is_wrong_usage() -> None:
    with pytest.raises(UsageError) as refusal:
        parse_target("rg-ap/id-api", ONE_OF_EACH)

    assert refusal.value.message == "--target rg-ap/id-api: the manifest has no resource group 'rg-ap'"
    assert refusal.value.hint == "Name a group that the manifest lists; a group that is not listed is never touched."


def test_target_of_a_shared_name_is_ambiguous() -> None:
    with pytest.raises(UsageError) as refusal:
        parse_target("rg-app", SHARED)

    assert refusal.value.message == "--target rg-app is ambiguous"
    assert refusal.value.hint == f"Write the subscription in front: {SUBSCRIPTION}/rg-app, {OTHER_SUBSCRIPTION}/RG-App."


def test_principal_that_is_gone_is_no_identity_and_in_no_group() -> None:
    role, names = orphan().resource_id(SUBSCRIPTION), Names(AddressBook(()), {}, {})

    assert names.identity(role) == f"principal {PRINCIPAL} (gone)"
    assert names.describe(role) == f"role Reader on rg-app of principal {PRINCIPAL} (gone)"
    assert (names.group(role), names.group(resource_id("id-api"))) == ("principals that are gone", "rg-app")
