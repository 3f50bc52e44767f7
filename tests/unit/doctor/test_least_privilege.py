"""Custom roles, their names, and the conditions that bound them, as they are printed."""

import json
import shlex

import pytest

from reconciler.doctor.least_privilege import LeastAssignment, LeastPrivilege, LeastRole, RoleBounds, Task

A, B = "aaaaaaaa-0000-4000-8000-00000000000a", "bbbbbbbb-0000-4000-8000-00000000000b"
SCOPE = "/subscriptions/s/resourceGroups/rg"
ROLES = "Microsoft.Authorization/roleAssignments"
NONE: frozenset[str] = frozenset()


def role(*actions: str, task: Task = Task.APPLY, scope: str = SCOPE) -> LeastRole:
    return LeastRole(task, actions, (scope,))


def test_name_says_the_task_and_changes_with_the_content_alone() -> None:
    same = [role("a/read"), role("a/read", scope=SCOPE.upper())]
    others = [role("a/write"), role("a/read", task=Task.PLAN), role("a/read", scope=f"{SCOPE}-b")]

    assert {one.name for one in same} == {same[0].name}
    assert len({same[0].name, *(one.name for one in others)}) == 4
    assert same[0].name.startswith("uami apply ")


def test_commands_are_words_for_a_shell_whatever_a_scope_holds() -> None:
    created = role("a/read", scope="/subscriptions/s/resourceGroups/it's")
    assigned = LeastAssignment(created, "/subscriptions/s/resourceGroups/it's", "(a 'b')")

    define, assign = shlex.split(created.command), shlex.split(assigned.command("OBJECT-ID"))

    assert define[:5] == ["az", "role", "definition", "create", "--role-definition"]
    assert json.loads(define[5]) == created.definition
    assert created.definition["Actions"] == ["a/read"]
    assert assign[4:] == [
        *("--role", created.name, "--scope", assigned.scope, "--assignee-object-id", "OBJECT-ID"),
        *("--assignee-principal-type", "ServicePrincipal", "--condition", "(a 'b')", "--condition-version", "2.0"),
    ]
    assert "--condition" not in LeastAssignment(created, SCOPE).command("OBJECT-ID")


def test_condition_names_what_is_sent_for_a_write_and_what_is_there_for_a_delete() -> None:
    bounds = RoleBounds(frozenset({B, A}), frozenset({A}))

    assert bounds.actions == (f"{ROLES}/delete", f"{ROLES}/write")
    assert bounds.condition == (
        f"((!(ActionMatches{{'{ROLES}/write'}})) OR"
        f" (@Request[{ROLES}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{A}, {B}}} AND"
        f" @Request[{ROLES}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'ServicePrincipal'}}))"
        " AND "
        f"((!(ActionMatches{{'{ROLES}/delete'}})) OR"
        f" (@Resource[{ROLES}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{A}}} AND"
        f" @Resource[{ROLES}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'ServicePrincipal'}}))"
    )


def test_any_role_of_a_service_principal_may_be_taken_away_where_the_policy_takes_any() -> None:
    bounds = RoleBounds(taken=None)

    assert bounds.actions == (f"{ROLES}/delete",)
    assert bounds.condition is not None
    assert "RoleDefinitionId" not in bounds.condition


def test_nothing_to_give_or_take_away_needs_no_action_and_no_condition() -> None:
    assert (RoleBounds().actions, RoleBounds().condition) == ((), None)


@pytest.mark.parametrize(
    ("own", "above", "left"),
    [
        (RoleBounds(frozenset({A, B}), frozenset({A})), RoleBounds(frozenset({A})), ({B}, {A})),
        (RoleBounds(taken=frozenset({A})), RoleBounds(taken=None), (NONE, NONE)),
        (RoleBounds(taken=None), RoleBounds(taken=frozenset({A})), (NONE, None)),
        (RoleBounds(taken=None), RoleBounds(taken=None), (NONE, NONE)),
    ],
)
def test_what_is_given_above_is_left_out(own: RoleBounds, above: RoleBounds, left: tuple[object, object]) -> None:
    found = own.without(above)

    assert (found.given, found.taken) == left


def test_roles_are_listed_once() -> None:
    one = role("a/read")

    assert LeastPrivilege((LeastAssignment(one, "/a"), LeastAssignment(one, "/b"))).roles == (one,)
