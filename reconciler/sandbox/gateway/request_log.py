"""What the sandbox was asked: the evidence for "plan wrote nothing" and "one list call, not a thousand"."""

import threading
from collections import Counter, deque
from dataclasses import dataclass

_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request; `path` is as asked, with the query; `principal` is "" where no token was given.

    `fault` names the scripted fault that answered in ARM's place, "" where none did; where it reset the connection,
    `status` is 0.
    """

    method: str
    path: str
    status: int
    principal: str
    fault: str = ""

    def to_json(self) -> object:
        """The request as `RequestLog.to_json` lists it."""
        known = {"method": self.method, "path": self.path, "status": self.status, "principal": self.principal}
        return {**known, "fault": self.fault} if self.fault else known


class RequestLog:
    """Requests in the order of their answers: all are counted, the latest 100,000 are kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries: deque[LoggedRequest] = deque(maxlen=_KEPT)
            self._counts: Counter[tuple[str, int]] = Counter()

    def add(self, entry: LoggedRequest) -> None:
        """Remember a request."""
        with self._lock:
            self._entries.append(entry)
            self._counts[entry.method, entry.status] += 1

    def entries(self) -> tuple[LoggedRequest, ...]:
        """The requests that are kept, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def to_json(self) -> object:
        """`{"count", "counts": [{"method", "status", "count"}], "requests": [{"method", "path", "status",
        "principal", "fault"}]}`; `fault` is there only for what a fault answered."""
        with self._lock:
            return {
                "count": self._counts.total(),
                "counts": [
                    {"method": method, "status": status, "count": count}
                    for (method, status), count in sorted(self._counts.items())
                ],
                "requests": [entry.to_json() for entry in self._entries],
            }
