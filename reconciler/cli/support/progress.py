"""How far a long read is: a counter on a terminal, which goes away again; elsewhere a plain line now and then.

Nothing is shown of what takes no longer than a second: most runs are over by then.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.arm.http.budget import duration_text
from reconciler.arm.resources import Progress
from reconciler.cli.support.output import print_counter, print_note

SHOWN_AFTER_S = 1.0
"""How long something must take to be shown on a terminal."""

LINE_EVERY_S = 30.0
"""How far apart lines are where there is no terminal, as in the log of a pipeline."""


@contextmanager
def show_progress(clock: Callable[[], float]) -> Iterator[Progress]:
    """Shows on stderr what it is told; `clock` gives the seconds of a monotonic clock."""
    counter = ProgressCounter(clock, print_note, print_counter if sys.stderr.isatty() else None)
    try:
        yield counter.show
    finally:
        counter.clear()


class ProgressCounter:
    """Decides what is written, and when; may be told by several threads.

    `write` writes a line; `write_over` writes over the line that the cursor is in, and is None where there is no
    terminal.
    """

    def __init__(
        self, clock: Callable[[], float], write: Callable[[str], None], write_over: Callable[[str], None] | None
    ) -> None:
        self._clock = clock
        self._write = write
        self._write_over = write_over
        self._lock = threading.Lock()
        self._what = ""
        self._began_s = 0.0
        self._next_s = 0.0
        self._width = 0

    def show(self, what: str, done: int, total: int) -> None:
        """Learn that so many of a read are done; the first word of each is that none is, the last that all are."""
        with self._lock:
            now_s = self._clock()
            if what != self._what or not done:
                self._begin(what, now_s)
            if done >= total:
                self._clear()
                self._what = ""
            elif now_s >= self._next_s:
                self._say(f"{what}: {done} of {total}{_time_left(now_s - self._began_s, done, total)}")
                self._next_s = now_s if self._write_over is not None else now_s + LINE_EVERY_S

    def clear(self) -> None:
        """Take the counter away, so that something else can be written."""
        with self._lock:
            self._clear()

    def _begin(self, what: str, now_s: float) -> None:
        self._clear()
        self._what, self._began_s = what, now_s
        self._next_s = now_s + (LINE_EVERY_S if self._write_over is None else SHOWN_AFTER_S)

    def _say(self, text: str) -> None:
        if self._write_over is None:
            self._write(text)
            return
        self._write_over(text.ljust(self._width))
        self._width = max(self._width, len(text))

    def _clear(self) -> None:
        if self._width and self._write_over is not None:
            for text in (" " * self._width, ""):
                self._write_over(text)
            self._width = 0


def _time_left(taken_s: float, done: int, total: int) -> str:
    """How long the rest takes at the pace so far; empty while there is none."""
    return f", about {duration_text(taken_s * (total - done) / done)} left" if done else ""
