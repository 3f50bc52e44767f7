"""A clock for many threads that share their waits, as real ones do, and take no time.

It moves when nobody is at work: to the earliest instant that somebody sleeps until. Who is at work is seen by the calls
that are made; a pause of some milliseconds without one is taken for everybody's sleep.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx

from tests.unit.arm.fakes import FakeTime

QUIET_S = 0.003


class VirtualTime(FakeTime):
    """As FakeTime for one thread; several that sleep for a second each sleep for one second together."""

    def __init__(self) -> None:
        super().__init__(now_s=datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())
        self.began_s = self.now_s
        self._moved = threading.Condition()
        self._wakes: list[float] = []
        self._calls = 0
        self._under_way = 0

    def now(self) -> datetime:
        """The time as the emulator takes it."""
        return datetime.fromtimestamp(self.now_s, UTC)

    def sleep(self, seconds: float) -> None:
        with self._moved:
            wakes_s = self.now_s + seconds
            self.slept_s.append(seconds)
            self._wakes.append(wakes_s)
            while self.now_s < wakes_s:
                seen = self._calls
                self._moved.wait(QUIET_S)
                quiet = seen == self._calls and not self._under_way
                if quiet and wakes_s == min(self._wakes):
                    self.now_s = max(self.now_s, wakes_s)
                    self._moved.notify_all()
            self._wakes.remove(wakes_s)
            # Whoever wakes is at work.
            self._calls += 1

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A call is under way until the end of the block."""
        with self._moved:
            self._under_way += 1
        try:
            yield
        finally:
            with self._moved:
                self._under_way -= 1
                self._calls += 1


class WatchedTransport(httpx.BaseTransport):
    """Tells the time of each call; counts them by method and status."""

    def __init__(self, wire: httpx.BaseTransport, time: VirtualTime) -> None:
        self._wire = wire
        self._time = time
        self.calls: list[tuple[str, int]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        with self._time.at_work():
            response = self._wire.handle_request(request)
            self.calls.append((request.method, response.status_code))
        return response
