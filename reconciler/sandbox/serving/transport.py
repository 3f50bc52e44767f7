"""The sandbox in process: an httpx transport, and the embedded use of a state file without a server.

httpx has a WSGI transport of its own, but it passes no raw request line, and ARM's paths look alike without
it.
"""

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from werkzeug.test import run_wsgi_app

from reconciler.sandbox.faults.injection import BodyCutOffFault, ConnectionResetFault
from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state import StateError
from reconciler.sandbox.state_file.file import StateSaver, is_there, load_state, locked

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class SandboxTransport(httpx.BaseTransport):
    """Hands requests to an application in the same process; safe for many threads.

    Attributes:
        application: the sandbox behind it, for its state and its log of requests.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request; whatever happens inside is an HTTP answer.

        Raises:
            httpx.ReadError: a scripted fault resets the connection.
            httpx.RemoteProtocolError: a scripted fault cuts the body off.
        """
        try:
            body, status, headers = run_wsgi_app(self.application, _environ(request), buffered=True)
        except ConnectionResetFault as fault:
            raise httpx.ReadError("Connection reset by peer", request=request) from fault
        except BodyCutOffFault as fault:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body", request=request
            ) from fault
        return httpx.Response(int(status.split()[0]), headers=list(headers), content=b"".join(body))


def _environ(request: httpx.Request) -> "WSGIEnvironment":
    body = request.read()
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": request.url.raw_path.decode("ascii"),
        "SCRIPT_NAME": "",
        "PATH_INFO": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": request.url.host,
        "SERVER_PORT": str(request.url.port or {"http": 80, "https": 443}[request.url.scheme]),
        "CONTENT_LENGTH": str(len(body)),
        # WSGI has these two apart from all other headers.
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "wsgi.url_scheme": request.url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
    }
    for name, value in request.headers.raw:
        environ[f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"] = value.decode("latin-1")
    return environ


@contextmanager
def embedded(path: Path, *, writable: bool) -> Iterator[SandboxTransport]:
    """A sandbox over an existing state file, for the time of one command.

    Args:
        writable: hold the file for this process alone, and save what changed at the end, after an exception too.
        Otherwise the
            file is only read, by any number of processes, and what changes is forgotten.

    Raises:
        StateError: the file is missing, damaged or cannot be written, or another process is writing it.
    """
    if not is_there(path):
        raise StateError(f"{path}: there is no such file")
    with ExitStack() as stack:
        if writable:
            stack.enter_context(locked(path))
        application = Application(load_state(path))
        if writable:
            stack.callback(StateSaver(path, application.state).save_if_changed)
        yield SandboxTransport(application)
