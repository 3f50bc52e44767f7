"""Scripted misfortune on the wire: an httpx transport around another one, in process or over HTTP alike.

A fault waits for calls of one method whose path ends in given words, lets some of them pass, strikes a number of
times and then is spent. What it does is a function of the request and of the way on, so that one mechanism serves
errors, lost connections, damaged answers and other writers alike.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import httpx

Forward = Callable[[httpx.Request], httpx.Response]
Behaviour = Callable[[httpx.Request, Forward], httpx.Response]

ALWAYS = 1_000_000


@dataclass
class Fault:
    """One misfortune: `passes` calls go through first, then `times` calls are struck.

    `path` is the end of the path that it waits for, without case and without the query; "" is any.
    """

    method: str
    path: str
    behaviour: Behaviour
    times: int = 1
    passes: int = 0
    _seen: int = field(default=0, init=False)

    def strikes(self, request: httpx.Request) -> bool:
        """Whether it is this call's turn; counts the call."""
        if request.method != self.method or not request.url.path.casefold().endswith(self.path.casefold()):
            return False
        self._seen += 1
        return self.passes < self._seen <= self.passes + self.times


class FaultyTransport(httpx.BaseTransport):
    """A wire on which faults strike, each call by the first that is due; safe for many threads."""

    def __init__(self, wire: httpx.BaseTransport, faults: Sequence[Fault]) -> None:
        self._wire = wire
        self._faults = faults
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, or let a fault have it."""
        with self._lock:
            fault = next((one for one in self._faults if one.strikes(request)), None)
        return fault.behaviour(request, self._wire.handle_request) if fault else self._wire.handle_request(request)

    def close(self) -> None:
        """Close the wire below."""
        self._wire.close()


def answer(status: int, code: str = "", message: str = "", *, retry_after: str | None = None) -> Behaviour:
    """An error in ARM's form, the call not having taken effect."""

    def behave(request: httpx.Request, _: Forward) -> httpx.Response:
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        body = {"error": {"code": code, "message": message}} if code else None
        return httpx.Response(status, headers=headers, json=body, request=request)

    return behave


def answer_body(body: object, status: int = 200) -> Behaviour:
    """An answer with a body of the test's own, as JSON or (bytes) as it is."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda request, _: httpx.Response(status, content=content, request=request)


def reset_before(request: httpx.Request, _: Forward) -> httpx.Response:
    """The connection is lost before the call arrives; the client cannot know that."""
    raise httpx.ReadError("Connection reset by peer", request=request)


def reset_after(request: httpx.Request, forward: Forward) -> httpx.Response:
    """The call takes effect, and the connection is lost before its answer arrives."""
    _receive(forward(request))
    raise httpx.ReadError("Connection reset by peer", request=request)


def fail_after(request: httpx.Request, forward: Forward) -> httpx.Response:
    """The call takes effect, and is answered with an error of the server."""
    _receive(forward(request))
    return httpx.Response(500, json={"error": {"code": "InternalServerError", "message": "Oops."}}, request=request)


def truncate(request: httpx.Request, forward: Forward) -> httpx.Response:
    """The call takes effect, and its answer ends in the middle."""
    whole = _receive(forward(request))
    return httpx.Response(whole.status_code, stream=_HalfAStream(whole.content), request=request)


def meddle(do: Callable[[], object]) -> Behaviour:
    """Somebody else does something just before the call arrives."""

    def behave(request: httpx.Request, forward: Forward) -> httpx.Response:
        do()
        return forward(request)

    return behave


def meddle_after(do: Callable[[], object]) -> Behaviour:
    """Somebody else does something just after the call took effect."""

    def behave(request: httpx.Request, forward: Forward) -> httpx.Response:
        response = _receive(forward(request))
        do()
        return response

    return behave


def _receive(response: httpx.Response) -> httpx.Response:
    """The answer with its body, its connection given back."""
    try:
        content = response.read()
    finally:
        response.close()
    return httpx.Response(response.status_code, content=content)


class _HalfAStream(httpx.SyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content[: len(self._content) // 2]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
