"""How a program proves itself where it runs: App Service's managed identity, and the assertions of two pipelines.

Each is an address that the host puts into the environment, with a secret beside it; that the secret comes along is all
that the sandbox asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.sandbox.gateway import Answer
from reconciler.sandbox.login.sign_ins import record_sign_in
from reconciler.sandbox.login.tokens import Principal, encode, issue_access_token, principal_of_identity
from reconciler.sandbox.state import Identity, State, derived_id

_ASSERTION_LIFETIME = timedelta(minutes=5)
"""Source: GitHub's documentation of OpenID Connect (`exp` minus `iat` of its example)."""

_AUDIENCE = "api://AzureADTokenExchange"
"""Source: Microsoft's documentation of workload identity federation."""

_GITHUB_SUBJECT = "repo:contoso/identities:ref:refs/heads/main"


@dataclass(frozen=True, slots=True)
class HostRequest:
    """A request to the host's own address; names of its query and of its headers are in lower case."""

    query: Mapping[str, str]
    headers: Mapping[str, str]
    now: datetime
    lifetime: timedelta


def managed_identity_token(state: State, request: HostRequest) -> Answer:
    """A token of a managed identity, by `client_id`, `principal_id` or `mi_res_id`; of the host's own without one.

    Source: Microsoft's documentation of managed identities in App Service (REST endpoint reference, 2019-08-01); MSAL
    for Python for `object_id`, another name of `principal_id`. The texts of refusals are as quoted by users, their
    statuses assumed.
    """
    if not request.headers.get("x-identity-header"):
        return _refusal(401, "The request has no X-IDENTITY-HEADER.")
    resource = request.query.get("resource", "")
    if not resource:
        return _refusal(400, "The request has no resource.")
    principal = _managed_principal(state, request.query)
    if principal is None:
        return _refusal(
            400, "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
        )
    token = issue_access_token(principal, state.tenant_id, resource, request.now, request.lifetime)
    record_sign_in(state, principal, resource, request.now)
    return Answer(
        200,
        {
            "access_token": token.text,
            "expires_on": str(token.expires_at),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": principal.client_id,
        },
    )


def _managed_principal(state: State, query: Mapping[str, str]) -> Principal | None:
    client_id = query.get("client_id", "")
    principal_id = query.get("principal_id") or query.get("object_id", "")
    resource_id = query.get("mi_res_id", "")
    sought = tuple(value.casefold() for value in (client_id, principal_id, resource_id))
    if not any(sought):
        return Principal(derived_id(0, "host principal"), derived_id(0, "host client"))
    for identity in state.shelf(Identity):
        known = (identity.client_id, identity.principal_id, identity.resource_id)
        if any(asked and asked == has.casefold() for asked, has in zip(sought, known, strict=True)):
            return principal_of_identity(state, identity)
    return None


def _refusal(status: int, message: str) -> Answer:
    return Answer(status, {"statusCode": status, "message": message})


def github_assertion(_state: State, request: HostRequest) -> Answer:
    """What `ACTIONS_ID_TOKEN_REQUEST_URL` answers: a token about a workflow; `subject` in the address picks which.

    Source: GitHub's documentation of OpenID Connect (request by curl; the default audience is the owner's URL).
    """
    if not _has_bearer(request):
        return Answer(401, {"message": "The request has no bearer token."})
    subject = request.query.get("subject", _GITHUB_SUBJECT)
    owner = subject.removeprefix("repo:").partition("/")[0]
    audience = request.query.get("audience", f"https://github.com/{owner}")
    token = _assertion("https://token.actions.githubusercontent.com", subject, audience, request.now)
    return Answer(200, {"count": len(token), "value": token})


def pipelines_assertion(state: State, request: HostRequest) -> Answer:
    """What `SYSTEM_OIDCREQUESTURI` answers: a token about a service connection.

    Source: azure-identity (AzurePipelinesCredential); issuer and subject as Microsoft's documentation of workload
    identity service connections shows them.
    """
    connection = request.query.get("serviceconnectionid", "")
    if not _has_bearer(request) or not connection:
        return Answer(401, {"message": "The request has no bearer token, or names no service connection."})
    issuer = f"https://vstoken.dev.azure.com/{derived_id(0, 'organization', state.tenant_id)}"
    subject = f"sc://contoso/identities/{connection}"
    return Answer(200, {"oidcToken": _assertion(issuer, subject, _AUDIENCE, request.now)})


def _has_bearer(request: HostRequest) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and bool(token.strip())


def _assertion(issuer: str, subject: str, audience: str, now: datetime) -> str:
    issued_at = int(now.timestamp())
    expires_at = int((now + _ASSERTION_LIFETIME).timestamp())
    return encode(
        {"iss": issuer, "sub": subject, "aud": audience, "iat": issued_at, "nbf": issued_at, "exp": expires_at}
    )
