"""How far a run is: one counter on a terminal, which goes away again; elsewhere a plain line now and then.

A thread of its own looks at what the run is doing, whatever that waits for, so that nothing is silent for longer than
the bounds below. What takes no longer than a second is not shown: most runs are over by then.
"""

import logging
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.arm.activity import Activity, Doing
from reconciler.arm.http.budget import duration_text
from reconciler.cli.support.output import print_counter, print_note
from reconciler.cli.support.signals import before_words

LOOK_EVERY_S = 0.25

SHOWN_AFTER_S = 1.0
"""How long a terminal may be silent while something is done."""

LINE_EVERY_S = 30.0
"""How far apart lines are where there is no terminal, as in the log of a pipeline."""

_QUIET_S = 5.0
"""For how long no answer must have come for the counter to say so."""


@contextmanager
def show_progress(activity: Activity, clock: Callable[[], float]) -> Iterator[None]:
    """Shows on stderr what is done until the end of the block; `clock` gives the seconds of a monotonic clock."""
    counter = ProgressCounter(activity, clock, print_note, print_counter if counts_on_terminal() else None)
    before_words(counter.make_way)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_EVERY_S):
            counter.look()

    watcher = threading.Thread(target=watch, name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        before_words(None)
        counter.make_way()


def counts_on_terminal() -> bool:
    """Whether one line of stderr can count; among the lines of a log it would be cut to pieces."""
    logs = logging.getLogger("reconciler").isEnabledFor(logging.INFO)
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not logs


class ProgressCounter:
    """Decides what is written, and when.

    `write` writes a line; `write_over` writes over the line that the cursor is in, and is None where there is no
    terminal.
    """

    def __init__(
        self,
        activity: Activity,
        clock: Callable[[], float],
        write: Callable[[str], None],
        write_over: Callable[[str], None] | None,
    ) -> None:
        self._activity = activity
        self._clock = clock
        self._write = write
        self._write_over = write_over
        # At the last look before the bound; a line may find nothing to say at that very moment.
        self._most_s = LINE_EVERY_S - SHOWN_AFTER_S if write_over is None else SHOWN_AFTER_S - LOOK_EVERY_S
        # Reentrant: what is written makes way for itself.
        self._lock = threading.RLock()
        self._writes = False
        self._width = 0
        self._silent_since_s: float | None = None
        self._idle_since_s: float | None = None
        self._number = -1
        self._began_s = 0.0
        self._answers = 0
        self._answered_s = 0.0

    def look(self) -> None:
        """See what is done, and write where it is time to."""
        with self._lock:
            now_s, doing = self._clock(), self._activity.look()
            if doing is None:
                self._rest(now_s)
                return
            self._idle_since_s = None
            self._note(doing, now_s)
            if self._silent_since_s is None:
                self._silent_since_s = now_s - LOOK_EVERY_S
            if self._width or now_s - self._silent_since_s > self._most_s:
                self._say(self._text(doing, now_s))
                self._silent_since_s = now_s

    def make_way(self) -> None:
        """Take the counter away, so that something else can be written."""
        # Not for ever: who holds it may wait for whoever ends the process.
        if not self._lock.acquire(timeout=LOOK_EVERY_S):
            return
        try:
            if not self._writes:
                self._clear()
        finally:
            self._lock.release()

    def _rest(self, now_s: float) -> None:
        """Nothing is done: the run computes, which is no end, or, for longer, a person is asked or has the report."""
        self._idle_since_s = now_s if self._idle_since_s is None else self._idle_since_s
        if now_s - self._idle_since_s >= SHOWN_AFTER_S:
            self._clear()
            self._silent_since_s = None

    def _note(self, doing: Doing, now_s: float) -> None:
        if doing.number != self._number:
            self._number, self._began_s, self._answers, self._answered_s = doing.number, now_s, doing.answers, now_s
        elif doing.answers != self._answers:
            self._answers, self._answered_s = doing.answers, now_s

    def _text(self, doing: Doing, now_s: float) -> str:
        parts = [f"{doing.what}{_count(doing)}"]
        left_s = self._left_s(doing, now_s)
        if left_s > 0:
            parts.append(f"about {duration_text(max(left_s, 1))} left")
        if doing.waits:
            parts.append(doing.waits)
        elif doing.in_flight and now_s - self._answered_s >= _QUIET_S:
            parts.append(f"no answer for {duration_text(now_s - self._answered_s)}")
        return ", ".join(parts)

    def _left_s(self, doing: Doing, now_s: float) -> float:
        """How long the part takes by what it took so far, and no less than Azure's rates allow; 0 if nobody knows."""
        by_rates_s = doing.left_s or 0.0
        if doing.total is None or not 0 < doing.done < doing.total:
            return by_rates_s
        # What may come at once comes first, and says little of the rest.
        return max(by_rates_s, (now_s - self._began_s) * (doing.total - doing.done) / doing.done)

    def _say(self, text: str) -> None:
        if self._write_over is None:
            self._write_now(self._write, text)
            return
        # A line that wraps could not be taken back.
        text = text[: max(_columns() - 3, 10)]
        self._write_now(self._write_over, text.ljust(self._width))
        self._width = max(self._width, len(text))

    def _clear(self) -> None:
        if self._width and self._write_over is not None:
            # With room for the `^C` that a terminal shows behind it.
            blank, self._width = " " * (self._width + 2), 0
            self._write_now(self._write_over, blank)
            self._write_now(self._write_over, "")

    def _write_now(self, write: Callable[[str], None], text: str) -> None:
        self._writes = True
        try:
            write(text)
        finally:
            self._writes = False


def _columns() -> int:
    """How wide the terminal is, by that of stderr: stdout may be a file."""
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    # Some terminals do not say.
    return columns or shutil.get_terminal_size().columns


def _count(doing: Doing) -> str:
    """How many of how many; answers of Azure where that is all that is known."""
    answers = f"{doing.answers} {'answer' if doing.answers == 1 else 'answers'}"
    if doing.total is None:
        return f": {answers}" if doing.answers else ""
    known = f": {doing.done} of {doing.total}"
    # A list of many pages is one of few.
    return f"{known} ({answers})" if not doing.done and doing.answers else known
