"""Where scripted faults act: around the application, so that every route can fail, the login too.

Only `/_sandbox/` stays whole, for whoever steers the faults. What happens to a connection cannot be said in WSGI: it is
an exception here, which the server turns into a broken connection and the in-process transport into httpx's error.
"""

import io
import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import unquote

from werkzeug.datastructures import Headers
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from reconciler.sandbox.faults.script import (
    Action,
    CompetingWrite,
    ConnectionReset,
    Delay,
    Fault,
    LostPage,
    MalformedBody,
    OtherAnswer,
    StaleRead,
    TruncatedBody,
)
from reconciler.sandbox.gateway import ArmRefusalError, LoggedRequest, RequestLog, identify
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.rates.graph_quota import QUERY_WORDS
from reconciler.sandbox.state import Contents, State, split_path

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_WRITES = ("PUT", "PATCH", "POST", "DELETE")
_REMEMBERED_WRITES = 100
_OWN_TO_A_CLIENT = ("HTTP_X_MS_CORRELATION_REQUEST_ID", "HTTP_X_MS_CLIENT_REQUEST_ID")
"""What the Activity Log must not take from one client for another."""

_log = logging.getLogger(__name__)


class ConnectionResetFault(Exception):
    """The connection has to be reset without an answer."""


class BodyCutOffFault(Exception):
    """The connection has to be closed in the middle of the body."""


class FaultScript:
    """The faults of a sandbox, and how often each has met a call; safe for many threads."""

    def __init__(self, faults: Sequence[Fault], random: Random) -> None:
        self._lock = threading.Lock()
        self._random = random
        self.replace(faults)

    def replace(self, faults: Sequence[Fault]) -> None:
        """Begin another script."""
        with self._lock:
            self._faults = tuple(faults)
            self._met = [0] * len(self._faults)
            self._fired = [0] * len(self._faults)

    @property
    def reads_stale(self) -> bool:
        """Whether a fault needs to know how the state was."""
        return any(isinstance(fault.action, StaleRead) for fault in self._faults)

    def next_action(self, method: str, path: str) -> Action | None:
        """What goes wrong with a call: the first fault that fires; those after it have not met the call."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if self._fires(index, fault, method, path):
                    return fault.action
            return None

    def _fires(self, index: int, fault: Fault, method: str, path: str) -> bool:
        if fault.method not in (None, method) or not fnmatchcase(path, fault.path):
            return False
        if fault.times is not None and self._fired[index] >= fault.times:
            return False
        self._met[index] += 1
        if self._met[index] <= fault.skip:
            return False
        if fault.probability < 1 and self._random.random() >= fault.probability:
            return False
        self._fired[index] += 1
        return True


class FaultyApplication:
    """An application as its faults let it be seen."""

    def __init__(
        self,
        application: "WSGIApplication",
        script: FaultScript,
        state: State,
        log: RequestLog,
        past: "Callable[[Contents], tuple[WSGIApplication, Callable[[], Sequence[LoggedRequest]]]]",
        sleep: Callable[[float], None],
    ) -> None:
        """Stand around an application.

        Args:
            past: an application over an earlier state, and its log.
        """
        self._application = application
        self._script = script
        self._state = state
        self._log = log
        self._past = past
        self._sleep = sleep
        self._history: deque[Contents] = deque(maxlen=_REMEMBERED_WRITES)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request, or raise ConnectionResetFault or, while the body is read, BodyCutOffFault."""
        method, target = str(environ["REQUEST_METHOD"]), str(environ["REQUEST_URI"])
        action = self._script.next_action(method, unquote(target.partition("?")[0]).casefold())
        if isinstance(action, CompetingWrite):
            self._compete(action, environ)
            action = None
        if isinstance(action, Delay):
            self._sleep(action.seconds)
            action = None
        answer = self._answer(action, environ)
        return answer(environ, start_response)

    def _answer(self, action: Action | None, environ: "WSGIEnvironment") -> "WSGIApplication":
        if isinstance(action, OtherAnswer | ConnectionReset) and not action.after:
            self._remember_request(environ, action)
            return _other(action)
        if isinstance(action, StaleRead) and _reads(environ):
            return self._stale(action)
        if action is None or isinstance(action, StaleRead):
            return self._serve
        body, status, headers = run_wsgi_app(self._serve, environ, buffered=True)
        return _changed(action, b"".join(body), status, headers)

    def _serve(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if _reads(environ) or environ["REQUEST_METHOD"] not in _WRITES or not self._script.reads_stale:
            return self._application(environ, start_response)
        with self._state.lock:
            before, changes = self._state.contents(), self._state.changes
        answer = self._application(environ, start_response)
        if self._state.changes != changes:
            self._history.append(before)
        return answer

    def _stale(self, action: StaleRead) -> "WSGIApplication":
        def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            with self._state.lock:
                known = list(self._history) or [self._state.contents()]
            application, logged = self._past(known[-min(action.writes, len(known))])
            answer = application(environ, start_response)
            for entry in logged():
                self._log.add(replace(entry, fault="stale"))
            return answer

        return serve

    def _compete(self, write: CompetingWrite, environ: "WSGIEnvironment") -> None:
        other: WSGIEnvironment = {
            **{name: value for name, value in environ.items() if name not in _OWN_TO_A_CLIENT},
            "REQUEST_METHOD": write.method,
            "REQUEST_URI": write.path,
            "HTTP_AUTHORIZATION": f"Bearer {encode({'oid': write.principal})}",
            "CONTENT_LENGTH": str(len(write.body)),
            "HTTP_CONTENT_LENGTH": str(len(write.body)),
            "CONTENT_TYPE": "application/json",
            "wsgi.input": io.BytesIO(write.body),
            "wsgi.input_terminated": True,
        }
        _, status, _ = run_wsgi_app(self._serve, other, buffered=True)
        if not status.startswith("2"):
            _log.warning("the competing %s %s was answered %s", write.method, write.path, status)

    def _remember_request(self, environ: "WSGIEnvironment", action: OtherAnswer | ConnectionReset) -> None:
        try:
            principal_id = identify(environ.get("HTTP_AUTHORIZATION"), self._state.tenant_id).principal_id
        except ArmRefusalError:
            principal_id = ""
        method, target = str(environ["REQUEST_METHOD"]), str(environ["REQUEST_URI"])
        status, name = (action.status, "answer") if isinstance(action, OtherAnswer) else (0, "reset")
        self._log.add(LoggedRequest(method, target, status, principal_id, name))


def _reads(environ: "WSGIEnvironment") -> bool:
    """Whether a request asks for what is there: a query of Resource Graph, which is a POST, does too."""
    path = split_path(str(environ["REQUEST_URI"]).partition("?")[0].casefold())
    return environ["REQUEST_METHOD"] == "GET" or (environ["REQUEST_METHOD"] == "POST" and path == QUERY_WORDS)


def _other(action: OtherAnswer | ConnectionReset) -> "WSGIApplication":
    if isinstance(action, ConnectionReset):
        raise ConnectionResetFault
    response = Response(action.body or b"", action.status, content_type="application/json; charset=utf-8")
    for name, value in action.headers:
        response.headers[name] = value
    return response


def _changed(action: Action, body: bytes, status: str, headers: Headers) -> "WSGIApplication":
    """What is made of an answer whose call took effect; one without a body cannot be damaged."""
    match action:
        case OtherAnswer() | ConnectionReset():
            return _other(action)
        case TruncatedBody(kept) if kept < len(body):
            return _cut_off(body[:kept], status, headers)
        case MalformedBody():
            body = body[: len(body) // 2]
        case LostPage():
            body = _without_items(body)
    return _whole(body, status, headers)


def _whole(body: bytes, status: str, headers: Headers) -> "WSGIApplication":
    def answer(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        lengths = [(name, str(len(body)) if name.lower() == "content-length" else value) for name, value in headers]
        start_response(status, lengths)
        return [body]

    return answer


def _cut_off(kept: bytes, status: str, headers: Headers) -> "WSGIApplication":
    def answer(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        start_response(status, list(headers))
        yield kept
        raise BodyCutOffFault

    return answer


def _without_items(body: bytes) -> bytes:
    try:
        page = json.loads(body)
    except ValueError:
        return body
    if not isinstance(page, dict) or not isinstance(page.get("value"), list):
        return body
    return json.dumps({**page, "value": []}, ensure_ascii=False, separators=(",", ":")).encode()
