"""The sandbox as one WSGI application, the same in process and behind a server.

Requests are checked in ARM's order: token, api-version, path, subscription; rights, existence and content are the
providers'. One lock is held while a call is decided, so each call happens at once; waiting (latency) and writing JSON
happen outside it.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request, Response

from reconciler.sandbox.authorization import permissions as authorization
from reconciler.sandbox.catalog import gaps, provider_operations, resource_lists, tags_at_scope
from reconciler.sandbox.catalog.kinds import KINDS
from reconciler.sandbox.catalog.providers import provider_routes
from reconciler.sandbox.faults.injection import FaultScript, FaultyApplication
from reconciler.sandbox.faults.script import Fault
from reconciler.sandbox.gateway import (
    RESOURCES,
    Answer,
    ArmRefusalError,
    Call,
    Exchange,
    LoggedRequest,
    NotServedError,
    RequestLog,
    Route,
    Router,
    Settings,
    Trace,
    carry_out,
    check_served,
    error_body,
    identify,
    missing_api_version,
    require_json,
    require_living_token,
    to_response,
    trace_of,
)
from reconciler.sandbox.insights import activity_log
from reconciler.sandbox.log_analytics import query as log_analytics
from reconciler.sandbox.log_analytics.own_endpoint import LogAnalytics
from reconciler.sandbox.login.login import Login
from reconciler.sandbox.managed_identity import (
    associated_resources,
    system_assigned,
    token_revocation,
)
from reconciler.sandbox.managed_identity.federated_credentials import Met, WritesInFlight
from reconciler.sandbox.managed_identity.token_revocation import refuse_revoked
from reconciler.sandbox.microsoft_graph.objects import Graph
from reconciler.sandbox.rates.rates import RATES_HEADER, RatedCall, Rates
from reconciler.sandbox.resource_graph import query as resource_graph
from reconciler.sandbox.resources import type_lists
from reconciler.sandbox.rules import require_subscription
from reconciler.sandbox.serving.control import PREFIX, Control
from reconciler.sandbox.state import Contents, State, split_path

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SERVED: tuple[Route, ...] = (
    *authorization.ROUTES,
    *(route for kind in KINDS for route in kind.routes),
    *associated_resources.ROUTES,
    *tags_at_scope.ROUTES,
    *resource_graph.ROUTES,
    *token_revocation.ROUTES,
    *system_assigned.ROUTES,
    *provider_operations.ROUTES,
    *activity_log.ROUTES,
    *resource_lists.ROUTES,
)
_ROUTES = (*_SERVED, *log_analytics.ROUTES, *provider_routes(_SERVED), *type_lists.ROUTES, *gaps.ROUTES)

_ONE_ID_FOR_ALL = (RESOURCES, "Microsoft.ManagedIdentity", "Microsoft.ResourceGraph")
"""Namespaces whose request id is the correlation id; those of others differ.

Source: recorded traffic (the same in 79 of 79 answers of Microsoft.ManagedIdentity and in most of resource groups,
another one in all of Microsoft.Authorization, Microsoft.Insights, Compute, Network and Storage); that of
Microsoft.ResourceGraph is assumed.
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """How a sandbox behaves.

    Attributes:
        random_seed: principal and client ids of new identities depend on it and on nothing else; so does which calls a
            fault with a probability meets.
        latency_s: seconds that every call to ARM takes at least.
        credential_write_s: seconds that a write of a federated credential takes at least, if no other one is in its
            way: of those that come in parallel only one can win, as in Azure, however fast the sandbox is.
        rates: how fast a client may be; None lets everybody be as fast as they can.
        faults: the script to begin with.
    """

    settings: Settings = field(default_factory=Settings)
    random_seed: int = 0
    latency_s: float = 0.0
    credential_write_s: float = 0.0
    rates: Rates | None = None
    faults: tuple[Fault, ...] = ()


class Application:
    """A sandbox over some contents.

    Attributes:
        state: what exists now.
    """

    def __init__(
        self,
        contents: Contents,
        options: Options | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        """Start from `contents`.

        Args:
            clock: the current time, with its zone.
            new_id: new GUIDs for the request ids of answers.
        """
        self._options = options = options or Options()
        self.state = State(contents, options.random_seed)
        self._clock = clock
        self._sleep = sleep
        self._new_id = new_id
        self._requests = RequestLog()
        self._login = Login(self.state, clock, new_id)
        self._gaps = Gaps()
        self._graph = Graph(self.state, clock, new_id, self._gaps.note, options.settings)
        self._logs = LogAnalytics(self.state, clock, self._gaps.note)
        script = FaultScript(options.faults, Random(options.random_seed))  # noqa: S311  a script's dice, not a secret
        self._faulty = FaultyApplication(self._serve, script, self.state, self._requests, self._past, sleep)
        self._control = Control(self.state, contents, self._requests, self._login, script)
        self._router = Router(_ROUTES)
        self._writes = WritesInFlight()

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """The calls to ARM so far, in the order of their answers."""
        return self._requests.entries()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request, as far as the script of faults lets it.

        Raises:
            ConnectionResetFault: the connection has to be reset.
            BodyCutOffFault: while the body is read: the connection has to be closed.
        """
        steering = str(environ["REQUEST_URI"]).startswith(PREFIX)
        return (self._serve if steering else self._faulty)(environ, start_response)

    def _past(self, contents: Contents) -> "tuple[WSGIApplication, Callable[[], Sequence[LoggedRequest]]]":
        past = Application(contents, Options(self._options.settings), clock=self._clock, new_id=self._new_id)
        return past, past._requests.entries

    def _serve(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request; an error of our own becomes a 500 and a log entry, in process too."""
        request = Request(environ)
        path, _, query = _target(str(environ["REQUEST_URI"])).partition("?")
        try:
            response = self._respond(request, path, query)
        except Exception:  # whatever it is, the client must get an answer and the server must live on
            _log.exception("%s %s failed inside the sandbox", request.method, path)
            failure = Answer(500, error_body("InternalServerError", "The sandbox failed; its log says how."))
            response = to_response(failure, self._exchange(request, self._trace(request, None)))
        response.headers[RATES_HEADER] = "off" if self._options.rates is None else self._options.rates.text
        return response(environ, start_response)

    def _respond(self, request: Request, path: str, query: str) -> Response:
        if path.startswith(PREFIX):
            answer = self._control.answer(request.method, path, dict(request.headers), request.get_data())
            return to_response(answer, self._exchange(request, self._trace(request, None)))
        route, names = self._router.find(path) or (None, {})
        target = f"{path}?{query}" if query else path
        trace = self._trace(request, route)
        asked = {name.lower(): value for name, value in parse_qsl(query, keep_blank_values=True)}
        visit = _Visit(request, path, target, asked, trace, route, names)
        with self._writes.arrival(request.method, visit.names) as met:
            visit.overlaps = met is Met.OTHERS
            least_s = self._options.credential_write_s if met is Met.NONE else 0.0
            pause_s = max(self._options.latency_s, least_s)
            if pause_s > 0:
                self._sleep(pause_s)
            return self._decide(visit)

    def _decide(self, visit: "_Visit") -> Response:
        request = visit.request
        not_arm = self._login.answer(request, visit.path, visit.query)
        not_arm = not_arm or self._graph.answer(request, visit.path, visit.query)
        not_arm = not_arm or self._logs.answer(request, visit.path, visit.query)
        if not_arm is not None:
            self._requests.add(LoggedRequest(request.method, visit.target, not_arm.status_code, ""))
            return not_arm
        answer = self._answer(visit)
        self._requests.add(LoggedRequest(request.method, visit.target, answer.status, visit.principal_id))
        return to_response(answer, self._exchange(request, visit.trace, visit.remaining))

    def _answer(self, visit: "_Visit") -> Answer:
        with self.state.lock:
            now = self._clock()
            self.state.finish_deletions(now)
            try:
                return self._dispatch(visit, now)
            except NotServedError as refusal:
                self._gaps.note(visit.request.method, refusal.what)
                return refusal.answer
            except ArmRefusalError as refusal:
                return refusal.answer

    def _dispatch(self, visit: "_Visit", now: datetime) -> Answer:
        request = visit.request
        caller = identify(request.headers.get("Authorization"), self.state.tenant_id)
        require_living_token(caller, self.state.tenant_id, now)
        visit.principal_id = caller.principal_id
        refuse_revoked(self.state, caller)
        rates = self._options.rates or Rates()  # where none are kept, every call is the first of its kind
        words = split_path(visit.path.casefold())
        rated = RatedCall(request.method, words, self.state.tenant_id, caller.principal_id)
        visit.remaining = rates.admit_to_arm(rated, now.timestamp())
        visit.remaining = {**visit.remaining, **rates.admit_to_provider(rated, now.timestamp())}
        api_version = visit.query.get("api-version", "").lower()
        if not api_version:
            raise missing_api_version()
        if visit.route is None:
            raise self._router.unknown_path(visit.path, api_version)
        check_served(visit.route, request.method, visit.query, api_version)
        if "subscription" in visit.names:
            require_subscription(self.state, visit.names["subscription"])
        body = request.get_data()
        require_json(request.headers.get("Content-Type", ""), body)
        call = Call(
            request.method,
            visit.path,
            visit.names,
            visit.query,
            body,
            caller,
            request.host_url.rstrip("/"),
            now,
            self._options.settings,
            visit.trace,
            visit.target,
            visit.overlaps,
        )
        return carry_out(visit.route, self.state, call)

    def _trace(self, request: Request, route: Route | None) -> Trace:
        own_request_id = route is not None and route.namespace not in _ONE_ID_FOR_ALL
        return trace_of(request.headers, self._new_id, own_request_id=own_request_id)

    def _exchange(self, request: Request, trace: Trace, remaining: Mapping[str, str] | None = None) -> Exchange:
        return Exchange(request.headers, self._clock(), trace, remaining or {})


class Gaps:
    """Says on the log what was asked for and is not served, each once."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def note(self, method: str, what: str) -> None:
        """Log a gap, unless it was logged before."""
        if (method, what) not in self._known:
            self._known.add((method, what))
            # Words of a path may be anything.
            printable = "".join(one if one.isprintable() else "?" for one in what)
            _log.warning("not served: %s: %s", method, printable)


@dataclass(slots=True)
class _Visit:
    """What is learned of a request while it is decided; the log needs it even where the call is refused."""

    request: Request
    path: str
    target: str
    query: dict[str, str]
    trace: Trace
    route: Route | None
    names: Mapping[str, str]
    principal_id: str = ""
    overlaps: bool = False
    remaining: Mapping[str, str] = field(default_factory=dict)


def _target(uri: str) -> str:
    """Path and query of a request line, which may also hold the absolute form that clients send to proxies.

    PATH_INFO is of no use here: it has lost what was encoded and what was doubled.
    """
    if uri.startswith("/"):
        return uri
    _, _, after_scheme = uri.partition("://")
    return "/" + after_scheme.partition("/")[2]
