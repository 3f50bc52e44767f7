"""Budgets of calls: what is left of each, and how long to wait for more. Time comes with each question."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Subject = tuple[str, ...]
"""Whose budget it is, from the kind of call to the name of what is limited."""

_ENOUGH = 1 - 1e-6
"""A token: tenths of seconds, added up in floating point, must not cost one."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many calls may come at once, and how many a second after that: a token bucket."""

    capacity: float
    refill_per_s: float

    def left(self, level: float, age_s: float) -> float:
        """What is left some time after there was a level."""
        return min(self.capacity, level + age_s * self.refill_per_s)

    def wait_s(self, left: float, _age_s: float) -> float:
        """How long until there is a token again."""
        return (_ENOUGH - left) / self.refill_per_s

    def begins_anew(self, _age_s: float) -> bool:
        """Whether the time is counted from the call that comes now: always, as the level says all."""
        return True


@dataclass(frozen=True, slots=True)
class Window:
    """How many calls may come within so many seconds of the first one; then all of them may come again."""

    capacity: float
    seconds: float

    def left(self, _level: float, _age_s: float) -> float:
        """What is left once the window is over."""
        return self.capacity

    def wait_s(self, _left: float, age_s: float) -> float:
        """How long until the window ends."""
        return self.seconds - age_s

    def begins_anew(self, age_s: float) -> bool:
        """Whether the call that comes now is the first of another window."""
        return age_s > self.seconds - 1e-6


Budget = Rate | Window


@dataclass(frozen=True, slots=True)
class Wait:
    """Which budget is used up, and for how many whole seconds more."""

    seconds: int
    subject: Subject


class Buckets:
    """What is left of every budget that was drawn on."""

    def __init__(self, speed: float) -> None:
        """All are full.

        Args:
            speed: how many times faster than the clock the time of budgets goes.
        """
        self._speed = speed
        self._levels: dict[Subject, tuple[float, float]] = {}

    def take(self, budgets: Sequence[tuple[Subject, Budget]], now_s: float) -> Wait | None:
        """Take a token from each, or from none: then the longest wait for one of them."""
        looks = [(subject, self._look(subject, budget, now_s)) for subject, budget in budgets]
        waits = [Wait(self._seconds(look.wait_s), subject) for subject, look in looks if look.left < _ENOUGH]
        if waits:
            return max(waits, key=lambda wait: wait.seconds)
        for subject, look in looks:
            self._levels[subject] = (look.left - 1, look.since_s)
        return None

    def tokens(self, subject: Subject, budget: Budget, now_s: float) -> int:
        """How many calls may come now."""
        return math.floor(self._look(subject, budget, now_s).left + 1 - _ENOUGH)

    def resets_after_s(self, subject: Subject, window: Window, now_s: float) -> int:
        """How many whole seconds a window still lasts."""
        return self._seconds(self._look(subject, window, now_s).wait_s)

    def _look(self, subject: Subject, budget: Budget, now_s: float) -> "_Look":
        level, since_s = self._levels.get(subject, (budget.capacity, now_s))
        age_s = max(0.0, now_s - since_s) * self._speed
        if budget.begins_anew(age_s):
            left = budget.left(level, age_s)
            return _Look(left, budget.wait_s(left, 0), now_s)
        return _Look(level, budget.wait_s(level, age_s), since_s)

    def _seconds(self, budget_s: float) -> int:
        return max(1, math.ceil(budget_s / self._speed))


@dataclass(frozen=True, slots=True)
class _Look:
    """What is left, how long to wait for more in a budget's own seconds, and since when time is counted."""

    left: float
    wait_s: float
    since_s: float
