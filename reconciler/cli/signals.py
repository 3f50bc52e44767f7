"""Ctrl-C and SIGTERM: while reading they end the run at once, while writing they end it in order."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from reconciler.errors import ExitCode
from reconciler.stop import Stop


class Terminated(BaseException):
    """SIGTERM, raised like KeyboardInterrupt so that nothing catches it by accident."""


def raise_on_sigterm() -> None:
    """Make SIGTERM unwind the run as Ctrl-C does."""

    def terminate(_signum: int, _frame: FrameType | None) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, terminate)


class OrderlyStop:
    """Once `begin` was called, a signal asks for a stop instead of raising; remembers which came first."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._first: int | None = None

    def begin(self) -> None:
        """From now on, signals ask the run to end in order."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._heard)

    @property
    def exit_code(self) -> ExitCode | None:
        """What the first signal makes of the exit code, None where none came."""
        if self._first is None:
            return None
        return ExitCode.TERMINATED if self._first == signal.SIGTERM else ExitCode.INTERRUPTED

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
