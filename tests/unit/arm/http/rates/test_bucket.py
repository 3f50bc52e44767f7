"""What a bucket has left, and what answers teach it."""

import math

import pytest

from reconciler.arm.http.rates.bucket import MARGIN_S, RECOVERS_S, Bucket, Rate

RATE = Rate(capacity=40, refill_per_s=2)


def drained(now_s: float = 0.0) -> Bucket:
    bucket = Bucket(RATE, now_s)
    bucket.lower_to(0.0, now_s, 1.0)
    return bucket


def taken_at_once(bucket: Bucket, now_s: float, speed: float = 1.0) -> int:
    count = 0
    while bucket.wait_s(now_s, speed) == 0:
        bucket.take()
        count += 1
    return count


def test_burst_is_what_it_holds_but_for_the_margin() -> None:
    assert taken_at_once(Bucket(RATE, 0.0), 0.0) == math.floor(40 - 2 * MARGIN_S)


@pytest.mark.parametrize(("speed", "wait_s"), [(1.0, 0.5), (4.0, 0.125), (0.5, 1.0), (math.inf, 0.0)])
def test_empty_one_has_the_next_token_after_its_time(speed: float, wait_s: float) -> None:
    bucket = drained()

    assert bucket.wait_s(0.0, speed) == wait_s
    assert bucket.wait_s(wait_s, speed) == 0.0


def test_call_that_is_not_made_leaves_what_it_was_counted_for() -> None:
    bucket = drained()
    assert bucket.wait_s(0.5, 1.0) == 0.0
    bucket.take()

    bucket.give_back()

    assert bucket.wait_s(0.5, 1.0) == 0.0


def test_it_is_never_fuller_than_an_answer_says() -> None:
    bucket = Bucket(RATE, 0.0)

    bucket.lower_to(3.0, 0.0, 1.0)
    bucket.lower_to(7.0, 0.0, 1.0)

    assert taken_at_once(bucket, 0.0) == 3


def test_one_refusal_is_waited_for_and_slows_nothing() -> None:
    bucket = Bucket(RATE, 0.0)

    bucket.refuse(0.0, 4.0, 1.0)

    assert bucket.wait_s(0.0, 1.0) == 4.0
    assert taken_at_once(bucket, 4.0) == 7


def test_refusals_that_go_on_slow_it_and_those_that_came_together_count_once() -> None:
    bucket = Bucket(RATE, 0.0)

    for at_s in (0.0, 1.0, 1.0, 1.1):
        bucket.admit()
        bucket.refuse(at_s, 1.0, 1.0)
    bucket.lower_to(0.0, 2.1, 1.0)

    assert 0.9 < bucket.wait_s(2.1, 1.0) <= 1.0


def test_refusals_alone_slow_nothing_since_another_run_would_have_it_all() -> None:
    bucket = drained()

    for at_s in range(20):
        bucket.refuse(float(at_s), 1.0, 1.0)
    bucket.lower_to(0.0, 20.0, 1.0)

    assert bucket.wait_s(20.0, 1.0) == 0.5


def test_slowed_one_gets_its_pace_back() -> None:
    bucket = drained()
    for at_s in (0.0, 1.0):
        bucket.admit()
        bucket.refuse(at_s, 1.0, 1.0)

    bucket.wait_s(2 + RECOVERS_S, 1.0)
    bucket.lower_to(0.0, 2 + RECOVERS_S, 1.0)

    assert bucket.wait_s(2 + RECOVERS_S, 1.0) == 0.5


def test_last_of_many_calls_waits_for_all_before_it() -> None:
    assert Bucket(RATE, 0.0).last_of_s(100, 0.0, 1.0) == 30.0 + MARGIN_S
    assert Bucket(RATE, 0.0).last_of_s(100, 0.0, 10.0) == 3.0 + MARGIN_S
    assert Bucket(RATE, 0.0).last_of_s(100, 0.0, math.inf) == 0.0
    assert Bucket(RATE, 0.0).last_of_s(10, 0.0, 1.0) == 0.0


def test_only_a_full_one_that_nothing_holds_may_be_forgotten() -> None:
    held = Bucket(RATE, 0.0)
    held.hold(100.0)

    assert Bucket(RATE, 0.0).is_as_new(0.0, 1.0)
    assert not drained().is_as_new(1.0, 1.0)
    assert drained().is_as_new(20.0, 1.0)
    assert (held.is_as_new(50.0, 1.0), held.is_as_new(100.0, 1.0)) == (False, True)


def test_emptiness_goes_from_nothing_to_one() -> None:
    assert Bucket(RATE, 0.0).emptiness(0.0, math.inf) == 0.0
    assert drained().emptiness(0.0, 1.0) == 1.0
