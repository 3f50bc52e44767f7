"""Which actions the caller has, and which role to ask for."""

import pytest

from reconciler.arm import permissions
from reconciler.arm.actions import BUILT_IN, action_matches, role_with, roles_with
from reconciler.arm.permissions import PermissionEntry, Permissions
from reconciler.errors import ArmError
from reconciler.model.ids import ResourceGroupId
from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES
from reconciler.sandbox.state.kinds import Permission
from tests.unit.arm.fakes import ENDPOINT, SUBSCRIPTION, answer, arm_client, refusal

READ = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
DELETE = "Microsoft.ManagedIdentity/userAssignedIdentities/delete"


@pytest.mark.parametrize("pattern", ["*", "*/read", "microsoft.managedidentity/*", "Microsoft.*/read", READ.upper()])
def test_pattern_matches_across_slashes_and_without_case(pattern: str) -> None:
    assert action_matches(pattern, READ)


@pytest.mark.parametrize(
    "pattern", ["", "*/write", "Microsoft.ManagedIdentity", "Microsoft?ManagedIdentity/*", READ[1:]]
)
def test_pattern_matches_the_whole_action_only(pattern: str) -> None:
    assert not action_matches(pattern, READ)


def test_not_actions_take_away_from_their_own_entry() -> None:
    granted = Permissions((PermissionEntry(("*",), ("*/delete",)),))

    assert (granted.allows(READ), granted.allows(DELETE)) == (True, False)


def test_another_entry_gives_what_one_takes_away() -> None:
    granted = Permissions((PermissionEntry(("*",), ("*/delete",)), PermissionEntry((DELETE,), ())))

    assert granted.allows(DELETE)


@pytest.mark.parametrize(
    ("actions", "not_actions", "every"),
    [
        (("*/read",), (), True),
        (("*",), ("Microsoft.Authorization/*/Delete", "Microsoft.Compute/galleries/share/action"), True),
        (("*/read",), ("Microsoft.Compute/virtualMachines/read",), False),
        (("*",), ("Microsoft.Compute/*",), False),
        (("*",), ("Microsoft.Compute/*d",), False),
        (("*/write",), (), False),
        (("Microsoft.Compute/*/read",), (), False),
    ],
)
def test_role_gives_every_read_only_where_it_withholds_none(
    actions: tuple[str, ...], not_actions: tuple[str, ...], every: bool
) -> None:
    granted = Permissions((PermissionEntry((READ,), ()), PermissionEntry(actions, not_actions)))

    assert granted.allows_every_read() is every


def test_no_entries_allow_nothing() -> None:
    assert not Permissions(()).allows(READ)


def test_permissions_of_a_subscription_are_read_over_all_pages() -> None:
    pages = [
        {"value": [{"actions": ["*/read"], "notActions": [], "dataActions": ["*"]}], "nextLink": f"{ENDPOINT}/next"},
        {"value": [{"actions": ["*"], "notActions": ["*/delete"]}]},
    ]

    with arm_client(*(answer(200, page) for page in pages)) as (client, arm):
        granted = permissions.read_at(client, f"/subscriptions/{SUBSCRIPTION}")

    assert granted == Permissions((PermissionEntry(("*/read",), ()), PermissionEntry(("*",), ("*/delete",))))
    assert arm.urls[0] == (
        f"{ENDPOINT}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
    )


def test_permissions_of_a_group_are_asked_at_the_group() -> None:
    with arm_client(answer(200, {"value": [{}]})) as (client, arm):
        granted = permissions.read_at(client, str(ResourceGroupId(SUBSCRIPTION, "rg")))

    assert granted == Permissions((PermissionEntry((), ()),))
    assert arm.requests[0].url.path == (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Authorization/permissions"
    )


@pytest.mark.parametrize("item", [{"actions": "*"}, {"actions": [1]}, {"actions": ["*"], "notActions": {}}])
def test_permissions_of_another_kind_are_malformed(item: object) -> None:
    with arm_client(answer(200, {"value": [item]})) as (client, _), pytest.raises(ArmError, match="malformed answer"):
        permissions.read_at(client, f"/subscriptions/{SUBSCRIPTION}")


def test_permissions_that_cannot_be_read_are_an_error() -> None:
    with arm_client(refusal(403, "AuthorizationFailed")) as (client, _), pytest.raises(ArmError):
        permissions.read_at(client, f"/subscriptions/{SUBSCRIPTION}")


@pytest.mark.parametrize(
    ("action", "role"),
    [
        (READ, "Reader"),
        (DELETE, "Managed Identity Contributor"),
        ("Microsoft.ManagedIdentity/userAssignedIdentities/write", "Managed Identity Contributor"),
        (
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
            "Managed Identity Federated Identity Credential Contributor",
        ),
        ("Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", "Managed Identity Operator"),
        ("Microsoft.Authorization/roleAssignments/write", "Role Based Access Control Administrator"),
        ("Microsoft.Compute/virtualMachines/write", None),
    ],
)
def test_role_to_ask_for_is_the_least_that_has_the_action(action: str, role: str | None) -> None:
    assert role_with(action) == role


def test_one_role_is_asked_for_where_one_has_everything() -> None:
    identities = "Microsoft.ManagedIdentity/userAssignedIdentities"
    credentials = f"{identities}/federatedIdentityCredentials"
    give_roles = "Microsoft.Authorization/roleAssignments/write"

    asked_for = [
        roles_with((READ, "Microsoft.Authorization/locks/read")),
        roles_with((f"{credentials}/read", f"{credentials}/delete")),
        roles_with((f"{credentials}/write", f"{identities}/write")),
        roles_with((READ, give_roles)),
        roles_with((DELETE, give_roles, "Microsoft.ResourceGraph/resources/read")),
        roles_with(("Microsoft.Compute/virtualMachines/write",)),
    ]

    assert asked_for == [
        ("Reader",),
        ("Managed Identity Federated Identity Credential Contributor",),
        ("Managed Identity Contributor",),
        ("Role Based Access Control Administrator",),
        ("Role Based Access Control Administrator", "Managed Identity Contributor"),
        (),
    ]


def test_every_role_has_in_azure_what_is_said_of_it_here() -> None:
    known = {role.role_name: Permissions(tuple(map(entry_of, role.permissions))) for role in BUILT_IN_ROLES}

    lacking = [
        (role, pattern)
        for role, patterns in BUILT_IN
        for pattern in patterns
        if not known[role].allows(pattern.replace("*", "anything"))
    ]

    assert lacking == []


def entry_of(permission: Permission) -> PermissionEntry:
    return PermissionEntry(permission.actions, permission.not_actions)
