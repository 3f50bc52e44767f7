"""What Azure Pipelines says about the job that runs and the service connection that it was given.

Source: azure-identity 1.27.0, `AzurePipelinesCredential` (the request, its query and headers, the answer's
`oidcToken`).
"""

import httpx

from reconciler.arm.http.retry import Retries
from reconciler.arm.login.host_request import HostRequest, ask_host

_API_VERSION = "7.1"


def request_pipelines_assertion(address: str, access_token: str, connection_id: str, retries: Retries) -> str:
    """Ask for the assertion of a service connection, which is made for the cloud's logins alone.

    Args:
        address: `SYSTEM_OIDCREQUESTURI`, https unless it is on this machine.
        access_token: `SYSTEM_ACCESSTOKEN`, fit for a header.

    Raises:
        LoginError: there was no answer, or it holds no assertion; none of what was sent is in it.
    """
    query = {"api-version": _API_VERSION, "serviceConnectionId": connection_id}
    request = HostRequest(
        method="POST",
        url=httpx.URL(address).copy_merge_params(query),
        bearer=access_token,
        key="oidcToken",
        failure="Azure Pipelines gave no assertion about this job",
        hint="Check that the step is given the service connection, with"
        " `env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}`, then run again.",
        # Without it a token that has ended is answered with a page to sign in at.
        headers={"Content-Type": "application/json", "X-TFS-FedAuthRedirect": "Suppress"},
    )
    return ask_host(request, retries)
