"""How Resource Graph refuses: every error tells when it happened and under which correlation id, and has details.

Source: recorded traffic (azure-cli resource graph tests, azure-sdk-for-net), where the id is the one of the answer's
header, and errors as quoted by users.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from reconciler.sandbox.gateway.answers import Answer, ArmRefusalError, TracedBody
from reconciler.sandbox.resource_graph.kql.errors import KqlError

_INVALID_QUERY = {
    "code": "InvalidQuery",
    "message": "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the "
    "error before retrying.",
}

_THROTTLED = {
    "code": "RateLimiting",
    "message": "Client application has been throttled and should not attempt to repeat the request until an amount of "
    "time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.",
}

Detail = Mapping[str, object]


class GraphRefusalError(ArmRefusalError):
    """A call that Resource Graph itself refuses."""

    def __init__(
        self,
        status: int,
        code: str,
        details: Sequence[Detail],
        now: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, code, f"{details}", from_gateway=False)

        def body(correlation_id: str) -> object:
            message = (
                f"Please provide below info when asking for support: timestamp = {now:%Y-%m-%dT%H:%M:%S.%f}0Z, "
                f"correlationId = {correlation_id}."
            )
            return {"error": {"code": code, "message": message, "details": list(details)}}

        self.answer = Answer(status, TracedBody(body), headers or {})


def bad_request(code: str, message: str, now: datetime) -> GraphRefusalError:
    """The request asks for what there is not."""
    return GraphRefusalError(400, "BadRequest", [{"code": code, "message": message}], now)


def bad_query(error: KqlError, now: datetime) -> GraphRefusalError:
    """The query cannot be answered."""
    details = [query_detail(error)] if error.stands_alone else [_INVALID_QUERY, query_detail(error)]
    return GraphRefusalError(400, "BadRequest", details, now)


def query_detail(error: KqlError) -> Detail:
    """What is wrong with a query; a position at the beginning of a line is left out. Source: as quoted by users."""
    detail: dict[str, object] = {"code": error.code, "message": error.message}
    if error.place is not None:
        detail["line"] = error.place.line
        if error.place.position:
            detail["characterPositionInLine"] = error.place.position
        detail["token"] = error.place.token
    return detail


def throttled(headers: Mapping[str, str], now: datetime) -> GraphRefusalError:
    """Too many queries. Source: as quoted by users (azure-cli-extensions issue 3325, azqr issue 516)."""
    return GraphRefusalError(429, "RateLimiting", [_THROTTLED], now, headers)
