"""Microsoft Graph: who a principal is, as `az role assignment` asks it, and what it refuses."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from reconciler.sandbox.gateway.calls import Settings
from reconciler.sandbox.gateway.request_log import LoggedRequest
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.microsoft_graph.directory_kinds import Application as DirectoryApplication
from reconciler.sandbox.microsoft_graph.directory_kinds import AppRoleAssignment, DirectoryGroup
from reconciler.sandbox.microsoft_graph.relations import GRAPH_APP_ID
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.state.errors import StateError
from reconciler.sandbox.state.kinds import Resource, RoleAssignment
from reconciler.sandbox.state.state import Contents, Grant, Identity
from reconciler.sandbox.state_file.document import format_state, parse_state
from tests.sandbox.arm import GROUP, Clock, application, client, contents, identity

PRINCIPAL, CLIENT = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
OTHER_PRINCIPAL, OTHER_CLIENT = "aaaaaaaa-0000-4000-8000-000000000003", "aaaaaaaa-0000-4000-8000-000000000004"
SYSTEM_PRINCIPAL = "bbbbbbbb-0000-4000-8000-000000000001"
USER, TEAM = "cccccccc-0000-4000-8000-000000000001", "cccccccc-0000-4000-8000-000000000002"
CALLER, CALLER_APP = "dddddddd-0000-4000-8000-000000000001", "dddddddd-0000-4000-8000-000000000002"
NOBODY = "eeeeeeee-0000-4000-8000-000000000001"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
SERVICE_PRINCIPALS = "/v1.0/servicePrincipals"
BY_IDS = "/v1.0/directoryObjects/getByIds"


def start() -> Contents:
    """Two identities, a machine with one of its own, and roles of a user, a group and a deleted identity."""
    identities = (of("id-a", PRINCIPAL, CLIENT), of("id-b", OTHER_PRINCIPAL, OTHER_CLIENT))
    assignments = tuple(
        RoleAssignment(GROUP, f"{number}", "role", principal_id, kind)
        for number, (principal_id, kind) in enumerate(((USER, "User"), (TEAM, "Group"), (NOBODY, "ServicePrincipal")))
    )
    machine = Resource(
        VM, "Microsoft.Compute/virtualMachines", "vm", "westeurope", system_principal_id=SYSTEM_PRINCIPAL
    )
    return contents(identities).having(RoleAssignment, assignments).having(Resource, (machine,))


def of(name: str, principal_id: str, client_id: str) -> Identity:
    return replace(identity(name), principal_id=principal_id, client_id=client_id)


def graph(app: Application | None = None) -> httpx.Client:
    """A client whose token is that of an application."""
    return client(app or application(start()), encode({"oid": CALLER, "appid": CALLER_APP}))


def ids(answer: httpx.Response) -> list[str]:
    return [item["id"] for item in answer.json()["value"]]


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()["error"]
    return answer.status_code, body["code"], body["message"]


def test_identity_is_a_service_principal_that_names_its_resource() -> None:
    with graph() as asked:
        shown = asked.get(f"{SERVICE_PRINCIPALS}/{PRINCIPAL.upper()}")

    assert shown.json() == {
        "@odata.context": "http://arm.localhost/v1.0/$metadata#servicePrincipals/$entity",
        "id": PRINCIPAL,
        "accountEnabled": True,
        "alternativeNames": ["isExplicit=True", identity("id-a").resource_id],
        "appId": CLIENT,
        "displayName": "id-a",
        "servicePrincipalNames": [CLIENT],
        "servicePrincipalType": "ManagedIdentity",
    }
    assert shown.headers["content-type"] == "application/json;odata.metadata=minimal"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (f"servicePrincipalNames/any(c:c eq '{CLIENT}')", [PRINCIPAL]),
        (f"servicePrincipalNames/any(c:c eq '{PRINCIPAL}')", []),
        (f"servicePrincipalNames/any(c:c eq '{CALLER_APP.upper()}')", [CALLER]),
        (f"appId eq '{OTHER_CLIENT}'", [OTHER_PRINCIPAL]),
        ("displayName eq 'ID-B'", [OTHER_PRINCIPAL]),
        ("startswith(displayName,'id-') and servicePrincipalType eq 'ManagedIdentity'", [PRINCIPAL, OTHER_PRINCIPAL]),
        (f"alternativeNames/any(name: name eq '{VM}')", [SYSTEM_PRINCIPAL]),
        ("displayName eq 'it''s'", []),
        ("", [PRINCIPAL, OTHER_PRINCIPAL, SYSTEM_PRINCIPAL, CALLER]),
    ],
)
def test_service_principals_are_found_by_filter(asked: str, found: list[str]) -> None:
    with graph() as client_:
        listed = client_.get(SERVICE_PRINCIPALS, params={"$filter": asked})

    assert ids(listed) == found


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ("color eq 'red'", "color"),
        ("displayName ne 'x'", "displayName"),
        ("displayName eq 'x' or appId eq 'y'", "or"),
        ("not(appId eq 'y')", "not"),
        ("displayName eq 'x' and", "and"),
        ("servicePrincipalNames/any(c:d eq 'x')", "servicePrincipalNames"),
    ],
)
def test_filter_that_is_not_understood_is_refused_as_a_whole(asked: str, word: str) -> None:
    with graph() as client_:
        refused = client_.get(SERVICE_PRINCIPALS, params={"$filter": asked})

    assert refusal(refused) == (
        400,
        "Request_UnsupportedQuery",
        f"Unsupported or invalid query filter clause specified for property '{word}' of resource 'ServicePrincipal'.",
    )


def test_list_is_paged_and_shows_what_is_selected() -> None:
    with graph() as asked:
        first = asked.get(SERVICE_PRINCIPALS, params={"$top": "3", "$select": "id,appId"})
        second = asked.get(first.json()["@odata.nextLink"])

    assert ids(first) + ids(second) == [PRINCIPAL, OTHER_PRINCIPAL, SYSTEM_PRINCIPAL, CALLER]
    assert first.json()["value"][0] == {"id": PRINCIPAL, "appId": CLIENT}
    assert "@odata.nextLink" not in second.json()


def test_service_principal_is_shown_by_its_application() -> None:
    with graph() as asked:
        shown = asked.get(f"{SERVICE_PRINCIPALS}(appId='{CLIENT}')")

    assert shown.json()["id"] == PRINCIPAL


@pytest.mark.parametrize(
    ("types", "found"),
    [
        (None, {PRINCIPAL: "servicePrincipal", USER: "user", TEAM: "group", CALLER: "servicePrincipal"}),
        (["user", "group"], {USER: "user", TEAM: "group"}),
        (
            ["servicePrincipal", "directoryObjectPartnerReference"],
            {PRINCIPAL: "servicePrincipal", CALLER: "servicePrincipal"},
        ),
    ],
)
def test_objects_are_found_by_their_ids_whatever_they_are(types: list[str] | None, found: dict[str, str]) -> None:
    asked: dict[str, Any] = {"ids": [PRINCIPAL, USER.upper(), TEAM, NOBODY, CALLER]}

    with graph() as client_:
        listed = client_.post(BY_IDS, json=asked if types is None else asked | {"types": types})

    assert {item["id"]: item["@odata.type"] for item in listed.json()["value"]} == {
        object_id: f"#microsoft.graph.{kind}" for object_id, kind in found.items()
    }


def test_identity_is_found_as_soon_as_it_is_created_and_until_it_is_deleted() -> None:
    app = application(contents())
    path = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-new"
    version = {"api-version": "2024-11-30"}

    with graph(app) as arm:
        created = arm.put(path, params=version, json={"location": "westeurope"}).json()["properties"]
        found = arm.get(f"/v1.0/directoryObjects/{created['principalId']}")
        arm.delete(path, params=version)
        lost = arm.get(f"/v1.0/directoryObjects/{created['principalId']}")

    assert (found.json()["@odata.type"], found.json()["appId"]) == (
        "#microsoft.graph.servicePrincipal",
        created["clientId"],
    )
    assert refusal(lost) == (
        404,
        "Request_ResourceNotFound",
        f"Resource '{created['principalId']}' does not exist or one of its queried reference-property objects are not "
        "present.",
    )


def test_looking_up_many_ids_does_not_find_a_young_principal_until_the_directory_has_it() -> None:
    clock = Clock()
    app = Application(contents(), Options(Settings(directory_delay=timedelta(seconds=3))), clock=clock)
    path = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-new"

    with graph(app) as arm:
        created = arm.put(path, params={"api-version": "2024-11-30"}, json={"location": "westeurope"})
        asked = {"ids": [created.json()["properties"]["principalId"]]}
        found = []
        for _ in range(2):
            found.append(ids(arm.post(BY_IDS, json=asked)))
            clock.advance(3)

    assert found == [[], asked["ids"]]


@pytest.mark.parametrize(
    ("permission", "status"), [(None, 403), ("Application.Read.All", 403), ("Directory.Read.All", 200)]
)
def test_looking_up_many_ids_is_for_those_who_may_read_the_directory(permission: str | None, status: int) -> None:
    graph_app = DirectoryApplication(GRAPH_APP, GRAPH_APP_ID, "Microsoft Graph", ((READ_ALL, permission or "x"),))
    kept = start().having(DirectoryApplication, (graph_app,))
    kept = kept.having(AppRoleAssignment, (replace(GIVEN, principal_id=CALLER),))

    with graph(application(replace(kept, permissions=(Grant("*", "/", ("*",)),)))) as asked:
        answer = asked.post(BY_IDS, json={"ids": [PRINCIPAL]})

    assert answer.status_code == status
    if status == 403:
        assert refusal(answer)[1] == "Authorization_RequestDenied"
    else:
        assert ids(answer) == [PRINCIPAL]


def test_users_and_groups_are_those_that_have_a_role() -> None:
    with graph() as asked:
        users, groups = asked.get("/v1.0/users"), asked.get("/beta/groups")
        one = asked.get(f"/v1.0/users/{USER}")
        unknown = asked.get("/v1.0/users", params={"$filter": "userPrincipalName eq 'a@example.com'"})

    assert (ids(users), ids(groups), ids(unknown)) == ([USER], [TEAM], [])
    assert one.json() == {
        "@odata.context": "http://arm.localhost/v1.0/$metadata#users/$entity",
        "id": USER,
        "displayName": None,
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "refused"),
    [
        ("GET", "/v1.0/me", None, (400, "BadRequest", "/me request is only valid with delegated authentication flow.")),
        ("GET", "/v1.0/robots", None, (400, "BadRequest", "Resource not found for the segment 'robots'.")),
        (
            "DELETE",
            BY_IDS,
            None,
            (405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."),
        ),
        ("GET", f"{SERVICE_PRINCIPALS}?$top=0", None, (400, "Request_BadRequest", "Invalid page size specified: '0'.")),
        (
            "POST",
            BY_IDS,
            {"ids": "one"},
            (400, "Request_BadRequest", "Invalid request: 'ids' and 'types' must be lists of texts."),
        ),
        (
            "POST",
            BY_IDS,
            {"ids": ["x"] * 1001},
            (400, "Request_BadRequest", "Invalid request: There are more than 1000 ids."),
        ),
    ],
)
def test_what_the_directory_does_not_have_or_allow_is_refused_in_the_form_of_graph(
    method: str, path: str, body: object, refused: tuple[int, str, str]
) -> None:
    with graph() as asked:
        answer = asked.request(method, path, json=body)

    assert refusal(answer) == refused


def test_refusal_tells_when_and_in_answer_to_which_request() -> None:
    with graph() as asked:
        refused = asked.get("/v1.0/me", headers={"client-request-id": NOBODY})

    inner = refused.json()["error"]["innerError"]
    assert inner == {
        "date": f"{Clock().now:%Y-%m-%dT%H:%M:%S}",
        "request-id": refused.headers["request-id"],
        "client-request-id": NOBODY,
    }


def test_request_without_a_token_is_refused_and_logged() -> None:
    app = application(start())

    with graph(app) as asked:
        del asked.headers["Authorization"]
        refused = asked.get(SERVICE_PRINCIPALS)

    assert refusal(refused) == (401, "InvalidAuthenticationToken", "Access token is empty.")
    assert app.requests == (LoggedRequest("GET", SERVICE_PRINCIPALS, 401, ""),)


def test_token_that_names_no_object_adds_nobody() -> None:
    with client(application(start()), "any") as asked:
        listed = asked.get(SERVICE_PRINCIPALS)

    assert ids(listed) == [PRINCIPAL, OTHER_PRINCIPAL, SYSTEM_PRINCIPAL]


TEAMS, PARENT, ROLE = (f"cccccccc-0000-4000-8000-00000000001{number}" for number in range(3))
GRAPH_APP, READ_ALL = "ffffffff-0000-4000-8000-000000000001", "ffffffff-0000-4000-8000-000000000002"
GROUPS = (
    DirectoryGroup(TEAMS, "Payments", (PRINCIPAL.upper(),)),
    DirectoryGroup(PARENT, "Everybody", (TEAMS, OTHER_PRINCIPAL)),
    DirectoryGroup(ROLE, "Directory Readers", (PARENT,), "directoryRole"),
)
GIVEN = AppRoleAssignment("a1", READ_ALL, PRINCIPAL, GRAPH_APP)


def related(*grants: Grant, given: tuple[AppRoleAssignment, ...] = (GIVEN,)) -> Application:
    """A sandbox whose directory has groups in groups, and an application whose role an identity has."""
    graph_app = DirectoryApplication(GRAPH_APP, GRAPH_APP_ID, "Microsoft Graph", ((READ_ALL, "Application.Read.All"),))
    kept = start().having(DirectoryGroup, GROUPS).having(DirectoryApplication, (graph_app,))
    return application(replace(kept.having(AppRoleAssignment, given), permissions=grants))


@pytest.mark.parametrize("by", [f"{SERVICE_PRINCIPALS}/{PRINCIPAL}", f"{SERVICE_PRINCIPALS}(appId='{CLIENT}')"])
def test_groups_in_groups_count_each_once(by: str) -> None:
    with graph(related()) as asked:
        shown = asked.get(f"{by}/transitiveMemberOf").json()

    assert shown["@odata.context"] == "http://arm.localhost/v1.0/$metadata#directoryObjects"
    assert shown["value"] == [
        {"@odata.type": "#microsoft.graph.group", "id": TEAMS, "displayName": "Payments"},
        {"@odata.type": "#microsoft.graph.group", "id": PARENT, "displayName": "Everybody"},
        {"@odata.type": "#microsoft.graph.directoryRole", "id": ROLE, "displayName": "Directory Readers"},
    ]


def test_memberships_come_in_pages() -> None:
    path = f"{SERVICE_PRINCIPALS}/{PRINCIPAL}/transitiveMemberOf"
    with graph(related()) as asked:
        first = asked.get(path, params={"$top": "2"})
        second = asked.get(first.json()["@odata.nextLink"])

    assert (ids(first), ids(second)) == ([TEAMS, PARENT], [ROLE])
    assert "@odata.nextLink" not in second.json()


def test_app_role_names_its_application_which_says_what_it_is_called() -> None:
    with graph(related()) as asked:
        (given,) = asked.get(f"{SERVICE_PRINCIPALS}/{PRINCIPAL}/appRoleAssignments").json()["value"]
        named = asked.get(f"{SERVICE_PRINCIPALS}/{given['resourceId']}").json()
        others = asked.get(f"{SERVICE_PRINCIPALS}/{OTHER_PRINCIPAL}/appRoleAssignments").json()

    assert given == {
        "id": "a1",
        "deletedDateTime": None,
        "appRoleId": READ_ALL,
        "createdDateTime": None,
        "principalDisplayName": "id-a",
        "principalId": PRINCIPAL,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": "Microsoft Graph",
        "resourceId": GRAPH_APP,
    }
    assert [(one["id"], one["value"]) for one in named["appRoles"]] == [(READ_ALL, "Application.Read.All")]
    assert others["value"] == []


@pytest.mark.parametrize("relation", ["transitiveMemberOf", "appRoleAssignments"])
def test_relations_are_for_those_who_may_read_them(relation: str) -> None:
    all_of_arm = Grant("*", "/", ("*",))
    mine = replace(GIVEN, principal_id=CALLER)
    path = f"{SERVICE_PRINCIPALS}/{PRINCIPAL}/{relation}"
    with graph(related(all_of_arm)) as asked:
        refused = asked.get(path)
    with graph(related(all_of_arm, given=(mine,))) as asked:
        shown = asked.get(path)

    assert refusal(refused) == (
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )
    assert shown.status_code == 200


def test_relations_of_nobody_are_not_found_and_cannot_be_written_or_filtered() -> None:
    path = f"{SERVICE_PRINCIPALS}/{PRINCIPAL}/transitiveMemberOf"
    with graph(related()) as asked:
        nobody = asked.get(f"{SERVICE_PRINCIPALS}/{NOBODY}/transitiveMemberOf")
        written, filtered = asked.post(path, json={}), asked.get(path, params={"$filter": "displayName eq 'x'"})

    assert refusal(nobody)[:2] == (404, "Request_ResourceNotFound")
    assert (written.status_code, filtered.status_code) == (501, 501)


def test_directory_of_a_state_is_kept_in_its_file_and_groups_are_listed() -> None:
    app = related()
    text = format_state(app.state.contents())

    assert format_state(parse_state(text)) == text
    assert parse_state(text).of(DirectoryGroup) == GROUPS
    with graph(app) as asked:
        assert set(ids(asked.get("/v1.0/groups"))) == {TEAM, TEAMS, PARENT}


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ({"id": TEAMS, "members": ["x"]}, "directoryGroups[0].members[0] must be a GUID, not 'x'"),
        (
            {"id": TEAMS, "@odata.type": "#microsoft.graph.user"},
            "directoryGroups[0].@odata.type must be one of group, directoryRole, administrativeUnit, behind"
            " `#microsoft.graph.`",
        ),
    ],
)
def test_directory_that_cannot_be_read_says_where(group: dict[str, object], message: str) -> None:
    with pytest.raises(StateError, match=re.escape(message)):
        parse_state(json.dumps({"version": 1, "directoryGroups": [group]}))
