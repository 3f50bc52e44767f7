"""What ARM has not: `/_sandbox/`, where the one who runs the sandbox looks at it and steers it. No token is asked for.

So a page in this machine's browser could steer it too. Such a page sends its `Origin`, or has led the browser here by a
name of its own (DNS rebinding), which is then the `Host`: both are refused.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from reconciler.sandbox.faults.injection import FaultScript
from reconciler.sandbox.faults.script import parse_faults
from reconciler.sandbox.gateway import Answer, RequestLog, error_body
from reconciler.sandbox.login.login import Login
from reconciler.sandbox.state import Contents, FaultFileError, Node, State, StateError
from reconciler.sandbox.state_file.document import format_state, grant_json, parse_permissions

PREFIX = "/_sandbox/"

_HOST = re.compile(r"(\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]]+))(:[0-9]*)?")
_FOREIGN = (
    "/_sandbox/ is for whoever runs this sandbox: it takes no request of a web page (with an `Origin`), and none whose "
    "`Host` is neither `localhost` nor a loopback address."
)


class Control:
    """The routes below `/_sandbox/`. A request with an `Origin`, or a `Host` that is not this machine's own: 403.

    | route | does |
    | --- | --- |
    | `GET requests` | the log of requests, with counts by method and status |
    | `DELETE requests` | forgets the log |
    | `GET state` | the state, in the form of the state file |
    | `POST reset` | back to the state that was loaded, and empty logs: of requests, of activity, of sign-ins |
    | `PUT permissions` | replaces the grants: `{"permissions": [...]}` as in the state file; with none all may do all |
    | `PUT tokens` | how long new tokens are good for: `{"lifetimeSeconds": 3599}` |
    | `PUT faults` | begins another script of faults, YAML or JSON, in the form of the file |
    | `DELETE faults` | ends the script |
    """

    def __init__(self, state: State, loaded: Contents, log: RequestLog, login: Login, faults: FaultScript) -> None:
        self._state = state
        self._loaded = loaded
        self._log = log
        self._login = login
        self._faults = faults
        self._routes: dict[tuple[str, str], Callable[[bytes], Answer]] = {
            ("GET", "requests"): lambda _body: Answer(200, log.to_json()),
            ("DELETE", "requests"): self._forget_requests,
            ("GET", "state"): lambda _body: Answer(200, json.loads(format_state(state.contents()))),
            ("POST", "reset"): self._reset,
            ("PUT", "permissions"): self._set_permissions,
            ("PUT", "tokens"): self._set_token_lifetime,
            ("PUT", "faults"): self._begin_faults,
            ("DELETE", "faults"): self._end_faults,
        }

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Serve one call; `path` is without the query."""
        if "Origin" in headers or not _is_own_name(headers.get("Host", "")):
            return Answer(403, error_body("Forbidden", _FOREIGN))
        route = self._routes.get((method, path.removeprefix(PREFIX)))
        if route is None:
            known = ", ".join(f"{method} {PREFIX}{name}" for method, name in self._routes)
            return Answer(404, error_body("NotFound", f"{method} {path} is not known here; known: {known}"))
        with self._state.lock:
            return route(body)

    def _forget_requests(self, _body: bytes) -> Answer:
        self._log.clear()
        return Answer(204)

    def _reset(self, _body: bytes) -> Answer:
        self._state.restore(replace(self._loaded, activity_log=(), resource_changes=(), sign_ins=()))
        self._log.clear()
        return Answer(204)

    def _set_permissions(self, body: bytes) -> Answer:
        try:
            grants = parse_permissions(json.loads(body))
        except (ValueError, StateError) as error:
            return Answer(400, error_body("BadRequest", str(error)))
        self._state.set_permissions(grants)
        return Answer(200, {"permissions": [grant_json(grant) for grant in grants]})

    def _set_token_lifetime(self, body: bytes) -> Answer:
        try:
            root = Node(json.loads(body), "")
            root.only("lifetimeSeconds")
            seconds = root.required("lifetimeSeconds").count()
        except (ValueError, StateError) as error:
            return Answer(400, error_body("BadRequest", str(error)))
        self._login.lifetime = timedelta(seconds=seconds)
        return Answer(200, {"lifetimeSeconds": seconds})

    def _begin_faults(self, body: bytes) -> Answer:
        try:
            faults = parse_faults(body.decode("utf-8"))
        except (UnicodeDecodeError, FaultFileError) as error:
            return Answer(400, error_body("BadRequest", str(error)))
        self._faults.replace(faults)
        return Answer(200, {"faults": len(faults)})

    def _end_faults(self, _body: bytes) -> Answer:
        self._faults.replace(())
        return Answer(204)


def _is_own_name(host: str) -> bool:
    """Whether a `Host` header names this machine. Source: RFC 6761, 6.3 (`localhost` and all names below it)."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = (match["address"] or match["name"]).casefold().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
