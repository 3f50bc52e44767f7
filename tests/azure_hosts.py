"""Azure on this machine: one sandbox with TLS that answers for every host of its clouds, and the way to it.

A proxy leads whoever asks for a cloud's own host to the sandbox, whose certificate is good for all of them. So a login
and a run need nothing pointed elsewhere: what is asked, and of whom, is what would be asked of Azure.
"""

import io
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import trustme

from reconciler.sandbox.gateway import claims_of
from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.serving.server import running
from reconciler.sandbox.serving.tls import Authority
from reconciler.sandbox.state.state import Contents

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOSTS = (
    "localhost",
    "management.azure.com",
    "login.microsoftonline.com",
    "management.usgovcloudapi.net",
    "login.microsoftonline.us",
    "management.chinacloudapi.cn",
    "login.chinacloudapi.cn",
    "api.loganalytics.io",
    "api.loganalytics.us",
    "api.loganalytics.azure.cn",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a token or an assertion; `fields` are those of its query and its form."""

    host: str
    path: str
    fields: Mapping[str, str]


class RecordingApplication(Application):
    """A sandbox that notes what it is asked before there is a token, and which tokens it gets by which of its names.

    Attributes:
        tokens: hosts, each with the audiences of the tokens that were sent there.
    """

    def __init__(self, contents: Contents) -> None:
        super().__init__(contents)
        self.asked: list[Asked] = []
        self.tokens: dict[str, set[str]] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Note and answer."""
        path, _, query = str(environ["REQUEST_URI"]).partition("?")
        if claims := claims_of(str(environ.get("HTTP_AUTHORIZATION", "")).removeprefix("Bearer ")):
            self.tokens.setdefault(str(environ["HTTP_HOST"]), set()).add(str(claims.get("aud")))
        if "/subscriptions" not in path:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            fields = dict(parse_qsl(f"{query}&{body.decode()}"))
            self.asked.append(Asked(str(environ["HTTP_HOST"]), path, fields))
        return super().__call__(environ, start_response)


@dataclass(frozen=True, slots=True)
class AzureHosts:
    """The sandbox behind `url`, and `environment`: what a process needs to trust it and to take it for Azure.

    Attributes:
        client_certificate: a certificate with its key, as a service principal has one; PEM.
        connected: host and port of each connection through the proxy.
    """

    url: str
    certificate: Path
    proxy: str
    application: RecordingApplication
    client_certificate: bytes
    connected: list[str] = field(default_factory=list)

    @property
    def trust(self) -> dict[str, str]:
        """Variables of a process that is to trust the sandbox."""
        return {"SSL_CERT_FILE": str(self.certificate), "REQUESTS_CA_BUNDLE": str(self.certificate)}

    @property
    def environment(self) -> dict[str, str]:
        """Variables of a process that is to find the sandbox behind Azure's own names."""
        return {**self.trust, "HTTPS_PROXY": self.proxy, "NO_PROXY": "localhost"}

    def forget(self) -> None:
        """Begin anew to note what is asked."""
        self.application.asked.clear()
        self.application.tokens.clear()
        self.connected.clear()


@contextmanager
def azure_hosts(contents: Contents, folder: Path) -> Iterator[AzureHosts]:
    """Serve some contents as every cloud; `folder` takes the certificate."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    # Azure takes RSA keys only.
    client = authority.issue_cert("client.example", key_type=trustme.KeyType.RSA).private_key_and_cert_chain_pem.bytes()
    certificate = folder / "ca.pem"
    authority.cert_pem.write_to_path(certificate)
    application = RecordingApplication(contents)
    connected: list[str] = []
    with running(application, authority=Authority(certificate, context)) as url:
        port = int(url.rpartition(":")[2])
        with _proxy(port, connected) as proxy:
            yield AzureHosts(url, certificate, proxy, application, client, connected)


@contextmanager
def _proxy(port: int, connected: list[str]) -> Iterator[str]:
    """An HTTP proxy that leads every CONNECT to one port of this machine."""
    open_sockets: list[socket.socket] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            target = self.rfile.readline().split()[1].decode()
            while self.rfile.readline().strip():
                pass
            connected.append(target)
            with socket.create_connection(("127.0.0.1", port)) as server:
                open_sockets.append(server)
                self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                there = threading.Thread(target=_pump, args=(self.connection, server))
                there.start()
                _pump(server, self.connection)
                there.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_address[1]}"
        finally:
            listening.shutdown()
            thread.join()
            # Clients keep connections for the next token; waiting for them would take the server's patience.
            for one in open_sockets:
                _shut_down(one)


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes, until one side says no more; then the other side hears that too."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        return
    finally:
        for side in (source, target):
            _shut_down(side)


def _shut_down(side: socket.socket) -> None:
    try:
        side.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
