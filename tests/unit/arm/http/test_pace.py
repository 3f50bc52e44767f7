"""Calls that a service takes only one by one are kept apart, and a request to stop ends the waiting."""

import pytest

from reconciler.arm.http.pace import Pace
from reconciler.errors import Interrupted
from tests.unit.arm.fakes import FakeTime


def test_first_call_waits_for_nothing_and_each_next_one_for_its_turn() -> None:
    time = FakeTime()
    pace = Pace(1.0, time.clock, time.sleep)

    pace.wait()
    pace.wait()
    time.now_s += 0.25
    pace.wait()

    assert time.slept_s == [1.0, 0.75]


def test_call_that_comes_late_waits_for_nothing() -> None:
    time = FakeTime()
    pace = Pace(1.0, time.clock, time.sleep)
    pace.wait()
    time.now_s += 5.0

    pace.wait()

    assert time.slept_s == []


def test_request_to_stop_is_passed_on_and_uses_up_no_turn() -> None:
    def stop(_: float) -> None:
        raise Interrupted("The run was asked to stop.")

    time = FakeTime()
    pace = Pace(1.0, time.clock, stop)
    pace.wait()

    with pytest.raises(Interrupted):
        pace.wait()

    time.now_s += 1.0
    pace.wait()
