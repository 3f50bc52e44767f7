"""Microsoft Entra's token endpoint, as far as a program without a user asks it: client credentials.

Any secret and any certificate is right, because the sandbox has no accounts; what it checks is what a client can get
wrong by itself (the form of the request, the scope, an assertion that is none or too old) and what the state knows: an
assertion for a user-assigned identity has to match one of its federated credentials.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.sandbox.gateway import Answer, claims_of
from reconciler.sandbox.login.sign_ins import record_sign_in
from reconciler.sandbox.login.tokens import issue_access_token, principal_of
from reconciler.sandbox.state import GUID, FederatedCredential, State, path_key

_DEFAULT_SUFFIX = "/.default"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SHARED_TENANTS = ("common", "organizations")


class EntraRefusalError(Exception):
    """A request that Entra refuses: HTTP status, OAuth error, number of the AADSTS code, and its text."""

    def __init__(self, status: int, error: str, code: int, text: str) -> None:
        super().__init__(f"AADSTS{code}: {text}")
        self.status = status
        self.error = error
        self.code = code

    def answer(self, base_url: str, now: datetime, trace_id: str, correlation_id: str) -> Answer:
        """How it looks on the wire. Source: bodies as quoted by users (azure-cli issues 22145 and 23130)."""
        timestamp = f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
        return Answer(
            self.status,
            {
                "error": self.error,
                "error_description": (
                    f"{self} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"
                ),
                "error_codes": [self.code],
                "timestamp": timestamp,
                "trace_id": trace_id,
                "correlation_id": correlation_id,
                "error_uri": f"{base_url}/error?code={self.code}",
            },
        )


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A POST to a token endpoint: the tenant that its path names, and the fields of its form."""

    tenant: str
    form: Mapping[str, str]
    now: datetime
    lifetime: timedelta


def find_tenant(state: State, name: str) -> str:
    """The tenant id that a path's first word stands for.

    Every GUID is a tenant, since a client that mixes up its tenants must be able to get that far. Source: assumed; the
    refusal of other words as quoted by users (azure-cli issue 22145).

    Raises:
        EntraRefusalError: neither a GUID nor a name that all tenants share.
    """
    if name.casefold() in _SHARED_TENANTS:
        return state.tenant_id
    if GUID.fullmatch(name):
        return name.lower()
    raise EntraRefusalError(
        400,
        "invalid_tenant",
        90002,
        f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud.",
    )


def token_by_scope(state: State, request: TokenRequest) -> Answer:
    """Version 2.0 of the endpoint, which takes a `scope`.

    Source: Microsoft's documentation of the OAuth 2.0 client credentials flow.
    """
    tenant_id, client_id, credential = _authenticate(state, request)
    scope = _field(request, "scope")
    if not scope.endswith(_DEFAULT_SUFFIX):
        # Source: text as quoted by users (AADSTS1002012).
        raise EntraRefusalError(
            400,
            "invalid_scope",
            1002012,
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier (application ID URI).",
        )
    principal, audience = principal_of(state, client_id), scope.removesuffix(_DEFAULT_SUFFIX)
    token = issue_access_token(principal, tenant_id, audience, request.now, request.lifetime)
    record_sign_in(state, principal, audience, request.now, credential)
    return Answer(
        200,
        {
            "token_type": "Bearer",
            "expires_in": token.lifetime_s,
            "ext_expires_in": token.lifetime_s,
            "access_token": token.text,
        },
    )


def token_by_resource(state: State, request: TokenRequest) -> Answer:
    """Version 1.0 of the endpoint, which takes a `resource` and answers numbers as texts.

    Source: Microsoft's documentation of service-to-service calls with client credentials (version 1.0).
    """
    tenant_id, client_id, credential = _authenticate(state, request)
    principal, audience = principal_of(state, client_id), _field(request, "resource")
    token = issue_access_token(principal, tenant_id, audience, request.now, request.lifetime)
    record_sign_in(state, principal, audience, request.now, credential)
    return Answer(
        200,
        {
            "token_type": "Bearer",
            "expires_in": str(token.lifetime_s),
            "ext_expires_in": str(token.lifetime_s),
            "expires_on": str(token.expires_at),
            "not_before": str(token.issued_at),
            "resource": audience,
            "access_token": token.text,
        },
    )


def _authenticate(state: State, request: TokenRequest) -> tuple[str, str, FederatedCredential | None]:
    """The tenant and the client id of a request that proves itself, and the federated credential that let it."""
    tenant_id = find_tenant(state, request.tenant)
    grant_type = _field(request, "grant_type")
    if grant_type != "client_credentials":
        raise EntraRefusalError(
            400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant_type}'."
        )
    client_id = _field(request, "client_id")
    credential = None
    if request.form.get("client_assertion"):
        credential = _trusting(state, client_id, tenant_id, _check_assertion(request))
    elif not request.form.get("client_secret"):
        # Source: text as quoted by users (AADSTS7000218).
        raise EntraRefusalError(
            401,
            "invalid_client",
            7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )
    return tenant_id, client_id, credential


def _field(request: TokenRequest, name: str) -> str:
    value = request.form.get(name, "")
    if not value:
        # Source: text as quoted by users (AADSTS900144).
        raise EntraRefusalError(
            400, "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'."
        )
    return value


def _check_assertion(request: TokenRequest) -> Mapping[str, object]:
    if request.form.get("client_assertion_type") != _ASSERTION_TYPE:  # Source: RFC 7523; the text is assumed.
        raise EntraRefusalError(
            400, "invalid_request", 900144, f"The parameter 'client_assertion_type' must be '{_ASSERTION_TYPE}'."
        )
    claims = claims_of(request.form["client_assertion"])
    if claims is None:  # Source: text as quoted by users (AADSTS50027).
        raise EntraRefusalError(400, "invalid_request", 50027, "JWT token is invalid or malformed.")
    # `exp` and `nbf` as RFC 7519 has them (4.1.4, 4.1.5); that Entra looks at them first is assumed.
    now_s, expires_at, not_before = request.now.timestamp(), claims.get("exp"), claims.get("nbf")
    ended = isinstance(expires_at, int | float) and expires_at <= now_s
    if ended or (isinstance(not_before, int | float) and not_before > now_s):
        # Source: Azure DevOps documentation, "Troubleshoot a workload identity service connection" (AADSTS700024).
        raise EntraRefusalError(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")
    return claims


def _trusting(state: State, client_id: str, tenant_id: str, claims: Mapping[str, object]) -> FederatedCredential | None:
    """The credential of the identity that trusts an assertion, or a refusal; applications trust every one.

    Source: Microsoft Entra documentation (considerations for federated identity credentials: issuer, subject and
    audience compare exactly; an identity is known in its own tenant alone). A token has one audience, or a list of
    them, as those of Kubernetes always have (RFC 7519, 4.1.3); that one of several suffices is assumed. Expressions of
    flexible credentials are not evaluated.
    """
    resource_id = principal_of(state, client_id).resource_id
    if resource_id is None:
        return None
    if tenant_id.casefold() != state.tenant_id.casefold():
        # Source: Azure DevOps documentation, "Troubleshoot a workload identity service connection" (AADSTS700016); text
        # and status as quoted by users.
        raise EntraRefusalError(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client_id}' was not found in the directory '{tenant_id}'.",
        )
    trusted = tuple(state.shelf(FederatedCredential).below(path_key(resource_id)))
    issuer, subject = (str(claims.get(name, "")) for name in ("iss", "sub"))
    aud = claims.get("aud", "")
    audiences = [str(one) for one in aud] if isinstance(aud, list) else [str(aud)]
    for one in trusted:
        if (one.issuer, one.subject) == (issuer, subject) and not set(audiences).isdisjoint(one.audiences):
            return one
    raise _no_matching_record(trusted, (issuer, subject, ", ".join(audiences)))


_CHECK = "Check your federated identity credential Subject, Audience and Issuer against the presented assertion."


def _no_matching_record(trusted: tuple[FederatedCredential, ...], presented: tuple[str, str, str]) -> EntraRefusalError:
    """Which of issuer, subject and audience the refusal names, all of them 401 and `invalid_client`.

    Source: Azure DevOps documentation, "Troubleshoot a workload identity service connection" (70025, 700211, 700213);
    bodies as quoted by users for 700212, and for 7002138 (Azure/login issue 517), a subject that differs in case alone,
    which Microsoft Entra documentation, "What's new for authentication?" (case-sensitive matching), announces without
    its number. The order in which the three are looked at: Source: assumed.
    """
    issuer, subject, audience = presented
    of_issuer = [one for one in trusted if one.issuer == issuer]
    if not trusted:
        return _refused(70025, "The client has no configured federated identity credentials.")
    if not of_issuer:
        return _refused(700211, f"{_NO_RECORD} issuer '{issuer}'. {_CHECK}")
    if not any(one.subject == subject for one in of_issuer):
        if any((one.subject or "").casefold() == subject.casefold() for one in of_issuer):
            case = "The subject matches with case-insensitive comparison, but not with case-sensitive comparison."
            return _refused(7002138, f"{_NO_RECORD} subject '{subject}'. {case}")
        return _refused(700213, f"{_NO_RECORD} subject '{subject}'. {_CHECK}")
    return _refused(700212, f"{_NO_RECORD} audience '{audience}'. {_CHECK}")


_NO_RECORD = "No matching federated identity record found for presented assertion"


def _refused(code: int, text: str) -> EntraRefusalError:
    return EntraRefusalError(401, "invalid_client", code, text)
