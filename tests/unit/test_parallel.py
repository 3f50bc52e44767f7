"""Calls side by side: all results in order, or all errors in one."""

import threading
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import ArmError, Interrupted, ReconcilerError, UsageError
from reconciler.parallel import Lanes, Pool

PATIENCE_S = 60.0


def test_results_come_in_order_of_the_items() -> None:
    second_is_done = threading.Event()

    def double(item: int) -> int:
        if item == 1:
            second_is_done.wait(PATIENCE_S)
        else:
            second_is_done.set()
        return 2 * item

    assert Pool(2).map(double, [1, 2]) == [2, 4]


def test_each_item_comes_with_its_result() -> None:
    assert Pool(2).pairs(lambda item: 2 * item, [2, 1]) == [(2, 4), (1, 2)]


def test_nothing_to_do_gives_nothing() -> None:
    assert Pool(3).map(str, []) == []


def test_no_more_calls_than_asked_are_under_way() -> None:
    lock, under_way, most = threading.Lock(), 0, 0

    def call(_: int) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        threading.Event().wait(0.002)
        with lock:
            under_way -= 1

    Pool(3).map(call, range(20))

    assert most <= 3


def test_every_failure_is_told_in_the_first_one() -> None:
    def fail(item: str) -> None:
        if item != "fine":
            raise ArmError(f"reading {item}: 500", status=500)

    with pytest.raises(ArmError) as failure:
        Pool(4).map(fail, ["fine", "rg-a", "rg-b", "rg-a"])

    assert failure.value.message == "reading rg-a: 500\nreading rg-b: 500"


def test_first_failure_by_order_of_the_items_is_the_one_raised() -> None:
    errors: dict[int, ReconcilerError] = {1: UsageError("first"), 2: ArmError("second")}
    second_has_failed = threading.Event()

    def fail(item: int) -> None:
        if item == 1:
            second_has_failed.wait(PATIENCE_S)
        else:
            second_has_failed.set()
        raise errors[item]

    with pytest.raises(UsageError) as failure:
        Pool(2).map(fail, [1, 2])

    assert failure.value.message == "first\nsecond"


def test_error_of_our_own_keeps_its_type() -> None:
    with pytest.raises(ZeroDivisionError):
        Pool(1).map(lambda item: 1 // item, [0])


def test_nothing_more_is_begun_once_the_run_was_asked_to_stop() -> None:
    begun: list[int] = []

    def call(item: int) -> None:
        begun.append(item)
        raise Interrupted("stop")

    with pytest.raises(Interrupted):
        Pool(1).map(call, range(100))

    assert begun == [0]


def test_error_of_our_own_leaves_no_use_in_going_on() -> None:
    begun: list[int] = []

    def call(item: int) -> float:
        begun.append(item)
        return 1 / item

    with pytest.raises(ZeroDivisionError):
        Pool(1).map(call, [1, 0, 2])

    assert begun == [1, 0]


def test_whoever_looks_up_from_waiting_sees_what_has_ended_and_may_wait_no_longer() -> None:
    release, begun = threading.Event(), list[int]()

    def call(item: int) -> int:
        begun.append(item)
        if item == 1:
            release.wait(PATIENCE_S)
        return 2 * item

    with Pool(2).window(call, [1, 2, 3]) as window:
        while len(window.results) < 2:
            assert not window.wait(0.001)
    release.set()

    assert window.results[-2:] == [4, 6]


def test_nothing_more_is_begun_once_nobody_waits() -> None:
    is_begun, release, begun = threading.Event(), threading.Event(), list[int]()

    def call(item: int) -> None:
        begun.append(item)
        is_begun.set()
        release.wait(PATIENCE_S)

    with Pool(1).window(call, [1, 2, 3]) as window:
        is_begun.wait(PATIENCE_S)
    release.set()
    while not window.results:
        threading.Event().wait(0.001)

    assert begun == [1]


def test_place_whose_calls_wait_keeps_nobody_from_working_for_another() -> None:
    others_are_done, left, lock = threading.Event(), 5, threading.Lock()

    def call(item: str) -> bool:
        nonlocal left
        if item == "busy":
            return others_are_done.wait(PATIENCE_S)
        with lock:
            left -= 1
            if left == 0:
                others_are_done.set()
        return True

    assert all(Pool(2).map(call, [*["busy"] * 5, *["free"] * 5], str))


def test_one_at_a_time_is_in_order_whatever_the_lanes() -> None:
    begun: list[str] = []

    Pool(1).map(begun.append, ["a", "b", "a", "b"], str)

    assert begun == ["a", "b", "a", "b"]


def test_lanes_take_turns() -> None:
    queue = Lanes("aaabbb", most_in_lane=9, most=1)

    begun = []
    for _ in range(6):
        index = queue.begin()
        assert index is not None
        begun.append(index)
        queue.end("aaabbb"[index])

    assert begun == [0, 3, 1, 4, 2, 5]


@settings(max_examples=15)
@given(
    lanes=st.lists(st.sampled_from("abcde"), max_size=60),
    most_in_lane=st.integers(1, 4),
    most=st.integers(1, 10),
    ends=st.randoms(use_true_random=False),
)
def test_lane_with_room_and_work_is_begun_and_every_item_once(
    lanes: list[str], most_in_lane: int, most: int, ends: Random
) -> None:
    queue, under_way, begun = Lanes(lanes, most_in_lane, most), list[int](), list[int]()
    while len(begun) < len(lanes) or under_way:
        while (index := queue.begin()) is not None:
            under_way.append(index)
            begun.append(index)
        busy = Counter(lanes[index] for index in under_way)
        left = Counter(lanes) - Counter(lanes[index] for index in begun)
        assert len(under_way) <= most
        assert max(busy.values(), default=0) <= most_in_lane
        assert len(under_way) == most or [lane for lane in left if busy[lane] < most_in_lane] == []
        ended = under_way.pop(ends.randrange(len(under_way)))
        queue.end(lanes[ended])

    assert sorted(begun) == list(range(len(lanes)))
    assert [one for lane in set(lanes) for one in begun if lanes[one] == lane] == [
        index for lane in set(lanes) for index in range(len(lanes)) if lanes[index] == lane
    ]
