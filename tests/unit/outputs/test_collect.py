"""Which identities have ids to tell, and what is an error about the others."""

import pytest

from reconciler.errors import UsageError
from reconciler.manifest.desired import Desired
from reconciler.model import Identity
from reconciler.model.address import parse_target
from reconciler.outputs.collect import NotLiveAsListed, listed_identities
from tests.builders import SUBSCRIPTION, TENANT, desired_group, listed, removed
from tests.unit.outputting import CLIENT, PRINCIPAL, living, outputs_of


def test_values_are_those_of_azure_in_its_own_spelling() -> None:
    outputs = outputs_of([listed("id-api")], [living("ID-Api", 7)])

    assert outputs.identities[0].values == {
        "client_id": CLIENT.format(7),
        "principal_id": PRINCIPAL.format(7),
        "tenant_id": TENANT,
        "resource_id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-app"
        "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ID-Api",
        "subscription_id": SUBSCRIPTION,
        "resource_group": "rg-app",
        "name": "ID-Api",
        "location": "westeurope",
    }


def test_identities_stand_in_order_of_their_ids_whatever_the_order_of_the_manifest() -> None:
    outputs = outputs_of([listed("id-b"), listed("id-a"), listed("id-z", group="rg-a")], [living("id-b")])

    assert [one.address for one in outputs.identities] == ["rg-a/id-z", "rg-app/id-a", "rg-app/id-b"]
    assert [one.address for one in outputs.live] == ["rg-app/id-b"]
    assert [one.address for one in outputs.missing] == ["rg-a/id-z", "rg-app/id-a"]


def test_missing_identity_that_may_be_missing_has_no_ids() -> None:
    values = outputs_of([listed("id-api")], []).identities[0].values

    assert {name for name, value in values.items() if value is None} == {
        "client_id",
        "principal_id",
        "tenant_id",
        "location",
    }


def test_every_missing_identity_is_named_with_its_line() -> None:
    with pytest.raises(NotLiveAsListed) as raised:
        outputs_of(
            [listed("id-a", line=4), listed("id-b", line=9), listed("id-c")], [living("id-b")], allow_missing=False
        )

    assert raised.value.lines == (
        "2 of 3 identities are not as the manifest says:",
        "  rg-app/id-a (identities.yaml:4:9): not live yet",
        "  rg-app/id-c (identities.yaml:5:9): not live yet",
    )
    assert raised.value.hint == "`uami apply` creates what is missing; --allow-missing leaves it out."


@pytest.mark.parametrize("live", [[], [living("id-a", 2)]])
@pytest.mark.parametrize("allow_missing", [True, False])
def test_pinned_identity_with_another_principal_or_none_is_an_error(live: list[Identity], allow_missing: bool) -> None:
    pinned = listed("id-a", expect=PRINCIPAL.format(1))

    with pytest.raises(NotLiveAsListed) as raised:
        outputs_of([pinned], live, allow_missing=allow_missing)

    assert f"pins it to the principal {PRINCIPAL.format(1)}" in raised.value.lines[1]
    assert raised.value.hint == "`uami plan` says more of an identity that is not the pinned one."


def test_pinned_identity_is_the_one_whatever_the_case_of_its_id() -> None:
    outputs = outputs_of([listed("id-a", expect=PRINCIPAL.format(1).upper())], [living("id-a", 1)])

    assert outputs.missing == ()


DESIRED = Desired((desired_group("id-a", "id-b", remove=[removed("id-old")]), desired_group("id-c", name="rg-b")))


@pytest.mark.parametrize(
    ("targets", "names"),
    [
        ((), ["id-a", "id-b", "id-c"]),
        (("rg-b",), ["id-c"]),
        (("rg-app/ID-B", "rg-b"), ["id-b", "id-c"]),
    ],
)
def test_targets_limit_what_is_listed(targets: tuple[str, ...], names: list[str]) -> None:
    parsed = [parse_target(one, (group.group_id for group in DESIRED.groups)) for one in targets]

    assert [one.resource_id.name for one in listed_identities(DESIRED, parsed)] == names


@pytest.mark.parametrize("name", ["id-x", "id-old"])
def test_target_that_the_manifest_does_not_list_is_wrong_usage(name: str) -> None:
    target = parse_target(f"rg-app/{name}", (group.group_id for group in DESIRED.groups))

    with pytest.raises(UsageError, match=f"the manifest lists no identity '{name}' there"):
        listed_identities(DESIRED, [target])
