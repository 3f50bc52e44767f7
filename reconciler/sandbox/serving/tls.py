"""TLS with a throw-away certificate authority, for clients that insist on https.

The authority lives as long as one run of the server and signs one certificate, so that trusting it can harm nobody
later. A connection is wrapped without a handshake where it is accepted: cheroot would otherwise shake hands in its one
accepting thread, and a client that connects and says nothing would keep all others out.
"""

import logging
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from cheroot.errors import FatalSSLAlert
from cheroot.makefile import StreamReader, StreamWriter
from cheroot.ssl import Adapter

TLS_HOST = "localhost"
"""The name in the URL that is printed; the certificate is good for 127.0.0.1 too."""

_NAMES = (TLS_HOST, "127.0.0.1")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority of this run.

    Attributes:
        certificate: a PEM file with its certificate, for REQUESTS_CA_BUNDLE or SSL_CERT_FILE of the clients.
        context: for the server's side of connections, with a certificate that the authority signed.
    """

    certificate: Path
    context: ssl.SSLContext


@contextmanager
def throw_away_authority() -> Iterator[Authority]:
    """Make an authority; its certificate's file is removed at the end, and its key is never written."""
    authority = trustme.CA(organization_name="uami sandbox")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    authority.issue_cert(*_NAMES).configure_cert(context)
    with tempfile.TemporaryDirectory(prefix="uami-sandbox-") as directory:
        path = Path(directory) / "ca.pem"
        authority.cert_pem.write_to_path(path)
        yield Authority(path, context)


class _Writer(StreamWriter):
    """Writes to a TLS connection; a client that has left is no error of ours, as it is none without TLS."""

    def write(self, value: object) -> int:
        """Send everything."""
        send: Callable[[object], int] = super().write
        try:
            return send(value)
        except ssl.SSLError as error:
            raise FatalSSLAlert(str(error)) from error


class LateHandshakeAdapter(Adapter):
    """Puts TLS on the connections of a cheroot server; whoever first reads from one calls `shake_hands` before."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def bind(self, sock: socket.socket) -> socket.socket:
        """The listening socket stays as it is: `wrap` sees each connection."""
        return sock

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """Put TLS on an accepted connection."""
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, self.get_environ()

    def get_environ(self) -> dict[str, str]:
        """What requests learn of their connection."""
        return {"wsgi.url_scheme": "https", "HTTPS": "on"}

    def makefile(self, sock: ssl.SSLSocket, mode: str = "r", bufsize: int = -1) -> StreamReader | StreamWriter:
        """A buffered file over a connection."""
        return (StreamReader if "r" in mode else _Writer)(sock, mode, bufsize)


def shake_hands(connection: ssl.SSLSocket) -> bool:
    """Do the server's part of the handshake; False where the client went away or refuses, which is no error of ours."""
    try:
        connection.do_handshake()
    except ssl.SSLError as error:
        if not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            _log.warning("a client gave up in the TLS handshake: %s", error.reason)
        return False
    except OSError:
        return False
    return True
