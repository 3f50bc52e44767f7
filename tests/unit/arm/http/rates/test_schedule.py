"""Threads that wait for their turns: each gets its own, and a request to stop ends all of them at once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.arm.http.rates.bucket import MARGIN_S
from reconciler.arm.http.rates.documented import limits_of
from reconciler.arm.http.rates.schedule import NoTimeLeftError, Refusal, Schedule, Wait
from reconciler.errors import Interrupted
from reconciler.stop import Stop
from tests.contract.virtual_time import VirtualTime
from tests.unit.arm.fakes import FakeTime

GROUP = "/subscriptions/s1/resourceGroups/rg"
ID = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a"
ASSOCIATED = f"{ID}/listAssociatedResources"
GRAPH = "/providers/Microsoft.ResourceGraph/resources"


def waits(time: FakeTime) -> Wait:
    return Wait(time.clock, time.sleep)


def test_each_call_waits_for_its_turn() -> None:
    time, schedule = FakeTime(), Schedule()

    for _ in range(3):
        schedule.wait_turn("POST", ASSOCIATED, waits(time))

    assert (time.slept_s, schedule.waited_s, schedule.tally.waited_s) == ([1.0, 1.0], 2.0, 2.0)


def test_calls_elsewhere_wait_for_nothing() -> None:
    time, schedule = FakeTime(), Schedule()

    for _ in range(1000):
        schedule.wait_turn("POST", "/tenant/oauth2/v2.0/token", waits(time))

    assert time.slept_s == []


def test_many_threads_go_one_after_another() -> None:
    time, schedule = VirtualTime(), Schedule()
    began_s = time.now_s
    went_s: list[float] = []

    def call(_: int) -> None:
        schedule.wait_turn("POST", ASSOCIATED, waits(time))
        with time.at_work():
            went_s.append(time.now_s - began_s)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(call, range(20)))

    assert len(went_s) == 20
    assert all(at_s >= number for number, at_s in enumerate(sorted(went_s)))


def test_request_to_stop_ends_every_wait_at_once() -> None:
    stop, schedule, began = Stop(), Schedule(), threading.Event()

    def sleep(seconds: float) -> None:
        began.set()
        stop.sleep(1000.0)

    def call(_: int) -> bool:
        try:
            schedule.wait_turn("POST", ASSOCIATED, Wait(lambda: 0.0, sleep))
        except Interrupted:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        calls = [pool.submit(call, number) for number in range(10)]
        began.wait(30)
        stop.request()
        went = [one.result(30) for one in calls]

    assert sorted(went) == [False] * 9 + [True]


def test_turn_that_comes_too_late_is_not_waited_for() -> None:
    time, schedule = FakeTime(), Schedule()
    ends_s = time.now_s + 0.5
    schedule.wait_turn("POST", ASSOCIATED, waits(time))

    with pytest.raises(NoTimeLeftError):
        schedule.wait_turn("POST", ASSOCIATED, Wait(time.clock, time.sleep, lambda: ends_s))

    assert time.slept_s == []


def test_turn_is_held_until_the_call_is_made() -> None:
    time, schedule = FakeTime(), Schedule()

    with schedule.turn("POST", ASSOCIATED, waits(time)):
        schedule.wait_turn("GET", ID, waits(time))
        schedule.wait_turn("POST", ASSOCIATED, waits(time))
        assert time.slept_s == []
    schedule.wait_turn("POST", ASSOCIATED, waits(time))

    assert time.slept_s == [1.0]


def test_turn_that_is_not_used_is_given_back() -> None:
    time, schedule = FakeTime(), Schedule()

    with schedule.turn("POST", ASSOCIATED, waits(time)):
        pass
    schedule.wait_turn("POST", ASSOCIATED, waits(time))

    assert time.slept_s == []


@pytest.mark.parametrize(("rates", "slept_s"), [("4", [0.25]), ("off", []), ("fast", [1.0]), ("0", [1.0])])
def test_sandbox_says_how_fast_it_is(rates: str, slept_s: list[float]) -> None:
    time, schedule = FakeTime(), Schedule()
    schedule.wait_turn("POST", ASSOCIATED, waits(time))

    schedule.note_answer("POST", ASSOCIATED, {"x-uami-sandbox-rates": rates}, time.now_s)
    schedule.note_answer("POST", ASSOCIATED, {}, time.now_s)  # such as a gateway's
    schedule.wait_turn("POST", ASSOCIATED, waits(time))

    assert time.slept_s == slept_s


def test_answers_say_what_is_left() -> None:
    time, schedule = FakeTime(), Schedule()
    left = {
        "x-ms-ratelimit-remaining-subscription-writes": "150",
        "x-ms-ratelimit-remaining-subscription-global-writes": "0",
        "x-ms-ratelimit-remaining-subscription-reads": "100",
    }

    schedule.note_answer("PUT", f"{GROUP}/x", left, time.now_s)
    for _ in range(3):
        schedule.wait_turn("PUT", f"{GROUP}/x", waits(time))

    assert time.slept_s == pytest.approx([0.1, 0.1])


def test_resource_graph_says_when_it_answers_again() -> None:
    time, schedule = FakeTime(), Schedule()
    quota = {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:00:04"}

    schedule.note_answer("POST", GRAPH, quota, time.now_s)
    schedule.wait_turn("POST", GRAPH, waits(time))

    assert time.slept_s == [4.0]


def test_refusals_are_counted_and_waited_for() -> None:
    time, schedule = FakeTime(), Schedule()
    because = "Request is temporarily throttled because subscription s1 has issued too many requests."

    schedule.note_refusal("PUT", ID, Refusal({}, because, 7.0), time.now_s)
    schedule.note_refusal("PUT", ID, Refusal({}, because, None), time.now_s)
    schedule.wait_turn("PUT", ID.replace("id-a", "id-b"), waits(time))

    assert time.slept_s == [7.0]
    assert (schedule.tally.sent, schedule.tally.refused) == (2, 2)


def test_last_of_many_calls_is_foreseen() -> None:
    schedule = Schedule()

    counts = Counter(limit for number in range(100) for limit in limits_of("PUT", f"{ID}{number}"))

    assert schedule.last_of_s(counts, 0.0) == 30.0 + MARGIN_S
