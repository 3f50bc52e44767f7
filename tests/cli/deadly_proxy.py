"""A wire between the command and an emulator that kills the command at a chosen call: before the call has arrived, or
when it has taken effect and no answer has come yet."""

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

KINDS = {
    "identity": re.compile(r"userassignedidentities/[^/]+$", re.IGNORECASE),
    "credential": re.compile(r"federatedidentitycredentials/[^/]+$", re.IGNORECASE),
    "role": re.compile(r"roleassignments/[^/]+$", re.IGNORECASE),
}


@dataclass
class Wire:
    """Passes calls on to `upstream`; once armed, kills `victim` at one of them."""

    upstream: str
    victim: Any = None
    method: str = ""
    kind: str = ""
    nth: int = 0
    arrives: bool = False
    url: str = ""
    killed_at: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def flags(self) -> tuple[str, ...]:
        """What points a command here."""
        return ("--endpoint", self.url, "--credential", "token")

    def arm(self, method: str, kind: str, nth: int, *, arrives: bool) -> None:
        """Kill at the nth call of this kind: with `arrives`, once it has taken effect."""
        self.method, self.kind, self.nth, self.arrives = method, kind, nth, arrives

    def is_deadly(self, method: str, path: str) -> bool:
        """Whether this is the call; it comes once."""
        with self._lock:
            if method != self.method or not KINDS[self.kind].search(path.partition("?")[0]):
                return False
            self.nth -= 1
            if self.nth != 0:
                return False
            self.killed_at = path.partition("?")[0]
            return True


@contextmanager
def deadly_wire(upstream: str) -> Iterator[Wire]:
    """A wire that is open until the end of the block."""
    wire = Wire(upstream)

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # head and body are two writes: one would wait for the other
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            """Answer as the emulator does, or kill."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            deadly = wire.is_deadly(self.command, self.path)
            if deadly and not wire.arrives:
                self._kill()
                return
            status, headers, answer = _forward(wire.upstream, self, body)
            if deadly:
                self._kill()
                return
            self.send_response(status)
            for name, value in headers:
                if name.casefold() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _kill(self) -> None:
            wire.victim.kill()
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.pass_on)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    wire.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield wire
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _forward(upstream: str, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=30)
    try:
        headers = {name: value for name, value in request.headers.items() if name.casefold() != "connection"}
        connection.request(request.command, request.path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()
