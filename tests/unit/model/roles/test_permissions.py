"""How a pattern matches an action, and what a role lets its holder do to others."""

import pytest

from reconciler.model.access import RoleDefinition
from reconciler.model.roles.permissions import BECOME_OTHERS, GIVE_ROLES, PermissionEntry, action_matches, first_allowed
from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES

READ = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
GIVE, DEFINE, ELEVATE = GIVE_ROLES
TRUST, ASSIGN = BECOME_OTHERS


@pytest.mark.parametrize("pattern", ["*", "*/read", "microsoft.managedidentity/*", "Microsoft.*/read", READ.upper()])
def test_pattern_matches_across_slashes_and_without_case(pattern: str) -> None:
    assert action_matches(pattern, READ)


@pytest.mark.parametrize(
    "pattern", ["", "*/write", "Microsoft.ManagedIdentity", "Microsoft?ManagedIdentity/*", READ[1:]]
)
def test_pattern_matches_the_whole_action_only(pattern: str) -> None:
    assert not action_matches(pattern, READ)


def role(*entries: tuple[list[str], list[str]]) -> RoleDefinition:
    """A role of such actions and notActions."""
    return RoleDefinition("guid", "Role", tuple(PermissionEntry(tuple(yes), tuple(no)) for yes, no in entries))


@pytest.mark.parametrize(
    ("entries", "action"),
    [
        ([(["*"], [])], GIVE),
        ([(["microsoft.authorization/*"], [])], GIVE),
        ([(["*/write"], [])], GIVE),
        ([(["*/WRITE"], [GIVE.upper()])], DEFINE),
        ([(["*"], ["Microsoft.Authorization/*/Write"])], ELEVATE),
        ([(["*"], ["Microsoft.Authorization/*/Write", "*/elevateAccess/action"])], None),
        ([(["*"], ["Microsoft.Authorization/*"])], None),
        ([(["*"], ["*"])], None),
        ([(["*"], ["Microsoft.Authorization/*"]), ([DEFINE], [])], DEFINE),
        ([(["*"], ["Microsoft.Authorization/*"]), (["*/write"], ["Microsoft.Auth*"])], None),
        ([(["*/read", "Microsoft.Authorization/*/read"], [])], None),
        ([(["Microsoft.Authorization/roleAssignments/writes"], [])], None),
        ([([], [])], None),
        ([], None),
    ],
    ids=str,
)
def test_role_gives_roles_by_its_actions_less_its_own_not_actions(
    entries: list[tuple[list[str], list[str]]], action: str | None
) -> None:
    assert role(*entries).gives_roles == action


@pytest.mark.parametrize(
    ("entries", "action"),
    [
        ([(["*"], [])], TRUST),
        ([(["Microsoft.ManagedIdentity/*"], [TRUST])], ASSIGN),
        ([(["Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action"], [])], ASSIGN),
        ([(["*"], [TRUST, "microsoft.managedidentity/userassignedidentities/*/ASSIGN/action"])], None),
        ([(["*/read"], [])], None),
    ],
    ids=str,
)
def test_role_becomes_others_by_its_actions_less_its_own_not_actions(
    entries: list[tuple[list[str], list[str]]], action: str | None
) -> None:
    assert role(*entries).becomes_others == action


def built_in(name: str) -> RoleDefinition:
    """A built-in role as Azure has it."""
    (found,) = (one for one in BUILT_IN_ROLES if one.role_name == name)
    return role(*((list(one.actions), list(one.not_actions)) for one in found.permissions))


@pytest.mark.parametrize(
    ("name", "gives", "becomes"),
    [
        ("Owner", True, True),
        ("User Access Administrator", True, False),
        ("Role Based Access Control Administrator", True, False),
        ("Contributor", False, True),
        ("Managed Identity Contributor", False, True),
        ("Managed Identity Operator", False, True),
        ("Managed Identity Federated Identity Credential Contributor", False, True),
        ("Reader", False, False),
        ("Storage Blob Data Owner", False, False),
    ],
)
def test_built_in_roles_are_told_apart(name: str, gives: bool, becomes: bool) -> None:
    known = built_in(name)

    assert (known.gives_roles is not None, known.becomes_others is not None) == (gives, becomes)


def test_first_action_that_is_given_is_named() -> None:
    assert first_allowed([PermissionEntry(("b",), ())], ("a", "b")) == "b"
