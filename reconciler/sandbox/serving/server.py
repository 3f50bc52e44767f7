"""The sandbox over HTTP on loopback, for clients that are not ours.

cheroot keeps connections open, holds idle ones without a thread, and finishes the calls in flight when it is stopped.
New connections are held like idle ones until they say something, since clients open more of them than there are
threads. The state file is written behind the calls: a save after every write would make each one as slow as the state
is big.
"""

import logging
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest

from reconciler.sandbox.faults.injection import BodyCutOffFault, ConnectionResetFault
from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.serving.tls import TLS_HOST, Authority, LateHandshakeAdapter, shake_hands
from reconciler.sandbox.state import ServeError

if sys.platform != "win32":
    import resource

HOST = "127.0.0.1"
"""Loopback only: whoever reaches the sandbox may do everything in it."""

_THREADS = 32
_BACKLOG = 1024
_IDLE_S = 120
"""Longer than clients keep a connection that they may use again: Terraform's azurerm does so for 90 seconds."""
_STALLED_S = 10
"""A connection that stops in the middle of a request keeps a thread for so long."""
_FILES, _OTHER_FILES = 8192, 128
"""Files that this process has open at most, and those that are no connections that wait."""
_SHUTDOWN_S = 30

_log = logging.getLogger(__name__)


@contextmanager
def running(application: Application, port: int = 0, *, authority: Authority | None = None) -> Iterator[str]:
    """Serve an application on loopback; yields the base URL once it answers. Port 0 takes any that is free.

    Leaving waits for the calls in flight, at most 30 seconds.

    Args:
        authority: serve https, with its certificate; None serves http.

    Raises:
        ServeError: the port is taken or may not be used.
    """
    server = _Server(application, port)
    if authority is not None:
        server.ssl_adapter = LateHandshakeAdapter(authority.context)
    server.gateway = _Gateway
    server.prepare()
    thread = threading.Thread(target=server.serve, name="sandbox-server")
    thread.start()
    scheme, host = ("http", HOST) if authority is None else ("https", TLS_HOST)
    try:
        yield f"{scheme}://{host}:{server.bind_addr[1]}"
    finally:
        server.stop()
        thread.join()


class _Connection(HTTPConnection):
    # Only with proxy_mode does a path with a leading `//` arrive whole, as Azure's clients send some.
    RequestHandlerClass = partial(HTTPRequest, proxy_mode=True)

    def __init__(self, server: "_Server", sock: socket.socket, makefile: Callable[..., object]) -> None:
        super().__init__(server, sock, makefile)
        self._silent = server.silent
        sock.settimeout(_STALLED_S)
        self._awaits_handshake = isinstance(sock, ssl.SSLSocket)
        self.is_to_be_reset = False

    def communicate(self) -> bool:
        """Read and answer what came; True where the connection stays open."""
        if self._awaits_handshake:
            self._awaits_handshake = False
            # The first request is waited for as later ones are: without a thread.
            return shake_hands(self.socket)
        self._silent.discard(self)
        read_and_answer: Callable[[], object] = super().communicate
        return bool(read_and_answer())

    def close(self) -> None:
        """Close the connection, with a reset where a fault asks for one."""
        self._silent.discard(self)
        if not self.is_to_be_reset:
            super().close()
            return
        # Without a shutdown before it: that would end the connection in good order.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.socket.close()


class _Gateway(wsgi.Gateway_10):
    def respond(self) -> None:
        """Answer a request, or break its connection where a fault asks for that."""
        try:
            super().respond()
        except ConnectionResetFault:
            self.req.conn.is_to_be_reset = True
            self._say_no_more()
        except BodyCutOffFault:
            self._say_no_more()

    def _say_no_more(self) -> None:
        self.req.ready = False
        self.req.close_connection = True


class _Silent:
    """Connections that have asked nothing yet. Beyond so many, the one that came first is given up for the newest.

    Their number is the clients' affair; without a limit they could take every file that new ones need.
    """

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._lock = threading.Lock()
        self._connections: dict[_Connection, None] = {}

    def add(self, connection: _Connection) -> None:
        """Hold another connection."""
        with self._lock:
            self._connections[connection] = None
            first = next(iter(self._connections))
            if len(self._connections) <= self._at_most:
                return
            del self._connections[first]
        with suppress(OSError):
            # The server sees its end, and closes it as it closes any other. SSLSocket's own shutdown would first
            # forget that the socket had TLS.
            socket.socket.shutdown(first.socket, socket.SHUT_RDWR)

    def discard(self, connection: _Connection) -> None:
        """Hold a connection no longer, if it was held."""
        with self._lock:
            self._connections.pop(connection, None)


class _Server(wsgi.Server):
    ConnectionClass = _Connection

    def __init__(self, application: Application, port: int) -> None:
        super().__init__(
            (HOST, port),
            application,
            numthreads=_THREADS,
            request_queue_size=_BACKLOG,
            timeout=_IDLE_S,
            shutdown_timeout=_SHUTDOWN_S,
        )
        waiting = (_allow_files() - _OTHER_FILES) // 2
        # Idle connections beyond these are closed after their answers.
        self.keep_alive_conn_limit = waiting
        self.silent = _Silent(waiting)

    def process_conn(self, conn: _Connection) -> None:
        """Hand a connection to a thread once there is something to read from it."""
        if conn.last_used is None:
            self.silent.add(conn)
            self.put_conn(conn)
        else:
            super().process_conn(conn)

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        """Bind, and on failure close the socket and keep the reason; cheroot by itself does neither."""
        try:
            socket_.bind(bind_addr)
        except OSError as error:
            socket_.close()
            raise ServeError(f"port {bind_addr[1]} of {HOST} cannot be used: {error.strerror}") from error
        return socket_


def _allow_files() -> int:
    """How many files this process may have open; where it may raise that number itself, it does.

    1024, the usual number, is little for clients that leave each connection idle, as Terraform's azurerm does.
    """
    if sys.platform == "win32":
        return _FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft == resource.RLIM_INFINITY or soft >= limit:
        return limit
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    except (OSError, ValueError):
        return soft
    return limit
