"""ARM's front door: which route a request takes, who asks, and the form of answers, pages and errors."""

from reconciler.sandbox.gateway.answers import (
    Answer,
    ArmRefusalError,
    Exchange,
    Trace,
    by_gateway,
    by_provider,
    error_body,
    to_response,
    trace_of,
)
from reconciler.sandbox.gateway.calls import Call, Caller, Settings, claims_of, identify, require_living_token
from reconciler.sandbox.gateway.graph_errors import Detail, GraphRefusalError, bad_request, throttled
from reconciler.sandbox.gateway.kind import (
    GROUP_PARENT,
    IDENTITY_PARENT,
    SUBSCRIPTION_PARENT,
    GraphRows,
    GraphView,
    JsonObject,
    Kind,
    Loading,
    ProviderOperation,
)
from reconciler.sandbox.gateway.paging import page, resume_after
from reconciler.sandbox.gateway.recording import carry_out, origin_of
from reconciler.sandbox.gateway.request_log import LoggedRequest, RequestLog
from reconciler.sandbox.gateway.routing import (
    RESOURCES,
    Handler,
    Route,
    Router,
    check_api_version,
    missing_api_version,
    unknown_namespace,
    unsupported_method,
)

__all__ = [
    "GROUP_PARENT",
    "IDENTITY_PARENT",
    "RESOURCES",
    "SUBSCRIPTION_PARENT",
    "Answer",
    "ArmRefusalError",
    "Call",
    "Caller",
    "Detail",
    "Exchange",
    "GraphRefusalError",
    "GraphRows",
    "GraphView",
    "Handler",
    "JsonObject",
    "Kind",
    "Loading",
    "LoggedRequest",
    "ProviderOperation",
    "RequestLog",
    "Route",
    "Router",
    "Settings",
    "Trace",
    "bad_request",
    "by_gateway",
    "by_provider",
    "carry_out",
    "check_api_version",
    "claims_of",
    "error_body",
    "identify",
    "missing_api_version",
    "origin_of",
    "page",
    "require_living_token",
    "resume_after",
    "throttled",
    "to_response",
    "trace_of",
    "unknown_namespace",
    "unsupported_method",
]
