"""What ARM checks and adds before and around every provider: tokens, api-versions, paths, headers."""

import uuid

import httpx
import pytest

from reconciler.sandbox.gateway.request_log import LoggedRequest
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.server import running
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    JSON,
    PERMISSIONS_VERSION,
    SUBSCRIPTION,
    TYPE,
    VERSION,
    Clock,
    application,
    client,
    contents,
    error,
    identity,
    token_of,
)

OTHER_SUBSCRIPTION = "99999999-9999-9999-9999-999999999999"


def test_call_without_a_token_is_401_with_a_challenge() -> None:
    with client(application()) as arm:
        del arm.headers["Authorization"]

        refused = arm.get(IDENTITIES, params=VERSION)

    assert error(refused) == (
        401,
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing.",
    )
    assert refused.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Bearer  "])
def test_call_without_a_bearer_token_is_401(header: str) -> None:
    with client(application()) as arm:
        refused = arm.get(IDENTITIES, params=VERSION, headers={"Authorization": header})

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "AuthenticationFailedInvalidHeader")


@pytest.mark.parametrize("ended_s", [0, 1.5, 3600])
def test_token_that_has_ended_is_401_in_the_words_of_arm(ended_s: float) -> None:
    clock = Clock()
    token = encode({"oid": "me", "exp": clock.now.timestamp() - ended_s})
    clock.advance(9 * 3600 - 3595)

    with client(application(clock=clock), token) as arm:
        refused = arm.get(IDENTITIES, params=VERSION)

    then = {0: "12:00:00 PM", 1.5: "11:59:58 AM", 3600: "11:00:00 AM"}[ended_s]
    assert error(refused) == (
        401,
        "ExpiredAuthenticationToken",
        f"The access token expiry UTC time '3/1/2026 {then}' is earlier than current UTC time '3/1/2026 8:00:05 PM'.",
    )
    assert refused.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")
    assert refused.headers["x-ms-failure-cause"] == "gateway"


def test_token_ends_by_the_clock_of_the_sandbox() -> None:
    clock = Clock()
    token = encode({"oid": "me", "exp": clock.now.timestamp() + 5})

    with client(application(contents([identity("id-a")]), clock=clock), token) as arm:
        statuses = []
        for _ in range(3):
            clock.advance(2.4)
            statuses.append(arm.get(f"{IDENTITIES}/id-a", params=VERSION).status_code)

    assert statuses == [200, 200, 401]


@pytest.mark.parametrize("claims", [{}, {"exp": "1"}, {"exp": None}, {"exp": 10**400}, {"exp": float("inf")}])
def test_token_that_does_not_say_when_it_ends_never_does(claims: dict[str, object]) -> None:
    with client(application(contents([identity("id-a")])), encode({"oid": "me", **claims})) as arm:
        found = arm.get(f"{IDENTITIES}/id-a", params=VERSION)

    assert found.status_code == 200


def test_token_that_ended_before_there_were_any_is_refused() -> None:
    with client(application(), encode({"exp": -(10**400)})) as arm:
        refused = arm.get(IDENTITIES, params=VERSION)

    assert error(refused)[:2] == (401, "ExpiredAuthenticationToken")


def test_missing_api_version_is_refused() -> None:
    with client(application()) as arm:
        refused = arm.get(IDENTITIES)

    assert error(refused) == (
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def test_unknown_api_version_of_a_group_is_refused_with_the_known_ones() -> None:
    with client(application()) as arm:
        refused = arm.get(GROUP, params={"api-version": "1999-01-01"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidApiVersionParameter")
    assert "The api-version '1999-01-01' is invalid." in refused.json()["error"]["message"]
    assert "2024-07-01" in refused.json()["error"]["message"]


def test_unknown_api_version_of_a_provider_is_refused_with_the_known_ones() -> None:
    with client(application()) as arm:
        refused = arm.get(IDENTITIES, params={"api-version": "1999-01-01"})

    assert error(refused) == (
        404,
        "InvalidResourceType",
        "The resource type 'userAssignedIdentities' could not be found in the namespace 'Microsoft.ManagedIdentity' "
        "for api version '1999-01-01'. The supported api-versions are '2015-08-31-preview,2018-11-30,"
        "2021-09-30-preview,2022-01-31-preview,2023-01-31,2023-07-31-preview,2024-11-30,2025-01-31-preview,"
        "2025-05-31-preview'.",
    )


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{GROUP}/providers/Microsoft.Compote/virtualMachines", 404, "InvalidResourceNamespace"),
        (f"{GROUP}/providers/Microsoft.Compute/robots", 404, "InvalidResourceType"),
        (f"{GROUP}/providers/Microsoft.ManagedIdentity/robots/r2", 404, "InvalidResourceType"),
        (f"{IN_SUBSCRIPTION}/resourceGroups//providers/{TYPE}/id-a", 400, "InvalidApiVersionParameter"),
        ("/", 400, "InvalidApiVersionParameter"),
        (f"/subscriptions/{OTHER_SUBSCRIPTION}/providers/{TYPE}", 404, "SubscriptionNotFound"),
        (f"/subscriptions/mine/providers/{TYPE}", 400, "InvalidSubscriptionId"),
    ],
)
def test_path_that_names_nothing_is_refused(path: str, status: int, code: str) -> None:
    with client(application()) as arm:
        refused = arm.get(path, params=VERSION)

    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)


def test_unknown_subscription_is_named_in_the_refusal() -> None:
    with client(application()) as arm:
        refused = arm.get(f"/subscriptions/{OTHER_SUBSCRIPTION}", params=GROUPS_VERSION)

    assert error(refused) == (
        404,
        "SubscriptionNotFound",
        f"The subscription '{OTHER_SUBSCRIPTION}' could not be found.",
    )


def test_method_that_a_path_does_not_have_is_405() -> None:
    with client(application()) as arm:
        refused = arm.post(IDENTITIES, params=VERSION)

    assert error(refused) == (405, "MethodNotAllowed", "The requested resource does not support http method 'POST'.")


@pytest.mark.parametrize(
    "path",
    [
        f"/{IDENTITIES}/id-a",
        f"{GROUP}/providers/Microsoft.ManagedIdentity//userAssignedIdentities/id-a",
        f"/{IDENTITIES[1:].replace('/', '%2F')}/id-a",
        f"{IDENTITIES}/id%2Da/",
        f"/SUBSCRIPTIONS/{SUBSCRIPTION}/RESOURCEGROUPS/RG-payments/PROVIDERS/microsoft.managedidentity"
        "/USERASSIGNEDIDENTITIES/ID-a",
    ],
)
@pytest.mark.parametrize("over_http", [False, True], ids=["in process", "over HTTP"])
def test_path_is_understood_however_it_is_written(path: str, over_http: bool) -> None:
    app = application(contents([identity("id-a")]))
    headers = {"Authorization": "Bearer any"}
    # A client that is given parts of a URL would tidy up exactly what is under test.
    raw_path = f"{path}?api-version=2024-11-30".encode()

    if over_http:
        with running(app) as url, httpx.Client(headers=headers, trust_env=False) as arm:
            found = arm.get(httpx.URL(url).copy_with(raw_path=raw_path))
    else:
        with client(app) as arm:
            found = arm.get(httpx.URL("http://arm.localhost").copy_with(raw_path=raw_path))

    assert (found.status_code, found.json()["name"]) == (200, "id-a")
    assert app.requests == (LoggedRequest("GET", f"{path}?api-version=2024-11-30", 200, "anonymous"),)


def test_group_may_be_named_providers() -> None:
    app = application(contents(groups=()))
    group = f"{IN_SUBSCRIPTION}/resourceGroups/providers"

    with client(app) as arm:
        arm.put(group, params=GROUPS_VERSION, json={"location": "westeurope"})
        created = arm.put(f"{group}/providers/{TYPE}/providers", params=VERSION, json={"location": "westeurope"})
        permissions = arm.get(
            f"{group}/providers/{TYPE}/providers/providers/Microsoft.Authorization/permissions",
            params=PERMISSIONS_VERSION,
        )

    assert (created.status_code, permissions.status_code) == (201, 200)


def test_answers_carry_the_headers_of_arm() -> None:
    with client(application(contents([identity("id-a")]))) as arm:
        answer = arm.get(f"{IDENTITIES}/id-a", params=VERSION)

    request_id = answer.headers["x-ms-request-id"]
    assert str(uuid.UUID(request_id)) == request_id
    assert dict(answer.headers) == {
        "cache-control": "no-cache",
        "pragma": "no-cache",
        "expires": "-1",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "content-type": "application/json; charset=utf-8",
        "content-length": str(len(answer.content)),
        "server": "uami-sandbox",
        "date": "Sun, 01 Mar 2026 12:00:00 GMT",
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": request_id,
        "x-ms-routing-request-id": f"SANDBOX:20260301T120000Z:{request_id}",
        "x-ms-ratelimit-remaining-subscription-reads": "249",
        "x-ms-ratelimit-remaining-subscription-global-reads": "3749",
        "x-uami-sandbox-rates": "off",
    }


@pytest.mark.parametrize(
    ("path", "version", "differ"),
    [
        (f"{GROUP}/providers/Microsoft.Authorization/permissions", PERMISSIONS_VERSION, True),
        (f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm", {"api-version": "2024-07-01"}, True),
        (f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st", {"api-version": "2023-05-01"}, True),
        (IDENTITIES, VERSION, False),
        (GROUP, GROUPS_VERSION, False),
    ],
)
def test_providers_have_a_request_id_apart_from_the_correlation_id(
    path: str, version: dict[str, str], differ: bool
) -> None:
    with client(application()) as arm:
        answer = arm.get(path, params=version)

    assert (answer.headers["x-ms-request-id"] != answer.headers["x-ms-correlation-request-id"]) is differ


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("6f1c7b0e-3a52-4a53-9b1e-4d0c6f1f7a10", True),
        ("6F1C7B0E3A524A539B1E4D0C6F1F7A10", True),
        ("6f1c7b0e3a524a539b1e4d0c6f1f7a1", False),
        ("run-7", False),
    ],
)
def test_correlation_id_of_the_client_is_kept_where_it_is_a_guid_or_the_id_of_a_trace(sent: str, kept: bool) -> None:
    with client(application()) as arm:
        answer = arm.get(GROUP, params=GROUPS_VERSION, headers={"x-ms-correlation-request-id": sent})

    assert (answer.headers["x-ms-correlation-request-id"] == sent) is kept


@pytest.mark.parametrize(("wanted", "echoed"), [("true", "abc"), ("false", None)])
def test_client_request_id_is_echoed_where_it_is_asked_back(wanted: str, echoed: str | None) -> None:
    headers = {"x-ms-client-request-id": "abc", "x-ms-return-client-request-id": wanted}

    with client(application()) as arm:
        answer = arm.get(GROUP, params=GROUPS_VERSION, headers=headers)

    assert answer.headers.get("x-ms-client-request-id") == echoed


def test_refusal_of_the_gateway_carries_no_remaining_budget() -> None:
    with client(application()) as arm:
        refused = arm.get(f"{IDENTITIES}/id-a", params=VERSION)

    assert [name for name in refused.headers if "ratelimit" in name] == []


def test_log_names_the_principal_and_keeps_refused_calls() -> None:
    app = application()

    with client(app, token_of("oid-1")) as arm:
        arm.get(IDENTITIES, params=VERSION)
        arm.get(IDENTITIES)
        arm.get(IDENTITIES, headers={"Authorization": ""})

    assert app.requests == (
        LoggedRequest("GET", f"{IDENTITIES}?api-version=2024-11-30", 200, "oid-1"),
        LoggedRequest("GET", IDENTITIES, 400, "oid-1"),
        LoggedRequest("GET", IDENTITIES, 401, ""),
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b'{"location": 7}', b'{"location": "\\ud800"}'])
def test_body_that_is_no_request_is_refused(body: bytes) -> None:
    with client(application()) as arm:
        refused = arm.put(f"{IDENTITIES}/id-a", params=VERSION, content=body, headers=JSON)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidRequestContent")


@pytest.mark.parametrize(
    ("content_type", "shown"),
    [
        (None, "<null>"),
        ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
        ("text/json; charset=utf-8", "text/json"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("PUT", f"{IDENTITIES}/id-a"), ("PATCH", GROUP)])
def test_body_that_is_not_called_json_is_415(method: str, path: str, content_type: str | None, shown: str) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    version = VERSION if path != GROUP else GROUPS_VERSION

    with client(application()) as arm:
        refused = arm.request(method, path, params=version, content=b'{"location": "westeurope"}', headers=headers)

    assert error(refused) == (
        415,
        "UnsupportedMediaType",
        f"The content media type '{shown}' is not supported. Only 'application/json' is supported.",
    )


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_body_is_called_json_with_parameters_and_in_any_case(content_type: str) -> None:
    headers = {"Content-Type": content_type}

    with client(application()) as arm:
        created = arm.put(f"{IDENTITIES}/id-a", params=VERSION, content=b'{"location": "westeurope"}', headers=headers)
        # Where nothing is sent, nothing needs a name.
        deleted = arm.delete(f"{IDENTITIES}/id-a", params=VERSION)

    assert (created.status_code, deleted.status_code) == (201, 200)


def test_error_of_our_own_is_a_500_and_not_an_exception(caplog: pytest.LogCaptureFixture) -> None:
    def broken_sleep(_seconds: float) -> None:
        raise RuntimeError("broken clock")

    with client(Application(contents(), Options(latency_s=1), sleep=broken_sleep)) as arm:
        failed = arm.get(IDENTITIES, params=VERSION)

    assert (failed.status_code, failed.json()["error"]["code"]) == (500, "InternalServerError")
    assert "broken clock" in caplog.text


def test_latency_is_slept_for_every_call_to_arm_and_not_for_control() -> None:
    slept: list[float] = []

    with client(Application(contents(), Options(latency_s=0.25), sleep=slept.append)) as arm:
        arm.get(IDENTITIES, params=VERSION)
        arm.get("/_sandbox/state")

    assert slept == [0.25]
