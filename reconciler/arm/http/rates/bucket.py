"""One of Azure's limits as this run knows it: how many calls it has left, and what its answers have taught.

The service keeps the real bucket. This one starts as documented, is never fuller than an answer says, waits where a
refusal says so, and fills more slowly where refusals go on: then somebody else draws on it too, or the documents
promise too much. It gets its pace back little by little, so that two runs come to share a limit evenly.
"""

import math
from dataclasses import dataclass

MARGIN_S = 0.25
"""For how much less time than the service a bucket fills: a call may arrive earlier after another than it was sent."""

REPEATED_WITHIN_S = 30.0
"""A refusal that comes so soon after another is none of the kind that one wait puts right."""

RECOVERS_S = 30.0
"""How long a bucket that hardly fills any more takes to fill at its full pace again."""

_BEHIND = 0.5
"""By how much of a token a bucket that was refused stays behind that of the service: whoever takes each token at the
instant at which it comes leaves none to another run."""

_LEAST_SHARE = 1 / 16
_SHARED_FROM = 1.0
"""Tokens a second of the narrowest limit that several identities share."""

_ALMOST = 1e-6
"""Of a token: parts of seconds, added up in floating point, must not cost one."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many calls may come at once, and how many a second after that."""

    capacity: float
    refill_per_s: float


class Bucket:
    """What is left of one limit. Times are seconds of one monotonic clock.

    `speed` is how many times faster than documented limits fill; infinite where the service keeps none.
    """

    def __init__(self, rate: Rate, now_s: float) -> None:
        """Full."""
        self._rate = rate
        self._level = rate.capacity
        self._at_s = now_s
        self._share = 1.0
        self._held_until_s = -math.inf
        self._refused_s = -math.inf
        self._admitted = False
        self._ahead = 0.0

    def wait_s(self, now_s: float, speed: float) -> float:
        """How long until a call may come; 0 where one may come now."""
        self._fill(now_s, speed)
        held_s = max(0.0, self._held_until_s - now_s)
        needed = min(1 + self._ahead, self._most(speed))
        if self._level >= needed - _ALMOST or math.isinf(speed):
            return held_s
        return max(held_s, (needed - self._level) / (self._rate.refill_per_s * speed * self._share))

    def last_of_s(self, calls: int, now_s: float, speed: float) -> float:
        """How long until the last of so many calls may come, if nothing else does."""
        self._fill(now_s, speed)
        if math.isinf(speed):
            return 0.0
        missing = max(0.0, calls - self._level)
        return max(self._held_until_s - now_s, missing / (self._rate.refill_per_s * speed * self._share), 0.0)

    def emptiness(self, now_s: float, speed: float) -> float:
        """0 for a full one, 1 and more for one without a token."""
        self._fill(now_s, speed)
        return 1 - self._level / self._rate.capacity

    def take(self, ahead: float = 0.0) -> None:
        """A call comes; `wait_s` has just said that it may.

        `ahead` is what must be there beyond the next token: of a limit that others draw on, a run that takes each token
        at the very instant at which it comes would leave none to another run, and never notice.
        """
        self._level = max(0.0, self._level - 1)
        self._ahead = ahead if self._rate.refill_per_s >= _SHARED_FROM else 0.0

    def give_back(self) -> None:
        """A call that was counted does not come after all."""
        self._level += 1

    def lower_to(self, left: float, now_s: float, speed: float) -> None:
        """The service says that no more is left than this."""
        self._fill(now_s, speed)
        self._level = min(self._level, left)

    def hold(self, until_s: float) -> None:
        """The service takes no call before an instant."""
        self._held_until_s = max(self._held_until_s, until_s)

    def admit(self) -> None:
        """The service has taken a call."""
        self._admitted = True

    def refuse(self, now_s: float, wait_s: float, speed: float) -> None:
        """A call was refused, and the service asks to wait."""
        self.lower_to(-_BEHIND, now_s, speed)
        is_new = now_s >= self._held_until_s  # calls that were under way together are refused together
        repeated = math.isfinite(speed) and now_s - self._refused_s <= REPEATED_WITHIN_S / speed + wait_s
        # Whoever gets nothing at all must not ask more and more seldom: another run would have it all for itself.
        if is_new and repeated and self._admitted:
            self._share = max(_LEAST_SHARE, self._share / 2)
        self._refused_s, self._admitted = now_s, False
        self.hold(now_s + wait_s)

    def is_as_new(self, now_s: float, speed: float) -> bool:
        """Whether nothing would be lost if it were forgotten."""
        self._fill(now_s, speed)
        full = self._level >= self._most(speed) and self._share >= 1
        return (full or math.isinf(speed)) and now_s >= self._held_until_s

    def _fill(self, now_s: float, speed: float) -> None:
        passed_s, self._at_s = max(0.0, now_s - self._at_s), max(now_s, self._at_s)
        if math.isinf(speed):
            return
        grown = self._level + passed_s * self._rate.refill_per_s * speed * self._share
        self._level = min(grown, self._most(speed))
        self._share = min(1.0, self._share + passed_s * speed / RECOVERS_S)

    def _most(self, speed: float) -> float:
        if math.isinf(speed):
            return self._rate.capacity
        return max(1.0, self._rate.capacity - MARGIN_S * speed * self._rate.refill_per_s)
