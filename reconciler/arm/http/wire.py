"""The connections to a server, on which every call ends in time.

httpx bounds each wait for bytes and nothing else, so that a server that sends one byte a second, or `100 Continue`
again and again, holds a call for ever. Here every wait of a call is cut at the call's own end, from the connection to
the last byte of the body. Sockets wait in real time, so the clock is the real one too.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import httpcore
import httpx

ANSWER_TIMEOUT_S = 120.0
"""For one whole answer, from the connection on."""


class Unreachable(Exception):
    """No connection to a host: the message says to which and why not, `hint` what to check."""

    hint = ""


class _NoConnection(Unreachable, httpcore.ConnectError):
    """As the library raises it."""


class _NoConnectionInTime(Unreachable, httpcore.ConnectTimeout):
    """As the library raises it."""


def unreachable(error: BaseException) -> Unreachable | None:
    """What an error of the library says of a host to which there was no connection; None for any other error."""
    return error.__cause__ if isinstance(error.__cause__, Unreachable) else None


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


class _Deadline(threading.local):
    """When the call of this thread must have ended, on the monotonic clock."""

    ends_s = float("inf")


class BoundedTransport(httpx.HTTPTransport):
    """Connections on which each call ends in time, whoever sends what how slowly.

    A thread receives one answer at a time, so that its deadline is that of whatever it reads.
    """

    def __init__(
        self,
        *,
        proxy: httpx.Proxy | None,
        max_connections: int,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        """Raises OSError for certificates that cannot be read, ImportError for a proxy that needs another package."""
        super().__init__(
            verify=True,
            # For SSL_CERT_FILE and SSL_CERT_DIR; a transport of its own looks up no proxy.
            trust_env=True,
            # The library's retries are for connecting only, but waiting is decided in one place.
            retries=0,
            proxy=proxy,
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
        )
        self._answer_timeout_s = answer_timeout_s
        self._deadline = _Deadline()
        # httpx 0.28 hands nothing on to the place where bytes are read; a test holds that this one is asked.
        self._pool._network_backend = _Network(self._bound, is_proxied=proxy is not None)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; it and the reading of its body share one deadline."""
        self._deadline.ends_s = time.monotonic() + self._answer_timeout_s
        return super().handle_request(request)

    def _bound(self, timeout_s: float | None) -> float:
        """A timeout cut at the deadline; raises httpcore.ReadTimeout once that has passed."""
        left_s = self._deadline.ends_s - time.monotonic()
        if left_s <= 0:
            raise httpcore.ReadTimeout(f"the answer was not whole after {self._answer_timeout_s:g} s")
        return left_s if timeout_s is None else min(timeout_s, left_s)


_Named = TypeVar("_Named", bound=Unreachable)
_Bound = Callable[[float | None], float]


class _Network(httpcore.NetworkBackend):
    """The library's own network, with every wait bounded, and errors that name the host."""

    def __init__(self, bound: _Bound, *, is_proxied: bool) -> None:
        self._bound = bound
        self._is_proxied = is_proxied
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        wait_s = self._bound(timeout)
        try:
            inner = self._inner.connect_tcp(host, port, wait_s, local_address, socket_options)
        except httpcore.ConnectTimeout as error:
            why = f"no connection within {wait_s:g} s"
            raise self._named(_NoConnectionInTime(f"no answer from {self._place(host, port)}: {why}")) from error
        except httpcore.ConnectError as error:
            raise self._named(_NoConnection(self._why_not(host, port, error.__cause__))) from error
        return _Stream(inner, self._bound)

    def _named(self, error: _Named) -> _Named:
        error.hint = (
            "Check HTTPS_PROXY, ALL_PROXY and NO_PROXY."
            if self._is_proxied
            else "Check --endpoint, --cloud, the network and the proxy settings (HTTPS_PROXY, NO_PROXY)."
        )
        return error

    def _place(self, host: str, port: int) -> str:
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return f"the proxy {place}" if self._is_proxied else place

    def _why_not(self, host: str, port: int, error: BaseException | None) -> str:
        match error:
            case socket.gaierror(errno=socket.EAI_AGAIN):
                return f"the address of {host} could not be looked up"
            case socket.gaierror():
                return f"{host} has no address"
            case OSError(strerror=str(reason)):
                return f"no answer from {self._place(host, port)}: {reason[:1].lower()}{reason[1:]}"
        return f"no answer from {self._place(host, port)}: {error}"


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, bound: _Bound) -> None:
        self._inner = inner
        self._bound = bound

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._inner.read(max_bytes, self._bound(timeout))
        except httpcore.ReadTimeout:
            self._bound(timeout)  # says so where it was the deadline
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._bound(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._bound(timeout)), self._bound)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)
