"""Verbs, paging, and what becomes of answers that are not what ARM promises."""

import httpx
import pytest

from reconciler.errors import ArmAuthError, ArmError, ArmLoginError, Conflict, ExitCode, NotFound, Throttled
from tests.unit.arm.fakes import CORRELATION_ID, ENDPOINT, SUBSCRIPTION, TOKEN, FakeTime, answer, arm_client, refusal

PATH = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
LIST = f"{ENDPOINT}/list?api-version=1"


def page(*items: object, link: object = None) -> httpx.Response:
    return answer(200, {"value": list(items)} if link is None else {"value": list(items), "nextLink": link})


def failure(*script: httpx.Response | Exception, method: str = "GET", time: FakeTime | None = None) -> ArmError:
    """The error of one call to PATH."""
    with arm_client(*script, time=time) as (client, _), pytest.raises(ArmError) as raised:
        match method:
            case "GET":
                client.get(PATH, "1", dict)
            case "PUT":
                client.put(PATH, "1", {}, dict)
            case "PATCH":
                client.patch(PATH, "1", {}, dict)
            case "DELETE":
                client.delete(PATH, "1")
    return raised.value


def test_get_asks_with_the_api_version_and_the_token() -> None:
    with arm_client(answer(200, {"name": "x"})) as (client, arm):
        body = client.get("/a%2Fb", "2024-11-30", dict)

    assert body == {"name": "x"}
    assert arm.urls == [f"{ENDPOINT}/a%2Fb?api-version=2024-11-30"]
    assert arm.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(("method", "answered"), [("put", ({"name": "x"}, True)), ("patch", {"name": "x"})])
def test_writes_send_json(method: str, answered: object) -> None:
    with arm_client(answer(201, {"name": "x"})) as (client, arm):
        body = getattr(client, method)("/x", "1", {"tags": {"a": "ö"}}, dict)

    sent = arm.requests[0]
    assert (body, sent.method, sent.content) == (answered, method.upper(), '{"tags":{"a":"ö"}}'.encode())


@pytest.mark.parametrize(
    ("response", "existed"), [(answer(200), True), (answer(200, {"a": 1}), True), (answer(204), False)]
)
def test_delete_says_whether_there_was_something(response: httpx.Response, existed: bool) -> None:
    with arm_client(response) as (client, _):
        deleted = client.delete("/x", "1")

    assert deleted is existed


def test_delete_that_is_only_accepted_is_in_doubt() -> None:
    error = failure(answer(202), method="DELETE")

    assert (error.in_doubt, error.transient) == (True, False)


def test_pages_are_followed_to_the_end_through_empty_ones() -> None:
    second, third = f"{ENDPOINT}/list?%24skiptoken=a%2Bb", f"{ENDPOINT}:443/list?%24skiptoken=c"

    with arm_client(page({"n": 1}, link=second), page(link=third), page({"n": 2}, link="")) as (client, arm):
        items = list(client.get_pages("/list", "1", dict))

    assert items == [{"n": 1}, {"n": 2}]
    assert arm.urls == [LIST, second, f"{ENDPOINT}/list?%24skiptoken=c"]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/list",
        "https://management.azure.com.evil.example/list",
        "https://management.azure.com@evil.example/list",
        "https://user@management.azure.com/list",
        "https://management.azure.com:8443/list",
        "http://management.azure.com/list",
        "http://management.azure.com:443/list",
        "//management.azure.com/list",
        "/list?page=2",
        "https://management.azure.com:bad/list",
        "not a link",
        5,
        {"href": LIST},
    ],
)
def test_link_that_leads_elsewhere_is_refused_before_anything_is_sent(link: object) -> None:
    with arm_client(page({"n": 1}, link=link)) as (client, arm), pytest.raises(ArmError, match="malformed answer"):
        list(client.get_pages("/list", "1", dict))

    assert arm.urls == [LIST]


@pytest.mark.parametrize("links", [[LIST], [f"{ENDPOINT}/b", f"{ENDPOINT}/b"], [f"{ENDPOINT}/b", LIST]])
def test_link_to_a_page_that_was_read_is_an_error(links: list[str]) -> None:
    with (
        arm_client(*(page(link=link) for link in links)) as (client, _),
        pytest.raises(ArmError, match="leads to a page that was read before"),
    ):
        list(client.get_pages("/list", "1", dict))


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": {}}, {"value": [1]}, {"items": []}, [], "x"])
def test_page_without_a_list_of_objects_is_malformed(body: object) -> None:
    with arm_client(answer(200, body)) as (client, _), pytest.raises(ArmError, match="malformed answer"):
        list(client.get_pages("/list", "1", dict))


def test_list_whose_later_page_fails_is_an_error() -> None:
    with (
        arm_client(page({"n": 1}, link=f"{ENDPOINT}/b"), refusal(403, "AuthorizationFailed")) as (client, _),
        pytest.raises(ArmAuthError),
    ):
        list(client.get_pages("/list", "1", dict))


@pytest.mark.parametrize(
    "content",
    [b"", b"  ", b"<html>", b'{"a":', b"[]", b"null", b'"x"', b"\xff", b'{"a":"\\ud800"}', b"[" * 100_000],
    ids=["empty", "blank", "html", "cut off", "list", "null", "text", "not UTF-8", "surrogate", "deep"],
)
def test_success_that_is_no_json_object_is_malformed(content: bytes) -> None:
    error = failure(httpx.Response(200, content=content))

    assert "malformed answer" in error.message
    assert (error.status, error.transient, error.in_doubt) == (None, False, False)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_malformed_success_of_a_write_is_in_doubt(method: str) -> None:
    error = failure(httpx.Response(200, content=b"<html>"), method=method)

    assert (error.in_doubt, error.transient) == (True, False)


def test_compressed_body_that_does_not_unpack_is_no_answer() -> None:
    error = failure(httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"not packed")))

    assert (error.transient, error.in_doubt) == (False, False)


def test_error_says_operation_resource_status_code_and_message() -> None:
    error = failure(refusal(409, "Conflict", "The thing\n is busy."), method="PATCH")

    assert type(error) is Conflict
    assert error.message == f"updating {PATH}: 409 Conflict (The thing is busy.)"
    assert (error.status, error.arm_code, error.correlation_id) == (409, "Conflict", CORRELATION_ID)


def test_error_names_the_resource_as_people_write_it() -> None:
    with arm_client(refusal(400, "Bad", "no")) as (client, _), pytest.raises(ArmError) as raised:
        client.get("/subscriptions/a%20b", "1", dict)

    assert raised.value.message == "reading /subscriptions/a b: 400 Bad (no)"


def test_error_takes_the_correlation_id_of_the_answer() -> None:
    error = failure(refusal(400, "Bad", "no", {"x-ms-correlation-request-id": "from-arm"}))

    assert error.correlation_id == "from-arm"


@pytest.mark.parametrize(
    ("status", "kind", "exit_code"),
    [
        (400, ArmError, ExitCode.ERROR),
        (401, ArmLoginError, ExitCode.NOT_ALLOWED),
        (403, ArmAuthError, ExitCode.NOT_ALLOWED),
        (404, NotFound, ExitCode.ERROR),
        (409, Conflict, ExitCode.ERROR),
        (429, Throttled, ExitCode.ERROR),
        (503, ArmError, ExitCode.ERROR),
    ],
)
def test_status_decides_the_class(status: int, kind: type[ArmError], exit_code: ExitCode) -> None:
    error = failure(refusal(status, "Code", "text"), method="PUT")

    assert (type(error), error.exit_code) == (kind, exit_code)


@pytest.mark.parametrize(
    ("status", "transient", "in_doubt"),
    [
        (302, False, False),
        (400, False, False),
        (401, False, False),
        (404, False, False),
        (408, True, True),
        (409, False, False),
        (429, True, False),
        (500, True, True),
        (501, False, True),
        (503, True, True),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_failed_write_says_whether_it_may_be_tried_and_may_have_happened(
    method: str, status: int, transient: bool, in_doubt: bool
) -> None:
    error = failure(answer(status), method=method)

    assert (error.transient, error.in_doubt) == (transient, in_doubt)


@pytest.mark.parametrize(
    ("lost", "in_doubt"),
    [
        (httpx.ConnectError("x"), False),
        (httpx.ConnectTimeout("x"), False),
        (httpx.PoolTimeout("x"), False),
        (httpx.ProxyError("x"), False),
        (httpx.WriteTimeout("x"), True),
        (httpx.WriteError("x"), True),
        (httpx.ReadTimeout("x"), True),
        (httpx.ReadError("x"), True),
        (httpx.RemoteProtocolError("x"), True),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_write_without_an_answer_is_in_doubt_once_it_was_sent(method: str, lost: Exception, in_doubt: bool) -> None:
    error = failure(lost, method=method)

    assert (error.status, error.transient, error.in_doubt) == (None, True, in_doubt)
    assert (error.message.partition(": ")[2], error.correlation_id) == (
        f"no answer ({type(lost).__name__}: x)",
        CORRELATION_ID,
    )


NOT_SERVED_HINT = (
    "The sandbox lacks this, Azure does not: leave it out of the rehearsal, or run against Azure."
    " `uami sandbox serve --help` lists what is not served."
)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_what_the_sandbox_does_not_serve_is_tried_once_and_told_as_its_gap(method: str) -> None:
    # One answer only: another try would find none.
    error = failure(refusal(501, "NotServedBySandbox", "Azure has it."), method=method)

    assert (error.transient, error.in_doubt, error.hint) == (False, False, NOT_SERVED_HINT)


@pytest.mark.parametrize("status", [500, 400])
def test_code_of_the_sandbox_at_another_status_says_nothing(status: int) -> None:
    error = failure(refusal(status, "NotServedBySandbox", "x"), method="PUT")

    assert (error.in_doubt, error.hint == NOT_SERVED_HINT) == (status == 500, False)


def test_failed_read_is_never_in_doubt() -> None:
    error = failure(*[answer(503)] * 6)

    assert (error.transient, error.in_doubt) == (True, False)


def test_status_that_is_the_code_too_is_said_once() -> None:
    error = failure(refusal(429, "429", "slow down"), method="PUT")

    assert error.message == f"creating {PATH}: 429 (slow down)"


def test_throttled_write_says_how_long_to_wait() -> None:
    error = failure(refusal(429, "429", "slow down", {"Retry-After": "2"}), method="PUT")

    assert (type(error), error.arm_code, error.retry_after_s) == (Throttled, "429", 2.0)


def test_retry_after_as_a_date_counts_from_the_clock() -> None:
    time = FakeTime(now_s=1_000_000.0)

    error = failure(answer(429, {}, {"Retry-After": "Mon, 12 Jan 1970 13:46:50 GMT"}), method="PUT", time=time)

    assert error.retry_after_s == 10.0


@pytest.mark.parametrize(
    "content", [b"", b"<html>Bad gateway</html>", b"[]", b'{"error": 5}', b'{"error": {"code": 5}}']
)
def test_error_without_arms_envelope_says_its_status(content: bytes) -> None:
    error = failure(httpx.Response(502, content=content), method="PUT")

    assert (error.message, error.arm_code) == (f"creating {PATH}: 502 Bad Gateway", "")


def test_error_of_the_activity_log_has_no_envelope() -> None:
    error = failure(answer(400, {"code": "BadRequest", "message": "The start time is too early."}))

    assert error.message == f"reading {PATH}: 400 BadRequest (The start time is too early.)"


def test_status_without_a_name_is_said_as_a_number() -> None:
    error = failure(answer(499))

    assert error.message == f"reading {PATH}: 499"


def test_long_message_is_bounded() -> None:
    error = failure(refusal(400, "Bad", "x" * 5000))

    assert error.message == f"reading {PATH}: 400 Bad ({'x' * 1000}...)"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_token_echoed_by_the_service_is_not_shown(method: str) -> None:
    echo = refusal(400, f"Code-{TOKEN}", f"got 'Bearer {TOKEN}'", {"x-ms-correlation-request-id": TOKEN})

    error = failure(echo, method=method)

    assert TOKEN not in repr((error.message, error.hint, error.arm_code, error.correlation_id))
    assert error.arm_code == "Code-[token]"


def test_token_echoed_in_a_link_is_not_shown() -> None:
    with arm_client(page(link=f"https://{TOKEN}.example/")) as (client, _), pytest.raises(ArmError) as raised:
        list(client.get_pages("/list", "1", dict))

    assert TOKEN not in raised.value.message


def test_missing_right_names_action_scope_and_role() -> None:
    action = "Microsoft.ManagedIdentity/userAssignedIdentities/delete"
    text = (
        f"The client 'x' does not have authorization to perform action '{action}' over scope '{PATH}' or it is invalid."
    )

    error = failure(refusal(403, "AuthorizationFailed", text), method="DELETE")

    assert error.hint == (
        f"Ask for the role Managed Identity Contributor at {PATH}: it has the missing action {action}."
        " A new grant takes some minutes to be seen."
    )


def test_missing_right_to_read_names_reader() -> None:
    error = failure(refusal(403, "AuthorizationFailed", "not allowed to perform action 'Microsoft.X/y/read'"))

    assert error.hint.startswith("Ask for the role Reader: it has the missing action Microsoft.X/y/read.")


def test_missing_right_that_no_role_of_ours_has_is_still_named() -> None:
    error = failure(refusal(403, "AuthorizationFailed", "not allowed to perform action 'Microsoft.X/y/write'"))

    assert error.hint.startswith("Ask for a role: it has the missing action Microsoft.X/y/write.")


def test_refusal_without_an_action_says_whom_to_ask() -> None:
    error = failure(refusal(403, "AuthorizationFailed", "Not you."))

    assert (error.hint, error.missing_action) == ("Ask whoever administers this scope.", "")


MISSING = "not allowed to perform action 'Microsoft.X/y/write'"


@pytest.mark.parametrize(
    ("code", "message", "missing"),
    [
        ("AuthorizationFailed", MISSING, "Microsoft.X/y/write"),
        ("LinkedAuthorizationFailed", MISSING, ""),
        ("RequestDisallowedByPolicy", MISSING, ""),
        ("AuthorizationFailed", f"ABAC condition that is not fulfilled: {MISSING}", ""),
    ],
)
def test_right_is_missing_only_where_it_is_why_arm_refused(code: str, message: str, missing: str) -> None:
    assert failure(refusal(403, code, message)).missing_action == missing


def test_condition_of_the_callers_own_role_sends_nobody_to_ask_for_the_right() -> None:
    error = failure(refusal(403, "AuthorizationFailed", f"an ABAC condition that is not fulfilled {MISSING}"))

    assert error.hint == (
        "A condition of your own role allows this action, but not for this role or principal: ask who gave it."
    )


def test_deny_assignment_is_named() -> None:
    text = f"has permission {MISSING}; denied because of the deny assignment with name 'node group' and Id '1'"

    error = failure(refusal(403, "DenyAssignmentAuthorizationFailed", text))

    assert error.hint == "The deny assignment 'node group' forbids it to whoever has the right, too: ask its owner."


def by_policy(*infos: object) -> ArmError:
    """The error of a call that policies deny."""
    body = {"code": "RequestDisallowedByPolicy", "message": "No.", "additionalInfo": list(infos)}
    return failure(answer(403, {"error": body}))


def violation(**info: object) -> object:
    return {"type": "PolicyViolation", "info": info}


@pytest.mark.parametrize(
    ("infos", "named"),
    [
        ((), "Azure Policy, by the names above,"),
        ((violation(policyDefinitionName="a"),), "Azure Policy 'a'"),
        (
            ({"type": "Other"}, violation(policyDefinitionDisplayName="A", policyAssignmentName="b")),
            "Azure Policy 'A' (assignment 'b')",
        ),
        (
            (violation(policyDefinitionName="a"), violation(policyDefinitionName="b", policyAssignmentDisplayName="B")),
            "Azure Policy 'a', 'b' (assignment 'B')",
        ),
        (("text",), "Azure Policy, by the names above,"),
        ((violation(policyDefinitionName=7),), "Azure Policy, by the names above,"),
        ((violation(policyDefinitionName="a\nb"),), "Azure Policy 'a\\nb'"),
        ([violation(policyDefinitionName="a")] * 9, "Azure Policy 'a', 'a', 'a', 'a', 'a'"),
    ],
)
def test_policies_that_deny_a_call_are_named(infos: tuple[object, ...], named: str) -> None:
    assert by_policy(*infos).hint == (
        f"{named} forbids it: change the manifest as the policy asks, or ask its administrator for an exemption."
    )


def test_refused_token_says_to_sign_in() -> None:
    error = failure(refusal(401, "InvalidAuthenticationToken", "The token is invalid."))

    assert error.hint.startswith("ARM refused the token.")


def test_unregistered_provider_names_the_command() -> None:
    text = "The subscription is not registered to use namespace 'Microsoft.ManagedIdentity'."

    error = failure(refusal(409, "MissingSubscriptionRegistration", text), method="PUT")

    assert error.hint == (
        "Run `az provider register --namespace Microsoft.ManagedIdentity"
        f" --subscription {SUBSCRIPTION}`, then run again."
    )


def test_namespace_that_is_no_name_does_not_get_into_the_command() -> None:
    error = failure(refusal(409, "MissingSubscriptionRegistration", "namespace 'x; rm -rf ~'"), method="PUT")

    assert "--namespace Microsoft.ManagedIdentity " in error.hint


def test_text_of_arm_is_passed_on_where_we_know_no_better() -> None:
    text = "The provided location 'cus' is not available for resource type 'x'."

    error = failure(refusal(400, "LocationNotAvailableForResourceType", text), method="PUT")

    assert error.message == f"creating {PATH}: 400 LocationNotAvailableForResourceType ({text})"


@pytest.mark.parametrize(
    ("code", "path", "words"),
    [
        ("InvalidApiVersionParameter", PATH, "Pass --api-version with one that ARM names above."),
        ("InvalidResourceType", PATH, "Pass --api-version with one that ARM names above."),
        ("NoRegisteredProviderFound", PATH, "Pass --api-version with one that ARM names above."),
        (
            "InvalidApiVersionParameter",
            "/subscriptions/s/providers/Microsoft.Authorization/locks",
            "This ARM does not know the api-version that this tool uses here: check --cloud and --endpoint.",
        ),
    ],
)
def test_api_version_that_is_not_known_names_the_flag_where_it_helps(code: str, path: str, words: str) -> None:
    refused = refusal(400, code, "The supported api-versions are '2023-01-31'.")

    with arm_client(refused) as (client, _), pytest.raises(ArmError) as raised:
        client.get(path, "1", dict)

    assert raised.value.hint == words


REGIONS = ",".join(["eastus", "northeurope", "westeurope", *(f"region{number}" for number in range(300))])


@pytest.mark.parametrize(
    ("code", "location", "listed", "meant"),
    [
        (
            "LocationNotAvailableForResourceType",
            "westeuropa",
            "List of available regions for the type is",
            True,
        ),
        ("NoRegisteredProviderFound", "West Europa", "The supported locations are", True),
        ("LocationNotAvailableForResourceType", "moon", "List of available regions for the type is", False),
    ],
)
def test_location_that_is_none_is_answered_with_the_region_that_is_meant(
    code: str, location: str, listed: str, meant: bool
) -> None:
    error = failure(refusal(400, code, f"The provided location '{location}' is not there. {listed} '{REGIONS}'."))

    general = "Correct `location` in the manifest: `az account list-locations -o table` prints all regions."
    assert error.hint == (f"Did you mean `westeurope`? {general}" if meant else general)
    assert error.message.endswith("...)")


def test_version_is_meant_where_the_location_is_a_region() -> None:
    message = f"No provider for location 'West Europe'. The supported locations are '{REGIONS}'."

    assert failure(refusal(400, "NoRegisteredProviderFound", message)).hint.startswith("Pass --api-version ")
