"""Ctrl-C and SIGTERM: while reading they end the run at once, while writing they end it in order."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from reconciler.errors import ExitCode
from reconciler.stop import Stop


class Stopped(BaseException):
    """Ctrl-C or SIGTERM, with the exit code that it makes; not an Exception, so that nothing catches it by accident.

    Not KeyboardInterrupt either: typer catches that one, and the run would end without a word.
    """

    def __init__(self, exit_code: ExitCode) -> None:
        super().__init__()
        self.exit_code = exit_code


def raise_on_signals() -> None:
    """Make Ctrl-C and SIGTERM unwind the run; a signal that the caller has silenced (`nohup`) stays silent."""
    _hear(_raise_stopped)


def _hear(handler: Callable[[int, FrameType | None], None]) -> None:
    for signum in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, handler)


def _raise_stopped(signum: int, _frame: FrameType | None) -> None:
    raise Stopped(_exit_code_of(signum))


def _exit_code_of(signum: int) -> ExitCode:
    return ExitCode.TERMINATED if signum == signal.SIGTERM else ExitCode.INTERRUPTED


class OrderlyStop:
    """Once `begin` was called, a signal asks for a stop instead of raising; remembers which came first."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._first: int | None = None

    def begin(self) -> None:
        """From now on, signals ask the run to end in order."""
        _hear(self._heard)

    @property
    def exit_code(self) -> ExitCode | None:
        """What the first signal makes of the exit code, None where none came."""
        return None if self._first is None else _exit_code_of(self._first)

    def _heard(self, signum: int, _frame: FrameType | None) -> None:
        if self._first is None:
            self._first = signum
        self._stop.request()


@contextmanager
def orderly_stop(stop: Stop) -> Iterator[OrderlyStop]:
    """An OrderlyStop whose signal handlers are put back at the end."""
    handlers = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield OrderlyStop(stop)
    finally:
        for signum, handler in handlers.items():
            signal.signal(signum, handler)
