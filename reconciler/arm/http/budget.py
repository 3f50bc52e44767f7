"""The time that a whole run may take: how long calls that ARM refuses for their number are waited for.

It is counted from the first request, so that a login does not count, and it stands still while a person is asked.
"""

import math
import re
import threading

from reconciler.errors import UsageError

DEFAULT_TIMEOUT_S = 3600.0

_DURATION = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
_UNITS_S = (3600, 60, 1)


def parse_duration(text: str, flag: str = "--timeout", *, least_s: int = 1) -> float:
    """Seconds of a duration as the command line takes it: `90s`, `30m`, `1h`, `1h30m`.

    Raises:
        UsageError: it is none, or less than `least_s`.
    """
    match = _DURATION.fullmatch(text.strip())
    parts = match.groups() if match else ()
    seconds = sum(int(part or 0) * unit_s for part, unit_s in zip(parts, _UNITS_S, strict=False))
    if not any(parts) or seconds < least_s:
        raise UsageError(
            f"{flag} {text}: not a duration", "Write whole numbers with their units: 90s, 30m, 1h or 1h30m."
        )
    return float(seconds)


def duration_text(seconds: float) -> str:
    """A duration as `parse_duration` reads it."""
    hours, rest = divmod(round(seconds), 3600)
    parts = {"h": hours, "m": rest // 60, "s": rest % 60}
    return "".join(f"{count}{unit}" for unit, count in parts.items() if count) or "0s"


def rough_duration(seconds: float) -> str:
    """A duration as somebody who waits for it needs it: `40 s`, `3 min`, `2.5 h`."""
    if seconds < 90:
        return f"{max(10, 10 * round(seconds / 10))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f}".removesuffix(".0") + " h"


class RunBudget:
    """The time of one run, shared by its threads; every time that it takes is in seconds of a monotonic clock."""

    def __init__(self, limit_s: float = DEFAULT_TIMEOUT_S) -> None:
        self.limit_s = limit_s
        self._ends_s: float | None = None
        self._refuses_reads = True
        self._lock = threading.Lock()

    def start(self, now_s: float) -> None:
        """Count from now on, unless it is counted already."""
        with self._lock:
            if self._ends_s is None:
                self._ends_s = now_s + self.limit_s

    def left_s(self, now_s: float) -> float:
        """What is left, 0 once it is spent."""
        with self._lock:
            return self.limit_s if self._ends_s is None else max(0.0, self._ends_s - now_s)

    def ends_s(self) -> float:
        """When it is spent; infinite before it is counted."""
        with self._lock:
            return math.inf if self._ends_s is None else self._ends_s

    def reads_end_s(self) -> float:
        """When reads are refused; infinite where they are not."""
        return self.ends_s() if self._refuses_reads else math.inf

    def add(self, paused_s: float) -> None:
        """Do not count a time that is over, in which a person was waited for."""
        with self._lock:
            if self._ends_s is not None:
                self._ends_s += paused_s

    def end(self, now_s: float) -> None:
        """Spend what is left: there is no use in going on."""
        with self._lock:
            self._ends_s = now_s

    def finish_calls(self) -> None:
        """Writes begin. From now on no read is refused: a call that was sent is followed to its end."""
        self._refuses_reads = False

    def refuses_reads(self, now_s: float) -> bool:
        """Whether it is spent, and nothing has been written whose outcome a read could tell."""
        return self._refuses_reads and self.left_s(now_s) <= 0
