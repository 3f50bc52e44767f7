"""Puts the token on requests: fetched once for all threads, renewed before it expires, sent to one origin only.

azure-identity's CLI credential starts `az` for each token it is asked for, so the cache is here and one thread at a
time fills it. A request is sent a second time only when it is a read: a write that was refused goes up like any other
failure, and so nothing in this package ever sends a write twice. A token of another tenant than was asked for is not
sent at all: whoever runs this with two logins must not change one tenant believing it to be the other.
"""

import base64
import json
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from math import isfinite

import httpx

from reconciler.arm.http.endpoints import DEFAULT_KIND, check_endpoint, origin_of
from reconciler.arm.login.clouds import Service
from reconciler.arm.login.credentials import Token, TokenSource, sign_in_hint, token_source
from reconciler.arm.login.logins import TENANT_FLAG, Login
from reconciler.errors import LoginError

_RENEW_BEFORE_EXPIRY_S = 300.0


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a token speaks for, by its own claims; None for what it does not say.

    Attributes:
        object_id: claim `oid`, the service principal or user in the directory.
        client_id: claim `appid` (`azp` in version 2 tokens): the application that asked for the token.
        name: the user's sign-in name; service principals have none.
        tenant_id: claim `tid`.

    Source: Microsoft identity platform, "Access token claims reference".
    """

    object_id: str | None
    client_id: str | None
    name: str | None
    tenant_id: str | None


def principal_of(token: str) -> Principal | None:
    """Read a token's claims without verifying them, for display only; None where it is not a JWT."""
    claims = claims_in(token)
    if claims is None:
        return None
    return Principal(
        object_id=_claim(claims, "oid"),
        client_id=_claim(claims, "appid", "azp"),
        name=_claim(claims, "upn", "unique_name", "preferred_username"),
        tenant_id=_claim(claims, "tid"),
    )


def claims_in(token: str) -> Mapping[object, object] | None:
    """The claims of a JSON Web Token, unverified; None where it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims: object = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def make_auth(
    kind: str, login: Login, *, endpoint: str, fetched: Callable[[str], None] = lambda _token: None
) -> "CachedCredentialAuth":
    """The authentication of a run; no token is fetched before the first request.

    Args:
        kind: one of `credentials.credential_kinds()`.
        endpoint: the only place that the token goes to.
        fetched: gets each token as soon as it is there, before anything is asked with it.

    Raises:
        UsageError: no such kind, or a kind whose tokens may not go to this endpoint (see `check_endpoint`).
        LoginError: the kind lacks what it needs.
    """
    check_endpoint(endpoint, login.cloud, kind)
    source = _heard(token_source(kind, login), fetched)
    return CachedCredentialAuth(source, endpoint=endpoint, clock=login.retries.wall, tenant=login.tenant, kind=kind)


def make_service_auth(
    service: Service,
    login: Login,
    arm: "CachedCredentialAuth",
    *,
    fetched: Callable[[str], None] = lambda _token: None,
) -> "CachedCredentialAuth | None":
    """The same login for a service of the cloud; None where it has but the one token, which is for ARM.

    No token is fetched before the first request, and none goes anywhere but to that service.
    """
    source = arm.source_for(service.scope)
    if source is None:
        return None
    heard, clock = _heard(source, fetched), login.retries.wall
    return CachedCredentialAuth(heard, endpoint=service.endpoint, clock=clock, tenant=login.tenant, kind=arm.kind)


def _heard(source: TokenSource, fetched: Callable[[str], None]) -> TokenSource:
    def fetch() -> Token:
        token = source.fetch()
        fetched(token.text)
        return token

    return replace(source, fetch=fetch)


class CachedCredentialAuth(httpx.Auth):
    """Adds a bearer token to requests for one endpoint; shared by all threads of a run.

    `clock` is in epoch seconds, `kind` that of the credential for hints; with a `tenant`, a token that says it is of
    another one is a LoginError instead.
    """

    def __init__(
        self,
        source: TokenSource,
        *,
        endpoint: str,
        clock: Callable[[], float],
        tenant: str | None = None,
        kind: str = DEFAULT_KIND,
    ) -> None:
        self._source = source
        self._origin = origin_of(httpx.URL(endpoint))
        self._clock = clock
        self._tenant = tenant
        self._kind = kind
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._renew_at_s = 0.0

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send with a token, and a read that is answered 401 once more if there is a newer one; raises LoginError."""
        if origin_of(request.url) != self._origin:
            yield request
            return
        token = self._current()
        request.headers["Authorization"] = f"Bearer {token.text}"
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED or not self._source.renewable:
            return
        if request.method != "GET":
            self._forget(token)
            return
        renewed = self._current(refused=token)
        if renewed.text != token.text:
            request.headers["Authorization"] = f"Bearer {renewed.text}"
            yield request

    @property
    def kind(self) -> str:
        """The kind of credential."""
        return self._kind

    def source_for(self, scope: str) -> TokenSource | None:
        """What gives tokens of the same login for another scope; None where nothing does."""
        return None if self._source.asking_for is None else self._source.asking_for(scope)

    def principal(self) -> Principal | None:
        """Who the run's token speaks for; fetches the token if there is none yet. Raises LoginError."""
        return principal_of(self._current().text)

    def token_tenant(self) -> str | None:
        """The tenant that the run's token says it is of, None where it does not say; fetches as `principal` does."""
        principal = self.principal()
        return None if principal is None else principal.tenant_id

    def token_expiry(self) -> float | None:
        """When the run's token ends, in epoch seconds, None where nobody says; fetches as `principal` does.

        Source: Microsoft identity platform, "Access token claims reference" (`exp`).
        """
        token = self._current()
        claimed = (claims_in(token.text) or {}).get("exp")
        ends = [token.expires_at_s, *([float(claimed)] if isinstance(claimed, int) else [])]
        return min((end for end in ends if isfinite(end)), default=None)

    def _current(self, refused: Token | None = None) -> Token:
        """The cached token, or a new one where it is about to expire or is the one that was refused."""
        with self._lock:
            token = self._token
            if token is None or token is refused or self._clock() >= self._renew_at_s:
                token = self._source.fetch()
                self._check_tenant(token)
                self._token = token
                self._renew_at_s = _renewal_time(token, self._clock(), renewable=self._source.renewable)
            return token

    def _check_tenant(self, token: Token) -> None:
        principal, tenant = principal_of(token.text), self._tenant
        found = principal.tenant_id if principal is not None else None
        if tenant is not None and found is not None and found.casefold() != tenant.casefold():
            raise LoginError(
                f"The token is of the tenant {found}, not of {tenant} as {TENANT_FLAG} says; nothing was asked with"
                " it.",
                f"{sign_in_hint(self._kind, tenant)} Or correct {TENANT_FLAG}.",
            )

    def _forget(self, refused: Token) -> None:
        with self._lock:
            if self._token is refused:
                self._token = None


def _renewal_time(token: Token, now_s: float, *, renewable: bool) -> float:
    if not renewable:
        return float("inf")
    # A token that lives for less than ten minutes would otherwise be fetched again for every request.
    return token.expires_at_s - min(_RENEW_BEFORE_EXPIRY_S, (token.expires_at_s - now_s) / 2)


def _claim(claims: Mapping[object, object], *names: str) -> str | None:
    values = (claims.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), None)
