"""Which of the calls that wait goes out next, and when: the pure part, without threads and without a clock of its own.

A call goes out once every limit that it draws on has a token for it; until then it holds none of them, so that no limit
lies idle while another call could use it. Where several could go, that of the subscription goes that was served least
recently, among those that of the identity, among those the one that came first.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Mapping

from reconciler.arm.http.rates.bucket import Bucket
from reconciler.arm.http.rates.documented import ARM, Limit

Limits = tuple[Limit, ...]

_NEARLY = 0.75
"""How empty a limit must be here for a refusal that names none to be its."""

_SWEEP_FROM = 1024
"""How many limits are known before those that are full again are forgotten."""


class Ticket:
    """A call that waits for its turn; `ends_s` says when it waits no longer."""

    __slots__ = ("ends_s", "granted", "limits", "not_before_s", "number")

    def __init__(self, limits: Limits, number: int, ends_s: Callable[[], float]) -> None:
        self.limits = limits
        self.number = number
        self.ends_s = ends_s
        self.granted = False
        self.not_before_s = -math.inf
        """No limit of the call has a token for it before this instant."""

    def is_over(self, now_s: float) -> bool:
        """Whether its time is over, or will be before it could go."""
        return max(now_s, self.not_before_s) >= self.ends_s()


class Queue:
    """The limits of a run and the calls that wait for them; not for several threads at once."""

    def __init__(self, jitter: Callable[[], float] = lambda: 0.0) -> None:
        """`jitter` is a random number in [0, 1), so that this run and another one at once take turns."""
        self._jitter = jitter
        self._speed = 1.0
        self._buckets: dict[Limit, Bucket] = {}
        self._sweep_at = _SWEEP_FROM
        self._waiting: dict[int, Ticket] = {}
        self._served: dict[str, int] = {}
        self._unexplained: dict[str, tuple[Limits, float]] = {}
        self._number = 0

    def join(self, limits: Limits, ends_s: Callable[[], float] = lambda: math.inf) -> Ticket:
        """A call comes to wait."""
        self._number += 1
        ticket = Ticket(limits, self._number, ends_s)
        self._waiting[ticket.number] = ticket
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """A call waits no longer, whether or not it was granted."""
        self._waiting.pop(ticket.number, None)

    def give_back(self, limits: Iterable[Limit]) -> None:
        """A call that was granted is not made."""
        for limit in limits:
            if (bucket := self._buckets.get(limit)) is not None:
                bucket.give_back()
        self._look_again()

    def grant(self, now_s: float) -> list[Ticket]:
        """Grant every call that may go now, in order, and take it out of the queue."""
        due = [(self._rank(one), one.number) for one in self._waiting.values() if one.not_before_s <= now_s]
        heapq.heapify(due)
        granted = []
        while due:
            rank, number = heapq.heappop(due)
            ticket = self._waiting[number]
            if rank != (now := self._rank(ticket)):
                # One of its subscription, or of its identity, was served meanwhile.
                heapq.heappush(due, (now, number))
            elif self._take(ticket, now_s):
                del self._waiting[number]
                granted.append(ticket)
        self._sweep(now_s)
        return granted

    def next_s(self) -> float:
        """When it is worth looking again: a call may go by then, or its time is over. Infinite where none waits."""
        return min((min(one.not_before_s, one.ends_s()) for one in self._waiting.values()), default=math.inf)

    @property
    def waiting(self) -> Iterable[Ticket]:
        """The calls that wait, in the order in which they came."""
        return self._waiting.values()

    def take_speed(self, speed: float) -> None:
        """Limits fill so many times faster than documented; infinite where there are none."""
        if speed != self._speed:
            self._speed = speed
            self._look_again()

    def lower(self, limit: Limit, left: float, now_s: float) -> None:
        """An answer says how much of a limit is left."""
        self._bucket(limit, now_s).lower_to(left, now_s, self._speed)

    def admit(self, limits: Limits) -> None:
        """The service has taken a call."""
        for limit in limits:
            if (bucket := self._buckets.get(limit)) is not None:
                bucket.admit()

    def hold(self, limit: Limit, until_s: float, now_s: float) -> None:
        """An answer says that a limit takes nothing before an instant."""
        self._bucket(limit, now_s).hold(until_s)

    def refuse(self, path: str, limits: Limits, limit: Limit | None, wait_s: float, now_s: float) -> None:
        """A call was refused by this limit; None where its answer does not say by which.

        Then it was the one that is emptiest here, if one is nearly empty. If none is, this call alone may be meant;
        where a second one is refused, both have met what they have in common, and that waits.
        """
        limit = limit or self._nearly_empty(limits, now_s) or self._common(path, limits, now_s + wait_s, now_s)
        if limit is not None:
            self._bucket(limit, now_s).refuse(now_s, wait_s, self._speed)

    def _nearly_empty(self, limits: Limits, now_s: float) -> Limit | None:
        found = [(self._bucket(one, now_s).emptiness(now_s, self._speed), -index) for index, one in enumerate(limits)]
        emptiness, index = max(found, default=(0.0, 0))
        return limits[-index] if emptiness >= _NEARLY else None

    def _common(self, path: str, limits: Limits, until_s: float, now_s: float) -> Limit | None:
        path = path.casefold()
        waiting = {other: known for other, known in self._unexplained.items() if known[1] > now_s}
        self._unexplained = {**waiting, path: (limits, until_s)}
        others = [limit for other, (known, _) in waiting.items() if other != path for limit in known]
        return next((limit for limit in limits if limit in others), None)

    def last_of_s(self, counts: Mapping[Limit, int], now_s: float) -> float:
        """How long until the last of so many calls to each limit may go, by the one that takes longest."""
        known = self._buckets
        waits_s = (
            (known.get(limit) or Bucket(limit.rate, now_s)).last_of_s(count, now_s, self._speed)
            for limit, count in counts.items()
        )
        return max(waits_s, default=0.0)

    def _take(self, ticket: Ticket, now_s: float) -> bool:
        buckets = [self._bucket(limit, now_s) for limit in ticket.limits]
        wait_s = max((bucket.wait_s(now_s, self._speed) for bucket in buckets), default=0.0)
        if wait_s > 0:
            ticket.not_before_s = now_s + wait_s
            return False
        for bucket in buckets:
            bucket.take(self._jitter())
        ticket.granted = True
        self._number += 1
        for name in _served_by(ticket.limits):
            self._served[name] = self._number
        return True

    def _rank(self, ticket: Ticket) -> tuple[int, ...]:
        return (*(self._served.get(name, 0) for name in _served_by(ticket.limits)), ticket.number)

    def _bucket(self, limit: Limit, now_s: float) -> Bucket:
        if limit not in self._buckets:
            self._buckets[limit] = Bucket(limit.rate, now_s)
        return self._buckets[limit]

    def _look_again(self) -> None:
        for ticket in self._waiting.values():
            ticket.not_before_s = -math.inf

    def _sweep(self, now_s: float) -> None:
        """Forget limits that are full: a run has one of each kind for every identity."""
        if len(self._buckets) < self._sweep_at:
            return
        kept = {key: one for key, one in self._buckets.items() if not one.is_as_new(now_s, self._speed)}
        self._buckets = kept
        self._sweep_at = max(_SWEEP_FROM, 2 * len(kept))
        names = {limit.of for limit in kept} | {limit.of for one in self._waiting.values() for limit in one.limits}
        self._served = {name: number for name, number in self._served.items() if name in names}


def _served_by(limits: Limits) -> tuple[str, str]:
    """The subscription and the identity of a call; empty where it names none."""
    subscription = next((one.of for one in limits if one.level == ARM), "")
    return subscription, next((one.of for one in limits if one.level == "resource"), "")
