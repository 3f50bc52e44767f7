"""What goes into the Activity Log: every write that reached its provider, by whom, and how it ended."""

import json
from itertools import count
from typing import Any

import httpx
import pytest

from reconciler.sandbox.faults.script import parse_faults
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.state.state import Grant
from tests.sandbox.activity import SINCE, events, short
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    SUBSCRIPTION,
    TENANT,
    TYPE,
    VERSION,
    Clock,
    application,
    client,
    contents,
    group,
    identity,
    token_of,
)

ID_A = f"{IDENTITIES}/id-a"
WRITE, DELETE = f"{TYPE}/write", f"{TYPE}/delete"
BODY = {"location": "westeurope"}
RUN = "0a1b2c3d-0000-0000-0000-00000000000f"
LOCKS = {"api-version": "2020-05-01"}
ROLES = {"api-version": "2022-04-01"}
READER = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"


def test_event_tells_who_did_what_when_and_how_it_ended() -> None:
    numbers = count(1)
    app = Application(contents(), clock=Clock(), new_id=lambda: f"00000000-0000-0000-0000-{next(numbers):012}")
    token = encode({"oid": "oid-1", "appid": "app-1", "iat": 1772366000, "uti": "secret"})
    headers = {"x-ms-correlation-request-id": RUN, "x-ms-client-request-id": "request 1"}

    with client(app, token) as arm:
        answer = arm.put(ID_A, params=VERSION, json=BODY, headers=headers)
        ended, started = events(arm)

    request_id = answer.headers["x-ms-request-id"]
    assert ended == {
        "authorization": {"action": WRITE, "scope": ID_A},
        "caller": "oid-1",
        "claims": {
            "http://schemas.microsoft.com/identity/claims/objectidentifier": "oid-1",
            "appid": "app-1",
            "iat": "1772366000",
        },
        "correlationId": RUN,
        "description": "",
        "eventDataId": ended["eventDataId"],
        "eventName": {"value": "EndRequest", "localizedValue": "End request"},
        "category": {"value": "Administrative", "localizedValue": "Administrative"},
        "eventTimestamp": "2026-03-01T12:00:00.0000000Z",
        "httpRequest": {
            "clientRequestId": "request 1",
            "method": "PUT",
            "uri": f"http://arm.localhost{ID_A}?api-version=2024-11-30",
        },
        "id": f"{ID_A}/events/{ended['eventDataId']}/ticks/639079632000000000",
        "level": "Informational",
        "operationId": request_id,
        "operationName": {"value": WRITE, "localizedValue": WRITE},
        "resourceGroupName": "rg-Payments",
        "resourceProviderName": {
            "value": "Microsoft.ManagedIdentity",
            "localizedValue": "Microsoft.ManagedIdentity",
        },
        "resourceType": {
            "value": "Microsoft.ManagedIdentity/userAssignedIdentities",
            "localizedValue": "Microsoft.ManagedIdentity/userAssignedIdentities",
        },
        "resourceId": ID_A,
        "status": {"value": "Succeeded", "localizedValue": "Succeeded"},
        "subStatus": {"value": "Created", "localizedValue": "Created (HTTP Status Code: 201)"},
        "submissionTimestamp": "2026-03-01T12:00:00.0000000Z",
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "properties": {"statusCode": "Created", "serviceRequestId": request_id, "eventCategory": "Administrative"},
    }
    own = ("eventDataId", "id", "eventName", "status", "subStatus", "properties")
    assert {name: started[name] for name in started if name not in own} == {
        name: ended[name] for name in ended if name not in own
    }
    assert (started["eventName"]["value"], started["status"]["value"]) == ("BeginRequest", "Started")
    assert (started["subStatus"]["value"], started["properties"]) == ("", {})
    assert started["eventDataId"] != ended["eventDataId"]


def test_caller_of_a_user_is_the_name_that_the_token_has() -> None:
    with client(application(), encode({"oid": "oid-1", "upn": "a@contoso.com"})) as arm:
        arm.put(ID_A, params=VERSION, json=BODY)
        callers = [one["caller"] for one in events(arm)]

    assert callers == ["a@contoso.com"] * 2


def test_correlation_id_is_that_of_the_answer() -> None:
    with client(application()) as arm:
        answers = [
            arm.put(ID_A, params=VERSION, json=BODY),
            arm.put(f"{ID_A}/providers/Microsoft.Authorization/locks/l", params=LOCKS, json={"properties": {}}),
            arm.put(ID_A, params=VERSION, json=BODY, headers={"x-ms-correlation-request-id": "no GUID"}),
        ]
        recorded = [one["correlationId"] for one in events(arm, f"{SINCE} and status eq 'Started'")]

    assert recorded == [answer.headers["x-ms-correlation-request-id"] for answer in reversed(answers)]


def test_every_kind_of_write_has_its_operation_name() -> None:
    vm = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
    credential = {"properties": {"issuer": "https://i", "subject": "s", "audiences": ["a"]}}
    assignment = {
        "properties": {"roleDefinitionId": READER, "principalId": TENANT, "principalType": "ServicePrincipal"}
    }
    writes: list[tuple[str, str, dict[str, str], object]] = [
        ("PUT", f"{IN_SUBSCRIPTION}/resourceGroups/rg-new", GROUPS_VERSION, BODY),
        ("PATCH", f"{IN_SUBSCRIPTION}/resourceGroups/rg-new", GROUPS_VERSION, {"tags": {}}),
        ("PUT", ID_A, VERSION, BODY),
        ("PATCH", ID_A, VERSION, {"tags": {}}),
        ("PUT", f"{ID_A}/federatedIdentityCredentials/fic-a", VERSION, credential),
        ("DELETE", f"{ID_A}/federatedIdentityCredentials/fic-a", VERSION, {}),
        ("POST", f"{ID_A}/revokeTokens", {"api-version": "2023-07-31-preview"}, {}),
        ("PUT", f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/{SUBSCRIPTION}", ROLES, assignment),
        ("DELETE", f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/{SUBSCRIPTION}", ROLES, {}),
        ("PUT", f"{ID_A}/providers/Microsoft.Authorization/locks/l", LOCKS, {"properties": {"level": "ReadOnly"}}),
        ("DELETE", f"{ID_A}/providers/Microsoft.Authorization/locks/l", LOCKS, {}),
        ("DELETE", ID_A, VERSION, {}),
        ("PUT", vm, GROUPS_VERSION, BODY),
        ("PUT", f"{vm}/extensions/e", GROUPS_VERSION, {}),
        ("DELETE", vm, GROUPS_VERSION, {}),
    ]

    with client(application()) as arm:
        for method, path, version, body in writes:
            arm.request(method, path, params=version, json=body).raise_for_status()
        found = events(arm, f"{SINCE} and status eq 'Succeeded'")

    groups = "Microsoft.Resources/subscriptions/resourceGroups"
    credentials = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    assert [one["operationName"]["value"] for one in reversed(found)] == [
        f"{groups}/write",
        f"{groups}/write",
        WRITE,
        WRITE,
        f"{credentials}/write",
        f"{credentials}/delete",
        "Microsoft.ManagedIdentity/userAssignedIdentities/revokeTokens/action",
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/roleAssignments/delete",
        "Microsoft.Authorization/locks/write",
        "Microsoft.Authorization/locks/delete",
        DELETE,
        "Microsoft.Compute/virtualMachines/write",
        "Microsoft.Compute/virtualMachines/extensions/write",
        "Microsoft.Compute/virtualMachines/delete",
    ]
    ids = [path for _, path, _, _ in writes]
    ids[6] = ID_A
    assert [one["resourceId"] for one in reversed(found)] == ids
    types = [one["resourceType"]["value"] for one in reversed(found)]
    assert (types[0], types[4], types[6], types[13]) == (
        groups,
        credentials,
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "Microsoft.Compute/virtualMachines/extensions",
    )


def test_names_of_an_operation_are_azures_and_those_of_a_resource_are_as_asked() -> None:
    asked = ID_A.replace("/providers/Microsoft.ManagedIdentity", "//providers/MICROSOFT.managedIdentity").replace(
        "rg-Payments", "RG-payments"
    )

    with client(application()) as arm:
        arm.put(asked, params=VERSION, json=BODY)
        ended, _ = events(arm)

    assert ended["operationName"]["value"] == WRITE
    assert (ended["resourceId"], ended["resourceGroupName"]) == (asked.replace("//", "/"), "RG-payments")


def test_refused_write_is_recorded_as_failed_with_the_reason() -> None:
    reader = Grant("*", "/", ("*/read", "*/write"))

    with client(application(contents([identity("id-a")], [reader]))) as arm:
        refused = arm.delete(ID_A, params=VERSION)
        ended, started = events(arm)

    assert short([started, ended]) == [(DELETE, "Started", ""), (DELETE, "Failed", "Forbidden")]
    assert (ended["level"], ended["subStatus"]["localizedValue"]) == ("Error", "Forbidden (HTTP Status Code: 403)")
    assert json.loads(ended["properties"]["statusMessage"]) == refused.json()


@pytest.mark.parametrize(
    ("method", "path", "body", "sub_status"),
    [
        ("DELETE", f"{IDENTITIES}/absent", None, "NoContent"),
        ("DELETE", f"{IN_SUBSCRIPTION}/resourceGroups/none/providers/{TYPE}/x", None, "NotFound"),
        ("PUT", ID_A, {}, "BadRequest"),
        ("PUT", ID_A, {"location": "northeurope"}, "Conflict"),
        ("PUT", ID_A, BODY, "OK"),
    ],
)
def test_write_that_changes_nothing_is_recorded_too(method: str, path: str, body: object, sub_status: str) -> None:
    with client(application(contents([identity("id-a")]))) as arm:
        arm.request(method, path, params=VERSION, json=body)
        found = events(arm)

    assert [one["subStatus"]["value"] for one in found] == [sub_status, ""]


def test_reads_record_nothing() -> None:
    app = application(contents([identity("id-a")]))

    with client(app) as arm:
        arm.get(ID_A, params=VERSION)
        arm.head(GROUP, params=GROUPS_VERSION)
        arm.post(f"{ID_A}/listAssociatedResources", params={"api-version": "2022-01-31-preview"})
        events(arm)

    assert (list(app.state.activity), app.state.revision) == ([], (0, 0, 0))


@pytest.mark.parametrize(
    ("path", "version", "token"),
    [
        (ID_A, "2024-11-30", ""),
        (ID_A, "1999-01-01", "Bearer any"),
        (f"{IDENTITIES}/id-a/x", "2024-11-30", "Bearer any"),
        (ID_A.replace(SUBSCRIPTION, TENANT), "2024-11-30", "Bearer any"),
    ],
    ids=["no token", "api-version", "path", "subscription"],
)
def test_what_arm_refuses_before_it_knows_the_operation_is_not_recorded(path: str, version: str, token: str) -> None:
    app = application(contents([identity("id-a")]))

    with client(app) as arm:
        refused = arm.delete(path, params={"api-version": version}, headers={"Authorization": token})

    assert (refused.status_code >= 400, list(app.state.activity)) == (True, [])


def test_bodies_are_recorded_of_role_assignments_and_of_nothing_else() -> None:
    name = f"{ID_A}/providers/Microsoft.Authorization/roleAssignments/{SUBSCRIPTION}"
    sent = {"properties": {"roleDefinitionId": READER, "principalId": TENANT, "principalType": "ServicePrincipal"}}
    secret = {**BODY, "properties": {"adminPassword": "hunter2"}}

    with client(application(contents([identity("id-a")]))) as arm:
        arm.put(f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm", params=GROUPS_VERSION, json=secret)
        arm.put(name, params=ROLES, json=sent).raise_for_status()
        gone = arm.delete(name, params=ROLES).json()
        deleted, _, created, asked, *rest = events(arm)

    assert json.loads(asked["properties"]["requestbody"]) == sent
    assert json.loads(created["properties"]["responseBody"])["properties"]["principalId"] == TENANT
    assert json.loads(deleted["properties"]["responseBody"]) == gone
    assert (deleted["authorization"]["scope"], deleted["resourceId"]) == (ID_A, name)
    assert "hunter2" not in json.dumps(rest)


def delete_group(arm: httpx.Client) -> None:
    arm.delete(GROUP, params=GROUPS_VERSION, headers={"x-ms-correlation-request-id": RUN}).raise_for_status()


def test_deleted_group_is_accepted_first_and_takes_its_resources_along_at_the_end() -> None:
    clock = Clock()
    start = contents(
        [identity("id-a"), identity("id-b"), identity("id-c", "rg-other")], (), [group(), group("rg-other")]
    )
    app = application(start, clock=clock)

    with client(app, token_of("me")) as arm:
        vm = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
        for path in (vm, f"{vm}/extensions/e"):
            arm.put(path, params=GROUPS_VERSION, json=BODY)
        clock.advance(1)
        delete_group(arm)
        before = events(arm, f"{SINCE} and correlationId eq '{RUN}'")
        clock.advance(70)
        after = events(arm, f"{SINCE} and correlationId eq '{RUN}'")

    whole = "Microsoft.Resources/subscriptions/resourceGroups/delete"
    assert short(before) == [(whole, "Accepted", "Accepted"), (whole, "Started", "")]
    assert after[4:] == before
    assert [(one["resourceId"], one["operationName"]["value"]) for one in after[:4]] == [
        (GROUP, whole),
        (vm, "Microsoft.Compute/virtualMachines/delete"),
        (ID_A.replace("resourceGroups", "resourcegroups").replace("id-a", "id-b"), DELETE),
        (ID_A.replace("resourceGroups", "resourcegroups"), DELETE),
    ]
    assert {(one["status"]["value"], one["caller"], one["eventTimestamp"]) for one in after[:4]} == {
        ("Succeeded", "me", "2026-03-01T12:01:01.0000000Z")
    }
    assert {one["operationId"] for one in after} == {before[0]["operationId"]}


def test_contents_tell_the_end_of_a_deletion_that_is_under_way_as_it_will_be() -> None:
    clock = Clock()
    app = application(contents([identity("id-a")]), clock=clock)

    with client(app) as arm:
        delete_group(arm)
        under_way = app.state.contents()
        clock.advance(61)
        arm.get("/subscriptions", params=GROUPS_VERSION)

    assert len(under_way.activity_log) == 4
    assert app.state.contents() == under_way


def test_write_whose_answer_is_lost_is_recorded() -> None:
    app = Application(contents(), Options(faults=parse_faults("faults: [{method: PUT, reset: after}]")), clock=Clock())

    with client(app) as arm:
        with pytest.raises(httpx.ReadError):
            arm.put(ID_A, params=VERSION, json=BODY)
        found = events(arm)

    assert short(found) == [(WRITE, "Succeeded", "Created"), (WRITE, "Started", "")]


def test_write_that_a_fault_answers_in_its_place_is_not_recorded() -> None:
    app = Application(contents(), Options(faults=parse_faults("faults: [{method: PUT, reset: before}]")), clock=Clock())

    with client(app) as arm:
        with pytest.raises(httpx.ReadError):
            arm.put(ID_A, params=VERSION, json=BODY)
        found = events(arm)

    assert found == []


def test_competing_writer_is_recorded_under_its_own_name_and_run() -> None:
    other = f"{{method: DELETE, path: '{ID_A}?api-version=2024-11-30', principal: other}}"
    faults = parse_faults(f"faults: [{{method: PATCH, write: {other}}}]")
    app = Application(contents([identity("id-a")]), Options(faults=faults), clock=Clock())
    headers = {"x-ms-correlation-request-id": RUN, "x-ms-client-request-id": "mine"}

    with client(app, token_of("me")) as arm:
        arm.patch(ID_A, params=VERSION, json={"tags": {}}, headers=headers)
        mine, _, theirs, _ = events(arm)

    def who(event: dict[str, Any]) -> tuple[str, str, str, bool]:
        operation = event["operationName"]["value"]
        return operation, event["caller"], event["httpRequest"]["clientRequestId"], event["correlationId"] == RUN

    assert (who(mine), who(theirs)) == ((WRITE, "me", "mine", True), (DELETE, "other", "", False))


def test_text_that_is_no_unicode_does_not_spoil_the_log() -> None:
    app = application()

    with client(app, encode({"oid": "half \ud83d pair"})) as arm:
        arm.put(ID_A, params=VERSION, json=BODY)
        ended, _ = events(arm)

    assert ended["caller"] == "half ? pair"
