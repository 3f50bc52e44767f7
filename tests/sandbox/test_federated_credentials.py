"""Federated identity credentials: their life, and every rule that refuses one."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext

import httpx
import pytest

from reconciler import sandbox as sandbox_door
from reconciler.sandbox import Serving
from reconciler.sandbox.managed_identity.federated_credentials import API_VERSIONS
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.server import running
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    SERVED_ID,
    VERSION,
    application,
    client,
    contents,
    error,
    identity,
    names,
    token_of,
)

CREDENTIALS = f"{IDENTITIES}/id-a/federatedIdentityCredentials"
TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
FLEXIBLE_VERSION = {"api-version": "2025-05-31-preview"}
EXPRESSION = {"value": "claims['sub'] matches 'repo:a/*'", "languageVersion": 1}


def sandbox(*grants: Grant) -> Application:
    return application(contents([identity("id-a"), identity("id-b")], grants))


def body(subject: object = "subject", **changes: object) -> dict[str, object]:
    properties = {"issuer": "https://issuer", "subject": subject, "audiences": ["api://x"], **changes}
    return {"properties": {name: value for name, value in properties.items() if value is not ...}}


def put(arm: httpx.Client, name: str = "fic", content: object = None, identity_name: str = "id-a") -> httpx.Response:
    path = f"{IDENTITIES}/{identity_name}/federatedIdentityCredentials/{name}"
    return arm.put(path, params=VERSION, json=body() if content is None else content)


def test_created_credential_is_201_with_a_location_and_is_served_under_the_id_of_its_identity() -> None:
    with client(sandbox()) as arm:
        created = arm.put(f"{CREDENTIALS.upper()}/Fic", params=VERSION, json=body())
        read = arm.get(f"{CREDENTIALS}/fic", params=VERSION)

    resource_id = f"{SERVED_ID}/id-a/federatedIdentityCredentials/Fic"
    assert (created.status_code, created.headers["Location"]) == (201, resource_id)
    assert created.json() == read.json()
    assert read.json() == {
        "id": resource_id,
        "name": "Fic",
        "type": TYPE,
        "properties": {"issuer": "https://issuer", "subject": "subject", "audiences": ["api://x"]},
    }


def test_put_of_an_existing_credential_replaces_it_without_a_location() -> None:
    with client(sandbox()) as arm:
        put(arm)
        replaced = put(arm, content=body("other", issuer="https://else"))

    assert (replaced.status_code, "Location" in replaced.headers) == (200, False)
    assert replaced.json()["properties"] == {"issuer": "https://else", "subject": "other", "audiences": ["api://x"]}


def test_delete_is_200_and_then_204_and_then_the_provider_does_not_find_it() -> None:
    with client(sandbox()) as arm:
        put(arm)
        deleted = [arm.delete(f"{CREDENTIALS}/fic", params=VERSION).status_code for _ in range(2)]
        missing = arm.get(f"{CREDENTIALS}/fic", params=VERSION)

    assert deleted == [200, 204]
    assert error(missing) == (
        404,
        "NotFound",
        f"Resource '{SERVED_ID}/id-a/federatedIdentityCredentials/fic' was not found.",
    )
    assert "x-ms-failure-cause" not in missing.headers


def test_list_holds_those_of_the_identity_in_order_and_in_pages() -> None:
    start = contents([identity("id-a"), identity("id-b")])

    with client(application(start, page_size=1)) as arm:
        put(arm, "fic-b", body("b"))
        put(arm, "fic-a", body("a"))
        put(arm, "fic-c", identity_name="id-b")
        first = arm.get(CREDENTIALS, params=VERSION)
        second = arm.get(first.json()["nextLink"])

    assert (names(first), names(second), "nextLink" in second.json()) == (["fic-a"], ["fic-b"], False)


@pytest.mark.parametrize(("method", "operation"), [("GET", "read"), ("PUT", "write"), ("DELETE", "delete")])
@pytest.mark.parametrize("parent", [f"{IDENTITIES}/absent", f"{IDENTITIES.replace('rg-Payments', 'gone')}/id-a"])
def test_missing_parent_is_named_whether_or_not_its_group_is_there(method: str, operation: str, parent: str) -> None:
    with client(sandbox()) as arm:
        missing = arm.request(method, f"{parent}/federatedIdentityCredentials/fic", params=VERSION, json=body())

    assert error(missing) == (
        404,
        "ParentResourceNotFound",
        f"Failed to perform '{operation}' on resource(s) of type 'userAssignedIdentities/federatedIdentityCredentials',"
        f" because the parent resource '{parent}' could not be found.",
    )
    assert missing.headers["x-ms-failure-cause"] == "gateway"


EMPTY = "Federated Identity Credential from HTTP body has empty properties"
ONE_AUDIENCE = "Federated identity credentials must have exactly one audience."
MISSING = (
    "The request format was unexpected. Federated Identity Credential must specify 'issuer', 'subject' and 'audience'."
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, EMPTY),
        ({"properties": {}}, EMPTY),
        (body(audiences=[]), ONE_AUDIENCE),
        (body(audiences=["a", "b"]), ONE_AUDIENCE),
        (body(audiences="a"), ONE_AUDIENCE),
        (body(audiences=...), MISSING),
        (body(issuer=...), MISSING),
        (body(subject=...), MISSING),
        (body(issuer=""), MISSING),
        (body("s" * 601), "The request format was unexpected: a value is longer than 600 characters."),
    ],
)
def test_body_that_breaks_a_rule_is_refused(content: object, message: str) -> None:
    with client(sandbox()) as arm:
        refused = put(arm, content=content)

    assert error(refused) == (400, "BadRequest", message)


@pytest.mark.parametrize("name", ["ab", "-abc", "a.bc", "a" * 121])
def test_bad_name_is_refused(name: str) -> None:
    with client(sandbox()) as arm:
        refused = put(arm, name)

    assert error(refused) == (400, "BadRequest", f"Federated Identity Credential name '{name}' is invalid.")


def test_issuer_and_subject_are_taken_once_per_identity_and_compared_exactly() -> None:
    with client(sandbox()) as arm:
        put(arm)
        refused = put(arm, "other")
        accepted = [put(arm, "other", body("Subject")), put(arm, "fic", identity_name="id-b")]

    assert error(refused) == (
        409,
        "Conflict",
        "Issuer and subject combination already exists for this Managed Identity.",
    )
    assert [answer.status_code for answer in accepted] == [201, 201]


def test_twenty_credentials_fit_and_the_next_does_not() -> None:
    with client(sandbox()) as arm:
        created = [put(arm, f"fic-{number}", body(str(number))).status_code for number in range(20)]
        refused = put(arm, "fic-20", body("20"))
        changed = put(arm, "fic-0", body("changed"))

    assert (created, refused.status_code, changed.status_code) == ([201] * 20, 400, 200)


@pytest.mark.parametrize("over_http", [False, True], ids=["in process", "over HTTP"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_of_parallel_writes_one_wins_without_any_latency(method: str, over_http: bool) -> None:
    others_answered = threading.Event()
    app = Application(
        contents([identity("id-a")]),
        Options(credential_write_s=0.01),
        # The winner's time is over once all others have been answered, however slow the machine is.
        sleep=lambda _seconds: wait_for(others_answered),
    )
    answered: list[int] = []

    with served(app, over_http) as send, ThreadPoolExecutor(5) as pool:
        calls = [pool.submit(send, method, f"{CREDENTIALS}/fic-{number}", str(number)) for number in range(5)]
        for call in as_completed(calls):
            answered.append(call.result())
            if len(answered) == 4:
                others_answered.set()

    assert answered == [409, 409, 409, 409, {"PUT": 201, "DELETE": 204}[method]]


def test_only_writes_of_credentials_are_held_and_no_longer_than_the_latency() -> None:
    slept: list[float] = []
    app = Application(contents([identity("id-a")]), Options(credential_write_s=0.5, latency_s=2), sleep=slept.append)
    fast = Application(contents([identity("id-a")]), Options(credential_write_s=0.5), sleep=slept.append)

    for each in (app, fast):
        with client(each) as arm:
            put(arm)
            arm.get(CREDENTIALS, params=VERSION)
            arm.put(f"{IDENTITIES}/id-a", params=VERSION, json={"location": "westeurope"})

    assert slept == [2, 2, 2, 0.5]


def test_served_sandbox_holds_writes_of_credentials() -> None:
    with sandbox_door.serve(Serving()) as served_at, httpx.Client(base_url=served_at.url, trust_env=False) as arm:
        arm.headers["Authorization"] = "Bearer any"
        arm.put(GROUP, params=GROUPS_VERSION, json={"location": "westeurope"})
        arm.put(f"{IDENTITIES}/id-a", params=VERSION, json={"location": "westeurope"})
        began = time.monotonic()
        created = put(arm)
        took_s = time.monotonic() - began

    assert (created.status_code, took_s >= 0.05) == (201, True)


@contextmanager
def served(app: Application, over_http: bool) -> Iterator[Callable[[str, str, str], int]]:
    """What sends a write and returns its status; each has a connection of its own."""
    with running(app) if over_http else nullcontext("") as url:

        def send(method: str, path: str, subject: str) -> int:
            with httpx.Client(base_url=url, trust_env=False) if url else client(app) as arm:
                arm.headers["Authorization"] = "Bearer any"
                return arm.request(method, path, params=VERSION, json=body(subject)).status_code

        yield send


def wait_for(event: threading.Event) -> None:
    """A sleep that ends with an event."""
    assert event.wait(30)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(("other", "status"), [("id-a", 409), ("id-b", 201)])
def test_writes_that_overlap_in_one_identity_conflict(method: str, other: str, status: int) -> None:
    during: list[httpx.Response] = []
    meanwhile: list[Callable[[], httpx.Response]] = [lambda: put(arm, "second", identity_name=other)]

    def sleep(_seconds: float) -> None:
        if meanwhile:  # the first call is on its way; the second comes and goes before it is decided
            during.append(meanwhile.pop()())

    app = Application(contents([identity("id-a"), identity("id-b")]), Options(latency_s=1), sleep=sleep)

    with client(app) as arm:
        first = arm.request(method, f"{CREDENTIALS}/first", params=VERSION, json=body("first"))
        afterwards = put(arm, "third", body("third"))

    assert [answer.status_code for answer in (first, *during, afterwards)] == [
        {"PUT": 201, "DELETE": 204}[method],
        status,
        201,
    ]
    if status == 409:
        assert error(during[0])[1] == "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"


def test_credentials_go_with_their_identity_and_do_not_come_back() -> None:
    with client(sandbox()) as arm:
        put(arm)
        arm.delete(f"{IDENTITIES}/id-a", params=VERSION)
        arm.put(f"{IDENTITIES}/id-a", params=VERSION, json={"location": "westeurope"})
        listed = arm.get(CREDENTIALS, params=VERSION)

    assert listed.json() == {"value": []}


def test_group_that_is_being_deleted_takes_no_credential() -> None:
    with client(sandbox()) as arm:
        arm.delete(GROUP, params=GROUPS_VERSION)
        refused = put(arm)

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "ResourceGroupBeingDeleted")


def test_flexible_credential_has_an_expression_in_the_previews_and_no_subject_elsewhere() -> None:
    content = body(subject=..., claimsMatchingExpression=EXPRESSION)

    with client(sandbox()) as arm:
        created = arm.put(f"{CREDENTIALS}/fic", params=FLEXIBLE_VERSION, json=content)
        same = arm.put(f"{CREDENTIALS}/fic-2", params=FLEXIBLE_VERSION, json=content)
        older = arm.get(f"{CREDENTIALS}/fic", params=VERSION)

    assert (created.status_code, created.json()["properties"]["claimsMatchingExpression"]) == (201, EXPRESSION)
    assert same.status_code == 409
    assert older.json()["properties"] == {"issuer": "https://issuer", "audiences": ["api://x"]}


@pytest.mark.parametrize(
    ("version", "content"),
    [
        (VERSION, body(subject=..., claimsMatchingExpression=EXPRESSION)),
        (FLEXIBLE_VERSION, body(claimsMatchingExpression=EXPRESSION)),
        (FLEXIBLE_VERSION, body(subject=..., claimsMatchingExpression={"value": "x"})),
    ],
)
def test_expression_that_has_no_place_is_refused(version: dict[str, str], content: object) -> None:
    with client(sandbox()) as arm:
        refused = arm.put(f"{CREDENTIALS}/fic", params=version, json=content)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "BadRequest")


@pytest.mark.parametrize(("method", "action"), [("GET", "read"), ("PUT", "write"), ("DELETE", "delete")])
def test_each_method_needs_its_own_action(method: str, action: str) -> None:
    with client(sandbox(Grant("me", GROUP, ("*",), (f"{TYPE}/{action}",))), token_of("me")) as arm:
        refused = arm.request(method, f"{CREDENTIALS}/fic", params=VERSION, json=body())

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")


@pytest.mark.parametrize("version", API_VERSIONS)
def test_every_api_version_with_credentials_serves_them(version: str) -> None:
    with client(sandbox()) as arm:
        created = arm.put(f"{CREDENTIALS}/fic", params={"api-version": version}, json=body())

    assert created.status_code == 201


def test_api_version_before_credentials_does_not_have_them() -> None:
    with client(sandbox()) as arm:
        refused = arm.get(CREDENTIALS, params={"api-version": "2018-11-30"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "InvalidResourceType")


def test_assignment_restrictions_are_served_to_the_api_version_that_knows_them() -> None:
    content = {"location": "westeurope", "properties": {"assignmentRestrictions": {"providers": ["Microsoft.Storage"]}}}

    with client(sandbox()) as arm:
        written = arm.put(f"{IDENTITIES}/id-a", params=FLEXIBLE_VERSION, json=content)
        patched = arm.patch(f"{IDENTITIES}/id-a", params=FLEXIBLE_VERSION, json={"tags": {}})
        older = arm.get(f"{IDENTITIES}/id-a", params=VERSION)
        wrong = {"properties": {"assignmentRestrictions": {"providers": "x"}}}
        refused = arm.patch(f"{IDENTITIES}/id-a", params=FLEXIBLE_VERSION, json=wrong)

    assert written.json()["properties"]["assignmentRestrictions"] == {"providers": ["Microsoft.Storage"]}
    assert patched.json()["properties"] == written.json()["properties"]
    assert "assignmentRestrictions" not in older.json()["properties"]
    assert refused.status_code == 400
