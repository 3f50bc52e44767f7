"""Decides what is sent again, and when.

Only reads are sent again here. A write that failed may have taken effect, and the only honest way to find out is to ask
with a GET: that is the business of whoever knows what the write was meant to do, so a write's failure goes straight up.
The policy and its clock are shared with that caller (`Retries`), so both wait alike.
"""

import logging
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from reconciler.arm.http.redaction import redact

TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
"""Answers after which the same request may succeed."""

REPEATABLE = "uami.repeatable"
"""The name of a request's extension that says that it changes nothing, whatever its method."""

_READS = frozenset({"GET", "HEAD"})
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_log = logging.getLogger("reconciler.arm")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long one operation is tried.

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
        if retry_after_s:
            delay_s = retry_after_s + self.base_s * jitter
        else:
            delay_s = min(self.cap_s, self.base_s * 2 ** (attempt - 1)) * (0.5 + 0.5 * jitter)
        return delay_s if elapsed_s + delay_s <= self.budget_s else None


@dataclass(frozen=True, slots=True)
class Retries:
    """A policy with the clock (epoch seconds), sleep (seconds) and random source ([0, 1)) it runs on."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    policy: RetryPolicy = RetryPolicy()

    def begin(self) -> "Attempts":
        """Start counting the tries of one operation; its first try begins now."""
        return Attempts(self)


class Attempts:
    """The tries of one operation so far; not for sharing between threads."""

    def __init__(self, retries: Retries) -> None:
        self._retries = retries
        self._count = 1
        self._started_s = retries.clock()

    def wait_for_next(self, operation: str, reason: str, retry_after_s: float | None) -> bool:
        """Wait until the next try is due and say so at INFO; False, without waiting, when there is to be none.

        Whatever `sleep` raises (a request to stop) passes through.
        """
        policy = self._retries.policy
        elapsed_s = self._retries.clock() - self._started_s
        delay_s = policy.delay_s(self._count, retry_after_s, self._retries.jitter(), elapsed_s)
        if delay_s is None:
            _log.info("%s: %s; giving up after attempt %d of %d", operation, reason, self._count, policy.attempts)
            return False
        self._count += 1
        _log.info("%s: %s; attempt %d of %d in %.1f s", operation, reason, self._count, policy.attempts, delay_s)
        self._retries.sleep(delay_s)
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


def is_untrusted_certificate(error: BaseException | None) -> bool:
    """Whether a connection failed because the server's certificate is not trusted: trying again cannot help."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def may_pass(error: httpx.TransportError) -> bool:
    """Whether a failed connection may succeed when it is tried again."""
    ours = isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError)
    return not ours and not is_untrusted_certificate(error)


class RetryTransport(httpx.BaseTransport):
    """Gives each request its own id, logs it, and sends reads again while that may help.

    A read's body is received in here, so that one cut off in the middle counts as a failed try.
    """

    def __init__(self, wire: httpx.BaseTransport, retries: Retries, new_id: Callable[[], str]) -> None:
        self._wire = wire
        self._retries = retries
        self._new_id = new_id

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; a read's answer comes with its body received, and is the last one there was."""
        if request.method not in _READS and not request.extensions.get(REPEATABLE):
            return self._send(request, receive=False)
        attempts = self._retries.begin()
        while True:
            outcome = self._try_read(request)
            if not self._worth_another(outcome, request, attempts):
                break
        if isinstance(outcome, httpx.Response):
            return outcome
        raise outcome

    def close(self) -> None:
        """Close the connections below."""
        self._wire.close()

    def _try_read(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        try:
            return self._send(request, receive=True)
        except httpx.TransportError as error:
            return error

    def _worth_another(
        self, outcome: httpx.Response | httpx.TransportError, request: httpx.Request, attempts: Attempts
    ) -> bool:
        operation = f"{request.method} {_path(request)}"
        if isinstance(outcome, httpx.Response):
            wait_s = retry_after_s(outcome, self._retries.clock())
            return outcome.status_code in TRANSIENT_STATUSES and attempts.wait_for_next(
                operation, f"answered {outcome.status_code}", wait_s
            )
        return may_pass(outcome) and attempts.wait_for_next(operation, type(outcome).__name__, None)

    def _send(self, request: httpx.Request, *, receive: bool) -> httpx.Response:
        """One try on the wire, with an id of its own: a service may answer a repeated id from memory.

        Source: azure-mgmt-core 1.6.0, which renews the id when it replays a request for the same reason.
        """
        request.headers["x-ms-client-request-id"] = self._new_id()
        started_s = self._retries.clock()
        result = "no answer"
        try:
            response = self._wire.handle_request(request)
            result = str(response.status_code)
            if receive:
                _receive(response)
        except httpx.TransportError as error:
            result = f"{result}, {type(error).__name__}"
            raise
        finally:
            _log_request(request, result, self._retries.clock() - started_s)
        return response


def _receive(response: httpx.Response) -> None:
    try:
        response.read()
    finally:
        response.close()


def _log_request(request: httpx.Request, result: str, taken_s: float) -> None:
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
    path = request.url.raw_path.partition(b"?")[0].decode("ascii")
    return redact(path, request)
