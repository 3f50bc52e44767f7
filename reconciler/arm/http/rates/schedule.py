"""The queue of a run's calls, for its threads: each waits here until its call's turn has come.

Of the calls that wait, one keeps the time for all: it sleeps until the next one may go, by the sleep of the run, so
that a request to stop ends the wait at once. The others are woken when it is their turn, or to keep the time.
"""

import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.arm.http.rates.documented import Limit, limits_of, refused_limit
from reconciler.arm.http.rates.queue import Limits, Queue, Ticket

SANDBOX_RATES = "x-uami-sandbox-rates"
"""What a sandbox says in every answer: how many times faster than Azure it is, or `off`. Azure says nothing of this."""

_REMAINING = "x-ms-ratelimit-remaining-"
_QUOTA_LEFT, _QUOTA_RESETS = "x-ms-user-quota-remaining", "x-ms-user-quota-resets-after"
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)


class NoTimeLeftError(Exception):
    """The time that a call could wait for its turn is over, or would be."""


@dataclass(frozen=True, slots=True)
class Wait:
    """By what a call waits: a monotonic clock, a sleep that may raise, and until when, on that clock."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    ends_s: Callable[[], float] = lambda: math.inf


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a 429 says: its headers and body, and for how long to send nothing of its kind; None where it does not."""

    headers: Mapping[str, str]
    body: str
    wait_s: float | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run's calls came to: how many were sent and answered 429, and how long all of them waited for a turn."""

    sent: int
    refused: int
    waited_s: float


class Schedule:
    """Shared by the threads of a run."""

    def __init__(self, jitter: Callable[[], float] = lambda: 0.0) -> None:
        """`jitter` as of a `Queue`."""
        self._lock = threading.Lock()
        self._queue = Queue(jitter)
        self._wakes: dict[int, threading.Event] = {}
        self._sleepers: dict[int, float] = {}
        self._thread = threading.local()
        self._sent = self._refused = 0
        self._waited_s = 0.0

    @property
    def tally(self) -> Tally:
        """What has been counted so far."""
        with self._lock:
            return Tally(self._sent, self._refused, self._waited_s)

    @property
    def waited_s(self) -> float:
        """How long the calling thread has waited in all, here and where `count` says so."""
        return float(getattr(self._thread, "waited_s", 0.0))

    def count(self, seconds: float) -> None:
        """Add to what the calling thread has waited."""
        self._thread.waited_s = self.waited_s + seconds
        with self._lock:
            self._waited_s += seconds

    def wait_turn(self, method: str, path: str, wait: Wait) -> None:
        """Return when a call may go out; at once where this thread holds a turn for it.

        Raises:
            NoTimeLeftError: its turn would come too late. Whatever `wait.sleep` raises passes through.
        """
        limits = limits_of(method, path)
        if getattr(self._thread, "held", None) == limits:
            self._thread.held = None
            return
        if limits:
            self._wait(limits, wait)

    @contextmanager
    def turn(self, method: str, path: str, wait: Wait) -> Iterator[None]:
        """Wait for the turn of a call, and hold it for this thread until the end of the block, or until it is made.

        What is read within the block is as young as it can be when the call goes out. Raises as `wait_turn` does.
        """
        limits = limits_of(method, path)
        self._wait(limits, wait)
        self._thread.held = limits
        try:
            yield
        finally:
            if self._thread.held is not None:
                self._thread.held = None
                with self._lock:
                    self._queue.give_back(limits)
                    self._hand_over(wait.clock())

    def note_answer(self, method: str, path: str, headers: Mapping[str, str], now_s: float) -> None:
        """A call was answered, and not 429: learn how much is left, and how fast a sandbox is."""
        limits = limits_of(method, path)
        with self._lock:
            self._sent += 1
            self._queue.admit(limits)
            self._note_headers(limits, headers, now_s)

    def note_refusal(self, method: str, path: str, refusal: Refusal, now_s: float) -> None:
        """A call was answered 429."""
        limits = limits_of(method, path)
        with self._lock:
            self._sent += 1
            self._refused += 1
            self._note_headers(limits, refusal.headers, now_s)
            if refusal.wait_s:
                self._queue.refuse(path, limits, refused_limit(limits, refusal.body), refusal.wait_s, now_s)

    def _note_headers(self, limits: Limits, headers: Mapping[str, str], now_s: float) -> None:
        if limits:
            self._note_speed(headers)
            self._note_remaining(limits, headers, now_s)

    def last_of_s(self, counts: Mapping[Limit, int], now_s: float) -> float:
        """How long it takes at least until the last of so many calls to each limit may go out."""
        with self._lock:
            return self._queue.last_of_s(counts, now_s)

    def _note_speed(self, headers: Mapping[str, str]) -> None:
        text = headers.get(SANDBOX_RATES, "")
        if text == "off":
            self._queue.take_speed(math.inf)
        elif _NUMBER.fullmatch(text) and float(text) > 0:
            self._queue.take_speed(float(text))

    def _note_remaining(self, limits: Limits, headers: Mapping[str, str], now_s: float) -> None:
        own, *others = limits
        ends = f"-{own.operation}"
        said = [text for name, text in headers.items() if name.startswith(_REMAINING) and name.endswith(ends)]
        for left in (int(text) for text in said if text.isdecimal()):
            # The service says whole numbers, and may have part of another.
            self._queue.lower(own, left + 1, now_s)
        quota, resets = headers.get(_QUOTA_LEFT, ""), _seconds(headers.get(_QUOTA_RESETS, ""))
        if others and quota.isdecimal() and resets is not None:
            self._queue.lower(others[-1], int(quota), now_s)
            if int(quota) == 0:
                self._queue.hold(others[-1], now_s + resets, now_s)

    def _wait(self, limits: Limits, wait: Wait) -> None:
        began_s = wait.clock()
        with self._lock:
            ticket = self._queue.join(limits, wait.ends_s)
            self._wakes[ticket.number] = threading.Event()
            self._grant(began_s)
            if ticket.granted:
                # Whoever else was granted is awake, and others keep the time as before.
                del self._wakes[ticket.number]
                return
        try:
            while (delay_s := self._delay_s(ticket, wait.clock())) > 0:
                self._pause(ticket, delay_s, wait)
        finally:
            with self._lock:
                self._queue.leave(ticket)
                self._wakes.pop(ticket.number)
                self._sleepers.pop(ticket.number, None)
                self._hand_over(wait.clock())
            self.count(wait.clock() - began_s)

    def _pause(self, ticket: Ticket, delay_s: float, wait: Wait) -> None:
        if math.isinf(delay_s):
            self._wakes[ticket.number].wait()
            self._wakes[ticket.number].clear()
        else:
            wait.sleep(delay_s)

    def _delay_s(self, ticket: Ticket, now_s: float) -> float:
        """0 where a call may go; how long to sleep before looking again; infinite where another keeps the time."""
        with self._lock:
            self._sleepers.pop(ticket.number, None)
            self._grant(now_s)
            if ticket.granted:
                return 0.0
            if ticket.is_over(now_s):
                raise NoTimeLeftError
            next_s = self._queue.next_s()
            if any(wakes_s <= next_s for wakes_s in self._sleepers.values()):
                return math.inf
            self._sleepers[ticket.number] = next_s
            return max(next_s - now_s, 0.001)

    def _grant(self, now_s: float) -> None:
        over = [one for one in self._queue.waiting if one.ends_s() <= now_s]
        for ticket in (*self._queue.grant(now_s), *over):
            self._wakes[ticket.number].set()

    def _hand_over(self, now_s: float) -> None:
        """Somebody must keep the time for those that wait; whoever is woken looks for themselves."""
        self._grant(now_s)
        next_s = self._queue.next_s()
        if any(wakes_s <= next_s for wakes_s in self._sleepers.values()):
            return
        follower = next((one for one in self._queue.waiting if one.number not in self._sleepers), None)
        if follower is not None:
            self._wakes[follower.number].set()


def _seconds(text: str) -> int | None:
    """Seconds of a time as Resource Graph writes it, `hh:mm:ss`. Source: recorded traffic."""
    parts = text.split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    hours, minutes, seconds = map(int, parts)
    return 3600 * hours + 60 * minutes + seconds
