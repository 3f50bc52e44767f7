"""What the sandbox answers, in ARM's form: bodies, error bodies, and the headers that every answer carries.

A rule that refuses a call raises `ArmRefusalError`; how a refusal looks on the wire is decided here and nowhere else.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from werkzeug.datastructures import Headers
from werkzeug.http import http_date
from werkzeug.wrappers import Response

_CORRELATION_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")
"""A GUID, or the 32 digits of an OpenTelemetry trace. Source: recorded traffic (azure-dev: echoed 132 times of 132)."""

_COMMON_HEADERS = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Server": "uami-sandbox",
}
"""Source: recorded traffic (in every answer of every recording), but for `Server`, which tells this from ARM."""


@dataclass(frozen=True, slots=True)
class TracedBody:
    """A JSON body that repeats the correlation id of the answer that it is in."""

    of: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a JSON body (None for an empty one) and the headers that are this answer's own."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    from_gateway: bool = False


class ArmRefusalError(Exception):
    """A call that ARM refuses, with the status, code and message of its error body.

    `from_gateway`: ARM itself refused, before it asked the resource provider. Such answers carry `x-ms-failure-cause:
    gateway` and no remaining budget. Source: recorded traffic.
    """

    def __init__(
        self, status: int, code: str, message: str, *, from_gateway: bool, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.answer = Answer(status, error_body(code, message), headers or {}, from_gateway)


def error_body(code: str, message: str) -> object:
    """ARM's error envelope. Source: recorded traffic; common-types v4 `ErrorResponse`."""
    return {"error": {"code": code, "message": message}}


def by_gateway(status: int, code: str, message: str) -> ArmRefusalError:
    """A refusal by ARM itself."""
    return ArmRefusalError(status, code, message, from_gateway=True)


def by_provider(status: int, code: str, message: str) -> ArmRefusalError:
    """A refusal by the resource provider."""
    return ArmRefusalError(status, code, message, from_gateway=False)


@dataclass(frozen=True, slots=True)
class Trace:
    """The ids under which a call is found again, and what the client calls itself; empty where it did not say."""

    request_id: str
    correlation_id: str
    client_request_id: str = ""
    user_agent: str = ""


def trace_of(request_headers: Headers, new_id: Callable[[], str], *, own_request_id: bool) -> Trace:
    """The ids of a call: a new one, and the client's own where it sent some.

    Args:
        own_request_id: the provider's request id differs from the correlation id.
    """
    asked = request_headers.get("x-ms-correlation-request-id", "")
    request_id = new_id()
    otherwise = new_id() if own_request_id else request_id
    # Source: client libraries that send an id of their own find their calls under it in the Activity Log (azurerm).
    correlation_id = asked if _CORRELATION_ID.fullmatch(asked) else otherwise
    client_request_id = request_headers.get("x-ms-client-request-id", "")
    return Trace(request_id, correlation_id, client_request_id, request_headers.get("User-Agent", ""))


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the headers of an answer depend on: the request's, the time, the call's ids, and what is left of budgets."""

    request_headers: Headers
    now: datetime
    trace: Trace
    remaining: Mapping[str, str] = field(default_factory=dict)


def to_response(answer: Answer, exchange: Exchange) -> Response:
    """The HTTP response of an answer, with ARM's headers around it."""
    tracing = _tracing(exchange)
    shown = answer.body
    if isinstance(shown, TracedBody):
        shown = shown.of(tracing["x-ms-correlation-request-id"])
    text = "" if shown is None else json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    response = Response(text.encode("utf-8", "replace"), status=answer.status)
    if answer.body is None:
        # Source: recorded traffic (DELETE of an identity: Content-Length 0 and no Content-Type).
        response.headers.remove("Content-Type")
    else:
        response.headers["Content-Type"] = "application/json; charset=utf-8"
    origin = {"x-ms-failure-cause": "gateway"} if answer.from_gateway else exchange.remaining
    response.headers.update({**_COMMON_HEADERS, "Date": http_date(exchange.now), **tracing, **origin, **answer.headers})
    return response


def _tracing(exchange: Exchange) -> dict[str, str]:
    trace = exchange.trace
    headers = {
        "x-ms-request-id": trace.request_id,
        "x-ms-correlation-request-id": trace.correlation_id,
        "x-ms-routing-request-id": f"SANDBOX:{exchange.now:%Y%m%dT%H%M%SZ}:{trace.correlation_id}",
    }
    asked_back = exchange.request_headers.get("x-ms-return-client-request-id", "").lower() == "true"
    if trace.client_request_id and asked_back:
        headers["x-ms-client-request-id"] = trace.client_request_id
    return headers
