"""The manifests of a plan file come in by the manifest's own way, and their places are those that the file gives."""

from typing import Any

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Desired
from reconciler.manifest.write import saved_manifests
from reconciler.model import IsolationScope
from reconciler.saved_plan.read_desired import read_desired
from tests.builders import desired_group, listed, removed


def manifests(*names: str) -> Any:
    groups = tuple(desired_group(listed("id-api", line=12), name=name, owner="team-a") for name in names)
    return saved_manifests(Desired(groups))


@pytest.mark.parametrize(
    "desired",
    [
        Desired((desired_group("id-api", "id-b"),)),
        Desired((desired_group("id-a", name="rg-a", owner="x"), desired_group("id-b", name="rg-b", owner="y"))),
        Desired(
            (
                desired_group(
                    listed("id-api", tags={"env": "prod", "old": None}, isolation_scope=IsolationScope.REGIONAL),
                    owner="team-a",
                    remove=[removed("id-old")],
                ),
            )
        ),
    ],
)
def test_what_was_declared_comes_back(desired: Desired) -> None:
    assert read_desired(saved_manifests(desired)) == desired


def test_place_of_an_entry_is_its_own_or_that_of_what_holds_it() -> None:
    (document,) = manifests("rg-app")
    (places,) = document["sources"].values()
    pointer = next(one for one in places if one.endswith("/identities/0"))
    places[pointer] = [70, 9]

    (group,) = read_desired([document]).groups
    del places[pointer]
    (without,) = read_desired([document]).groups

    assert (group.identities[0].source.line, group.identities[0].source.column) == (70, 9)
    assert without.identities[0].source == without.source


def test_what_no_manifest_could_declare_is_refused_with_its_place() -> None:
    (document,) = manifests("rg-app")
    document["resourceGroups"]["rg-app"]["identities"][0]["name"] = "-"

    with pytest.raises(ValueError, match=r"^what it declares breaks a rule of manifests, at identities\.yaml:12:9: "):
        read_desired([document])


def test_same_group_of_two_manifests_is_refused() -> None:
    with pytest.raises(ValueError, match="breaks a rule of manifests"):
        read_desired([*manifests("rg-app"), *manifests("rg-app")])


def test_place_is_a_position() -> None:
    (group,) = read_desired(manifests("rg-app")).groups

    assert group.identities[0].source == SourcePos("identities.yaml", 12, 9)
