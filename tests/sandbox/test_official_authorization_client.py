"""azure-mgmt-authorization against the sandbox over real HTTP: every operation of 2022-04-01 on role definitions, role
assignments, deny assignments and permissions, and the errors as they are typed."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.v2022_04_01.models import Permission, RoleAssignmentCreateParameters, RoleDefinition

from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES
from reconciler.sandbox.rules.rights import DeniedPrincipal, DenyAssignment
from reconciler.sandbox.serving.server import running
from reconciler.sandbox.state.kinds import Permission as SandboxPermission
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import GROUP, IDENTITIES, IN_SUBSCRIPTION, application, contents, group, identity, token_of
from tests.sandbox.official import arguments_for

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ROLES = "/providers/Microsoft.Authorization/roleDefinitions"
DENY_ASSIGNMENTS = "/providers/Microsoft.Authorization/denyAssignments"
READER_ID = f"{IN_SUBSCRIPTION}{ROLES}/{READER}"
OTHER_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/rg-other"
PRINCIPAL = "aaaaaaaa-0000-0000-0000-000000000001"
CUSTOM, NAME = str(uuid.UUID(int=7)), str(uuid.UUID(int=1))
IN_GROUP = ("rg-Payments", "Microsoft.ManagedIdentity", "userAssignedIdentities", "id-a")


def client_of(url: str, token: str = "any") -> AuthorizationManagementClient:
    return AuthorizationManagementClient(**arguments_for(url, token), api_version="2022-04-01")


@pytest.fixture
def url() -> Iterator[str]:
    """A sandbox with two groups and an identity, in pages of two; its admin may do everything."""
    known = replace(identity("id-a"), principal_id=PRINCIPAL)
    grants = [Grant("anonymous", "/", ("*",))]
    with running(application(contents([known], grants, (group(), group("rg-other"))), page_size=2)) as address:
        yield address


@pytest.fixture
def admin(url: str) -> Iterator[AuthorizationManagementClient]:
    with client_of(url) as client:
        yield client


@pytest.fixture
def caller(url: str) -> Iterator[AuthorizationManagementClient]:
    """A client of somebody who has nothing but by a role."""
    with client_of(url, token_of(PRINCIPAL)) as client:
        yield client


def custom_role(**changes: Any) -> RoleDefinition:
    given = Permission(actions=["Microsoft.Compute/*/restart/action"], data_actions=["Microsoft.X/a/read"])
    usual = {"role_name": "Restarter", "description": "why", "permissions": [given], "assignable_scopes": [GROUP]}
    return RoleDefinition(**{**usual, **changes})


def assignment(role_id: str = READER_ID, **more: Any) -> RoleAssignmentCreateParameters:
    wanted = {"principal_id": PRINCIPAL, "principal_type": "ServicePrincipal", **more}
    return RoleAssignmentCreateParameters(role_definition_id=role_id, **wanted)


def code_of(caught: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str | None]:
    assert caught.value.error is not None
    return caught.value.status_code, caught.value.error.code


def test_custom_role_lives_from_create_to_delete(admin: AuthorizationManagementClient) -> None:
    of = admin.role_definitions

    created = of.create_or_update(GROUP, CUSTOM, custom_role())
    changed = of.create_or_update(GROUP, CUSTOM, custom_role(description="new", assignable_scopes=[IN_SUBSCRIPTION]))
    read = [of.get(GROUP, CUSTOM), of.get_by_id(str(created.id))]
    deleted = of.delete(GROUP, CUSTOM)
    again = of.delete(GROUP, CUSTOM)

    assert (created.role_type, created.id) == ("CustomRole", f"{IN_SUBSCRIPTION}{ROLES}/{CUSTOM}")
    assert [(item.description, item.assignable_scopes) for item in (*read, changed)] == [("new", [IN_SUBSCRIPTION])] * 3
    assert [permission.as_dict() for permission in read[0].permissions or ()] == [
        {
            "actions": ["Microsoft.Compute/*/restart/action"],
            "not_actions": [],
            "data_actions": ["Microsoft.X/a/read"],
            "not_data_actions": [],
        }
    ]
    assert (deleted is not None and deleted.name, again) == (CUSTOM, None)
    with pytest.raises(ResourceNotFoundError) as caught:
        of.get_by_id(str(created.id))
    assert code_of(caught) == (404, "RoleDefinitionDoesNotExist")


def test_lists_of_role_definitions_go_on_over_pages_and_are_filtered(admin: AuthorizationManagementClient) -> None:
    of = admin.role_definitions
    of.create_or_update(GROUP, CUSTOM, custom_role())

    in_group = [item.name for item in of.list(GROUP)]
    found = [
        [item.name for item in of.list(scope, filter=asked)]
        for scope, asked in (
            (GROUP, "roleName eq 'reader'"),
            (GROUP, "roleName eq 'Restarter'"),
            (IN_SUBSCRIPTION, "type eq 'CustomRole'"),
            (IN_SUBSCRIPTION, "atScopeAndBelow() and type eq 'CustomRole'"),
            (OTHER_GROUP, "atScopeAndBelow() and roleName eq 'Restarter'"),
        )
    ]

    assert sorted(map(str, in_group)) == sorted([CUSTOM, *(role.guid for role in BUILT_IN_ROLES)])
    assert found == [[READER], [CUSTOM], [], [CUSTOM], []]


def test_refused_role_definitions_are_typed_errors(admin: AuthorizationManagementClient) -> None:
    of = admin.role_definitions
    role_id = str(of.create_or_update(GROUP, CUSTOM, custom_role()).id)
    admin.role_assignments.create(GROUP, NAME, assignment(role_id))

    with pytest.raises(ResourceExistsError) as same_name:
        of.create_or_update(OTHER_GROUP, NAME, custom_role(assignable_scopes=[OTHER_GROUP]))
    with pytest.raises(ResourceExistsError) as in_use:
        of.delete(GROUP, CUSTOM)
    with pytest.raises(ResourceExistsError) as left_behind:
        of.create_or_update(GROUP, CUSTOM, custom_role(assignable_scopes=[OTHER_GROUP]))
    with pytest.raises(ResourceExistsError) as built_in:
        of.create_or_update(GROUP, READER, custom_role(role_name="Mine"))
    with pytest.raises(HttpResponseError) as undeletable:
        of.delete(GROUP, READER)
    with pytest.raises(HttpResponseError) as nowhere:
        of.create_or_update(GROUP, NAME, custom_role(role_name="Mine", assignable_scopes=[]))

    assert [code_of(caught) for caught in (same_name, in_use, left_behind, built_in, undeletable, nowhere)] == [
        (409, "RoleDefinitionWithSameNameExists"),
        (409, "RoleDefinitionHasAssignments"),
        (409, "RoleScopeBeingRemovedContainsAssignments"),
        (409, "RoleDefinitionExists"),
        (400, "InvalidRoleDefinitionType"),
        (400, "MissingAssignableScopes"),
    ]


def test_role_assignments_live_from_create_to_delete(admin: AuthorizationManagementClient) -> None:
    of = admin.role_assignments

    created = of.create(GROUP, NAME, assignment())
    changed = of.create_by_id(str(created.id), assignment(description="why", condition="true", condition_version="2.0"))
    read = [of.get(GROUP, NAME), of.get_by_id(str(created.id))]
    deleted = of.delete(GROUP, NAME)
    again = of.delete_by_id(str(created.id))

    assert (created.principal_type, created.description, changed.id) == ("ServicePrincipal", None, created.id)
    assert [(item.scope, item.description, item.condition, item.condition_version) for item in read] == [
        (GROUP, "why", "true", "2.0")
    ] * 2
    assert (deleted is not None and deleted.id, again) == (created.id, None)
    with pytest.raises(ResourceNotFoundError) as caught:
        of.get(GROUP, NAME)
    assert code_of(caught) == (404, "RoleAssignmentNotFound")


def test_lists_of_role_assignments_go_on_over_pages_and_are_filtered(admin: AuthorizationManagementClient) -> None:
    of = admin.role_assignments
    scopes = (IN_SUBSCRIPTION, GROUP, f"{IDENTITIES}/id-a", OTHER_GROUP)
    for number, scope in enumerate(scopes):
        of.create(scope, str(uuid.UUID(int=number)), assignment())

    listed = [
        sorted(uuid.UUID(item.name).int for item in pages)
        for pages in (
            of.list_for_subscription(),
            of.list_for_subscription(filter=f"principalId eq '{PRINCIPAL}'"),
            of.list_for_resource_group("rg-Payments"),
            of.list_for_resource(*IN_GROUP, filter="atScope()"),
            of.list_for_scope(GROUP, filter=f"atScope() and principalId eq '{PRINCIPAL}'"),
            of.list_for_scope(GROUP, filter=f"assignedTo('{NAME}')"),
        )
    ]

    assert listed == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2], [0, 1, 2], [0, 1], []]


def test_refused_role_assignments_are_typed_errors(admin: AuthorizationManagementClient) -> None:
    role_id = str(admin.role_definitions.create_or_update(GROUP, CUSTOM, custom_role()).id)
    of, another = admin.role_assignments, str(uuid.UUID(int=2))
    of.create(GROUP, NAME, assignment())
    unknown: Any = assignment(principal_id=another)
    unknown.principal_type = None  # the model sends User unless it is told not to

    with pytest.raises(ResourceExistsError) as twice:
        of.create(GROUP, another, assignment())
    with pytest.raises(HttpResponseError) as changed:
        of.create(OTHER_GROUP, NAME, assignment())
    with pytest.raises(HttpResponseError) as nobody:
        of.create(GROUP, another, unknown)
    with pytest.raises(ResourceNotFoundError) as no_role:
        of.create(GROUP, another, assignment(f"{ROLES}/{another}"))
    with pytest.raises(HttpResponseError) as elsewhere:
        of.create(OTHER_GROUP, another, assignment(role_id))

    assert [code_of(caught) for caught in (twice, changed, nobody, no_role, elsewhere)] == [
        (409, "RoleAssignmentExists"),
        (400, "RoleAssignmentUpdateNotPermitted"),
        (400, "PrincipalNotFound"),
        (404, "RoleDefinitionDoesNotExist"),
        (400, "RoleAssignmentScopeNotAssignableToRoleDefinition"),
    ]


def test_permissions_are_what_the_roles_of_the_caller_give(
    admin: AuthorizationManagementClient, caller: AuthorizationManagementClient
) -> None:
    admin.role_assignments.create(GROUP, NAME, assignment())

    in_group = list(caller.permissions.list_for_resource_group("rg-Payments"))
    namespace, *resource = IN_GROUP[1:]
    at_resource = list(caller.permissions.list_for_resource("rg-Payments", namespace, "", *resource))
    with pytest.raises(HttpResponseError) as elsewhere:
        list(caller.permissions.list_for_resource_group("rg-other"))

    reading = {"actions": ["*/read"], "not_actions": [], "data_actions": [], "not_data_actions": []}
    assert [permission.as_dict() for permission in (*in_group, *at_resource)] == [reading, reading]
    assert code_of(elsewhere) == (403, "AuthorizationFailed")


def test_caller_without_a_role_is_refused_as_a_typed_error(caller: AuthorizationManagementClient) -> None:
    with pytest.raises(HttpResponseError) as given:
        caller.role_assignments.create(GROUP, NAME, assignment())
    with pytest.raises(HttpResponseError) as read:
        caller.role_definitions.get(GROUP, READER)

    assert [code_of(caught) for caught in (given, read)] == [(403, "AuthorizationFailed")] * 2


@pytest.fixture
def denying() -> Iterator[AuthorizationManagementClient]:
    """A client of somebody who is denied to write in a group; deny assignments come in pages of two."""
    known = (DeniedPrincipal(PRINCIPAL, "ServicePrincipal"),)
    everything = (SandboxPermission(("*",), ("*/read",)),)
    scopes = (IN_SUBSCRIPTION, GROUP, f"{IDENTITIES}/id-a", OTHER_GROUP)
    items = [
        DenyAssignment(f"{scope}{DENY_ASSIGNMENTS}/{uuid.UUID(int=number)}", f"Deny {number}", everything, known)
        for number, scope in enumerate(scopes, 1)
    ]
    start = contents([identity("id-a")], groups=(group(), group("rg-other"))).having(DenyAssignment, items)
    with running(application(start, page_size=2)) as address, client_of(address, token_of(PRINCIPAL)) as client:
        yield client


def test_deny_assignments_are_read_by_scope_by_id_and_in_every_list(denying: AuthorizationManagementClient) -> None:
    of = denying.deny_assignments

    one = of.get(GROUP, str(uuid.UUID(int=2)))
    lists = [
        of.list(),
        of.list_for_resource_group("rg-Payments"),
        of.list_for_resource(IN_GROUP[0], IN_GROUP[1], "", *IN_GROUP[2:]),
        of.list_for_scope(GROUP, filter="atScope()"),
        of.list_for_scope(IN_SUBSCRIPTION, filter=f"principalId eq '{PRINCIPAL}'"),
        of.list(filter="denyAssignmentName eq 'Deny 4'"),
    ]

    assert of.get_by_id(str(one.id)) == one
    assert (one.deny_assignment_name, one.scope, one.do_not_apply_to_child_scopes) == ("Deny 2", GROUP, False)
    assert [(entry.actions, entry.not_actions) for entry in one.permissions or ()] == [(["*"], ["*/read"])]
    assert [(who.id, who.type) for who in one.principals or ()] == [(PRINCIPAL, "ServicePrincipal")]
    assert [sorted(int(str(item.deny_assignment_name)[-1]) for item in items) for items in lists] == [
        [1, 2, 3, 4],
        [1, 2, 3],
        [1, 2, 3],
        [1, 2],
        [1, 2, 3, 4],
        [4],
    ]


def test_deny_assignment_that_is_missing_or_denies_is_typed(denying: AuthorizationManagementClient) -> None:
    with pytest.raises(ResourceNotFoundError) as missing:
        denying.deny_assignments.get(GROUP, NAME.replace("1", "9"))
    with pytest.raises(HttpResponseError) as refused:
        denying.role_assignments.create(GROUP, NAME, assignment())

    assert code_of(missing) == (404, "DenyAssignmentNotFound")
    assert code_of(refused) == (403, "DenyAssignmentAuthorizationFailed")
