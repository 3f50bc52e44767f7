"""Puts the HTTP client together: one endpoint, one wire to it, retries above the wire.

There is only one place that requests go to, so whether a proxy stands in between is decided once, here. The library
would decide it too, but not for a client that is given a transport, as this one must be.
"""

import platform
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx

from reconciler import __version__
from reconciler.arm.http.endpoints import is_loopback, parse_endpoint
from reconciler.arm.http.retry import Retries
from reconciler.arm.http.retry_transport import RetryTransport
from reconciler.arm.http.wire import BoundedTransport
from reconciler.errors import UsageError

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
"""Longer than ARM takes to answer anything that this tool asks; Source: azure-core's defaults are 300 s for both."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What the headers of every request of a run are made of.

    Attributes:
        correlation_id: the run's, sent with every request and found again in the Activity Log.
        new_id: gives each try of each request its `x-ms-client-request-id`.
        environment: where AZURE_HTTP_USER_AGENT is looked up, as every Azure client does.
    """

    correlation_id: str
    new_id: Callable[[], str]
    environment: Mapping[str, str]


def open_http_client(
    endpoint: str,
    auth: httpx.Auth,
    sender: Sender,
    *,
    retries: Retries,
    max_connections: int,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """An HTTP client for one ARM endpoint; the caller closes it.

    Args:
        endpoint: `https://HOST[:PORT]`; http for loopback only.
        retries: with the budget of the run, which starts with the first request.
        max_connections: how many calls are in flight at most; more threads than these may share the client.
        transport: replaces the wire (an emulator, a test); it is closed with the client.

    Proxies (HTTPS_PROXY, NO_PROXY, the platform's settings) and SSL_CERT_FILE or SSL_CERT_DIR are the process's own.

    Raises:
        UsageError: an endpoint, a proxy, a certificate file or a user agent that cannot be used.
    """
    url = parse_endpoint(endpoint)
    wire = transport or open_wire(url, max_connections)
    return _Client(
        RetryTransport(wire, retries, sender.new_id, most_in_flight=max_connections),
        auth,
        base_url=url,
        headers={
            "Accept": "application/json",
            "User-Agent": user_agent(sender.environment),
            "x-ms-correlation-request-id": sender.correlation_id,
        },
        timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        trust_env=False,
    )


class _Client(httpx.Client):
    """Sends requests as they are: no redirect is followed, and nothing that a server sends is ever sent back to it.

    The library keeps cookies for each answer, of which ARM's mean nothing; that costs more than all else between a
    request and its connection.
    """

    def __init__(self, transport: httpx.BaseTransport, auth: httpx.Auth, **settings: Any) -> None:
        """`transport` gives answers with their bodies received; the settings are the library's."""
        super().__init__(transport=transport, **settings)
        self._wire = transport
        self._sign_in = auth

    def send(self, request: httpx.Request, **_: object) -> httpx.Response:
        """Send with the token; again where that says so. Raises httpx.RequestError."""
        flow = self._sign_in.sync_auth_flow(request)
        with closing(flow):
            response = self._send_once(next(flow))
            while True:
                try:
                    again = flow.send(response)
                except StopIteration:
                    return response
                response = self._send_once(again)

    def _send_once(self, request: httpx.Request) -> httpx.Response:
        for hook in self.event_hooks["request"]:
            hook(request)
        try:
            response = self._wire.handle_request(request)
        except httpx.RequestError as error:
            error.request = request
            raise
        response.request = request
        for hook in self.event_hooks["response"]:
            hook(response)
        return response


def user_agent(environment: Mapping[str, str]) -> str:
    """How this tool names itself, with AZURE_HTTP_USER_AGENT at the end.

    Source: azure-core 1.41.0, `UserAgentPolicy`.
    """
    own = f"uami/{__version__} Python/{platform.python_version()}"
    extra = environment.get("AZURE_HTTP_USER_AGENT", "").strip()
    if not extra.isascii() or not extra.isprintable():
        raise UsageError("AZURE_HTTP_USER_AGENT has characters that a header cannot carry.", "Use printable ASCII.")
    return f"{own} {extra}".strip()


def open_wire(url: httpx.URL, max_connections: int) -> httpx.BaseTransport:
    """Connections to the place of a URL, through the proxy that the environment names unless it is this machine.

    Raises:
        UsageError: a proxy or a certificate file that cannot be used.
    """
    proxy = None if is_loopback(url.host) else _proxy_to(url)
    try:
        return BoundedTransport(proxy=proxy, max_connections=max_connections)
    except OSError as error:
        raise UsageError(
            f"The certificates to trust cannot be loaded: {error}.", "Check SSL_CERT_FILE and SSL_CERT_DIR."
        ) from error
    except ImportError as error:
        raise UsageError("SOCKS proxies need the package socksio.", "Run `pip install 'httpx[socks]'`.") from error


def _proxy_to(url: httpx.URL) -> httpx.Proxy | None:
    proxies = getproxies()
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address or proxy_bypass(url.netloc.decode("ascii")):
        return None
    try:
        return httpx.Proxy(address if "://" in address else f"http://{address}")
    except (ValueError, httpx.InvalidURL) as error:
        # The address is not shown: it may hold a password.
        raise UsageError(
            "The proxy of the environment is not a URL that can be used.", "Check HTTPS_PROXY and ALL_PROXY."
        ) from error
