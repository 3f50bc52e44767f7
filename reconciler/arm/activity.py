"""What a run is doing right now, for whoever shows it: which read or write, how far it is, and what it waits for.

Those who do something only say so here; when and how that is shown is decided by who looks. So nothing that takes long
can be forgotten: every call on the wire is counted, whether or not the part of the run that made it said what it is.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

TOLD_EVERY_S = 30.0
"""How far apart the lines are that say that something is tried again."""


@dataclass(frozen=True, slots=True)
class Doing:
    """One look at what is done.

    Attributes:
        number: tells a part of the run from the next one, even of the same name.
        what: such as `Reading role assignments`.
        total: None where it is not known.
        answers: of Azure, since the part began.
        in_flight: calls that were sent and are not answered.
        left_s: how many seconds are left of the part at least, by Azure's rates; None where nobody counts.
        waits: why calls wait before they are sent again, the newest reason; empty where none does.
    """

    number: int
    what: str
    done: int
    total: int | None
    answers: int
    in_flight: int
    waits: str
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    what: str
    total: int | None
    began_at: int
    left_s: Callable[[], float] | None


class Activity:
    """Shared by the threads of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: list[_Part] = []
        self._done: dict[int, int] = {}
        self._waits: list[str] = []
        self._number = 0
        self._answers = 0
        self._in_flight = 0
        self._throttled = 0

    @contextmanager
    def part(
        self, what: str, total: int | None = None, left_s: Callable[[], float] | None = None
    ) -> Iterator[Callable[[], None]]:
        """A part of the run, until the end of the block; yields what says that one more of `total` is done.

        `left_s` says how many seconds are left at least.
        """
        with self._lock:
            self._number += 1
            part = _Part(self._number, what, total, self._answers, left_s)
            self._parts.append(part)
            self._done[part.number] = 0

        def one_more() -> None:
            with self._lock:
                # After Ctrl-C, a call may end later than the part that it was of.
                if part.number in self._done:
                    self._done[part.number] += 1

        try:
            yield one_more
        finally:
            with self._lock:
                self._parts.remove(part)
                self._done.pop(part.number)

    @contextmanager
    def call(self) -> Iterator[None]:
        """A call is in flight until the end of the block."""
        with self._lock:
            self._in_flight += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1
                self._answers += 1

    @contextmanager
    def waiting(self, why: str) -> Iterator[None]:
        """Something waits, not for an answer, until the end of the block."""
        with self._lock:
            self._waits.append(why)
        try:
            yield
        finally:
            with self._lock:
                self._waits.remove(why)

    def note_throttled(self) -> None:
        """Azure refused a call for the number of calls."""
        with self._lock:
            self._throttled += 1

    @property
    def requests(self) -> int:
        """How many calls were sent so far, each try of each."""
        with self._lock:
            return self._answers + self._in_flight

    @property
    def throttled(self) -> int:
        """How many of them Azure refused for the number of calls."""
        with self._lock:
            return self._throttled

    @property
    def in_flight(self) -> int:
        """How many calls were sent and are not answered."""
        with self._lock:
            return self._in_flight

    def look(self) -> Doing | None:
        """What is done now; None where nothing is. Of parts within parts, the outermost says most."""
        with self._lock:
            waits = self._waits[-1] if self._waits else ""
            part = self._parts[0] if self._parts else None
            answers = self._answers - (part.began_at if part else 0)
            done = self._done[part.number] if part else 0
            in_flight = self._in_flight
        if part is not None:
            left_s = part.left_s() if part.left_s else None
            return Doing(part.number, part.what, done, part.total, answers, in_flight, waits, left_s)
        if in_flight or waits:
            return Doing(0, "Waiting for Azure", 0, None, answers, in_flight, waits)
        return None


class Outages:
    """Which retries are told to everybody rather than at INFO alone: long ones, and of many a few."""

    def __init__(self, *, is_shown_elsewhere: bool = False) -> None:
        self._next_s = float("inf") if is_shown_elsewhere else 0.0
        self._lock = threading.Lock()

    def level(self, now_s: float) -> int:
        """The level at which a wait is logged."""
        with self._lock:
            if now_s < self._next_s:
                return logging.INFO
            self._next_s = now_s + TOLD_EVERY_S
            return logging.WARNING
