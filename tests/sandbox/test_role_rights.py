"""Rights from role assignments: what a role gives at its scope, and what it shows of that."""

import uuid
from collections.abc import Iterable
from dataclasses import replace

import pytest

from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state.kinds import Permission, RoleAssignment, RoleDefinition
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    PERMISSIONS_VERSION,
    SUBSCRIPTION,
    TYPE,
    VERSION,
    application,
    client,
    contents,
    error,
    group,
    identity,
    names,
    token_of,
)

OTHER_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/rg-other"
OTHER_IDENTITIES = IDENTITIES.replace("rg-Payments", "rg-other")
PRINCIPAL = "cccccccc-0000-0000-0000-00000000000a"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/mg"
READER_ROLE = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
IDENTITY_CONTRIBUTOR = "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
CUSTOM = str(uuid.UUID(int=77))
NOTHING = Grant("*", "/", ())
ASSIGNED = token_of(PRINCIPAL.upper())
ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
BODY = {"properties": {"roleDefinitionId": f"/x/{READER_ROLE}", "principalId": PRINCIPAL, "principalType": "User"}}
PERMISSIONS = "providers/Microsoft.Authorization/permissions"


def assigned(role: str, scope: str = GROUP, number: int = 1, **more: str) -> RoleAssignment:
    role_id = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return replace(RoleAssignment(scope, str(uuid.UUID(int=number)), role_id, PRINCIPAL, "ServicePrincipal"), **more)


def with_roles(
    *assignments: RoleAssignment, grants: Iterable[Grant] = (NOTHING,), roles: Iterable[RoleDefinition] = ()
) -> Application:
    """A sandbox in which role assignments decide."""
    identities = [identity("id-a"), identity("id-b"), identity("id-c", "rg-other")]
    start = contents(identities, grants, (group(), group("rg-other")))
    return application(start.having(RoleAssignment, assignments).having(RoleDefinition, tuple(roles)))


@pytest.mark.parametrize(
    ("scope", "here", "there"),
    [
        ("/", 200, 200),
        (MANAGEMENT_GROUP, 200, 200),
        (IN_SUBSCRIPTION.upper(), 200, 200),
        (GROUP.upper(), 200, 403),
        (f"{IDENTITIES}/id-a", 200, 403),
        (f"{IDENTITIES}/id-b", 403, 403),
        ("/subscriptions/00000000-0000-0000-0000-000000000009", 403, 403),
    ],
)
def test_assigned_role_holds_at_its_scope_and_below(scope: str, here: int, there: int) -> None:
    with client(with_roles(assigned(READER_ROLE, scope)), ASSIGNED) as arm:
        answers = [arm.get(path, params=VERSION) for path in (f"{IDENTITIES}/id-a", f"{OTHER_IDENTITIES}/id-c")]
        written = arm.delete(f"{IDENTITIES}/id-a", params=VERSION)

    assert [answer.status_code for answer in answers] == [here, there]
    assert error(written)[:2] == (403, "AuthorizationFailed")


def test_role_of_another_principal_gives_nothing_and_grants_add_to_what_roles_give() -> None:
    grants = (Grant(PRINCIPAL, OTHER_GROUP, (f"{TYPE}/delete",)),)
    app = with_roles(assigned(READER_ROLE, principal_id="someone else"), assigned(IDENTITY_CONTRIBUTOR), grants=grants)

    with client(app, ASSIGNED) as arm:
        statuses = [
            arm.delete(f"{IDENTITIES}/id-a", params=VERSION).status_code,
            arm.delete(f"{OTHER_IDENTITIES}/id-c", params=VERSION).status_code,
            arm.get(GROUP, params=GROUPS_VERSION).status_code,
            arm.delete(GROUP, params=GROUPS_VERSION).status_code,
        ]

    assert statuses == [200, 200, 200, 403]


def test_role_of_a_group_and_a_role_that_nobody_knows_give_nothing() -> None:
    group_role = assigned(READER_ROLE, principal_id="a group", principal_type="Group")

    with client(with_roles(group_role, assigned(str(uuid.UUID(int=9)), number=2)), ASSIGNED) as arm:
        refused = arm.get(f"{IDENTITIES}/id-a", params=VERSION)

    assert refused.status_code == 403


def test_what_one_role_withholds_another_gives_but_it_gives_it_at_its_own_scope_alone() -> None:
    app = with_roles(assigned(CONTRIBUTOR, IN_SUBSCRIPTION), assigned(ACCESS_ADMINISTRATOR, number=2))

    with client(app, ASSIGNED) as arm:
        statuses = [
            arm.put(f"{scope}/{ASSIGNMENTS}/{uuid.UUID(int=number)}", params=PERMISSIONS_VERSION, json=BODY).status_code
            for number, scope in enumerate((GROUP, OTHER_GROUP), 3)
        ]

    assert statuses == [201, 403]


def test_custom_role_gives_its_permissions_each_without_what_that_one_withholds() -> None:
    permissions = (Permission((f"{TYPE}/*",), (f"{TYPE}/delete",)), Permission((f"{TYPE}/read", f"{TYPE}/delete")))
    one = RoleDefinition(CUSTOM, "One", None, permissions[:1], (GROUP,))
    both = replace(one, permissions=permissions)

    def statuses(role: RoleDefinition) -> list[int]:
        with client(with_roles(assigned(CUSTOM), roles=[role]), ASSIGNED) as arm:
            identity_id = f"{IDENTITIES}/id-a"
            return [arm.request(method, identity_id, params=VERSION).status_code for method in ("GET", "DELETE")]

    assert (statuses(one), statuses(both)) == ([200, 403], [200, 200])


def test_assignment_is_felt_at_once_and_its_deletion_too() -> None:
    path = f"{GROUP}/{ASSIGNMENTS}/{uuid.UUID(int=5)}"
    app = with_roles(grants=[Grant("admin", "/", ("*",))])

    with client(app, token_of("admin")) as admin, client(app, ASSIGNED) as arm:
        before = arm.get(f"{IDENTITIES}/id-a", params=VERSION)
        admin.put(path, params=PERMISSIONS_VERSION, json=BODY)
        between = arm.get(f"{IDENTITIES}/id-a", params=VERSION)
        admin.put(path, params=PERMISSIONS_VERSION, json=BODY)
        admin.delete(path, params=PERMISSIONS_VERSION)
        after = arm.get(f"{IDENTITIES}/id-a", params=VERSION)

    assert [answer.status_code for answer in (before, between, after)] == [403, 200, 403]


@pytest.mark.parametrize(("condition", "given", "taken"), [(None, 201, 204), ("false", 403, 403)])
def test_assignment_with_a_condition_gives_all_but_the_giving_of_roles(
    condition: str | None, given: int, taken: int
) -> None:
    administrator = replace(assigned(ACCESS_ADMINISTRATOR), condition=condition, condition_version="2.0")

    with client(with_roles(administrator), ASSIGNED) as arm:
        shown = arm.get(f"{GROUP}/{PERMISSIONS}", params=PERMISSIONS_VERSION).json()["value"]
        statuses = [
            arm.get(f"{IDENTITIES}/id-a", params=VERSION).status_code,
            arm.put(f"{GROUP}/{ASSIGNMENTS}/{uuid.UUID(int=5)}", params=PERMISSIONS_VERSION, json=BODY).status_code,
            arm.delete(f"{GROUP}/{ASSIGNMENTS}/{uuid.UUID(int=6)}", params=PERMISSIONS_VERSION).status_code,
        ]

    assert statuses == [200, given, taken]
    assert [entry["actions"] for entry in shown] == [["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"]]


def test_lists_show_what_roles_let_the_caller_read() -> None:
    app = with_roles(assigned(READER_ROLE, f"{IDENTITIES}/id-b"), assigned(IDENTITY_CONTRIBUTOR, OTHER_GROUP, 2))

    with client(app, ASSIGNED) as arm:
        identities = arm.get(f"{IN_SUBSCRIPTION}/providers/{TYPE}", params=VERSION)
        groups = arm.get(f"{IN_SUBSCRIPTION}/resourceGroups", params=GROUPS_VERSION)
        assignments = arm.get(f"{IN_SUBSCRIPTION}/{ASSIGNMENTS}", params=PERMISSIONS_VERSION)
        subscriptions = arm.get("/subscriptions", params=GROUPS_VERSION)

    assert [names(answer) for answer in (identities, groups)] == [["id-c", "id-b"], ["rg-other"]]
    assert names(assignments) == [str(uuid.UUID(int=2)), str(uuid.UUID(int=1))]
    assert [item["subscriptionId"] for item in subscriptions.json()["value"]] == [SUBSCRIPTION]


def test_caller_without_grant_or_role_sees_nothing_and_gets_nothing() -> None:
    with client(with_roles(assigned(READER_ROLE)), token_of("stranger")) as arm:
        subscriptions = arm.get("/subscriptions", params=GROUPS_VERSION)
        refused = [
            arm.get(path, params=VERSION).status_code
            for path in (f"{IDENTITIES}/id-a", IDENTITIES, f"{IN_SUBSCRIPTION}/providers/{TYPE}")
        ]

    assert (subscriptions.json()["value"], refused) == ([], [403, 403, 403])


def test_roles_do_not_bound_callers_where_a_state_has_no_grants() -> None:
    with client(with_roles(assigned(READER_ROLE), grants=()), ASSIGNED) as arm:
        deleted = arm.delete(f"{IDENTITIES}/id-a", params=VERSION)
        bounded = arm.put(
            "/_sandbox/permissions", json={"permissions": [{"principalId": "*", "scope": "/", "actions": []}]}
        )
        refused = arm.delete(f"{IDENTITIES}/id-b", params=VERSION)
        arm.put("/_sandbox/permissions", json={"permissions": []})
        free_again = arm.delete(f"{IDENTITIES}/id-b", params=VERSION)

    assert [answer.status_code for answer in (deleted, bounded, refused, free_again)] == [200, 200, 403, 200]


def test_permissions_list_an_entry_for_each_assignment_data_actions_included() -> None:
    app = with_roles(
        assigned(READER_ROLE, MANAGEMENT_GROUP),
        assigned(BLOB_READER, GROUP, 2),
        assigned(CONTRIBUTOR, OTHER_GROUP, 3),
        grants=[Grant(PRINCIPAL, "/", ("Microsoft.Support/*",))],
    )

    with client(app, ASSIGNED) as arm:
        shown = arm.get(f"{GROUP}/{PERMISSIONS}", params=PERMISSIONS_VERSION).json()["value"]

    blobs = "Microsoft.Storage/storageAccounts/blobServices"

    def entry(actions: list[str], data_actions: list[str]) -> dict[str, list[str]]:
        return {"actions": actions, "notActions": [], "dataActions": data_actions, "notDataActions": []}

    assert sorted(shown, key=str) == [
        entry(["*/read"], []),
        entry(
            [f"{blobs}/containers/read", f"{blobs}/generateUserDelegationKey/action"],
            [f"{blobs}/containers/blobs/read"],
        ),
        entry(["Microsoft.Support/*"], []),
    ]
