"""Writing custom roles: what a body may say, who may say it, and when a role has to stay."""

import httpx
import pytest

from reconciler.sandbox.authorization.custom_roles import MAX_CUSTOM_ROLES
from reconciler.sandbox.state.kinds import RoleDefinition
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import GROUP, IDENTITIES, IN_SUBSCRIPTION, Clock, client, error, token_of
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

LOCKS_VERSION = {"api-version": "2020-05-01"}
CALLER = token_of("me")


def body(name: str = "Restarter", **more: object) -> dict[str, object]:
    permissions = [{"actions": ["Microsoft.Compute/*/restart/action"], "dataActions": ["Microsoft.X/a/read"]}]
    return {"properties": {"roleName": name, "permissions": permissions, "assignableScopes": [GROUP], **more}}


def put(arm: httpx.Client, content: object = None, scope: str = GROUP, number: int = 1) -> httpx.Response:
    return arm.put(definition_id(scope, guid(number)), params=VERSION, json=content or body())


def test_custom_role_is_created_read_changed_and_deleted() -> None:
    clock = Clock()

    with client(sandbox(clock=clock), CALLER) as arm:
        created = put(arm, body(description="why"))
        clock.advance(60)
        changed = put(arm, body("Starter", notActions=[]))
        read = arm.get(definition_id(GROUP, guid()), params=VERSION)
        deleted = arm.delete(definition_id(GROUP, guid()), params=VERSION)
        again = arm.delete(definition_id(GROUP, guid()), params=VERSION)
        missing = arm.get(definition_id(GROUP, guid()), params=VERSION)

    first, second = "2026-03-01T12:00:00.0000000Z", "2026-03-01T12:01:00.0000000Z"
    permission = {
        "actions": ["Microsoft.Compute/*/restart/action"],
        "notActions": [],
        "dataActions": ["Microsoft.X/a/read"],
        "notDataActions": [],
    }

    def shown(name: str, description: str | None, created_on: str, updated_on: str, creator: str | None) -> object:
        properties = {
            "roleName": name,
            "type": "CustomRole",
            "description": description,
            "assignableScopes": [GROUP],
            "permissions": [permission],
            "createdOn": created_on,
            "updatedOn": updated_on,
            "createdBy": creator,
            "updatedBy": "me",
        }
        return {
            "properties": properties,
            "id": definition_id(IN_SUBSCRIPTION, guid()),
            "type": TYPE,
            "name": guid(),
        }

    assert (created.status_code, created.json()) == (201, shown("Restarter", "why", first, first, None))
    assert (changed.status_code, changed.json()) == (201, shown("Starter", None, second, second, None))
    assert read.json() == shown("Starter", None, first, second, "me")
    assert (deleted.status_code, deleted.json(), again.status_code) == (200, read.json(), 204)
    assert error(missing)[:2] == (404, "RoleDefinitionDoesNotExist")


def test_role_is_not_deleted_from_a_scope_where_nobody_sees_it() -> None:
    with client(sandbox([role()])) as arm:
        deleted = arm.delete(definition_id(OTHER_GROUP, guid()), params=VERSION)
        left = listed(arm, GROUP)

    assert (deleted.status_code, left) == (204, [guid()])


@pytest.mark.parametrize("name", ["restarter", "reader"])
def test_name_of_another_role_in_the_tenant_is_refused_wherever_that_can_be_assigned(name: str) -> None:
    with client(sandbox([role(2, scopes=(OTHER_GROUP,))])) as arm:
        refused = put(arm, body(name))

    assert error(refused) == (
        409,
        "RoleDefinitionWithSameNameExists",
        "A custom role with the same name already exists in this directory. Use a different name.",
    )


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ({"properties": 7}, 400, "RoleDefinitionNameNullOrEmpty"),
        (body(roleName=""), 400, "RoleDefinitionNameNullOrEmpty"),
        (body(roleName=7), 400, "InvalidRequestContent"),
        (body(type="BuiltInRole"), 400, "InvalidRoleDefinitionType"),
        (body(assignableScopes=[]), 400, "MissingAssignableScopes"),
        (body(assignableScopes=["/"]), 400, "LinkedInvalidPropertyId"),
        (body(assignableScopes=["Invalid_Scope"]), 400, "LinkedInvalidPropertyId"),
        (body(assignableScopes=["/subscriptions/*"]), 400, "LinkedInvalidPropertyId"),
        (body(assignableScopes=[MANAGEMENT_GROUP, f"{MANAGEMENT_GROUP}-2"]), 400, "InvalidAssignableScopes"),
        (body(assignableScopes=GROUP), 400, "InvalidRequestContent"),
        (body(permissions=["*"]), 400, "InvalidRequestContent"),
        (body(permissions=[{"actions": [1]}]), 400, "InvalidRequestContent"),
        (body(permissions=[{"actions": ["read"]}]), 400, "InvalidActionOrNotAction"),
        (body(permissions=[{"notActions": ["Microsoft.X/*/a/*"]}]), 400, "InvalidActionOrNotAction"),
        (body(permissions=[{"dataActions": [""]}]), 400, "InvalidActionOrNotAction"),
        (body(assignableScopes=[FOREIGN]), 403, "LinkedAuthorizationFailed"),
    ],
)
def test_body_that_breaks_a_rule_is_refused_and_leaves_nothing(content: object, status: int, code: str) -> None:
    with client(sandbox()) as arm:
        refused = put(arm, content)
        left = listed(arm, GROUP)

    assert (refused.status_code, refused.json()["error"]["code"], left) == (status, code, [])


def test_permissions_may_be_missing_and_one_management_group_may_be_among_the_scopes() -> None:
    content = {"properties": {"roleName": "Empty", "assignableScopes": [MANAGEMENT_GROUP, IN_SUBSCRIPTION]}}

    with client(sandbox()) as arm:
        created = put(arm, content, MANAGEMENT_GROUP)

    assert (created.status_code, created.json()["properties"]["permissions"]) == (201, [])
    assert created.json()["id"] == definition_id("/", guid())


def test_id_that_is_no_guid_is_refused() -> None:
    with client(sandbox()) as arm:
        refused = arm.put(definition_id(GROUP, "mine"), params=VERSION, json=body())

    assert error(refused) == (400, "InvalidRoleDefinitionId", "The role definition ID 'mine' is not a GUID.")


def test_built_in_role_can_be_neither_changed_nor_deleted() -> None:
    with client(sandbox()) as arm:
        changed = arm.put(definition_id(GROUP, READER), params=VERSION, json=body())
        deleted = arm.delete(definition_id(GROUP, READER), params=VERSION)

    assert [error(answer)[:2] for answer in (changed, deleted)] == [
        (409, "RoleDefinitionExists"),
        (400, "InvalidRoleDefinitionType"),
    ]


def test_more_custom_roles_than_a_tenant_can_have_are_refused() -> None:
    roles = [role(number, f"role {number}") for number in range(2, MAX_CUSTOM_ROLES + 2)]

    with client(sandbox(roles)) as arm:
        refused = put(arm)
        changed = put(arm, body("role 2"), number=2)

    assert error(refused)[:2] == (400, "RoleDefinitionLimitExceeded")
    assert changed.status_code == 201


def test_role_that_somebody_has_stays_until_nobody_has_it() -> None:
    given = assignment(role(), f"{IDENTITIES}/id-a")

    with client(sandbox([role()], [given])) as arm:
        arm.put(f"{IDENTITIES}/id-a", params={"api-version": "2024-11-30"}, json={"location": "westeurope"})
        refused = arm.delete(definition_id(GROUP, guid()), params=VERSION)
        arm.delete(given.resource_id, params=VERSION)
        deleted = arm.delete(definition_id(GROUP, guid()), params=VERSION)

    assert error(refused) == (
        409,
        "RoleDefinitionHasAssignments",
        "There are existing role assignments referencing role.",
    )
    assert deleted.status_code == 200


def test_role_cannot_leave_a_scope_where_somebody_has_it() -> None:
    both = role(scopes=(OTHER_GROUP, GROUP))

    with client(sandbox([both], [assignment(both)])) as arm:
        refused = put(arm, body(assignableScopes=[OTHER_GROUP]))
        widened = put(arm, body(assignableScopes=[IN_SUBSCRIPTION]))

    assert error(refused) == (
        409,
        "RoleScopeBeingRemovedContainsAssignments",
        f"Role assignments found under scope '{GROUP}' which is being removed. Removing this scope from the role will "
        "orphan these assignments. Delete these assignments before removing the scope.",
    )
    assert widened.status_code == 201


@pytest.mark.parametrize(("method", "action"), [("GET", "read"), ("PUT", "write"), ("DELETE", "delete")])
def test_each_method_needs_its_own_action(method: str, action: str) -> None:
    grant = Grant("me", "/", ("*",), (f"{TYPE}/{action}",))

    with client(sandbox([role()], grants=[grant]), CALLER) as arm:
        refused = arm.request(method, definition_id(GROUP, guid()), params=VERSION, json=body())

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")


@pytest.mark.parametrize(("method", "action"), [("PUT", "write"), ("DELETE", "delete")])
def test_writing_a_role_needs_the_right_at_each_of_its_assignable_scopes(method: str, action: str) -> None:
    wide = role(scopes=(GROUP, OTHER_GROUP))
    content = body(assignableScopes=[GROUP, OTHER_GROUP])

    with client(sandbox([wide], grants=[Grant("me", GROUP, ("*",))]), CALLER) as arm:
        refused = arm.request(method, definition_id(GROUP, guid()), params=VERSION, json=content)

    assert error(refused) == (
        403,
        "LinkedAuthorizationFailed",
        f"The client 'app-1' with object id 'me' has permission to perform action '{TYPE}/{action}' on scope "
        f"'{GROUP}'; however, it does not have permission to perform action '{TYPE}/{action}' on the linked scope(s) "
        f"'{OTHER_GROUP}' or the linked scope(s) are invalid.",
    )
    assert refused.headers["x-ms-failure-cause"] == "gateway"


def test_role_in_an_absent_group_and_in_a_locked_one_is_refused() -> None:
    lock = f"{GROUP}/providers/Microsoft.Authorization/locks/l"

    with client(sandbox()) as arm:
        absent = put(arm, scope=f"{IN_SUBSCRIPTION}/resourceGroups/absent")
        arm.put(lock, params=LOCKS_VERSION, json={"properties": {"level": "ReadOnly"}})
        locked = put(arm)

    assert [error(answer)[:2] for answer in (absent, locked)] == [(404, "ResourceGroupNotFound"), (409, "ScopeLocked")]


def test_custom_roles_come_back_with_a_reset_and_stay_in_the_state() -> None:
    app = sandbox([role()])

    with client(app) as arm:
        arm.delete(definition_id(GROUP, guid()), params=VERSION)
        put(arm, body("Another"), number=2)
        during = listed(arm, GROUP)
        kept = app.state.contents().of(RoleDefinition)
        arm.post("/_sandbox/reset")
        after = listed(arm, GROUP)

    assert (during, [item.role_name for item in kept], after) == ([guid(2)], ["Another"], [guid(1)])
