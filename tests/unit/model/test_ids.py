"""Ids and their addresses: each survives its own text, and what is the same to ARM is one id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import ResourceGroupId, group_at
from reconciler.model.ids import (
    AnyId,
    AssignmentId,
    CredentialId,
    ResourceId,
    identity_of,
    parse_address,
    parse_group_address,
    resource_type_of,
)
from tests.builders import GROUP, SUBSCRIPTION, address, group_id, resource_id
from tests.strategies import resource_ids

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
WORDS = st.text(st.characters(exclude_characters="/@", exclude_categories=["Cs"]), min_size=1, max_size=9)


@given(resource_ids())
def test_identity_survives_its_address(one: ResourceId) -> None:
    assert parse_address(one.address) == one


@given(resource_ids(), WORDS)
def test_credential_survives_its_address(identity: ResourceId, name: str) -> None:
    one = CredentialId(identity, name)

    assert (parse_address(one.address), identity_of(one)) == (one, identity)


@given(resource_ids(), WORDS, st.lists(WORDS, max_size=4))
def test_assignment_survives_its_address_but_for_the_guid_of_its_role(
    identity: ResourceId, role: str, scope: list[str]
) -> None:
    one = AssignmentId(identity, role, READER, f"/{'/'.join(scope)}")

    parsed = parse_address(one.address)

    assert parsed == AssignmentId(identity, role, "", one.scope)
    assert parsed.address == one.address


@pytest.mark.parametrize(
    "text", ["", "a", "a/b", "a/b/c/", "a/b/c/d", "a/b/c/secrets/x", "a/b/c/roleAssignments/Reader"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the address"):
        parse_address(text)


def test_group_survives_its_address() -> None:
    assert parse_group_address(group_id().address) == group_id()


@pytest.mark.parametrize("text", ["", "a", "a/b/c"])
def test_what_is_no_address_of_a_group_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a resource group"):
        parse_group_address(text)


def test_assignments_are_the_same_by_guid_whatever_the_role_is_called() -> None:
    one = AssignmentId(resource_id("id-a"), "Reader", READER, "/subscriptions/1")
    other = AssignmentId(resource_id("ID-A"), "Leser", READER.upper(), "/Subscriptions/1/")

    assert (one, hash(one)) == (other, hash(other))


def test_assignments_without_a_guid_are_told_apart_by_the_name_of_the_role() -> None:
    one, other = (AssignmentId(resource_id("id-a"), role, "", "/") for role in ("Reader", "Owner"))

    assert one != other


@pytest.mark.parametrize(
    "one",
    [resource_id("id-a"), CredentialId(resource_id("id-a"), "x"), AssignmentId(resource_id("id-a"), "x", "x", "/")],
)
def test_ids_of_different_kinds_are_never_the_same(one: AnyId) -> None:
    others = [
        resource_id("id-a"),
        CredentialId(resource_id("id-a"), "x"),
        AssignmentId(resource_id("id-a"), "x", "x", "/"),
    ]

    assert [other == one for other in others].count(True) == 1
    assert one != group_id()
    assert (one.group_id, one.address.startswith(address("id-a"))) == (group_id(), True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Web/sites/a/slots/b",
            "Microsoft.Web/sites/slots",
        ),
        (f"/subscriptions/{SUBSCRIPTION}", ""),
        ("vm-a", ""),
    ],
)
def test_type_of_an_arm_id_is_what_stands_behind_its_last_provider(text: str, kind: str) -> None:
    assert resource_type_of(text) == kind


@pytest.mark.parametrize(
    ("scope", "group"),
    [
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a", "rg-a"),
        (f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-a/providers/A.B/c/d", "rg-a"),
        (f"/subscriptions/{SUBSCRIPTION}", None),
        (f"/subscriptions/{SUBSCRIPTION}/providers/A.B/c/d", None),
        ("/providers/Microsoft.Management/managementGroups/resourceGroups/x", None),
        ("/", None),
    ],
)
def test_group_of_a_scope_is_the_one_that_it_is_or_lies_below(scope: str, group: str | None) -> None:
    assert group_at(scope) == (None if group is None else ResourceGroupId(SUBSCRIPTION, group))


def test_ids_of_one_list_share_their_texts() -> None:
    beginning = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-App/providers/Microsoft.ManagedIdentity"

    one, other = (ResourceId.parse(f"{beginning}/userAssignedIdentities/{name}") for name in ("id-a", "id-B"))

    assert one.subscription_id is other.subscription_id
    assert one.resource_group is other.resource_group
    assert one.key[:2] == other.key[:2] == (SUBSCRIPTION, "rg-app")
    assert one.key[1] is other.key[1]
    assert one.key[2] is one.name
    assert other.key[2] == "id-b"
