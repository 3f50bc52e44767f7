"""A sign-in log that ARM does not serve: Log Analytics itself is asked, and it makes no difference to what is said."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from reconciler.arm.http.client import ArmClient, OtherService
from reconciler.arm.login.auth import CachedCredentialAuth
from reconciler.arm.login.credentials import Token, TokenSource
from reconciler.errors import ArmError, AuthError, LoginError, NoServiceToken
from reconciler.live.azure import Azure
from reconciler.outputs.unused.judge import Verdict
from reconciler.sandbox.log_analytics.query import READ, READ_TABLE
from reconciler.workflow.plan import run_plan
from reconciler.workflow.unused import run_unused
from tests.contract.arm import Arm, OpenArm, contents
from tests.contract.faults import ALWAYS, Behaviour, Fault, Forward, answer, answer_body
from tests.contract.impact import without
from tests.contract.test_sign_in_logs import (
    QUERY,
    WORKSPACE,
    codes,
    declared,
    logged,
    row,
    said,
    verdicts,
    with_log,
)

GONE = answer(404, "InvalidResourceType", "No such resource type.")
OWN = "/query"
"""The end of the path at the service itself, and of the one at ARM as well."""

START = with_log(contents("id-api", "id-old"), row("id-old", 3))


def beside(arm: Arm) -> Azure:
    """The live side, the log named, with Log Analytics at the same place."""
    client = ArmClient(arm.client.http, arm.time.wall)
    return with_service(arm, OtherService(lambda: client))


def with_service(arm: Arm, service: OtherService) -> Azure:
    azure = logged(arm)
    return replace(azure, resources=replace(azure.resources, logs=service))


def cut_off(behaviour: Behaviour = GONE) -> Fault:
    """ARM answers so to each query."""
    return Fault("POST", QUERY, behaviour, times=ALWAYS)


def queries(arm: Arm) -> list[str]:
    """Whom the queries that arrived were sent to, in order."""
    posted = [one.path.partition("?")[0] for one in arm.application.requests if one.method == "POST"]
    return ["service" if path.startswith("/v1/") else "ARM" for path in posted if path.endswith(OWN)]


@pytest.mark.parametrize(
    "refusal",
    [
        GONE,
        answer(404, "PathNotFoundError", "The requested path does not exist"),
        answer(404),
        answer(405, "MethodNotAllowed"),
        answer(410, "Gone"),
        answer(400, "NoRegisteredProviderFound", "No registered resource provider found for API version."),
        answer(400, "InvalidApiVersionParameter", "The api-version is invalid."),
        answer(501, "NotServedBySandbox"),
    ],
)
def test_service_is_asked_where_arm_does_not_serve_the_query(refusal: Behaviour, arm: OpenArm) -> None:
    asked_of_arm: list[str] = []

    def refuse(request: httpx.Request, forward: Forward) -> httpx.Response:
        asked_of_arm.append(request.url.path)
        return refusal(request, forward)

    opened = arm(START, cut_off(refuse))

    plan = run_plan(declared(), beside(opened))

    assert codes(plan) == [("recently-used", "id-old")]
    assert said(plan, "id-old") == "3 days ago, for Azure Key Vault"
    assert (len(asked_of_arm), queries(opened)) == (1, ["service", "service"])


def test_service_is_not_asked_where_arm_answers(arm: OpenArm) -> None:
    opened = arm(START)

    assert said(run_plan(declared(), beside(opened)), "id-old") == "3 days ago, for Azure Key Vault"
    assert queries(opened) == ["ARM", "ARM"]


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (
            answer(403, "AuthorizationFailed", f"No right to perform action '{READ}' over scope '/x'."),
            f"missing {READ}",
        ),
        (answer(403, "InsufficientAccessError", "Insufficient access."), f"missing {READ}"),
        (answer(404, "ResourceNotFound", "No such workspace."), "404 ResourceNotFound"),
        (answer(404, "ResourceGroupNotFound", "No such group."), "404 ResourceGroupNotFound"),
        (answer(400, "BadArgumentError", "The request had some invalid properties"), "400 BadArgumentError"),
        (answer(500, "InternalServerError"), "500 InternalServerError"),
        (answer_body({"tables": []}), "no usable answer"),
    ],
)
def test_any_other_answer_of_arm_is_what_it_says(refusal: Behaviour, words: str, arm: OpenArm) -> None:
    opened = arm(START, cut_off(refusal))

    assert said(run_plan(declared(), beside(opened)), "id-old") == f"not read, because {words}"
    assert queries(opened) == []


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (READ, f"missing {READ}"),
        (READ_TABLE, "400 BadArgumentError"),
        ("Microsoft.OperationalInsights/workspaces/read", "missing Microsoft.OperationalInsights/workspaces/read"),
    ],
)
def test_without_a_right_the_plan_says_so_and_nothing_is_lifted(missing: str, words: str, arm: OpenArm) -> None:
    opened = arm(replace(START, permissions=(without(missing),)), cut_off())

    plan = run_plan(declared(), beside(opened))

    assert said(plan, "id-old") == f"not read, because {words}"
    with pytest.raises(ArmError) as refused:
        run_unused(declared(), beside(opened), 30)
    assert missing in f"{refused.value.message} {refused.value.hint}"


def no_token() -> Token:
    raise LoginError("AADSTS500011: the resource was not found in the tenant.", "Ask for consent.")


def refused_client() -> ArmClient:
    """A client whose login gives no token."""
    url = "https://api.loganalytics.io"
    auth = CachedCredentialAuth(TokenSource(no_token, renewable=False), endpoint=url, clock=lambda: 0.0)
    return ArmClient(httpx.Client(base_url=url, auth=auth), lambda: 0.0)


@pytest.mark.parametrize(
    ("make", "because"),
    [
        (lambda: OtherService(why_not="there is no way"), "(404 InvalidResourceType), and there is no way"),
        (lambda: OtherService(refused_client), ", and there is no token for Log Analytics"),
    ],
)
def test_without_a_token_for_the_service_the_plan_says_so_and_goes_on(
    make: Callable[[], OtherService], because: str, arm: OpenArm
) -> None:
    opened = arm(START, cut_off())

    azure = with_service(opened, make())

    assert said(run_plan(declared(), azure), "id-old").endswith(because)
    with pytest.raises(NoServiceToken) as refused:
        run_unused(declared(), azure, 30)
    assert isinstance(refused.value, AuthError)
    assert queries(opened) == []


def test_token_that_the_service_refuses_ends_no_plan(arm: OpenArm) -> None:
    opened = arm(START, cut_off(), Fault("POST", OWN, answer(401, "AuthenticationFailed"), times=ALWAYS))

    plan = run_plan(declared(), beside(opened))

    assert said(plan, "id-old").endswith("and there is no token for Log Analytics")


@pytest.mark.parametrize("guid", ["../../x", "", None, 7])
def test_workspace_without_a_usable_guid_is_not_read(guid: object, arm: OpenArm) -> None:
    shown = answer_body({"id": str(WORKSPACE), "properties": {"customerId": guid}})
    opened = arm(START, cut_off(), Fault("GET", "/workspaces/logs", shown, times=ALWAYS))

    assert said(run_plan(declared(), beside(opened)), "id-old") == "not read, because no usable answer"
    assert queries(opened) == []


def test_workspace_that_is_not_there_is_an_error_by_either_way(arm: OpenArm) -> None:
    opened = arm(contents("id-api"), cut_off())

    with pytest.raises(ArmError, match="ResourceNotFound"):
        run_unused(declared(), beside(opened), 30)


def test_unused_is_the_same_by_either_way(arm: OpenArm) -> None:
    opened = arm(with_log(contents("id-api"), row("id-api", 3)), cut_off())

    found = run_unused(declared(), beside(opened), 30)

    assert verdicts(found) == {"id-api": Verdict.USED}
    assert queries(opened) == ["service", "service"]
