"""How Resource Graph refuses a query that it cannot parse or evaluate."""

from datetime import datetime

from reconciler.sandbox.gateway import Detail, GraphRefusalError
from reconciler.sandbox.resource_graph.kql.errors import KqlError

_INVALID_QUERY = {
    "code": "InvalidQuery",
    "message": "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the "
    "error before retrying.",
}


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
