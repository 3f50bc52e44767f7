"""Which identities of a group are listed, and which patterns ignore the others."""

from dataclasses import replace

import pytest

from reconciler.export.choose import ChosenGroup, Terms, choose_identities, exactly
from reconciler.manifest.rules.globs import matches_any
from reconciler.model.identity import LiveGroup
from tests.builders import live_group, live_identity


def choose(live: LiveGroup, owner: str | None = None, *exclude: str) -> ChosenGroup:
    """The choice for a group that exists."""
    chosen = choose_identities(live, Terms(owner, exclude, "api://x"))
    assert chosen is not None
    return chosen


def names(chosen: ChosenGroup) -> tuple[list[str], list[str]]:
    """Names of what is listed, and patterns of what is not."""
    return [one.resource_id.name for one in chosen.listed], [one.pattern for one in chosen.ignored]


def test_identities_of_aks_and_excluded_ones_are_ignored() -> None:
    chosen = choose(live_group("aks-pool", "id-a", "id-tmp-1"), None, "id-tmp-*", "nothing-*")

    assert names(chosen) == (["id-a"], ["aks-*", "id-tmp-*"])
    assert chosen.is_worth_writing


def test_group_that_azure_manages_is_ignored_whole() -> None:
    live = live_group("id-a")
    assert live.resource_group is not None

    chosen = choose(replace(live, resource_group=replace(live.resource_group, managed_by="/aks")))

    assert names(chosen) == ([], ["*"])
    assert chosen.is_worth_writing


def test_identity_without_room_for_the_owner_is_ignored_under_an_owner() -> None:
    full = live_group(live_identity("id-a", tags={f"t{number}": "" for number in range(50)}))

    assert names(choose(full)) == (["id-a"], [])
    assert names(choose(full, "us")) == ([], ["id-a"])


@pytest.mark.parametrize(("live", "exclude"), [(live_group(), ()), (live_group("id-a", "id-b"), ("id-*",))])
def test_group_without_anything_to_say_is_not_worth_a_manifest(live: LiveGroup, exclude: tuple[str, ...]) -> None:
    assert not choose(live, None, *exclude).is_worth_writing


def test_group_that_does_not_exist_is_none() -> None:
    assert choose_identities(live_group(location=None), Terms(None, (), "api://x")) is None


@pytest.mark.parametrize("name", ["id-a", "id-[a]", "id-*", "id-?"])
def test_pattern_of_a_name_matches_it_alone(name: str) -> None:
    assert matches_any(name, (exactly(name),))
    assert not matches_any("id-xx", (exactly(name),))
