"""A request to end the run: heard at once by who waits, and the second one by who waits for others."""

import threading

import pytest

from reconciler.errors import Interrupted
from reconciler.stop import Stop


def test_new_stop_asks_for_nothing() -> None:
    stop = Stop()

    assert (stop.requested, stop.at_once) == (False, False)


def test_first_request_lets_calls_in_flight_finish() -> None:
    stop = Stop()

    stop.request()

    assert (stop.requested, stop.at_once) == (True, False)


def test_second_request_waits_for_nothing() -> None:
    stop = Stop()

    stop.request()
    stop.request()

    assert (stop.requested, stop.at_once) == (True, True)


def test_sleep_ends_by_itself_when_nobody_asks() -> None:
    stop = Stop()

    stop.sleep(0.001)

    assert not stop.requested


def test_sleep_after_a_request_is_interrupted() -> None:
    stop = Stop()
    stop.request()

    with pytest.raises(Interrupted):
        stop.sleep(60)


def test_request_wakes_a_sleeper() -> None:
    stop = Stop()
    asking = threading.Timer(0.02, stop.request)
    asking.start()

    with pytest.raises(Interrupted):
        stop.sleep(60)

    asking.join()


def test_what_must_be_finished_waits_though_the_run_is_to_stop() -> None:
    stop = Stop()
    stop.request()

    stop.sleep_to_finish(0.001)

    assert not stop.at_once


def test_second_request_ends_what_waits_to_finish() -> None:
    stop = Stop()
    stop.request()
    stop.request()

    with pytest.raises(Interrupted):
        stop.sleep_to_finish(60)
