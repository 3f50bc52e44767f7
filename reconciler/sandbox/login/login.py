"""Everything that Azure's clients ask before they have a token: where the cloud's services are, and for the token.

One address stands for all of them: the sandbox is the cloud's metadata, its Entra tenant and the host that a managed
identity runs on. None of it is ARM, so none of it has ARM's checks or headers.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, unquote

from werkzeug.wrappers import Request, Response

from reconciler.sandbox.gateway import Answer, ArmRefusalError
from reconciler.sandbox.login import workload_login
from reconciler.sandbox.login.cloud_metadata import cloud_metadata, instance_discovery, openid_configuration
from reconciler.sandbox.login.entra import (
    EntraRefusalError,
    TokenRequest,
    find_tenant,
    token_by_resource,
    token_by_scope,
)
from reconciler.sandbox.login.tokens import DEFAULT_LIFETIME
from reconciler.sandbox.state import GUID, State

IDENTITY_ENDPOINT = "/msi/token"
"""What IDENTITY_ENDPOINT has to name, after the base URL."""

GITHUB_ENDPOINT = "/oidc/github"
"""What ACTIONS_ID_TOKEN_REQUEST_URL has to name, after the base URL."""

PIPELINES_ENDPOINT = "/oidc/pipelines"
"""What SYSTEM_OIDCREQUESTURI has to name, after the base URL."""


@dataclass(frozen=True, slots=True)
class _Asked:
    request: Request
    tenant: str
    query: Mapping[str, str]
    now: datetime

    @property
    def base_url(self) -> str:
        return self.request.host_url.rstrip("/")


class Login:
    """The routes that need no token.

    Attributes:
        lifetime: of the tokens that are given out from now on.
    """

    def __init__(self, state: State, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self.lifetime: timedelta = DEFAULT_LIFETIME
        self._state = state
        self._clock = clock
        self._new_id = new_id
        self._routes: dict[tuple[str, ...], tuple[str, Callable[[_Asked], Answer]]] = {
            ("metadata", "endpoints"): (
                "GET",
                lambda asked: cloud_metadata(asked.base_url, asked.query.get("api-version", "")),
            ),
            ("common", "discovery", "instance"): (
                "GET",
                lambda asked: instance_discovery(asked.base_url, asked.query.get("authorization_endpoint", "")),
            ),
            ("*", "v2.0", ".well-known", "openid-configuration"): (
                "GET",
                lambda asked: self._show_configuration(asked, "v2.0"),
            ),
            ("*", ".well-known", "openid-configuration"): ("GET", lambda asked: self._show_configuration(asked, "")),
            # Nothing is signed with a key that could be shown.
            ("*", "discovery", "v2.0", "keys"): ("GET", lambda _asked: Answer(200, {"keys": []})),
            ("*", "discovery", "keys"): ("GET", lambda _asked: Answer(200, {"keys": []})),
            ("*", "oauth2", "v2.0", "token"): (
                "POST",
                lambda asked: token_by_scope(state, self._token_request(asked)),
            ),
            ("*", "oauth2", "token"): ("POST", lambda asked: token_by_resource(state, self._token_request(asked))),
            _words(IDENTITY_ENDPOINT): ("GET", self._serve_host(workload_login.managed_identity_token)),
            _words(GITHUB_ENDPOINT): ("GET", self._serve_host(workload_login.github_assertion)),
            _words(PIPELINES_ENDPOINT): ("POST", self._serve_host(workload_login.pipelines_assertion)),
        }

    def answer(self, request: Request, path: str, query: Mapping[str, str]) -> Response | None:
        """Serve a request; None where its path is none of these. `query` has its names in lower case."""
        words = _words(path.casefold())
        found = self._routes.get(words) or self._routes.get(("*", *words[1:]))
        if found is None:
            return None
        method, handler = found
        asked = _Asked(request, _words(path)[0], query, self._clock())
        if request.method != method:
            return _to_response(Answer(405, headers={"Allow": method}), self._new_id())
        return _to_response(self._decide(handler, asked), self._new_id())

    def _decide(self, handler: Callable[[_Asked], Answer], asked: _Asked) -> Answer:
        try:
            with self._state.lock:
                return handler(asked)
        except ArmRefusalError as refusal:
            return refusal.answer
        except EntraRefusalError as refusal:
            sent = asked.request.headers.get("client-request-id", "")
            correlation_id = sent if GUID.fullmatch(sent) else self._new_id()
            return refusal.answer(asked.base_url, asked.now, self._new_id(), correlation_id)

    def _show_configuration(self, asked: _Asked, version: str) -> Answer:
        find_tenant(self._state, asked.tenant)
        return openid_configuration(asked.base_url, asked.tenant, version)

    def _token_request(self, asked: _Asked) -> TokenRequest:
        form = dict(parse_qsl(asked.request.get_data().decode("utf-8", "replace")))
        return TokenRequest(asked.tenant, form, asked.now, self.lifetime)

    def _serve_host(self, serve: Callable[[State, workload_login.HostRequest], Answer]) -> Callable[[_Asked], Answer]:
        def handler(asked: _Asked) -> Answer:
            headers = {name.lower(): value for name, value in asked.request.headers.items()}
            return serve(self._state, workload_login.HostRequest(asked.query, headers, asked.now, self.lifetime))

        return handler


def _words(path: str) -> tuple[str, ...]:
    return tuple(unquote(word) for word in path.split("/") if word)


def _to_response(answer: Answer, request_id: str) -> Response:
    # Source: Microsoft's documentation of the token endpoint (`Cache-Control: no-store`, `Pragma: no-cache`).
    body = b"" if answer.body is None else json.dumps(answer.body).encode()
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache", "x-ms-request-id": request_id, **answer.headers}
    return Response(body, answer.status, headers, content_type="application/json; charset=utf-8")
