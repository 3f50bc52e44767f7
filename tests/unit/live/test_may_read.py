"""Permissions are asked for once in a phase, and a refusal is worded the same in every run."""

import threading

import httpx
import pytest

from reconciler.arm.http.client import ArmClient
from reconciler.errors import (
    ArmAuthError,
    ArmError,
    ArmLoginError,
    AuthError,
    CallFailed,
    LoginError,
    NoServiceToken,
    NotFound,
    OutOfTime,
)
from reconciler.live.may_read import MayRead, why_not
from reconciler.parallel import Pool
from tests.unit.arm.fakes import FakeTime, answer, arm_client, http_client, refusal

READ = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
SCOPE = "/subscriptions/S"


def granting(*actions: str) -> httpx.Response:
    """ARM's word on what the caller may do."""
    return answer(200, {"value": [{"actions": list(actions), "notActions": []}]})


def test_scope_is_asked_once_however_it_is_spelled() -> None:
    with arm_client(granting("*/read")) as (client, arm):
        may_read = MayRead(client)

        assert may_read.allows(SCOPE, READ)
        assert may_read.why_not(f"{SCOPE.upper()}/", READ) is None
        assert not may_read.allows(SCOPE, "a/write")

    assert len(arm.requests) == 1


def test_threads_that_ask_at_once_make_one_request() -> None:
    asked: list[str] = []
    everybody = threading.Barrier(4)

    def script(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        threading.Event().wait(0.05)
        return granting("*/read")

    def ask(_: int) -> bool:
        everybody.wait(10)
        return may_read.allows(SCOPE, READ)

    time = FakeTime()
    with http_client(script, time=time) as http:
        may_read = MayRead(ArmClient(http, time.clock))

        assert Pool(4).map(ask, range(4)) == [True] * 4

    assert len(asked) == 1


def test_scopes_do_not_wait_for_each_other() -> None:
    both = threading.Barrier(2)

    def script(_: httpx.Request) -> httpx.Response:
        both.wait(10)
        return granting("*/read")

    time = FakeTime()
    with http_client(script, time=time) as http:
        may_read = MayRead(ArmClient(http, time.clock))

        assert Pool(2).map(lambda scope: may_read.allows(scope, READ), [SCOPE, "/subscriptions/T"]) == [True, True]


def test_who_may_not_even_ask_may_not_and_is_asked_about_once() -> None:
    with arm_client(refusal(403, "AuthorizationFailed")) as (client, arm):
        may_read = MayRead(client)

        assert may_read.why_not(SCOPE, READ) == f"missing {READ}"
        assert not may_read.allows(SCOPE, READ)
        with pytest.raises(AuthError):
            may_read.permissions_at(SCOPE)

    assert len(arm.requests) == 1


def test_scope_that_is_gone_stays_gone() -> None:
    with arm_client(refusal(404, "ResourceGroupNotFound")) as (client, arm):
        may_read = MayRead(client)
        for _ in range(2):
            with pytest.raises(NotFound):
                may_read.why_not(SCOPE, READ)

    assert len(arm.requests) == 1


def test_failure_that_may_pass_is_not_kept() -> None:
    time = FakeTime()
    healthy = False

    def script(_: httpx.Request) -> httpx.Response:
        return granting("*/read") if healthy else refusal(500, "Oops")

    with http_client(script, time=time) as http:
        may_read = MayRead(ArmClient(http, time.clock))
        assert may_read.why_not(SCOPE, READ) == "500 Oops"
        healthy = True

        assert may_read.why_not(SCOPE, READ) is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ArmAuthError("x: 403 (... at 12:00)", status=403, missing_action="a/read"), "missing a/read"),
        (ArmAuthError("x: 403 D (... at 12:00)", status=403, arm_code="D"), "403 D"),
        (NoServiceToken("x: 404 (at 12:00)", "Sign in.", "there is no token for it"), "there is no token for it"),
        (ArmError("x: 400 BadRequest (at 12:00)", status=400, arm_code="BadRequest"), "400 BadRequest"),
        (ArmError("x: 502 (at 12:00)", status=502), "502"),
        (ArmError("x: no answer (ConnectError: port 51234)"), "no usable answer"),
        (ArmError("x: 429 429 (at 12:00)", status=429, arm_code="429"), "429"),
        (AuthError("closed (at 12:00)"), "not allowed"),
    ],
)
def test_reason_has_nothing_of_the_one_request(error: ArmError | AuthError, words: str) -> None:
    assert why_not(error) == words


@pytest.mark.parametrize(
    "error",
    [
        LoginError("AADSTS700016 (Timestamp: 12:00)"),
        ArmLoginError("x: 401 (at 12:00)", status=401, arm_code="ExpiredAuthenticationToken"),
        OutOfTime("over"),
    ],
)
def test_what_ends_the_run_is_no_reason_why_something_was_not_read(error: CallFailed) -> None:
    with pytest.raises(type(error)):
        why_not(error)


def test_refused_token_says_nothing_of_rights() -> None:
    with arm_client(refusal(401, "ExpiredAuthenticationToken")) as (client, _):
        may_read = MayRead(client)
        with pytest.raises(LoginError):
            may_read.allows(SCOPE, READ)
        with pytest.raises(LoginError):
            may_read.why_not(SCOPE, READ)
