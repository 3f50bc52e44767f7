"""What is sent again, when, and what never is."""

import logging
import ssl
from collections.abc import Iterator

import httpx
import pytest

from reconciler.arm.http.receive import CallEnded
from reconciler.arm.http.retry import RetryPolicy, parse_retry_after
from reconciler.arm.http.retry_transport import REPEATABLE
from reconciler.errors import Interrupted
from tests.unit.arm.fakes import FakeArm, FakeTime, answer, http_client

NOW_S = 1_000_000.0


class BrokenBody(httpx.SyncByteStream):
    """A body that ends before its end, and remembers being closed."""

    def __init__(self) -> None:
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"val'
        raise httpx.RemoteProtocolError("peer closed connection")

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(("attempt", "delay_s"), [(1, 0.25), (2, 0.5), (3, 1.0), (5, 4.0)])
def test_policy_doubles_the_wait_with_each_attempt(attempt: int, delay_s: float) -> None:
    assert RetryPolicy().delay_s(attempt, None, jitter=0.0) == delay_s


def test_policy_spreads_waits_by_jitter() -> None:
    assert RetryPolicy().delay_s(3, None, jitter=0.5) == 1.5


def test_policy_caps_waits_of_its_own() -> None:
    assert RetryPolicy(attempts=100, cap_s=30.0).delay_s(50, None, jitter=1.0) == 30.0


def test_policy_waits_what_the_service_asks_even_above_the_cap() -> None:
    assert RetryPolicy().delay_s(1, 45.0, jitter=0.5) == 45.25


def test_policy_backs_off_where_the_service_asks_for_no_wait() -> None:
    assert RetryPolicy().delay_s(2, 0.0, jitter=0.0) == 0.5


def test_policy_gives_up_after_the_last_attempt() -> None:
    assert RetryPolicy(attempts=6).delay_s(6, None, jitter=0.0) is None


def test_policy_gives_up_rather_than_wait_beyond_its_budget() -> None:
    assert RetryPolicy(budget_s=180.0).delay_s(1, 181.0, jitter=0.0) is None


def test_policy_counts_the_time_that_has_passed_against_its_budget() -> None:
    policy = RetryPolicy(budget_s=180.0)

    delays = [policy.delay_s(1, 10.0, jitter=0.0, elapsed_s=elapsed_s) for elapsed_s in (170.0, 170.1)]

    assert delays == [10.0, None]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("2", 2.0),
        (" 2 ", 2.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Mon, 12 Jan 1970 13:46:50 GMT", 10.0),
        ("Mon, 12 Jan 1970 13:46:50 -0000", 10.0),
        ("Mon, 12 Jan 1970 13:46:30 GMT", 0.0),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW_S) == seconds


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_read_is_sent_again_after_a_transient_answer(status: int) -> None:
    time, arm = FakeTime(), FakeArm([answer(status), answer(200, {})])

    with http_client(arm, time=time) as client:
        response = client.get("/x")

    assert (response.status_code, time.slept_s) == (200, [0.25])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 501])
def test_read_is_not_sent_again_after_a_final_answer(status: int) -> None:
    time, arm = FakeTime(), FakeArm([answer(status)])

    with http_client(arm, time=time) as client:
        response = client.get("/x")

    assert (response.status_code, time.slept_s) == (status, [])


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
    ],
)
def test_read_is_sent_again_after_a_lost_connection(error: Exception) -> None:
    arm = FakeArm([error, answer(200, {})])

    with http_client(arm) as client:
        response = client.get("/x")

    assert (response.status_code, len(arm.requests)) == (200, 2)


def test_read_with_a_body_cut_off_is_sent_again_and_the_first_answer_closed() -> None:
    broken = BrokenBody()
    arm = FakeArm([httpx.Response(200, stream=broken), answer(200, {"value": []})])

    with http_client(arm) as client:
        response = client.get("/x")

    assert (response.json(), broken.closed) == ({"value": []}, True)


def test_each_attempt_has_its_own_client_request_id_and_the_correlation_id_of_the_run() -> None:
    arm = FakeArm([answer(503), answer(503), answer(200, {})])

    with http_client(arm) as client:
        client.get("/x")

    assert arm.client_request_ids == ["id-1", "id-2", "id-3"]
    assert {request.headers["x-ms-correlation-request-id"] for request in arm.requests} == {
        "c0rre1a7-0000-0000-0000-000000000000"
    }


def test_read_gives_back_the_last_answer_when_the_attempts_are_used_up() -> None:
    time, arm = FakeTime(), FakeArm([answer(503)] * 6)

    with http_client(arm, time=time) as client:
        response = client.get("/x")

    assert (response.status_code, time.slept_s) == (503, [0.25, 0.5, 1.0, 2.0, 4.0])


def test_read_raises_the_last_error_when_the_attempts_are_used_up() -> None:
    arm = FakeArm([httpx.ReadTimeout("slow")] * 2)

    with http_client(arm, policy=RetryPolicy(attempts=2)) as client, pytest.raises(httpx.ReadTimeout):
        client.get("/x")

    assert len(arm.requests) == 2


def test_retry_after_of_an_error_is_waited() -> None:
    time, arm = FakeTime(), FakeArm([answer(429, {}, {"Retry-After": "7"}), answer(200, {})])

    with http_client(arm, time=time) as client:
        client.get("/x")

    assert time.slept_s == [7.0]


def test_refusal_for_the_number_of_calls_is_waited_for_without_limit_of_attempts() -> None:
    throttled = answer(429, {}, {"Retry-After": "10"})
    time, arm = FakeTime(), FakeArm([*[throttled] * 100, answer(503), answer(200, {})])

    with http_client(arm, time=time) as client:
        response = client.get("/x")

    # What was waited for is no failure: the first one that counts has all of its attempts and time before it.
    assert (response.status_code, time.slept_s) == (200, [10.0] * 100 + [0.25])


def test_refusal_without_a_time_to_wait_is_backed_off_from_as_often_as_it_comes() -> None:
    time, arm = FakeTime(), FakeArm([*[answer(429)] * 100, answer(200, {})])

    with http_client(arm, time=time) as client:
        response = client.get("/x")

    assert (response.status_code, time.slept_s[:4], time.slept_s[-1]) == (200, [0.25, 0.5, 1.0, 2.0], 15.0)


@pytest.mark.parametrize(("asked_s", "calls"), [("3601", 1), ("900", 4)])
def test_refusal_is_given_back_once_the_run_has_no_time_for_the_wait_and_nothing_is_read_after_it(
    asked_s: str, calls: int, caplog: pytest.LogCaptureFixture
) -> None:
    arm = FakeArm([answer(429, {}, {"Retry-After": asked_s})] * 10)

    with caplog.at_level(logging.INFO, "reconciler.arm"), http_client(arm) as client:
        response = client.get("/x")
        with pytest.raises(CallEnded) as raised:
            client.get("/y")

    assert (response.status_code, len(arm.requests)) == (429, calls)
    said = [record.getMessage() for record in caplog.records if record.name == "reconciler.arm"]
    assert said[:-1] == [f"GET /x: answered 429; again in {asked_s}.0 s"] * (calls - 1)
    assert said[-1] == f"GET /x: answered 429; giving up, {asked_s}.0 s are too long: a run may take 1h"
    assert str(raised.value) == "not asked: the time of the run (1h) is over"


def test_waits_for_the_same_time_end_at_different_instants() -> None:
    assert [RetryPolicy().throttled_delay_s(1, 4.0, jitter) for jitter in (0.0, 0.5)] == [4.0, 4.5]


def test_call_waits_where_two_of_its_kind_in_its_subscription_were_asked_to_wait() -> None:
    time = FakeTime()
    asked: list[tuple[str, float]] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path, time.now_s - 1_000_000.0))
        return answer(429, {}, {"Retry-After": "5"}) if request.url.path[-1] in "ab" else answer(200, {})

    with http_client(serve, time=time) as client:
        client.put("/subscriptions/s/a")
        client.put("/subscriptions/s/c")
        client.put("/subscriptions/s/b")
        client.put("/subscriptions/other/c")
        client.get("/subscriptions/s/c")
        client.put("/subscriptions/s/c")

    assert [at_s for _, at_s in asked] == [0.0, 0.0, 0.0, 0.0, 0.0, 5.0]


def test_read_whose_turn_comes_after_the_time_of_the_run_is_not_asked() -> None:
    time, arm = FakeTime(), FakeArm([answer(429, {}, {"Retry-After": "4000"})] * 2)

    with http_client(arm, time=time) as client:
        client.put("/subscriptions/s/a")
        client.put("/subscriptions/s/b")
        with pytest.raises(CallEnded, match="the time of the run"):
            client.post("/subscriptions/s/c", extensions={REPEATABLE: True})

    assert time.slept_s == []


@pytest.mark.parametrize("by_s", [-45.0, 3600.0, -86_400.0])
def test_wall_clock_that_is_set_anew_neither_ends_retries_early_nor_makes_them_wait(by_s: float) -> None:
    time = FakeTime()
    script = [answer(503), answer(429, {}, {"Retry-After": "2"}), answer(503), answer(200, {})]

    def serve(request: httpx.Request) -> httpx.Response:
        time.wall_set_by_s += by_s
        return script.pop(0)

    with http_client(serve, time=time) as client:
        response = client.get("/x")

    assert (response.status_code, time.slept_s) == (200, [0.25, 2.0, 0.5])


def test_date_to_wait_for_is_of_the_wall_clock() -> None:
    time = FakeTime(wall_set_by_s=-10.0)
    arm = FakeArm([answer(429, {}, {"Retry-After": "Mon, 12 Jan 1970 13:46:50 GMT"}), answer(200, {})])

    with http_client(arm, time=time) as client:
        client.get("/x")

    assert time.slept_s == [20.0]


def test_prompt_takes_nothing_from_the_time_of_the_run() -> None:
    time = FakeTime()
    retries = time.retries()
    retries.budget.start(time.clock())

    with retries.paused():
        time.now_s += 10_000.0

    assert retries.left_s == 3600.0


def test_retry_after_of_a_success_is_not_waited() -> None:
    time, arm = FakeTime(), FakeArm([answer(200, {}, {"Retry-After": "7"})])

    with http_client(arm, time=time) as client:
        client.get("/x")

    assert time.slept_s == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("step", [answer(503), answer(429, {}, {"Retry-After": "1"}), answer(408)])
def test_write_is_sent_once_whatever_is_answered(method: str, step: httpx.Response) -> None:
    time, arm = FakeTime(), FakeArm([step])

    with http_client(arm, time=time) as client:
        response = client.request(method, "/x")

    assert (response.status_code, len(arm.requests), time.slept_s) == (step.status_code, 1, [])


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow")])
def test_write_is_sent_once_whatever_breaks(method: str, error: Exception) -> None:
    arm = FakeArm([error])

    with http_client(arm) as client, pytest.raises(type(error)):
        client.request(method, "/x")

    assert len(arm.requests) == 1


def test_untrusted_certificate_is_not_tried_again() -> None:
    error = httpx.ConnectError("certificate verify failed")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")
    arm = FakeArm([error])

    with http_client(arm) as client, pytest.raises(httpx.ConnectError):
        client.get("/x")

    assert len(arm.requests) == 1


def test_interruption_while_waiting_passes_through() -> None:
    class StoppedTime(FakeTime):
        def sleep(self, seconds: float) -> None:
            raise Interrupted(f"stopped in a wait of {seconds} s")

    arm = FakeArm([answer(503)])

    with http_client(arm, time=StoppedTime()) as client, pytest.raises(Interrupted):
        client.get("/x")


def test_every_retry_is_logged_at_info(caplog: pytest.LogCaptureFixture) -> None:
    arm = FakeArm([answer(503), httpx.ReadTimeout("slow"), answer(200, {})])

    with caplog.at_level(logging.INFO, "reconciler.arm"), http_client(arm) as client:
        client.get("/x", params={"api-version": "1"})

    assert [record.getMessage() for record in caplog.records if record.name == "reconciler.arm"] == [
        "GET /x: answered 503; attempt 2 of 6 in 0.2 s",
        "GET /x: ReadTimeout; attempt 3 of 6 in 0.5 s",
    ]


def test_every_request_is_logged_at_debug_without_query_headers_or_body(caplog: pytest.LogCaptureFixture) -> None:
    arm = FakeArm([answer(200, {"secret": "body"}), httpx.ConnectError("refused")])

    with caplog.at_level(logging.DEBUG, "reconciler.arm"), http_client(arm) as client:
        client.get("/a%0Ab", params={"api-version": "1"})
        with pytest.raises(httpx.ConnectError):
            client.put("/x", json={"secret": "body"})

    assert [record.getMessage() for record in caplog.records if record.name == "reconciler.arm"] == [
        "GET /a%0Ab 200 0 ms id-1",
        "PUT /x no answer, ConnectError 0 ms id-2",
    ]
