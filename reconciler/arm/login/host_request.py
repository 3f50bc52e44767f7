"""Asks the host of a job for an assertion about it: at an address of the job's environment, with a secret beside it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from reconciler.arm.http.fields import FieldError, parse_object, text
from reconciler.arm.http.redaction import quote_answer, redact_login
from reconciler.arm.http.retry import Retries
from reconciler.arm.http.retry_transport import RetryTransport
from reconciler.arm.http.transport import CONNECT_TIMEOUT_S, open_wire
from reconciler.errors import Interrupted, LoginError

_READ_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class HostRequest:
    """A request for an assertion.

    Attributes:
        key: of the answer, which holds the assertion.
        failure, hint: what is said where there is none.
    """

    method: str
    url: httpx.URL
    bearer: str = field(repr=False)
    key: str
    failure: str
    hint: str
    headers: Mapping[str, str] = field(default_factory=dict)


def ask_host(asked: HostRequest, retries: Retries) -> str:
    """The assertion; what may pass is tried again.

    Raises:
        LoginError: there was no answer, or it holds no assertion; none of what was sent is in it.
    """
    # A long apply asks for one when its token ends, and must outlast what passes.
    wire = RetryTransport(
        open_wire(asked.url, max_connections=1), retries, lambda: str(uuid.uuid4()), has_answered=True
    )
    timeout = httpx.Timeout(_READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    headers = {"Accept": "application/json", "Authorization": f"Bearer {asked.bearer}", **asked.headers}
    with httpx.Client(transport=wire, timeout=timeout, trust_env=False, follow_redirects=False) as http:
        try:
            response = http.request(asked.method, asked.url, headers=headers)
        except httpx.RequestError as error:
            raise _no_assertion(asked, f"{type(error).__name__}: {error}", error.request) from error
        except Interrupted as error:
            # A call that has no token has failed, and says so: nothing went out.
            stopped = "the run was asked to stop while it waited for an answer"
            raise LoginError(f"{asked.failure}: {stopped}.") from error
    if response.status_code != httpx.codes.OK:
        raise _no_assertion(asked, f"it answered {response.status_code} {response.text}", response.request)
    try:
        return text(parse_object(response.content), asked.key)
    except FieldError as error:
        raise _no_assertion(asked, f"its answer is malformed: {error}", response.request) from error


def _no_assertion(asked: HostRequest, reason: str, request: httpx.Request) -> LoginError:
    # A host that answers in another way than it is documented to can have put an assertion there all the same.
    return LoginError(f"{asked.failure}: {quote_answer(redact_login(reason, ()), request)}", asked.hint)
