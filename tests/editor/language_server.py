"""Speaks the Language Server Protocol with yaml-language-server, as an editor does.

npm brings the server: `npm install --prefix tests/editor --no-package-lock`, which `.ci/run` does where npm is there.
Source: Language Server Protocol 3.17 (base protocol, completion, hover, publishDiagnostics).
"""

import json
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MODULES = Path(__file__).parent / "node_modules"
NODE = shutil.which("node")
SERVER = MODULES / "yaml-language-server" / "bin" / "yaml-language-server"
TIMEOUT_S = 60.0
"""Longer than any answer takes on a busy machine; a silent server fails then."""


def why_not(needed: Path) -> str | None:
    """Why what npm should have brought cannot be run; None where it can."""
    if NODE is None:
        return "node is not installed"
    if not needed.exists():
        return f"{needed.name} is not there; `npm install --prefix tests/editor --no-package-lock` brings it"
    return None


class Editor:
    """An editor with one server; every document is opened once, under a name of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._sent = 0
        self._opened = 0
        self._received = b""

    def request(self, method: str, params: dict[str, Any]) -> Any:
        """Ask, and return the result; what the server itself asks meanwhile is answered with nothing."""
        self._sent += 1
        number = self._sent
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def notify(self, method: str, params: dict[str, Any]) -> None:
        """Tell, without an answer."""
        self._send({"method": method, "params": params})

    def diagnostics(self, text: str) -> list[str]:
        """What the server marks in a document, in its order."""
        uri = self._open(text)
        while True:
            message = self._receive()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                return [one["message"] for one in message["params"]["diagnostics"]]

    def hover(self, text: str) -> str:
        """What is shown at the place of the `|` in a document."""
        answer = self.request("textDocument/hover", self._place(text))
        return "" if answer is None else str(answer["contents"]["value"])

    def completions(self, text: str) -> dict[str, dict[str, Any]]:
        """What is offered at the place of the `|` in a document, by its label."""
        answer = self.request("textDocument/completion", self._place(text))
        return {one["label"]: one for one in answer["items"]}

    def _place(self, text: str) -> dict[str, Any]:
        before, _, after = text.partition("|")
        lines = before.split("\n")
        position = {"line": len(lines) - 1, "character": len(lines[-1])}
        return {"textDocument": {"uri": self._open(before + after)}, "position": position}

    def _open(self, text: str) -> str:
        self._opened += 1
        uri = (self._folder / f"{self._opened}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        until = time.monotonic() + TIMEOUT_S
        head = self._read_until(b"\r\n\r\n", until)
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(self._received) < length:
            self._read(until)
        body, self._received = self._received[:length], self._received[length:]
        message: dict[str, Any] = json.loads(body)
        if "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message

    def _read_until(self, end: bytes, until: float) -> bytes:
        while end not in self._received:
            self._read(until)
        head, _, self._received = self._received.partition(end)
        return head

    def _read(self, until: float) -> None:
        assert self._process.stdout is not None
        left = until - time.monotonic()
        assert left > 0, "the language server fell silent"
        assert select.select([self._process.stdout], [], [], left)[0], "the language server fell silent"
        data = self._process.stdout.raw.read(65536)  # type: ignore[attr-defined]
        assert data, "the language server ended"
        self._received += data


@contextmanager
def open_editor(folder: Path) -> Iterator[Editor]:
    """A server that has been greeted; it ends with the block."""
    assert NODE is not None
    with subprocess.Popen(
        [NODE, str(SERVER), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            editor = Editor(process, folder)
            capabilities = {
                "textDocument": {
                    "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
                    "hover": {"contentFormat": ["markdown"]},
                }
            }
            editor.request("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities})
            editor.notify("initialized", {})
            settings = {"yaml": {"schemaStore": {"enable": False}, "validate": True, "hover": True, "completion": True}}
            editor.notify("workspace/didChangeConfiguration", {"settings": settings})
            yield editor
        finally:
            process.kill()
