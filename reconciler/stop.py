"""A request to end the run early, shared by whoever hears it (signals) and whoever heeds it (workers)."""

import threading

from reconciler.errors import Interrupted


class Stop:
    """Asked once, nothing new begins and calls in flight finish; asked again, nobody waits for them either."""

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._at_once = threading.Event()

    def request(self) -> None:
        """Ask the run to end, or, where that was asked already, to end at once."""
        if self._requested.is_set():
            self._at_once.set()
        self._requested.set()

    @property
    def requested(self) -> bool:
        """Whether nothing new may begin."""
        return self._requested.is_set()

    @property
    def at_once(self) -> bool:
        """Whether calls in flight are not waited for either."""
        return self._at_once.is_set()

    def sleep(self, seconds: float) -> None:
        """Wait, unless the run is asked to end; raises Interrupted where it was, before or meanwhile."""
        if self._requested.wait(seconds):
            raise Interrupted("The run was asked to stop.")

    def sleep_to_finish(self, seconds: float) -> None:
        """Wait, unless the run is asked to end at once; raises Interrupted where it was, before or meanwhile."""
        if self._at_once.wait(seconds):
            raise Interrupted("The run was asked to stop at once.")
