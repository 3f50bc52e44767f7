"""How Resource Graph refuses: every error tells when it happened and under which correlation id, and has details.

Source: recorded traffic (azure-cli resource graph tests, azure-sdk-for-net), where the id is the one of the answer's
header, and errors as quoted by users.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from reconciler.sandbox.gateway.answers import Answer, ArmRefusalError, TracedBody

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


def throttled(headers: Mapping[str, str], now: datetime) -> GraphRefusalError:
    """Too many queries. Source: as quoted by users (azure-cli-extensions issue 3325, azqr issue 516)."""
    return GraphRefusalError(429, "RateLimiting", [_THROTTLED], now, headers)
