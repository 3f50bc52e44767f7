"""Who ends a command, and so has its last words: the command itself, or Ctrl-C and SIGTERM. Never both.

A command runs in a thread of its own. The main thread, in which Python runs the handlers of signals, does nothing but
listen: a signal cuts into no code of a command, whatever that is about to do. What a signal does depends on how far the
command has come:

    nothing is done yet          it ends the process at once, and says that nothing was changed
    `end_in_order` was called    it asks the run to stop, and the command's own report says what was done
    `settle` was called          it does nothing: the command is saying its last words, and they are true

From one of these to the next a command passes under a lock, which a signal that ends the process takes and keeps: a
command that comes to it afterwards waits until the process is gone, and neither writes nor says anything any more.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import NoReturn

from reconciler.errors import ExitCode
from reconciler.stop import Stop

_POLL_S = 0.2
"""How often the main thread looks up: some systems have another thread take a signal, and do not wake this one."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _no_answer(_again: bool) -> None:
    """Where nobody is told."""


class Ending:
    """How far a command has come towards its end, and which signal came first."""

    def __init__(self) -> None:
        # Reentrant: the thread that ends the process has last words, too.
        self._lock = threading.RLock()
        self._stop: Stop | None = None
        self._settled = False
        self._first: int | None = None
        self._clean_ups: list[Callable[[], None]] = []
        self._before_words: Callable[[], None] | None = None
        self._answer: Callable[[bool], None] = _no_answer

    def end_in_order(self, stop: Stop, answer: Callable[[bool], None]) -> None:
        """From now on a signal asks for a stop, once it is answered; True stands for the second one."""
        with self._lock:
            self._stop = stop
            self._answer = answer

    def settle(self) -> None:
        """From now on a signal changes nothing."""
        with self._lock:
            self._settled = True

    def go_on(self) -> None:
        """Return where no signal has ended the process."""
        with self._lock:
            return

    def before_words(self, function: Callable[[], None] | None) -> None:
        """Have this called before anything is said, such as to take a counter away."""
        self._before_words = function

    def make_way(self) -> None:
        """Call what is to come before words."""
        if self._before_words is not None:
            self._before_words()

    def clean_up(self, function: Callable[[], None]) -> None:
        """Have this called where a signal ends the process; it must not wait for the command's thread."""
        with self._lock:
            self._clean_ups.append(function)

    @property
    def exit_code(self) -> ExitCode | None:
        """What the first signal that asked for a stop makes of the exit code; None where none did."""
        return None if self._first is None else _exit_code_of(self._first)

    def is_ended_by(self, signum: int) -> bool:
        """Whether a signal ends the process; the lock is kept where it does."""
        self._lock.acquire()
        if self._stop is None and not self._settled:
            return True
        if self._stop is not None and not self._settled:
            self._first = self._first or signum
            if not self._stop.at_once:
                # Before the request: the report of the run comes after it.
                self._answer(self._stop.requested)
            self._stop.request()
        self._lock.release()
        return False

    def run_clean_ups(self) -> None:
        """What is to be taken away, since the command's own thread will not do it."""
        for function in self._clean_ups:
            function()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a command: its exit code, or the error that it ended with."""

    code: int = ExitCode.ERROR
    error: BaseException | None = None


class Signals:
    """What the main thread hears: signals, and the end of the command; listening begins at once.

    A signal that the caller has silenced (`nohup`) stays silent.
    """

    def __init__(self) -> None:
        self._heard: SimpleQueue[int | _Outcome] = SimpleQueue()
        self._numbers = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
        for number in self._numbers:
            # Nothing but this: a handler that took a lock could wait for the very code that it interrupted.
            signal.signal(number, lambda signum, _frame: self._heard.put(signum))

    def supervise(self, command: Callable[[], int], interrupted: Callable[[], None]) -> int:
        """Run a command in a thread of its own, and return its exit code.

        Args:
            interrupted: says that nothing was changed, where a signal ends the process; that does not return.
        """
        ending = _begin()
        threading.Thread(target=self._run, args=(command,), name="command").start()
        while isinstance(heard := self._next(), int):
            if ending.is_ended_by(heard):
                _end(ending, interrupted, _exit_code_of(heard))
        for number in self._numbers:
            # Not our own handler: Python takes those away before its very end, and the system's default would kill.
            signal.signal(number, signal.SIG_IGN)
        if heard.error is not None:
            raise heard.error
        return heard.code

    def _run(self, command: Callable[[], int]) -> None:
        try:
            outcome = _Outcome(command())
        except BaseException as error:
            outcome = _Outcome(error=error)
        settle()
        self._heard.put(outcome)

    def _next(self) -> int | _Outcome:
        while True:
            with suppress(Empty):
                return self._heard.get(timeout=_POLL_S)


def _end(ending: Ending, interrupted: Callable[[], None], code: ExitCode) -> None:
    try:
        ending.run_clean_ups()
        interrupted()
    finally:
        # Without unwinding the command's thread, which may wait for an answer or at a prompt.
        os._exit(code)


def leave(code: int) -> NoReturn:
    """End the process at once.

    The interpreter would first join what threads are left, of calls that nobody waits for any more, and then take apart
    all that it holds, which takes a third of the time of a small command; the system takes it back as a whole.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def _exit_code_of(signum: int) -> ExitCode:
    return ExitCode.TERMINATED if signum == signal.SIGTERM else ExitCode.INTERRUPTED


_ending = Ending()
"""Signals are the process's, and so is this."""


def _begin() -> Ending:
    global _ending
    _ending = Ending()
    return _ending


def end_in_order(stop: Stop, answer: Callable[[bool], None] = _no_answer) -> None:
    """From now on a signal asks for a stop, and the command says at its end what was done; before the first write.

    Args:
        answer: says at once that the first signal was heard, or, given True, the second one.
    """
    _ending.end_in_order(stop, answer)


def settle() -> None:
    """From now on a signal changes nothing; before the last words, and before a file that was asked for is written."""
    _ending.settle()
    _ending.make_way()


def go_on() -> None:
    """Return where no signal has ended the process; before words that are not the last."""
    _ending.go_on()
    _ending.make_way()


def before_words(function: Callable[[], None] | None) -> None:
    """Have this called before anything is said, or nothing any more."""
    _ending.before_words(function)


def clean_up(function: Callable[[], None]) -> None:
    """Have this called where a signal ends the process, which does not unwind the command."""
    _ending.clean_up(function)


def exit_code() -> ExitCode | None:
    """What the first signal that asked for a stop makes of the exit code; None where none did."""
    return _ending.exit_code
