"""The built-in roles: a table that other things are looked up in, so that what is wrong in it is wrong everywhere."""

import uuid

from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES
from reconciler.sandbox.state.kinds import Permission, RoleDefinition

BY_NAME = {role.role_name: role for role in BUILT_IN_ROLES}


def every_action() -> list[str]:
    kinds = ("actions", "not_actions", "data_actions", "not_data_actions")
    return [
        action
        for role in BUILT_IN_ROLES
        for entry in role.permissions
        for kind in kinds
        for action in getattr(entry, kind)
    ]


def test_names_and_guids_of_roles_are_unique() -> None:
    guids = {role.guid for role in BUILT_IN_ROLES}
    names = {role.role_name.casefold() for role in BUILT_IN_ROLES}

    assert len(guids) == len(names) == len(BUILT_IN_ROLES)
    assert all(str(uuid.UUID(guid)) == guid for guid in guids)


def test_roles_stand_in_the_order_of_their_names() -> None:
    names = [role.role_name for role in BUILT_IN_ROLES]

    assert names == sorted(names, key=str.casefold)


def test_every_role_is_one_permission_that_can_be_assigned_everywhere_and_says_what_it_is_for() -> None:
    odd = [
        role.role_name
        for role in BUILT_IN_ROLES
        if not (
            role.built_in
            and role.assignable_scopes == ("/",)
            and len(role.permissions) == 1
            and role.permissions[0].actions + role.permissions[0].data_actions
            and role.description
            and role.description.endswith(".")
        )
    ]

    assert odd == []


def test_every_action_has_the_form_of_one() -> None:
    odd = [action for action in every_action() if action != "*" and ("/" not in action or action != action.strip())]

    assert odd == []


def test_role_is_read_whole() -> None:
    identities = "Microsoft.ManagedIdentity/userAssignedIdentities"

    assert BY_NAME["Managed Identity Operator"] == RoleDefinition(
        "f1a07417-d97a-45cb-824c-7a7467783830",
        "Managed Identity Operator",
        "Reads user-assigned identities and attaches them to resources.",
        (
            Permission(
                (
                    "Microsoft.Authorization/*/read",
                    "Microsoft.Insights/alertRules/*",
                    f"{identities}/*/assign/action",
                    f"{identities}/*/read",
                    "Microsoft.Resources/deployments/*",
                    "Microsoft.Resources/subscriptions/resourceGroups/read",
                    "Microsoft.Support/*",
                )
            ),
        ),
        ("/",),
        built_in=True,
    )


def test_what_a_role_withholds_is_read_too() -> None:
    contributor, open_ai = (
        BY_NAME["Contributor"].permissions[0],
        BY_NAME["Cognitive Services OpenAI User"].permissions[0],
    )

    assert contributor.actions == ("*",)
    assert "Microsoft.Authorization/*/Write" in contributor.not_actions
    assert open_ai.not_data_actions == ("Microsoft.CognitiveServices/accounts/OpenAI/stored-completions/read",)
