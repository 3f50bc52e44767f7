"""Roles and credentials by ARM's equality, and the names by which this tool knows its own assignments again."""

from dataclasses import replace

import pytest

from reconciler.model import (
    Access,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    Trust,
    assignment_name,
    bears_our_name,
    is_ours,
    role_key,
)

SCOPE = "/subscriptions/1/resourceGroups/rg"
NAME = assignment_name("team-a", SCOPE, "principal", "guid")
OURS = RoleAssignment(NAME, SCOPE, "guid", "principal")


def test_trust_is_told_by_issuer_and_subject() -> None:
    assert Trust("i", "s", "a").who == Trust("i", "s", "b").who == ("i", "s")


def test_name_of_an_assignment_is_the_same_in_every_version() -> None:
    assert NAME == "d4446992-d4f4-5cda-8149-a1d2968610fa"
    assert assignment_name(None, "/", "principal", "guid") == "9026897c-2e58-5ee1-a51e-bd89b55aa02d"


@pytest.mark.parametrize(
    ("owner", "scope", "principal", "role", "same"),
    [
        ("team-a", f"{SCOPE.upper()}/", "PRINCIPAL", "GUID", True),
        ("team-b", SCOPE, "principal", "guid", False),
        ("TEAM-A", SCOPE, "principal", "guid", False),
        (None, SCOPE, "principal", "guid", False),
        ("team-a", "/subscriptions/1", "principal", "guid", False),
        ("team-a", SCOPE, "another", "guid", False),
        ("team-a", SCOPE, "principal", "other", False),
    ],
)
def test_name_of_an_assignment_follows_all_that_it_is_of(
    owner: str | None, scope: str, principal: str, role: str, same: bool
) -> None:
    assert (assignment_name(owner, scope, principal, role) == NAME) is same


@pytest.mark.parametrize(
    ("owner", "assignment", "bears", "ours"),
    [
        ("team-a", OURS, True, True),
        ("team-a", replace(OURS, name=NAME.upper()), True, True),
        ("team-b", OURS, False, False),
        ("team-a", replace(OURS, name="x"), False, False),
        (None, OURS, False, False),
        (None, replace(OURS, name=assignment_name(None, SCOPE, "principal", "guid")), True, False),
    ],
)
def test_assignment_is_ours_by_its_name_and_only_with_an_owner(
    owner: str | None, assignment: RoleAssignment, bears: bool, ours: bool
) -> None:
    assert (bears_our_name(owner, assignment), is_ours(owner, assignment)) == (bears, ours)


def test_role_is_looked_up_without_case() -> None:
    lookup = RoleLookup("Reader", SCOPE, (RoleDefinition("guid", "Reader"),))
    access = Access(lookups={role_key("Reader", SCOPE): lookup})

    assert access.lookup("READER", f"{SCOPE.upper()}/") is lookup
    with pytest.raises(KeyError):
        access.lookup("Reader", "/")
