"""Roles and credentials by ARM's equality, and the names by which this tool knows its own assignments again."""

from dataclasses import replace

import pytest

from reconciler.model import (
    NO_DETAILS,
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
from tests.builders import given_role

SCOPE = "/subscriptions/1/resourceGroups/rg"
NAME = assignment_name(SCOPE, "principal", "guid")
OURS = given_role("team-a", SCOPE, "principal", "guid")
UNMARKED = replace(OURS, details=NO_DETAILS)
OF_AN_OWNER = "d4446992-d4f4-5cda-8149-a1d2968610fa"
"""The name that versions before the mark gave to this role of team-a."""


def test_trust_is_told_by_issuer_and_subject() -> None:
    assert Trust("i", "s", "a").who == Trust("i", "s", "b").who == ("i", "s")


def test_name_of_an_assignment_is_the_same_in_every_version() -> None:
    assert NAME == "bba82fca-5013-5442-883c-6374fca34ae9"
    assert assignment_name("/", "principal", "guid") == "9026897c-2e58-5ee1-a51e-bd89b55aa02d"


@pytest.mark.parametrize(
    ("scope", "principal", "role", "same"),
    [
        (f"{SCOPE.upper()}/", "PRINCIPAL", "GUID", True),
        ("/subscriptions/1", "principal", "guid", False),
        (SCOPE, "another", "guid", False),
        (SCOPE, "principal", "other", False),
    ],
)
def test_name_of_an_assignment_follows_all_that_it_is_of(scope: str, principal: str, role: str, same: bool) -> None:
    assert (assignment_name(scope, principal, role) == NAME) is same


@pytest.mark.parametrize(
    ("owner", "assignment", "bears", "ours"),
    [
        ("team-a", OURS, True, True),
        ("team-a", replace(OURS, name=NAME.upper()), True, True),
        ("team-a", replace(OURS, name="x"), False, True),
        ("team-b", OURS, True, False),
        ("TEAM-A", OURS, True, False),
        (None, OURS, True, False),
        ("team-a", UNMARKED, True, False),
        (None, UNMARKED, True, False),
        ("team-a", replace(UNMARKED, name=OF_AN_OWNER), True, False),
        ("team-b", replace(UNMARKED, name=OF_AN_OWNER), False, False),
        (None, replace(UNMARKED, name=OF_AN_OWNER), False, False),
        ("team-a", replace(OURS, details=None), True, False),
    ],
)
def test_assignment_is_ours_by_its_mark_whatever_its_name(
    owner: str | None, assignment: RoleAssignment, bears: bool, ours: bool
) -> None:
    assert (bears_our_name(owner, assignment), is_ours(owner, assignment)) == (bears, ours)


def test_role_is_looked_up_without_case() -> None:
    lookup = RoleLookup("Reader", SCOPE, (RoleDefinition("guid", "Reader"),))
    access = Access(lookups={role_key("Reader", SCOPE): lookup})

    assert access.lookup("READER", f"{SCOPE.upper()}/") is lookup
    with pytest.raises(KeyError):
        access.lookup("Reader", "/")
