"""Decides whether a call is tried again, and when, for reads (`retry_transport`) and writes (`apply`) alike.

A 429 is no failure: ARM only says when. It is waited for as often as it comes, reads and writes alike, until the time
of the run is over, and takes nothing from what an operation may spend on failures.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from reconciler.arm.activity import Activity, Outages
from reconciler.arm.http.budget import RunBudget, duration_text
from reconciler.arm.http.rates.schedule import NoTimeLeftError, Schedule, Wait

TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
"""Answers after which the same request may succeed."""

SPREAD_S = 1.0
"""Calls that wait for the same time come back at instants that lie so far apart at most, as seconds."""

_SHORT_WAIT_S = 1.0
"""A first wait that is no longer is not worth a line."""

_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_log = logging.getLogger("reconciler.arm")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long one operation is tried; a 429 is waited for besides.

    Attributes:
        attempts: tries in all, the first included.
        budget_s: seconds from the first try within which the last one must begin.
        base_s: upper bound of the first wait; it doubles with each one.
        cap_s: upper bound of every wait that the service did not ask for.
    """

    attempts: int = 6
    budget_s: float = 180.0
    base_s: float = 0.5
    cap_s: float = 30.0

    def delay_s(self, attempt: int, retry_after_s: float | None, jitter: float, elapsed_s: float = 0.0) -> float | None:
        """Seconds to wait after a failed try, or None to give up.

        Args:
            attempt: how many tries there have been, from 1.
            retry_after_s: what the service asked for; it is waited in full, or the operation given up at once.
            jitter: a random number in [0, 1), so that workers that failed together do not come back together.
            elapsed_s: since the first try began.
        """
        if attempt >= self.attempts:
            return None
        delay_s = retry_after_s + self.base_s * jitter if retry_after_s else self._own_delay_s(attempt, jitter)
        return delay_s if elapsed_s + delay_s <= self.budget_s else None

    def throttled_delay_s(self, refusals: int, retry_after_s: float | None, jitter: float) -> float:
        """Seconds to wait after so many refusals (429) of one operation, from 1."""
        return retry_after_s + SPREAD_S * jitter if retry_after_s else self._own_delay_s(refusals, jitter)

    def _own_delay_s(self, attempt: int, jitter: float) -> float:
        # 2 to the power of thousands, as refusals may number, is no float.
        return min(self.cap_s, self.base_s * 2.0 ** min(attempt - 1, 30)) * (0.5 + 0.5 * jitter)


@dataclass(frozen=True, slots=True)
class Retries:
    """A policy with what it runs on, and what the calls of a run share.

    Attributes:
        clock: seconds of a monotonic clock, for everything that lasts.
        sleep: waits for seconds.
        jitter: a random number in [0, 1).
        wall: epoch seconds, for dates that others give.
        budget: the time of the run.
        schedule: whose turn it is, by Azure's rates.
        outages: which retries are told.
        activity: hears of calls in flight, and of waits.
    """

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    wall: Callable[[], float]
    policy: RetryPolicy = RetryPolicy()
    budget: RunBudget = field(default_factory=RunBudget)
    schedule: Schedule = field(default_factory=Schedule)
    outages: Outages = field(default_factory=Outages)
    activity: Activity = field(default_factory=Activity)

    def begin(self) -> "Attempts":
        """Start counting the tries of one operation; its first try begins now."""
        return Attempts(self)

    @property
    def left_s(self) -> float:
        """What is left of the time of the run, in seconds."""
        return self.budget.left_s(self.clock())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within it, the time of the run stands still: a person is asked, and nothing else goes on."""
        began_s = self.clock()
        try:
            yield
        finally:
            self.budget.add(self.clock() - began_s)

    def wait_turn(self, method: str, path: str, ends_s: Callable[[], float]) -> None:
        """Wait until a call may go out by Azure's rates; raises NoTimeLeftError where that is after `ends_s`."""
        self.schedule.wait_turn(method, path, Wait(self.clock, self._sleep_for_turn, ends_s))

    @contextmanager
    def turn_to_write(self, method: str, path: str) -> Iterator[None]:
        """Wait for the turn of a write and hold it, so that what is read within the block is young when it goes out.

        Where it would not come in time, the time of the run is over. Whatever `sleep` raises passes through.
        """
        with ExitStack() as stack:
            try:
                wait = Wait(self.clock, self._sleep_for_turn, self.budget.ends_s)
                stack.enter_context(self.schedule.turn(method, path, wait))
            except NoTimeLeftError:
                self.budget.end(self.clock())
            yield

    def _sleep_for_turn(self, seconds: float) -> None:
        with self.activity.waiting("keeping to Azure's rates"):
            self.sleep(seconds)

    def wait_throttled(self, delay_s: float) -> None:
        """Wait because of a refusal for the number of calls, which is nobody's failure."""
        with self.activity.waiting(f"Azure asked to wait {duration_text(max(delay_s, 1))} (429)"):
            self.sleep(delay_s)
        self.schedule.count(delay_s)

    @property
    def busy_s(self) -> float:
        """The clock without what this thread has waited because of rates."""
        return self.clock() - self.schedule.waited_s


class Attempts:
    """The tries of one operation so far; not for sharing between threads."""

    def __init__(self, retries: Retries) -> None:
        self._retries = retries
        self._count = 1
        self._refusals = 0
        self._started_s = retries.busy_s

    @property
    def count(self) -> int:
        """Tries so far, those that were refused for the number of calls left out."""
        return self._count

    def wait_for_next(
        self, operation: str, reason: str, retry_after_s: float | None, *, throttled: bool = False
    ) -> bool:
        """Wait until the next try is due and say so at INFO; False, without waiting, when there is to be none.

        With `throttled` the service refused the try for the number of calls, which counts as none. Whatever `sleep`
        raises (a request to stop) passes through.
        """
        retries, policy = self._retries, self._retries.policy
        jitter = retries.jitter()
        if throttled:
            self._refusals += 1
            delay_s: float | None = policy.throttled_delay_s(self._refusals, retry_after_s, jitter)
            following = "again"
        else:
            delay_s = policy.delay_s(self._count, retry_after_s, jitter, retries.busy_s - self._started_s)
            following = f"attempt {self._count + 1} of {policy.attempts}"
        if delay_s is None:
            _log.info("%s: %s; giving up after attempt %d of %d", operation, reason, self._count, policy.attempts)
            return False
        if delay_s >= retries.left_s:
            limit = duration_text(retries.budget.limit_s)
            _log.info("%s: %s; giving up, %.1f s are too long: a run may take %s", operation, reason, delay_s, limit)
            if throttled:
                retries.budget.end(retries.clock())
            return False
        is_shown = not throttled and (self._count > 1 or delay_s > _SHORT_WAIT_S)
        level = retries.outages.level(retries.clock()) if is_shown else logging.INFO
        _log.log(level, "%s: %s; %s in %.1f s", operation, reason, following, delay_s)
        if throttled:
            retries.wait_throttled(delay_s)
        else:
            self._count += 1
            with retries.activity.waiting(f"{reason}, {following} in {duration_text(max(delay_s, 1))}"):
                retries.sleep(delay_s)
        return True


def parse_retry_after(value: str | None, now_s: float) -> float | None:
    """Seconds to wait by a `Retry-After` header, given in seconds or as an HTTP date; None where it says neither.

    Source: RFC 9110, section 10.2.3; recorded traffic (ARM sends seconds).
    """
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    # HTTP dates are in UTC even where they do not say so.
    return max(0.0, (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now_s)


def retry_after_s(response: httpx.Response, now_s: float) -> float | None:
    """What an answer asks to wait; None for a success, whose `Retry-After` means nothing.

    Source: recorded traffic (azure-libraries-for-java: `retry-after: 0` in every answer, successes included).
    """
    return None if response.is_success else parse_retry_after(response.headers.get("Retry-After"), now_s)
