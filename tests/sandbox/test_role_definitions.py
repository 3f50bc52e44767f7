"""Reading role definitions: the built-in ones everywhere, custom ones where they can be assigned."""

from dataclasses import replace

import pytest

from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES
from reconciler.sandbox.state.kinds import Permission
from tests.sandbox.arm import GROUP, IDENTITIES, IN_SUBSCRIPTION, client, error
from tests.sandbox.roles import (
    FOREIGN,
    MANAGEMENT_GROUP,
    OTHER_GROUP,
    READER,
    TYPE,
    VERSION,
    assignment,
    definition_id,
    guid,
    listed,
    role,
    sandbox,
)

BUILT_IN = sorted(role.guid for role in BUILT_IN_ROLES)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", BUILT_IN),
        ("roleName eq 'storage blob data reader'", ["2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"]),
        ("roleName eq 'no such role'", []),
        ("type eq 'CustomRole'", []),
        ("type eq 'BuiltInRole'", BUILT_IN),
        ("atScopeAndBelow()", BUILT_IN),
        ("atScopeAndBelow() and type eq 'builtinrole' and roleName eq 'Reader'", [READER]),
        ("type eq 'CustomRole' and roleName eq 'Reader'", []),
    ],
)
def test_role_definitions_are_listed_by_name_and_type(asked: str, found: list[str]) -> None:
    with client(sandbox()) as arm:
        answered = listed(arm, GROUP, asked)

    assert answered == found


@pytest.mark.parametrize(
    "asked", ["name eq 'x'", "roleName eq 'a' or roleName eq 'b'", "roleName eq 'a' and roleName eq 'b'", "roleName"]
)
def test_filter_that_is_not_understood_is_refused(asked: str) -> None:
    with client(sandbox()) as arm:
        refused = arm.get(f"{GROUP}/providers/{TYPE}", params={**VERSION, "$filter": asked})

    assert error(refused) == (400, "UnsupportedQuery", f"The filter '{asked}' is not supported.")


def test_name_in_a_filter_can_hold_quotes_and_the_word_and() -> None:
    with client(sandbox([role(name="Bob's keys and secrets")])) as arm:
        found = listed(arm, GROUP, "roleName eq 'bob''s keys and secrets' and type eq 'CustomRole'")

    assert found == [guid()]


def test_role_definition_is_served_under_the_subscription_of_the_scope() -> None:
    with client(sandbox()) as arm:
        read = arm.get(definition_id(GROUP, READER.upper()), params=VERSION)
        at_root = arm.get(definition_id("/", READER), params=VERSION)
        missing = arm.get(definition_id(GROUP, guid(9)), params=VERSION)

    assert (read.json()["id"], at_root.json()["id"]) == (
        definition_id(IN_SUBSCRIPTION, READER),
        definition_id("/", READER),
    )
    assert read.json()["properties"]["permissions"] == [
        {"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}
    ]
    assert error(missing)[:2] == (404, "RoleDefinitionDoesNotExist")


@pytest.mark.parametrize(
    ("scopes", "asked", "at_scope", "at_or_below"),
    [
        ((GROUP,), GROUP, True, True),
        ((GROUP.upper(),), f"{IDENTITIES}/id-a/providers/x/y/z", True, True),
        ((GROUP,), IN_SUBSCRIPTION, False, True),
        ((GROUP,), OTHER_GROUP, False, False),
        ((IN_SUBSCRIPTION,), GROUP, True, True),
        ((IN_SUBSCRIPTION,), "/", False, True),
        ((MANAGEMENT_GROUP,), GROUP, True, True),
        ((IN_SUBSCRIPTION,), MANAGEMENT_GROUP, False, True),
        ((FOREIGN, OTHER_GROUP), OTHER_GROUP, True, True),
        ((FOREIGN,), GROUP, False, False),
    ],
)
def test_custom_role_is_listed_where_it_can_be_assigned(
    scopes: tuple[str, ...], asked: str, at_scope: bool, at_or_below: bool
) -> None:
    app = sandbox([role(scopes=scopes)], [assignment(role(), f"{IDENTITIES}/id-a")])

    with client(app) as arm:
        arm.put(f"{IDENTITIES}/id-a", params={"api-version": "2024-11-30"}, json={"location": "westeurope"})
        found = [
            listed(arm, asked) == [guid()],
            listed(arm, asked, "atScopeAndBelow() and type eq 'CustomRole'") == [guid()],
            arm.get(definition_id(asked, guid()), params=VERSION).status_code == 200,
        ]

    assert found == [at_scope, at_or_below, at_or_below]


def test_roles_of_one_name_in_different_scopes_are_told_apart_by_where_they_are_asked_for() -> None:
    roles = [role(1, scopes=(GROUP,)), role(2, scopes=(OTHER_GROUP,)), role(3, scopes=(IN_SUBSCRIPTION,))]

    with client(sandbox(roles)) as arm:
        found = [listed(arm, scope, "roleName eq 'restarter'") for scope in (GROUP, OTHER_GROUP, IN_SUBSCRIPTION)]

    assert found == [[guid(1), guid(3)], [guid(2), guid(3)], [guid(3)]]


def test_built_in_role_of_the_state_stands_beside_or_above_those_of_the_sandbox() -> None:
    mine = replace(role(name="Newer role", scopes=("/",)), built_in=True)
    newer = replace(mine, guid=READER, role_name="Reader", permissions=(Permission(("Microsoft.X/read",)),))

    with client(sandbox([mine, newer])) as arm:
        count = len(listed(arm, GROUP, ""))
        read = arm.get(definition_id(GROUP, READER), params=VERSION).json()["properties"]

    assert (count, read["permissions"][0]["actions"]) == (len(BUILT_IN) + 1, ["Microsoft.X/read"])
