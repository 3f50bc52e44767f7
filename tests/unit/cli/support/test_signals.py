"""What a signal does, by how far the command has come; `tests/cli/test_any_instant.py` has real ones."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from reconciler.cli.support.signals import Ending
from reconciler.errors import ExitCode
from reconciler.stop import Stop


def unheard(_again: bool) -> None:
    """Nobody reads the answer to a signal."""


SIGNALS = [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]


def test_signal_before_anything_is_done_ends_the_process_and_holds_the_command_there() -> None:
    ending = Ending()
    said: list[str] = []

    ends = ending.is_ended_by(signal.SIGINT)

    def speak() -> None:
        ending.settle()
        said.append("last words")

    command = threading.Thread(target=speak, daemon=True)
    command.start()
    command.join(0.05)
    # The thread that ends the process says what it has to say.
    ending.settle()

    assert (ends, command.is_alive(), said) == (True, True, [])


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_signal_among_writes_asks_for_a_stop(number: int, code: ExitCode) -> None:
    ending, stop = Ending(), Stop()
    ending.end_in_order(stop, unheard)

    assert not ending.is_ended_by(number)
    assert (stop.requested, stop.at_once, ending.exit_code) == (True, False, code)


def test_second_signal_asks_for_an_end_at_once_and_the_first_gives_the_exit_code() -> None:
    ending, stop = Ending(), Stop()
    ending.end_in_order(stop, unheard)

    assert not ending.is_ended_by(signal.SIGTERM)
    assert not ending.is_ended_by(signal.SIGINT)
    assert (stop.at_once, ending.exit_code) == (True, ExitCode.TERMINATED)


@pytest.mark.parametrize("writes", [True, False])
def test_signal_after_the_last_words_have_begun_changes_nothing(writes: bool) -> None:
    ending, stop = Ending(), Stop()
    if writes:
        ending.end_in_order(stop, unheard)
    ending.settle()

    assert not ending.is_ended_by(signal.SIGINT)
    assert (stop.requested, ending.exit_code) == (False, None)


def test_clean_ups_are_run_where_a_signal_ends_the_process() -> None:
    ending = Ending()
    done: list[str] = []
    ending.clean_up(lambda: done.append("lock"))
    ending.is_ended_by(signal.SIGINT)

    ending.run_clean_ups()

    assert done == ["lock"]


def test_each_signal_is_answered_before_it_asks_for_anything_and_a_third_is_not() -> None:
    ending, stop = Ending(), Stop()
    answered: list[tuple[bool, bool, bool]] = []
    ending.end_in_order(stop, lambda again: answered.append((again, stop.requested, stop.at_once)))

    for _ in range(3):
        ending.is_ended_by(signal.SIGINT)

    assert answered == [(False, False, False), (True, True, False)]


def test_way_is_made_before_words() -> None:
    ending = Ending()
    made: list[str] = []
    ending.before_words(lambda: made.append("way"))

    ending.make_way()
    ending.before_words(None)
    ending.make_way()

    assert made == ["way"]


def test_process_leaves_with_its_last_words_and_waits_for_nothing() -> None:
    program = (
        "import atexit, sys, threading, time\n"
        "from reconciler.cli.support.signals import leave\n"
        "atexit.register(print, 'taken apart')\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "sys.stdout.write('said')\n"
        "leave(3)\n"
    )

    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=30, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "said", "")
