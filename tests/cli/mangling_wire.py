"""A wire between the command and an emulator that puts hostile text into the answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen


@dataclass
class Mangling:
    """What is done to answers: `text` goes behind the texts of this key; `seen` are the keys that were there."""

    upstream: str
    key: str = ""
    text: str = ""
    fails: bool = False
    url: str = ""
    seen: set[str] = field(default_factory=set)

    @property
    def flags(self) -> tuple[str, ...]:
        """What points a command here."""
        return ("--endpoint", self.url, "--credential", "token")

    def mangled(self, value: Any, key: str = "") -> Any:
        """An answer with the text in it."""
        if isinstance(value, dict):
            # A tag has a name of its own, and so has what ARM keeps by id.
            return {name: self.mangled(item, "tag" if key == "tags" else name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.mangled(item, key) for item in value]
        if isinstance(value, str):
            self.seen.add(key)
            return f"{value}{self.text}" if key == self.key else value
        return value


@contextmanager
def mangling_wire(upstream: str) -> Iterator[Mangling]:
    """A wire that is open until the end of the block."""
    wire = Mangling(upstream)

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # head and body are two writes: one would wait for the other

        def pass_on(self) -> None:
            """Answer as the emulator does, but for the text; or refuse, in words of the text."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if wire.fails:
                error = {"code": f"Bad{wire.text}", "message": wire.text, "details": [{"message": wire.text}]}
                self._answer(400, {"error": error})
                return
            kept = {name: value for name, value in self.headers.items() if name in ("Authorization", "Content-Type")}
            request = Request(wire.upstream + self.path, body or None, kept, method=self.command)
            try:
                with urlopen(request) as answer:
                    status, content = answer.status, answer.read()
            except HTTPError as refusal:
                status, content = refusal.code, refusal.read()
            self._answer(status, wire.mangled(json.loads(content)) if content else None)

        def _answer(self, status: int, document: Any) -> None:
            content = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("x-ms-correlation-request-id", "##vso[x]::error::")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_PATCH = do_DELETE = do_POST = do_HEAD = pass_on  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    wire.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
