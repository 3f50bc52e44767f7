"""Sends every call in its turn, and reads again where that may help.

Only reads are sent again here. A write that failed may have taken effect, and the only honest way to find out is to ask
with a GET: that is the business of whoever knows what the write was meant to do, so a write's failure goes straight up.
The policy and its clock are shared with that caller (`Retries`), so both wait alike.
"""

import logging
import math
import threading
from collections.abc import Callable
from http import HTTPStatus

import httpx

from reconciler.arm.http.budget import duration_text
from reconciler.arm.http.rates.schedule import NoTimeLeftError, Refusal
from reconciler.arm.http.receive import ENCODING, TimeOver, receive
from reconciler.arm.http.redaction import redact
from reconciler.arm.http.retry import TRANSIENT_STATUSES, Attempts, Retries, retry_after_s
from reconciler.arm.http.wire import may_pass, unreachable

REPEATABLE = "uami.repeatable"
"""The name of a request's extension that says that it changes nothing, whatever its method."""

TIME_HINT = "Run again with a longer --timeout, or look at less at once with --target."

APART_S = 0.5
"""How far apart two runs come back that were asked to wait alike: as long as the narrowest limit takes for a token."""

_FIRST_TRIES = 2
"""How often a host is tried that was never reached: more likely its name is wrong than that it comes back."""

_READS = frozenset({"GET", "HEAD"})
_log = logging.getLogger("reconciler.arm")


class RetryTransport(httpx.BaseTransport):
    """Gives each request its own id, logs it, and sends reads again while that may help.

    A host that never answered yet is tried only once more: so a wrong name is told at once. Bodies are received in
    here, so that a read cut off in the middle counts as a failed try.
    """

    def __init__(
        self,
        wire: httpx.BaseTransport,
        retries: Retries,
        new_id: Callable[[], str],
        *,
        most_in_flight: int = 1,
        has_answered: bool = False,
    ) -> None:
        self._wire = wire
        self._retries = retries
        self._new_id = new_id
        self._has_answered = has_answered
        # More threads than these wait for their turns, so that one limit that is used up holds no other.
        self._in_flight = threading.BoundedSemaphore(most_in_flight)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer comes with its body received, and a read's is the last one there was."""
        self._retries.budget.start(self._retries.clock())
        if request.method not in _READS and not request.extensions.get(REPEATABLE):
            self._wait_turn(request, lambda: math.inf)
            return self._send(request)
        attempts = self._retries.begin()
        while True:
            self._check_time()
            self._wait_turn(request, self._retries.budget.reads_end_s)
            outcome = self._try_read(request)
            if not self._worth_another(outcome, request, attempts):
                break
        if isinstance(outcome, httpx.Response):
            return outcome
        raise outcome

    def close(self) -> None:
        """Close the connections below."""
        self._wire.close()

    def _check_time(self) -> None:
        if self._retries.budget.refuses_reads(self._retries.clock()):
            raise self._time_over()

    def _wait_turn(self, request: httpx.Request, ends_s: Callable[[], float]) -> None:
        try:
            self._retries.wait_turn(request.method, _raw_path(request), ends_s)
        except NoTimeLeftError as error:
            self._retries.budget.end(self._retries.clock())
            raise self._time_over() from error

    def _time_over(self) -> TimeOver:
        limit = duration_text(self._retries.budget.limit_s)
        return TimeOver(f"not asked: the time of the run ({limit}) is over", TIME_HINT)

    def _try_read(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        try:
            return self._send(request)
        except httpx.TransportError as error:
            return error

    def _worth_another(
        self, outcome: httpx.Response | httpx.TransportError, request: httpx.Request, attempts: Attempts
    ) -> bool:
        if isinstance(outcome, httpx.Response) and outcome.status_code not in TRANSIENT_STATUSES:
            return False
        operation = f"{request.method} {_path(request)}"
        if isinstance(outcome, httpx.Response):
            status, wait_s = outcome.status_code, retry_after_s(outcome, self._retries.wall())
            return attempts.wait_for_next(
                operation, f"answered {status}", wait_s, throttled=status == HTTPStatus.TOO_MANY_REQUESTS
            )
        lost = unreachable(outcome)
        if lost is not None and not self._has_answered and attempts.count >= _FIRST_TRIES:
            return False
        reason = type(outcome).__name__ if lost is None else str(lost)
        return may_pass(outcome) and attempts.wait_for_next(operation, reason, None)

    def _send(self, request: httpx.Request) -> httpx.Response:
        """One try on the wire, with an id of its own: a service may answer a repeated id from memory.

        Source: azure-mgmt-core 1.6.0, which renews the id when it replays a request for the same reason.
        """
        with self._in_flight:
            response = self._send_now(request)
        self._has_answered = True
        self._note(request, response)
        return response

    def _send_now(self, request: httpx.Request) -> httpx.Response:
        request.headers["x-ms-client-request-id"] = self._new_id()
        request.headers["Accept-Encoding"] = ENCODING
        started_s = self._retries.clock()
        result = "no answer"
        try:
            with self._retries.activity.call():
                answer = self._wire.handle_request(request)
                result = str(answer.status_code)
                response = receive(answer)
        except httpx.RequestError as error:
            result = f"{result}, {type(error).__name__}"
            raise
        finally:
            _log_request(request, result, self._retries.clock() - started_s)
        return response

    def _note(self, request: httpx.Request, response: httpx.Response) -> None:
        """Let other calls know what the answer to this one says of Azure's rates."""
        schedule, now_s, path = self._retries.schedule, self._retries.clock(), _raw_path(request)
        # The library's own look-up encodes and compares each name.
        headers = dict(response.headers.multi_items())
        if response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            schedule.note_answer(request.method, path, headers, now_s)
            return
        self._retries.activity.note_throttled()
        wait_s = retry_after_s(response, self._retries.wall())
        # Whole seconds bring a run back at the very instants at which another one takes what there is.
        spread_s = APART_S * self._retries.jitter() if wait_s else 0.0
        schedule.note_refusal(
            request.method, path, Refusal(headers, response.text, wait_s and wait_s + spread_s), now_s
        )


def _log_request(request: httpx.Request, result: str, taken_s: float) -> None:
    if not _log.isEnabledFor(logging.DEBUG):
        return
    _log.debug(
        "%s %s %s %.0f ms %s",
        request.method,
        _path(request),
        result,
        taken_s * 1000,
        request.headers["x-ms-client-request-id"],
    )


def _path(request: httpx.Request) -> str:
    """The path as it goes over the wire: percent-encoded, so that no name can forge a line of the log."""
    return redact(_raw_path(request), request)


def _raw_path(request: httpx.Request) -> str:
    return request.url.raw_path.partition(b"?")[0].decode("ascii")
