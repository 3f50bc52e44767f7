"""What GitHub Actions says about the job that runs: an assertion that Entra exchanges for a token.

An assertion is good for minutes and a token for an hour, so that a run that outlives its token needs both again. The
assertion is therefore asked for whenever a token is, and never kept.

Source: GitHub's documentation of OpenID Connect (the job's two variables, the query `audience`, the answer's `value`).
"""

import httpx

from reconciler.arm.http.retry import Retries
from reconciler.arm.login.host_request import HostRequest, ask_host


def request_assertion(address: str, request_token: str, audience: str, retries: Retries) -> str:
    """Ask for an assertion that is made for `audience`; what may pass is tried again.

    Args:
        address: `ACTIONS_ID_TOKEN_REQUEST_URL`, https unless it is on this machine.
        request_token: `ACTIONS_ID_TOKEN_REQUEST_TOKEN`, fit for a header.

    Raises:
        LoginError: there was no answer, or it holds no assertion; none of what was sent is in it.
    """
    request = HostRequest(
        method="GET",
        url=httpx.URL(address).copy_set_param("audience", audience),
        bearer=request_token,
        key="value",
        failure="GitHub Actions gave no assertion about this job",
        hint="Check that the job has `permissions: id-token: write` and is still running, then run again.",
    )
    return ask_host(request, retries)
