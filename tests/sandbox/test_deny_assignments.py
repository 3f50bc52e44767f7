"""Microsoft.Authorization/denyAssignments: how they are read, and what they keep callers from."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import replace

import httpx
import pytest

from reconciler.sandbox.rules.rights import EVERYONE, DeniedPrincipal, DenyAssignment
from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state.errors import StateError
from reconciler.sandbox.state.kinds import Permission
from reconciler.sandbox.state.state import Grant
from reconciler.sandbox.state_file.document import format_state, parse_state
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    PERMISSIONS_VERSION,
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
from tests.sandbox.graph import rows

CALLER, OTHER = "cccccccc-0000-0000-0000-00000000000a", "cccccccc-0000-0000-0000-00000000000b"
OTHER_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/rg-other"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/mg"
ID_A = f"{IDENTITIES}/id-a"
DENY_ASSIGNMENTS = "providers/Microsoft.Authorization/denyAssignments"
NAME = str(uuid.UUID(int=1))
WRITES = (Permission(("*",), ("*/read",)),)
ALL = (DeniedPrincipal(EVERYONE, "SystemDefined"),)


def denied(
    scope: str = GROUP,
    *,
    number: int = 1,
    permissions: tuple[Permission, ...] = WRITES,
    principals: tuple[DeniedPrincipal, ...] = ALL,
    excluded: tuple[DeniedPrincipal, ...] = (),
    at_scope_alone: bool = False,
) -> DenyAssignment:
    name = str(uuid.UUID(int=number))
    return DenyAssignment(
        f"{scope.rstrip('/')}/{DENY_ASSIGNMENTS}/{name}",
        f"Deny {number}",
        permissions,
        principals,
        excluded,
        at_scope_alone=at_scope_alone,
    )


def sandbox(*items: DenyAssignment, grants: Iterable[Grant] = (), page_size: int = 1000) -> Application:
    """Two groups, each with an identity; without grants everybody may do everything."""
    start = contents([identity("id-a"), identity("id-c", "rg-other")], grants, (group(), group("rg-other")))
    return application(start.having(DenyAssignment, items), page_size=page_size)


def put(arm: httpx.Client, identity_id: str = ID_A) -> httpx.Response:
    return arm.put(identity_id, params=VERSION, json={"location": "westeurope"})


def listed(arm: httpx.Client, scope: str, **query: str) -> list[str]:
    return names(arm.get(f"{scope}/{DENY_ASSIGNMENTS}", params={**PERMISSIONS_VERSION, **query}))


def test_denied_write_is_refused_as_users_quote_it_and_a_read_is_not() -> None:
    with client(sandbox(denied()), token_of(CALLER)) as arm:
        refused, read = put(arm), arm.get(ID_A, params=VERSION)

    assert error(refused) == (
        403,
        "DenyAssignmentAuthorizationFailed",
        f"The client 'app-1' with object id '{CALLER}' has permission to perform action '{TYPE}/write' on scope "
        f"'{ID_A}'; however, the access is denied because of the deny assignment with name 'Deny 1' and Id "
        f"'{NAME.replace('-', '')}' at scope '{GROUP}'.",
    )
    assert read.status_code == 200


def test_refusal_by_rights_goes_before_the_one_by_a_deny_assignment() -> None:
    with client(sandbox(denied(), grants=[Grant("somebody", "/", ("*",))]), token_of(CALLER)) as arm:
        refused = put(arm)

    assert error(refused)[:2] == (403, "AuthorizationFailed")


@pytest.mark.parametrize(
    ("scope", "here", "there"),
    [
        ("/", 403, 403),
        (MANAGEMENT_GROUP, 403, 403),
        (IN_SUBSCRIPTION.upper(), 403, 403),
        (GROUP.upper(), 403, 200),
        (ID_A, 403, 200),
        (f"{IDENTITIES}/id-b", 200, 200),
    ],
)
def test_deny_assignment_holds_at_its_scope_and_below(scope: str, here: int, there: int) -> None:
    with client(sandbox(denied(scope)), token_of(CALLER)) as arm:
        statuses = [put(arm).status_code, put(arm, ID_A.replace("rg-Payments/", "rg-other/")).status_code]

    assert statuses == [here, 201 if there == 200 else there]


@pytest.mark.parametrize(("scope", "status"), [(GROUP, 200), (IN_SUBSCRIPTION, 200), (ID_A.upper(), 403)])
def test_deny_assignment_that_does_not_apply_to_child_scopes_holds_at_its_own_alone(scope: str, status: int) -> None:
    with client(sandbox(denied(scope, at_scope_alone=True)), token_of(CALLER)) as arm:
        answer = put(arm)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("principals", "excluded", "status"),
    [
        ((CALLER.upper(),), (), 403),
        ((OTHER,), (), 200),
        ((OTHER, CALLER), (), 403),
        ((EVERYONE,), (OTHER,), 403),
        ((EVERYONE,), (OTHER, CALLER.upper()), 200),
        ((CALLER,), (CALLER,), 200),
        ((), (), 200),
    ],
)
def test_deny_assignment_is_about_its_principals_but_for_those_that_it_excludes(
    principals: tuple[str, ...], excluded: tuple[str, ...], status: int
) -> None:
    item = denied(
        principals=tuple(DeniedPrincipal(one) for one in principals),
        excluded=tuple(DeniedPrincipal(one) for one in excluded),
    )

    with client(sandbox(item), token_of(CALLER)) as arm:
        answer = put(arm)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        ((Permission((f"{TYPE}/WRITE",)),), 403),
        ((Permission((f"{TYPE}/*",)),), 403),
        ((Permission((f"{TYPE}/delete",)),), 200),
        ((Permission(("*",), (f"{TYPE}/write",)),), 200),
        ((Permission(("*",), (f"{TYPE}/write",)), Permission((f"{TYPE}/write",))), 403),
        ((Permission(data_actions=("*",)),), 200),
        ((Permission(("*",), condition="a condition"),), 403),
    ],
)
def test_deny_assignment_denies_its_actions_less_its_not_actions_entry_by_entry(
    permissions: tuple[Permission, ...], status: int
) -> None:
    with client(sandbox(denied(permissions=permissions)), token_of(CALLER)) as arm:
        answer = put(arm)

    assert answer.status_code == status


def test_denied_reads_are_left_out_of_lists_and_refused_one_by_one() -> None:
    reads = (Permission(("*/read",)),)
    app = sandbox(denied(ID_A, permissions=reads, principals=(DeniedPrincipal(CALLER),)))

    with client(app, token_of(CALLER)) as arm, client(app) as others:
        refused = arm.get(ID_A, params=VERSION)
        in_subscription = f"{IN_SUBSCRIPTION}/providers/{TYPE}"
        seen = [names(one.get(in_subscription, params=VERSION)) for one in (arm, others)]
        found = [row["name"] for row in rows(arm, "where type contains 'userassigned' | project name")]

    assert error(refused)[1] == "DenyAssignmentAuthorizationFailed"
    assert seen == [["id-c"], ["id-c", "id-a"]]
    assert found == ["id-c"]


def test_identity_with_a_denied_assign_cannot_be_attached() -> None:
    app = sandbox(denied(ID_A, permissions=(Permission((f"{TYPE}/assign/action",)),)))
    block = {"type": "UserAssigned", "userAssignedIdentities": {ID_A: {}}}

    with client(app) as arm:
        refused = arm.put(
            f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm",
            params={"api-version": "2024-07-01"},
            json={"location": "westeurope", "identity": block},
        )

    assert error(refused)[:2] == (403, "LinkedAuthorizationFailed")


def test_deny_assignment_goes_with_the_group_that_it_stands_at() -> None:
    app = sandbox(denied(ID_A, permissions=(Permission((f"{TYPE}/write",)),)))

    with client(app) as arm:
        deleted = arm.delete(ID_A, params=VERSION)
        created = put(arm)

    assert (deleted.status_code, created.status_code) == (200, 201)


def test_deny_assignment_is_shown_in_arms_form() -> None:
    shown = replace(
        denied(excluded=(DeniedPrincipal(OTHER, "ServicePrincipal"),)),
        description="why",
        created_on="2021-09-28T03:24:28.2671712Z",
        created_by=OTHER,
    )

    with client(sandbox(shown)) as arm:
        body = arm.get(f"{GROUP}/{DENY_ASSIGNMENTS}/{NAME.upper()}", params=PERMISSIONS_VERSION).json()

    assert list(body) == ["properties", "id", "type", "name"]
    assert body == {
        "properties": {
            "denyAssignmentName": "Deny 1",
            "description": "why",
            "permissions": [{"actions": ["*"], "notActions": ["*/read"], "dataActions": [], "notDataActions": []}],
            "scope": GROUP,
            "doNotApplyToChildScopes": False,
            "principals": [{"id": EVERYONE, "type": "SystemDefined"}],
            "excludePrincipals": [{"id": OTHER, "type": "ServicePrincipal"}],
            "isSystemProtected": True,
            "createdOn": "2021-09-28T03:24:28.2671712Z",
            "createdBy": OTHER,
        },
        "id": f"{GROUP}/{DENY_ASSIGNMENTS}/{NAME}",
        "type": "Microsoft.Authorization/denyAssignments",
        "name": NAME,
    }


@pytest.mark.parametrize("page_size", [1000, 1])
def test_list_has_what_stands_at_a_scope_above_it_and_below_it(page_size: int) -> None:
    scopes = ("/", MANAGEMENT_GROUP, IN_SUBSCRIPTION, GROUP, ID_A, OTHER_GROUP)
    items = [denied(scope, number=number, permissions=()) for number, scope in enumerate(scopes)]
    app = sandbox(*items, page_size=page_size)

    with client(app) as arm:
        found = {}
        for filtered in ("", "atScope()", "ATSCOPE( )"):
            answer = arm.get(f"{GROUP}/{DENY_ASSIGNMENTS}", params={**PERMISSIONS_VERSION, "$filter": filtered})
            found[filtered] = names(answer)
            while "nextLink" in answer.json():
                answer = arm.get(answer.json()["nextLink"])
                found[filtered] += names(answer)

    above = [items[at].name for at in (0, 1, 2, 3)]
    assert {filtered: sorted(some) for filtered, some in found.items()} == {
        "": sorted([*above, items[4].name]),
        "atScope()": sorted(above),
        "ATSCOPE( )": sorted(above),
    }


@pytest.mark.parametrize(
    ("filtered", "numbers"),
    [
        (f"principalId eq '{CALLER.upper()}'", [1]),
        (f"principalId eq '{EVERYONE}'", [2]),
        (f"gdprExportPrincipalId eq '{CALLER}'", [1, 2]),
        ("denyAssignmentName eq 'deny 2'", [2]),
        (f"atScope() and principalId eq '{CALLER}'", [1]),
        (f"principalId eq '{OTHER}'", []),
    ],
)
def test_filter_keeps_those_of_a_name_or_a_principal(filtered: str, numbers: list[int]) -> None:
    caller = (DeniedPrincipal(CALLER),)
    app = sandbox(denied(principals=caller), denied(number=2, excluded=caller))

    with client(app) as arm:
        found = listed(arm, GROUP, **{"$filter": filtered})

    assert found == [str(uuid.UUID(int=number)) for number in numbers]


def test_export_of_a_principal_shows_name_and_description_alone() -> None:
    with client(sandbox(denied())) as arm:
        answer = arm.get(
            f"{GROUP}/{DENY_ASSIGNMENTS}",
            params={**PERMISSIONS_VERSION, "$filter": f"gdprExportPrincipalId eq '{EVERYONE}'"},
        )

    assert [one["properties"] for one in answer.json()["value"]] == [
        {"denyAssignmentName": "Deny 1", "description": ""}
    ]


def test_other_filters_methods_and_names_are_refused() -> None:
    one = f"{GROUP}/{DENY_ASSIGNMENTS}/{NAME}"

    with client(sandbox()) as arm:
        filtered = arm.get(f"{GROUP}/{DENY_ASSIGNMENTS}", params={**PERMISSIONS_VERSION, "$filter": "scope eq 'x'"})
        missing = arm.get(one, params=PERMISSIONS_VERSION)
        written = [arm.request(method, one, params=PERMISSIONS_VERSION).status_code for method in ("PUT", "DELETE")]
        nowhere = arm.get(f"{GROUP}-no/{DENY_ASSIGNMENTS}", params=PERMISSIONS_VERSION)

    assert error(filtered)[:2] == (400, "UnsupportedQuery")
    assert error(missing)[:2] == (404, "DenyAssignmentNotFound")
    assert written == [501, 501]
    assert error(nowhere)[:2] == (404, "ResourceGroupNotFound")


def test_reading_takes_the_right_to() -> None:
    app = sandbox(denied(), denied(OTHER_GROUP, number=2), grants=[Grant("*", GROUP, ("*/read",))])

    with client(app) as arm:
        in_subscription = listed(arm, IN_SUBSCRIPTION)
        refused = arm.get(f"{OTHER_GROUP}/{DENY_ASSIGNMENTS}/{uuid.UUID(int=2)}", params=PERMISSIONS_VERSION)

    assert in_subscription == [NAME]
    assert error(refused)[:2] == (403, "AuthorizationFailed")


def test_resource_graph_has_them_among_its_authorization_resources() -> None:
    with client(sandbox(denied())) as arm:
        found = rows(arm, "authorizationresources | where type == 'microsoft.authorization/denyassignments'")

    assert [(row["id"], row["properties"]["denyAssignmentName"]) for row in found] == [
        (f"{GROUP}/{DENY_ASSIGNMENTS}/{NAME}", "Deny 1")
    ]


def test_state_file_keeps_them_and_has_no_collection_without_any() -> None:
    whole = replace(
        denied(
            permissions=(Permission(("*",), ("*/read",), ("a/b",), ("c/d",), "x", "2.0"),),
            excluded=(DeniedPrincipal(OTHER),),
            at_scope_alone=True,
        ),
        description="",
        system_protected=False,
        condition="c",
        condition_version="2.0",
        created_on="t1",
        updated_on="t2",
        created_by="me",
        updated_by="you",
    )
    start = contents().having(DenyAssignment, (denied("/", number=2), whole))

    assert parse_state(format_state(start)) == start
    assert "denyAssignments" not in format_state(contents())


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"id": "/x"}, "denyAssignments[0].id must be the id of a deny assignment, not '/x'"),
        ({"properties": {}}, "denyAssignments[0].properties has no denyAssignmentName"),
        (
            {"properties": {"denyAssignmentName": "d", "permissions": [], "principals": [{}]}},
            "denyAssignments[0].properties.principals[0] has no id",
        ),
        (
            {
                "properties": {
                    "denyAssignmentName": "d",
                    "permissions": [],
                    "principals": [],
                    "doNotApplyToChildScopes": "no",
                }
            },
            "denyAssignments[0].properties.doNotApplyToChildScopes must be true or false",
        ),
    ],
)
def test_damaged_deny_assignment_of_a_state_file_names_the_place(item: dict[str, object], reason: str) -> None:
    text = format_state(contents().having(DenyAssignment, (denied(),)))
    whole = {"id": f"{GROUP}/{DENY_ASSIGNMENTS}/{NAME}", **item}
    lines = [f"    {_json(whole)}" if DENY_ASSIGNMENTS in line else line for line in text.split("\n")]

    with pytest.raises(StateError) as caught:
        parse_state("\n".join(lines))

    assert str(caught.value) == reason


def test_group_can_be_read_where_its_writes_are_denied() -> None:
    with client(sandbox(denied()), token_of(CALLER)) as arm:
        statuses = [
            arm.get(GROUP, params=GROUPS_VERSION).status_code,
            arm.delete(GROUP, params=GROUPS_VERSION).status_code,
        ]

    assert statuses == [200, 403]


def _json(value: object) -> str:
    return json.dumps(value)
