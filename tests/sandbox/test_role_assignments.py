"""Role assignments at every kind of scope, and the directory that lags behind."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from reconciler.sandbox.gateway.calls import Settings
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.state.kinds import Permission, RoleAssignment, RoleDefinition
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    TENANT,
    VERSION,
    Clock,
    application,
    client,
    contents,
    error,
    group,
    identity,
    names,
    token_of,
)

ROLES_VERSION = {"api-version": "2022-04-01"}
LOCKS_VERSION = {"api-version": "2020-05-01"}
TYPE = "Microsoft.Authorization/roleAssignments"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
OLD_PRINCIPAL = "aaaaaaaa-0000-0000-0000-000000000001"
USER = "bbbbbbbb-0000-0000-0000-000000000002"
CALLER = token_of("me")


def guid(number: int) -> str:
    return str(uuid.UUID(int=number))


def role_id(role: str = READER) -> str:
    return f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"


def sandbox(
    roles: Iterable[RoleDefinition] = (), grants: Iterable[Grant] = (), clock: Clock | None = None
) -> Application:
    old = replace(identity("id-old"), principal_id=OLD_PRINCIPAL)
    start = contents([old], grants, (group(), group("rg-other")))
    return application(start.having(RoleDefinition, tuple(roles)), clock=clock)


def assignment_id(scope: str, number: int = 1) -> str:
    return f"{scope.rstrip('/')}/providers/{TYPE}/{guid(number)}"


def body(principal_id: str = OLD_PRINCIPAL, role: str = READER, **more: object) -> dict[str, object]:
    return {"properties": {"roleDefinitionId": role_id(role), "principalId": principal_id, **more}}


def put(arm: httpx.Client, scope: str = GROUP, number: int = 1, content: object = None) -> httpx.Response:
    return arm.put(assignment_id(scope, number), params=ROLES_VERSION, json=content or body())


def test_assignment_is_served_with_every_field_and_echoes_the_scope_as_asked() -> None:
    scope = f"{IDENTITIES}/id-old".replace("resourceGroups", "resourcegroups")

    with client(sandbox(), CALLER) as arm:
        created = put(arm, scope, content=body(description="why"))
        read = arm.get(assignment_id(scope), params=ROLES_VERSION)

    properties = {
        "roleDefinitionId": role_id(),
        "principalId": OLD_PRINCIPAL,
        "principalType": "ServicePrincipal",
        "scope": scope,
        "condition": None,
        "conditionVersion": None,
        "createdOn": "2026-03-01T12:00:00.0000000Z",
        "updatedOn": "2026-03-01T12:00:00.0000000Z",
        "createdBy": None,
        "updatedBy": "me",
        "delegatedManagedIdentityResourceId": None,
        "description": "why",
    }
    shown = {"id": assignment_id(scope), "type": TYPE, "name": guid(1)}
    assert (created.status_code, created.json()) == (201, {"properties": properties, **shown})
    assert read.json() == {"properties": {**properties, "createdBy": "me"}, **shown}


@pytest.mark.parametrize(
    ("version", "absent"),
    [
        ("2015-07-01", {"principalType", "description"}),
        ("2018-01-01-preview", {"description"}),
        ("2018-07-01", {"description"}),
        ("2018-09-01-preview", {"description"}),
        ("2020-04-01-preview", set()),
    ],
)
def test_older_api_versions_show_fewer_fields(version: str, absent: set[str]) -> None:
    with client(sandbox()) as arm:
        put(arm)
        shown = arm.get(assignment_id(GROUP), params={"api-version": version}).json()["properties"]

    assert {"principalType", "description"} - shown.keys() == absent


def test_repeated_put_is_201_again_and_changes_the_description_alone() -> None:
    with client(sandbox()) as arm:
        put(arm)
        again = put(arm, content=body(description="new"))
        other_role = put(arm, content=body(role=CONTRIBUTOR))
        other_scope = put(arm, IN_SUBSCRIPTION)

    not_permitted = (
        400,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    )
    assert (again.status_code, again.json()["properties"]["description"]) == (201, "new")
    assert [error(other_role), error(other_scope)] == [not_permitted] * 2


def test_repeated_put_replaces_what_can_change_and_leaves_out_what_is_not_sent() -> None:
    condition = {"condition": "@Resource[x] StringEquals 'y'", "conditionVersion": "2.0"}

    def shown(answer: httpx.Response) -> list[object]:
        fields = answer.json()["properties"]
        return [fields[name] for name in ("description", "condition", "conditionVersion", "createdBy")]

    with client(sandbox(), CALLER) as arm:
        put(arm, content=body(description="why"))
        conditional = put(arm, content=body(description="new", **condition))
        plain = put(arm)
        read = arm.get(assignment_id(GROUP), params=ROLES_VERSION)

    assert [shown(answer) for answer in (conditional, plain, read)] == [
        ["new", *condition.values(), None],
        [None, None, None, None],
        [None, None, None, "me"],
    ]


def test_same_role_of_a_principal_at_a_scope_exists_once() -> None:
    with client(sandbox()) as arm:
        put(arm)
        refused = put(arm, GROUP.upper(), 2)
        elsewhere = put(arm, IN_SUBSCRIPTION, 3)

    assert error(refused) == (409, "RoleAssignmentExists", "The role assignment already exists.")
    assert elsewhere.status_code == 201


def test_delete_is_200_with_what_it_was_and_then_204_and_then_not_found() -> None:
    with client(sandbox()) as arm:
        put(arm)
        read = arm.get(assignment_id(GROUP), params=ROLES_VERSION)
        deleted = arm.delete(assignment_id(GROUP), params=ROLES_VERSION)
        again = arm.delete(assignment_id(GROUP), params=ROLES_VERSION)
        missing = arm.get(assignment_id(GROUP), params=ROLES_VERSION)

    assert (deleted.status_code, deleted.json(), again.status_code) == (200, read.json(), 204)
    assert error(missing) == (404, "RoleAssignmentNotFound", f"The role assignment '{guid(1)}' is not found.")


def test_inherited_assignment_is_neither_read_nor_deleted_below_its_scope() -> None:
    with client(sandbox()) as arm:
        put(arm, IN_SUBSCRIPTION)
        read = arm.get(assignment_id(GROUP), params=ROLES_VERSION)
        deleted = arm.delete(assignment_id(GROUP), params=ROLES_VERSION)
        kept = arm.get(assignment_id(IN_SUBSCRIPTION), params=ROLES_VERSION)

    assert (read.status_code, deleted.status_code, kept.status_code) == (404, 204, 200)


def lateness(seed: int, count: int = 40) -> list[float]:
    """For how many seconds the directory did not know each of some new identities."""
    clock = Clock()
    app = Application(contents([], groups=(group(),)), Options(random_seed=seed), clock=clock)
    late: dict[str, float] = {}
    with client(app) as arm:
        path, sent = f"{IDENTITIES}/id-%s", {"location": "westeurope"}
        made = [arm.put(path % number, params=VERSION, json=sent).json() for number in range(count)]
        principals = [one["properties"]["principalId"] for one in made]
        while len(late) < count:
            for number, principal_id in enumerate(principals):
                if principal_id not in late and put(arm, number=number, content=body(principal_id)).status_code == 201:
                    late[principal_id] = (clock.now - Clock().now).total_seconds()
            clock.advance(1)
    return [late[principal_id] for principal_id in principals]


def test_directory_is_late_as_it_was_recorded_and_the_same_for_the_same_seed() -> None:
    first, again, other = lateness(1), lateness(1), lateness(2)

    assert first == again != other
    assert 6 <= min(first) < 20 < 100 < max(first) <= 269
    assert 20 < sorted(first)[len(first) // 2] < 70


def test_directory_may_be_given_a_delay_of_its_own() -> None:
    clock = Clock()
    app = Application(contents(), Options(Settings(directory_delay=timedelta(seconds=3))), clock=clock)

    with client(app) as arm:
        created = arm.put(f"{IDENTITIES}/id-new", params=VERSION, json={"location": "westeurope"})
        statuses = []
        for _ in range(2):
            statuses.append(put(arm, content=body(created.json()["properties"]["principalId"])).status_code)
            clock.advance(3)

    assert statuses == [400, 201]


def test_maker_without_a_name_is_shown_by_a_guid() -> None:
    with client(sandbox(), "opaque") as arm:
        put(arm)
        shown = arm.get(assignment_id(GROUP), params=ROLES_VERSION).json()["properties"]

    assert uuid.UUID(shown["createdBy"]) == uuid.UUID(shown["updatedBy"])


def test_young_principal_is_not_found_until_the_directory_has_it_unless_its_type_is_sent() -> None:
    clock = Clock()

    with client(sandbox(clock=clock)) as arm:
        created = arm.put(f"{IDENTITIES}/id-new", params=VERSION, json={"location": "westeurope"})
        principal_id = created.json()["properties"]["principalId"]
        refused = put(arm, content=body(principal_id))
        typed = put(arm, content=body(principal_id, principalType="ServicePrincipal"))
        clock.advance(269)
        later = put(arm, IN_SUBSCRIPTION, 2, body(principal_id))

    status, code, message = error(refused)
    assert (status, code) == (400, "PrincipalNotFound")
    assert message.startswith(f"Principal {principal_id.replace('-', '')} does not exist in the directory {TENANT}. ")
    assert (typed.status_code, later.status_code) == (201, 201)
    assert later.json()["properties"]["principalType"] == "ServicePrincipal"


def test_principal_that_the_directory_does_not_have_needs_a_type() -> None:
    with client(sandbox()) as arm:
        refused = put(arm, content=body(USER))
        typed = put(arm, content=body(USER, principalType="User"))
        known = put(arm, IN_SUBSCRIPTION, 2, body(USER))

    assert (refused.status_code, typed.status_code, known.status_code) == (400, 201, 201)
    assert known.json()["properties"]["principalType"] == "User"


def test_type_that_contradicts_the_directory_is_refused() -> None:
    with client(sandbox()) as arm:
        refused = put(arm, content=body(principalType="User"))

    assert error(refused) == (
        400,
        "UnmatchedPrincipalType",
        f"The PrincipalId '{OLD_PRINCIPAL.replace('-', '')}' has type 'ServicePrincipal' , which is different from "
        "specified PrinciaplType 'User'.",
    )


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ({}, 400, "BadRequestFormat"),
        (body("wow"), 400, "InvalidPrincipalId"),
        (body(principalType="Robot"), 400, "InvalidPrincipalType"),
        (body(role=guid(9)), 404, "RoleDefinitionDoesNotExist"),
        (body(condition="true"), 400, "InvalidConditionVersion"),
        (body(condition="true", conditionVersion="1.0"), 400, "InvalidConditionVersion"),
    ],
)
def test_body_that_breaks_a_rule_is_refused(content: object, status: int, code: str) -> None:
    with client(sandbox()) as arm:
        refused = arm.put(assignment_id(GROUP), params=ROLES_VERSION, json=content)

    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)


def test_name_that_is_no_guid_is_refused() -> None:
    with client(sandbox()) as arm:
        refused = arm.put(f"{GROUP}/providers/{TYPE}/mine", params=ROLES_VERSION, json=body())

    assert error(refused) == (
        400,
        "InvalidRoleAssignmentId",
        "The role assignment ID 'mine' is not valid. The role assignment ID must be a GUID.",
    )


def test_role_sent_without_a_subscription_comes_back_with_that_of_the_scope() -> None:
    content = body()
    content["properties"] = {
        "principalId": OLD_PRINCIPAL,
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{READER}",
    }

    with client(sandbox()) as arm:
        created = put(arm, content=content)
        at_root = put(arm, "/", 2, content)

    assert created.json()["properties"]["roleDefinitionId"] == role_id()
    assert at_root.json()["id"] == f"/providers/{TYPE}/{guid(2)}"
    assert at_root.json()["properties"]["scope"] == "/"


MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/mg"


@pytest.mark.parametrize(
    ("assignable", "permission", "scope", "status"),
    [
        (GROUP, Permission(("*/read",)), GROUP, 201),
        (GROUP.lower(), Permission(("*/read",)), f"{IDENTITIES}/id-old", 201),
        (GROUP, Permission(("*/read",)), IN_SUBSCRIPTION, 400),
        (GROUP, Permission(("*/read",)), f"{IN_SUBSCRIPTION}/resourceGroups/rg-other", 400),
        (MANAGEMENT_GROUP, Permission(("*/read",)), MANAGEMENT_GROUP, 201),
        (MANAGEMENT_GROUP, Permission(data_actions=("*/read",)), GROUP, 201),
        (MANAGEMENT_GROUP, Permission(data_actions=("*/read",)), MANAGEMENT_GROUP, 400),
    ],
)
def test_custom_role_is_given_where_it_can_be_assigned(
    assignable: str, permission: Permission, scope: str, status: int
) -> None:
    custom = RoleDefinition(guid(7), "Custom", None, (permission,), (assignable,))

    with client(sandbox([custom])) as arm:
        answer = put(arm, scope, content=body(role=guid(7)))

    assert answer.status_code == status
    if status == 400:
        assert error(answer) == (
            400,
            "RoleAssignmentScopeNotAssignableToRoleDefinition",
            f"The role 'Custom' cannot be assigned at the scope '{scope}'.",
        )


SCOPES = ("/", MANAGEMENT_GROUP, IN_SUBSCRIPTION, GROUP, f"{IDENTITIES}/id-old")


@pytest.mark.parametrize(
    ("scope", "asked", "found"),
    [
        (GROUP, "", [0, 1, 2, 3, 4]),
        (GROUP, "atScope()", [0, 1, 2, 3]),
        (IN_SUBSCRIPTION, "atScope()", [0, 1, 2]),
        (f"{IDENTITIES}/id-old", "", [0, 1, 2, 3, 4]),
        (IN_SUBSCRIPTION, f"principalId eq '{USER.upper()}'", [5]),
        (GROUP, f"assignedTo('{USER}')", []),
        (IN_SUBSCRIPTION, f"atScope() and assignedTo('{OLD_PRINCIPAL}')", [0, 1, 2]),
        (GROUP, f"atScope()+and+principalId+eq+'{OLD_PRINCIPAL}'", [0, 1, 2, 3]),
    ],
)
def test_list_holds_what_reaches_the_scope_by_the_filter(scope: str, asked: str, found: list[int]) -> None:
    with client(sandbox()) as arm:
        for number, at in enumerate(SCOPES):
            put(arm, at, number)
        put(arm, f"{IN_SUBSCRIPTION}/resourceGroups/rg-other", 5, body(USER, principalType="User"))
        query = f"api-version=2022-04-01&$filter={asked}" if asked else "api-version=2022-04-01"  # `+` is a space here
        listed = arm.get(f"{scope}/providers/{TYPE}?{query}")

    assert sorted(names(listed)) == [guid(number) for number in found]


def test_caller_is_in_the_directory_and_an_application_unless_it_says_else() -> None:
    with client(sandbox(), token_of(USER)) as arm:
        untyped = put(arm, number=1, content=body(USER))
        typed = put(arm, number=2, content=body(USER, role=CONTRIBUTOR, principalType="User"))

    assert (untyped.status_code, untyped.json()["properties"]["principalType"]) == (201, "ServicePrincipal")
    assert (typed.status_code, typed.json()["properties"]["principalType"]) == (201, "User")


@pytest.mark.parametrize(
    "asked", ["principalId", f"principalId eq '{USER}' and roleDefinitionId eq 'x'", "atScope() and", "atScope()x"]
)
def test_filter_that_is_not_understood_is_refused(asked: str) -> None:
    with client(sandbox()) as arm:
        refused = arm.get(f"{GROUP}/providers/{TYPE}", params={**ROLES_VERSION, "$filter": asked})

    assert error(refused) == (
        400,
        "UnsupportedQuery",
        f"The filter '{asked}' is not supported. Supported filters are either 'atScope()' or "
        "'principalId eq '{value}' or assignedTo('{value}')'.",
    )


def test_assignments_elsewhere_outlive_the_identity_and_those_at_it_go() -> None:
    with client(sandbox()) as arm:
        put(arm, IN_SUBSCRIPTION, 1)
        put(arm, f"{IDENTITIES}/id-old", 2)
        arm.delete(f"{IDENTITIES}/id-old", params=VERSION)
        listed = arm.get(f"{IN_SUBSCRIPTION}/providers/{TYPE}", params=ROLES_VERSION)
        anew = put(arm, GROUP, 3)

    assert names(listed) == [guid(1)]
    assert anew.json()["error"]["code"] == "PrincipalNotFound"


def test_deleted_group_takes_the_assignments_in_it_along() -> None:
    clock = Clock()

    with client(sandbox(clock=clock)) as arm:
        put(arm, GROUP, 1)
        put(arm, IN_SUBSCRIPTION, 2)
        arm.delete(GROUP, params=GROUPS_VERSION)
        while_leaving = put(arm, GROUP, 3, body(role=CONTRIBUTOR))
        clock.advance(60)
        gone = arm.delete(assignment_id(GROUP), params=ROLES_VERSION)
        listed = arm.get(f"{IN_SUBSCRIPTION}/providers/{TYPE}", params=ROLES_VERSION)

    assert while_leaving.json()["error"]["code"] == "ResourceGroupBeingDeleted"
    assert error(gone) == (404, "ResourceGroupNotFound", "Resource group 'rg-Payments' could not be found.")
    assert names(listed) == [guid(2)]


@pytest.mark.parametrize(("level", "created"), [("CanNotDelete", 201), ("ReadOnly", 409)])
def test_lock_at_the_scope_stops_deletes_and_read_only_creates_too(level: str, created: int) -> None:
    with client(sandbox()) as arm:
        put(arm, number=1)
        arm.put(
            f"{GROUP}/providers/Microsoft.Authorization/locks/l",
            params=LOCKS_VERSION,
            json={"properties": {"level": level}},
        )
        another = put(arm, number=2, content=body(role=CONTRIBUTOR))
        deleted = arm.delete(assignment_id(GROUP), params=ROLES_VERSION)

    assert (another.status_code, deleted.status_code) == (created, 409)
    assert deleted.json()["error"]["code"] == "ScopeLocked"


@pytest.mark.parametrize(("method", "action"), [("GET", "read"), ("PUT", "write"), ("DELETE", "delete")])
def test_each_method_needs_its_own_action(method: str, action: str) -> None:
    grant = Grant("me", "/", ("*",), (f"{TYPE}/{action}",))

    with client(sandbox(grants=[grant]), CALLER) as arm:
        refused = arm.request(method, assignment_id(GROUP), params=ROLES_VERSION, json=body())

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")


def test_assignment_of_which_a_state_does_not_say_when_it_was_given_was_given_long_ago() -> None:
    undated = RoleAssignment(GROUP, guid(1), role_id(), OLD_PRINCIPAL, "ServicePrincipal")
    start = contents([replace(identity("id-old"), principal_id=OLD_PRINCIPAL)], (), (group(),))
    served = application(start.having(RoleAssignment, (undated,)))

    with client(served, CALLER) as arm:
        shown = arm.get(assignment_id(GROUP), params=ROLES_VERSION).json()["properties"]

    assert shown["createdOn"] == "2024-01-01T00:00:00.0000000Z"
