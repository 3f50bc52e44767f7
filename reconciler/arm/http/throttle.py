"""How long ARM asked calls to wait, for all the calls of a run that would be refused for the same reason.

ARM and its providers count calls by subscription, but also by resource. One call that is refused may have met
either limit; two on different resources have met the common one, and then all calls to the subscription wait. The
documented rates are not known here.
"""

import threading

import httpx


class Throttle:
    """Until when each place takes no calls, and how long each thread has waited for that; shared by threads.

    Times are of one monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self._waits: dict[str, dict[str, float]] = {}
        self._lock = threading.Lock()
        self._thread = threading.local()

    def note(self, url: httpx.URL, now_s: float, wait_s: float) -> None:
        """ARM asked a call to wait."""
        with self._lock:
            known = self._waits.get(place_of(url), {})
            waiting = {path: until_s for path, until_s in known.items() if until_s > now_s}
            self._waits[place_of(url)] = {**waiting, url.path.casefold(): now_s + wait_s}

    def until_s(self, url: httpx.URL) -> float:
        """When calls to the place of a URL may go out again; in the past where nothing holds them."""
        with self._lock:
            ends_s = sorted(self._waits.get(place_of(url), {}).values())
        return ends_s[-2] if len(ends_s) > 1 else float("-inf")

    @property
    def waited_s(self) -> float:
        """How long the calling thread has waited in all."""
        return float(getattr(self._thread, "waited_s", 0.0))

    def count(self, seconds: float) -> None:
        """Add to what the calling thread has waited."""
        self._thread.waited_s = self.waited_s + seconds


def place_of(url: httpx.URL) -> str:
    """Host and subscription of a call; what names no subscription shares one place.

    Source: Azure documentation, "Understand how Azure Resource Manager throttles requests".
    """
    parts = url.path.casefold().split("/")
    subscription = parts[2] if parts[1:2] == ["subscriptions"] and len(parts) > 2 else ""
    return f"{url.netloc.decode('ascii')}/{subscription}"
