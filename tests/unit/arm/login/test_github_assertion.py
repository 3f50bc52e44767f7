"""What a job of GitHub Actions asks about itself."""

import json
import logging
from collections.abc import Sequence

import pytest

from reconciler.arm.http.retry import Retries, RetryPolicy
from reconciler.arm.login.github_assertion import request_assertion
from reconciler.errors import AuthError
from reconciler.stop import Stop
from tests.unit.arm.fakes import FakeTime, raw_server

REQUEST_TOKEN = "request-token-0123456789"
AUDIENCE = "api://AzureADTokenExchange"
PATH = "/idtoken?api-version=2.0"


def reply(status: str, body: object) -> bytes:
    """A whole answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode() + content


def ask(
    *replies: bytes, time: FakeTime | None = None, policy: RetryPolicy | None = None
) -> tuple[str, Sequence[bytes]]:
    """The assertion, and the heads of the requests for it."""
    with raw_server(*replies) as (url, heads):
        retries = (time or FakeTime()).retries(policy)
        return request_assertion(url + PATH, REQUEST_TOKEN, AUDIENCE, retries), heads


def told_by(*replies: bytes) -> AuthError:
    """The error where there is no assertion."""
    with pytest.raises(AuthError) as raised:
        ask(*replies, policy=RetryPolicy(attempts=len(replies)))
    return raised.value


def test_assertion_is_asked_for_the_audience_with_the_token_of_the_job() -> None:
    assertion, heads = ask(reply("200 OK", {"count": 9, "value": "assertion"}))

    head = heads[0].decode()
    assert assertion == "assertion"
    assert head.startswith("GET /idtoken?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange HTTP/1.1\r\n")
    assert f"\r\nAuthorization: Bearer {REQUEST_TOKEN}\r\n" in head


HEADER, PAYLOAD = "eyJhbGciOiJub25lIn0", "eyJpc3MiOiJodHRwczovL3gifQ"


@pytest.mark.parametrize("status", ["201 Created", "302 Found", "400 Bad Request"])
@pytest.mark.parametrize("body", [{"value": f"{HEADER}.{PAYLOAD}.c2ln"}, f"{HEADER}\n{PAYLOAD}\nc2ln".encode()])
def test_assertion_in_an_answer_that_is_none_is_never_quoted(status: str, body: object) -> None:
    told = told_by(reply(status, body)).message

    assert f"it answered {status[:3]} " in told
    assert (HEADER in told, PAYLOAD in told, "[token]" in told) == (False, False, True)


def test_service_that_is_busy_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    time = FakeTime()

    with caplog.at_level(logging.INFO, "reconciler.arm"):
        assertion, heads = ask(reply("503 Busy", {}), b"", reply("200 OK", {"value": "assertion"}), time=time)

    assert (assertion, len(heads), time.slept_s) == ("assertion", 3, [0.25, 0.5])
    assert [record.getMessage() for record in caplog.records] == [
        "GET /idtoken: answered 503; attempt 2 of 6 in 0.2 s",
        "GET /idtoken: RemoteProtocolError; attempt 3 of 6 in 0.5 s",
    ]


def test_service_that_stays_busy_is_told() -> None:
    told = told_by(reply("503 Busy", b"later"), reply("503 Busy", b"later"))

    assert told.message == "GitHub Actions gave no assertion about this job: it answered 503 later"


def test_stop_while_it_waits_is_told_as_a_login_that_failed() -> None:
    stop = Stop()
    stop.request()
    retries = Retries(FakeTime().clock, stop.sleep, lambda: 0.0, FakeTime().clock)

    with raw_server(reply("503 Busy", b"")) as (url, _), pytest.raises(AuthError) as raised:
        request_assertion(url + PATH, REQUEST_TOKEN, AUDIENCE, retries)

    assert raised.value.message == (
        "GitHub Actions gave no assertion about this job: the run was asked to stop while it waited for an answer."
    )


def test_refusal_is_told_without_the_token_that_it_repeats() -> None:
    told = told_by(reply("403 Forbidden", f"not you, Bearer {REQUEST_TOKEN}".encode()))

    assert told.message == ("GitHub Actions gave no assertion about this job: it answered 403 not you, Bearer [token]")
    assert "`permissions: id-token: write`" in told.hint


def test_redirect_is_not_followed() -> None:
    told = told_by(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    assert told.message == "GitHub Actions gave no assertion about this job: it answered 302"


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"{", "the body is not JSON"), (b"[]", "the body is not an object"), ({"value": ""}, "`value` is not a text")],
)
def test_answer_without_an_assertion_is_told(body: object, reason: str) -> None:
    told = told_by(reply("200 OK", body))

    assert told.message == f"GitHub Actions gave no assertion about this job: its answer is malformed: {reason}"


def test_connection_that_fails_is_told_without_the_token() -> None:
    told = told_by(b"")

    assert told.message.startswith("GitHub Actions gave no assertion about this job: RemoteProtocolError: ")
    assert REQUEST_TOKEN not in told.message
