"""Microsoft.ResourceGraph: queries over what the sandbox holds, and the list of the provider's operations.

The index of the real service follows changes after a while; here it follows at once, and a scripted fault makes it
late. Saved queries and the history of resources are not served.
"""

from reconciler.sandbox.gateway import Answer, Call, NotServedError, Route
from reconciler.sandbox.resource_graph.graph_facets import show_facet, show_rows
from reconciler.sandbox.resource_graph.graph_request import GraphRequest, read_request, skip_token
from reconciler.sandbox.resource_graph.graph_scope import scope_of
from reconciler.sandbox.resource_graph.graph_tables import graph_tables
from reconciler.sandbox.resource_graph.kql.errors import NOT_SERVED, KqlError
from reconciler.sandbox.resource_graph.kql.evaluation import Result, evaluate
from reconciler.sandbox.resource_graph.kql.query_parser import parse_query
from reconciler.sandbox.resource_graph.kql.syntax import Query
from reconciler.sandbox.resource_graph.kql.values import Type
from reconciler.sandbox.resource_graph.query_errors import bad_query
from reconciler.sandbox.state import State

API_VERSIONS = ("2019-04-01", "2021-03-01", "2021-06-01-preview", "2022-10-01", "2024-04-01")
"""Source: recorded traffic for all but the last two; OpenAPI for 2024-04-01; 2022-10-01 as quoted by users."""


def query_resources(state: State, call: Call) -> Answer:
    """The rows of a query, a page at a time."""
    request = read_request(call)
    scope = scope_of(state, call, request)
    try:
        query = parse_query(request.query)
        result = evaluate(query, graph_tables(state, call, scope, request.authorization))
        shown = _show(request, query, result)
    except KqlError as error:
        if error.code == NOT_SERVED:
            raise NotServedError(error.message) from error
        raise bad_query(error, call.now) from error
    return Answer(200, shown)


def _show(request: GraphRequest, query: Query, result: Result) -> object:
    """An answer; its keys are in this order, and the truth is a text. Source: recorded traffic.

    What has more rows than one answer is either given in pages, and then not called truncated (recorded traffic), or it
    is cut off. Source: Azure documentation (guidance for pagination; with a limit in the query, nothing is skipped).
    """
    skip = 0 if query.has_limit else request.skip
    rows = result.rows[skip : skip + request.top]
    more = skip + len(rows) < len(result.rows)
    has_pages = not query.has_limit and any(kind is not Type.DYNAMIC for kind in result.schema.values())
    body: dict[str, object] = {
        "totalRecords": len(result.rows),
        "count": len(rows),
        "data": show_rows(result.schema, rows, as_table=request.as_table),
        "facets": [show_facet(facet, result, as_table=request.as_table) for facet in request.facets],
        "resultTruncated": "true" if more and not has_pages else "false",
    }
    if more and has_pages:
        body["$skipToken"] = skip_token(request.top, skip + len(rows))
    return body


def list_operations(_state: State, _call: Call) -> Answer:
    """What the provider can do, to whoever asks. Source: OpenAPI 2024-04-01, the operations and their texts."""
    provider = "Microsoft Resource Graph"
    operations = (
        ("operations", "Operation", "Get Operations", "Gets the list of supported operations"),
        (
            "resources",
            "Resources",
            "Query resources",
            "Submits a query on resources within specified subscriptions, the specified management groups, or against "
            "all access granted in the tenant.",
        ),
    )
    return Answer(
        200,
        {
            "value": [
                {
                    "name": f"Microsoft.ResourceGraph/{path}/read",
                    "display": {
                        "provider": provider,
                        "resource": resource,
                        "operation": operation,
                        "description": description,
                    },
                }
                for path, resource, operation, description in operations
            ]
        },
    )


ROUTES = (
    Route("/providers/Microsoft.ResourceGraph/resources", API_VERSIONS, {"POST": query_resources}),
    Route("/providers/Microsoft.ResourceGraph/operations", API_VERSIONS, {"GET": list_operations}),
)
