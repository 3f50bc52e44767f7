"""Keeps calls of one kind apart, where a service takes only so many a second from all of a tenant's callers."""

import threading
from collections.abc import Callable


class Pace:
    """Lets one caller go on in each interval, in turn; shared by threads."""

    def __init__(self, interval_s: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._sleep = sleep
        self._next_s = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next call may go out; whatever `sleep` raises (a request to stop) passes through."""
        # Those who wait for the lock wait their turn: after a request to stop, each of them learns at once.
        with self._lock:
            delay_s = self._next_s - self._clock()
            if delay_s > 0:
                self._sleep(delay_s)
            self._next_s = self._clock() + self._interval_s


def no_pace() -> None:
    """For a service without a rate."""
