"""Normal forms: what ARM calls the same is the same here, and keeps its spelling."""

import pytest
from hypothesis import given

from reconciler.model.identity import Tags, normalize_location, same_name
from reconciler.model.ids import ResourceGroupId, ResourceId
from tests.builders import GROUP, SUBSCRIPTION, group_id, live_group, live_identity, live_of, resource_id
from tests.strategies import resource_ids, tag_maps


@given(resource_ids())
def test_resource_id_survives_format_and_parse(one: ResourceId) -> None:
    parsed = ResourceId.parse(str(one))

    assert (parsed, parsed.address) == (one, one.address)


@given(resource_ids())
def test_resource_id_is_the_same_in_any_case(one: ResourceId) -> None:
    # ARM's ids are compared in ASCII; letters whose upper case is longer than one letter have no such pair.
    shouted = "".join(char.upper() if char.isascii() else char for char in str(one))

    parsed = ResourceId.parse(shouted)

    assert parsed == one
    assert hash(parsed) == hash(one)


def test_resource_id_is_read_as_arm_writes_it() -> None:
    text = (
        f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-App"
        "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-Api"
    )

    parsed = ResourceId.parse(text)

    assert (parsed, parsed.address) == (resource_id("id-api"), f"{SUBSCRIPTION}/rg-App/id-Api")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "id-api",
        str(group_id()),
        f"{group_id()}/providers/Microsoft.Compute/virtualMachines/vm-1",
        f"{resource_id('id-api')}/",
        f"{resource_id('id-api')}/federatedIdentityCredentials/main",
        f"https://management.azure.com{resource_id('id-api')}",
    ],
)
def test_text_that_is_no_identity_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not the resource id of a user-assigned identity: "):
        ResourceId.parse(text)


def test_identities_of_one_name_in_two_groups_differ() -> None:
    assert resource_id("id-api", group="rg-one") != resource_id("id-api", group="rg-two")


def test_resource_id_is_no_resource_group_id() -> None:
    assert resource_id("id-api") != group_id()


def test_group_id_is_the_same_in_any_case() -> None:
    upper = ResourceGroupId(SUBSCRIPTION, GROUP.upper())

    assert upper == group_id()
    assert hash(upper) == hash(group_id())


def test_names_are_the_same_in_any_case() -> None:
    assert same_name("rg-App", "RG-app")


def test_location_is_the_same_however_it_is_written() -> None:
    assert {normalize_location(one) for one in ("West Europe", "westeurope", "WestEurope")} == {"westeurope"}


@given(tag_maps())
def test_tags_are_the_same_in_any_case_of_the_names(tags: dict[str, str]) -> None:
    upper = Tags({name.upper(): value for name, value in tags.items()})

    assert upper == Tags(tags)
    assert hash(upper) == hash(Tags(tags))


def test_tags_differ_by_the_case_of_a_value() -> None:
    assert Tags({"env": "prod"}) != Tags({"env": "Prod"})


def test_tags_are_found_in_any_case_and_keep_their_spelling() -> None:
    tags = Tags({"CostCenter": "4711"})

    assert (tags["costcenter"], "COSTCENTER" in tags, list(tags)) == ("4711", True, ["CostCenter"])


def test_tags_are_in_order_of_their_names() -> None:
    assert list(Tags({"team": "a", "Env": "b", "cost": "c"})) == ["cost", "Env", "team"]


def test_tags_that_differ_only_in_case_are_refused_together() -> None:
    with pytest.raises(ValueError, match=r"^tag 'Env' is given twice$"):
        Tags([("env", "prod"), ("Env", "test")])


def test_merged_tags_keep_the_spelling_that_is_there() -> None:
    merged = Tags({"CostCenter": "1", "old": "x", "kept": "y"}).merged({"costcenter": "2", "OLD": None, "New": "z"})

    assert dict(merged) == {"CostCenter": "2", "kept": "y", "New": "z"}


def test_merging_tags_leaves_the_old_ones_alone() -> None:
    tags = Tags({"env": "prod"})

    tags.merged({"env": "test"})

    assert dict(tags) == {"env": "prod"}


def test_owner_is_read_from_the_tag_in_any_case() -> None:
    assert live_identity("id-api", tags={"UAMI-Owner": "team-a"}).owner == "team-a"


def test_identity_without_the_tag_has_no_owner() -> None:
    assert live_identity("id-api", tags={"owner": "team-a"}).owner is None


def test_live_group_is_found_in_any_case() -> None:
    group = live_group("id-api")

    assert live_of(group).group(group_id("RG-APP")) == group


def test_group_that_was_not_read_is_a_key_error() -> None:
    with pytest.raises(KeyError, match=f"{SUBSCRIPTION}/rg-other"):
        live_of(live_group()).group(group_id("rg-other"))


@pytest.mark.parametrize(
    ("changes", "has"),
    [({}, True), ({"ENV": "prod"}, True), ({"env": "test"}, False), ({"gone": None}, True), ({"env": None}, False)],
)
def test_tags_have_what_would_change_nothing_of_them(changes: dict[str, str | None], has: bool) -> None:
    tags = Tags({"env": "prod"})

    assert tags.has(changes) is has
    assert (tags.merged(changes) == tags) is has
