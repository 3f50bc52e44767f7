"""Calls side by side: all results in order, or all errors in one."""

import threading

import pytest

from reconciler.errors import ArmError, ReconcilerError, UsageError
from reconciler.parallel import Pool

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
