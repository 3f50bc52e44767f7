"""What GitHub Actions says about the job that runs: an assertion that Entra exchanges for a token.

An assertion is good for minutes and a token for an hour, so that a run that outlives its token needs both again. The
assertion is therefore asked for whenever a token is, and never kept.

Source: GitHub's documentation of OpenID Connect (the job's two variables, the query `audience`, the answer's `value`).
"""

import uuid

import httpx

from reconciler.arm.http.fields import FieldError, parse_object, text
from reconciler.arm.http.redaction import quote_answer
from reconciler.arm.http.retry import Retries
from reconciler.arm.http.retry_transport import RetryTransport
from reconciler.arm.http.transport import CONNECT_TIMEOUT_S, open_wire
from reconciler.errors import Interrupted, LoginError

_READ_TIMEOUT_S = 30.0
_FAILURE = "GitHub Actions gave no assertion about this job"
_HINT = "Check that the job has `permissions: id-token: write` and is still running, then run again."


def request_assertion(address: str, request_token: str, audience: str, retries: Retries) -> str:
    """Ask for an assertion that is made for `audience`; what may pass is tried again.

    Args:
        address: `ACTIONS_ID_TOKEN_REQUEST_URL`, https unless it is on this machine.
        request_token: `ACTIONS_ID_TOKEN_REQUEST_TOKEN`, fit for a header.

    Raises:
        LoginError: there was no answer, or it holds no assertion; none of what was sent is in it.
    """
    url = httpx.URL(address).copy_set_param("audience", audience)
    # A long apply asks for one when its token ends, and must outlast what passes.
    wire = RetryTransport(open_wire(url, max_connections=1), retries, lambda: str(uuid.uuid4()), has_answered=True)
    timeout = httpx.Timeout(_READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    headers = {"Accept": "application/json", "Authorization": f"Bearer {request_token}"}
    with httpx.Client(transport=wire, timeout=timeout, trust_env=False, follow_redirects=False) as http:
        try:
            response = http.get(url, headers=headers)
        except httpx.RequestError as error:
            raise _no_assertion(f"{type(error).__name__}: {error}", error.request) from error
        except Interrupted as error:
            # A call that has no token has failed, and says so: nothing went out.
            raise LoginError(f"{_FAILURE}: the run was asked to stop while it waited for an answer.") from error
    if response.status_code != httpx.codes.OK:
        raise _no_assertion(f"it answered {response.status_code} {response.text}", response.request)
    try:
        return text(parse_object(response.content), "value")
    except FieldError as error:
        raise _no_assertion(f"its answer is malformed: {error}", response.request) from error


def _no_assertion(reason: str, request: httpx.Request) -> LoginError:
    return LoginError(f"{_FAILURE}: {quote_answer(reason, request)}", _HINT)
