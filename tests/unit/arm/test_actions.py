"""Which role to ask for."""

import pytest

from reconciler.arm.actions import BUILT_IN, role_with, roles_with
from reconciler.arm.permissions import Permissions
from reconciler.model.roles.permissions import PermissionEntry
from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES
from reconciler.sandbox.state.kinds import Permission

READ = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
DELETE = "Microsoft.ManagedIdentity/userAssignedIdentities/delete"


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
        ("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "Managed Identity Operator"),
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
        if not known[role].allows(pattern.replace("*/assign", "assign").replace("*", "anything"))
    ]

    assert lacking == []


def entry_of(permission: Permission) -> PermissionEntry:
    return PermissionEntry(permission.actions, permission.not_actions)
