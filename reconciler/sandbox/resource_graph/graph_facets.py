"""The rows of a result in either format, and facets: counts of a result's rows by a column.

Source: recorded traffic (azure-sdk-for-python, facet query) and the example of a facet query in OpenAPI 2024-04-01.
"""

from collections.abc import Sequence

from reconciler.sandbox.resource_graph.graph_request import FacetRequest
from reconciler.sandbox.resource_graph.kql.compiled import Row, Schema
from reconciler.sandbox.resource_graph.kql.errors import NOT_SERVED, KqlError
from reconciler.sandbox.resource_graph.kql.evaluation import Result, Table, apply
from reconciler.sandbox.resource_graph.kql.query_parser import parse_alone
from reconciler.sandbox.resource_graph.kql.syntax import (
    Call,
    Column,
    Expression,
    Named,
    Operator,
    Sort,
    SortKey,
    Summarize,
    Where,
)
from reconciler.sandbox.resource_graph.kql.values import Type
from reconciler.sandbox.resource_graph.query_errors import query_detail

_COUNT = "count"

_TABLE_TYPES = {
    Type.STRING: "string",
    Type.INT: "integer",
    Type.LONG: "integer",
    Type.REAL: "number",
    Type.BOOL: "boolean",
    Type.DATETIME: "datetime",
    Type.DYNAMIC: "object",
}
"""Source: OpenAPI (`ColumnDataType`); recorded traffic for string, integer and object; for datetime assumed."""


def show_rows(schema: Schema, rows: Sequence[Row], *, as_table: bool) -> object:
    """Rows as objects, or as a table with the columns' names and types."""
    if not as_table:
        return [{name: row[name] for name in schema} for row in rows]
    return {
        "columns": [{"name": name, "type": _TABLE_TYPES[kind]} for name, kind in schema.items()],
        "rows": [[row[name] for name in schema] for row in rows],
    }


def show_facet(request: FacetRequest, result: Result, *, as_table: bool) -> object:
    """A facet, or what is wrong with it: a facet that fails does not fail the query."""
    names = [name.strip() for name in request.expression.split(",")]
    # The column of a path has the path's name with underscores. Source: OpenAPI, the example.
    columns = {name: name if name in result.schema else name.replace(".", "_") for name in names}
    unknown = [name for name, column in columns.items() if column not in result.schema]
    if unknown:
        return _failure(request, _unknown_columns(unknown, any_valid=len(unknown) < len(names)))
    try:
        found = apply(_operators(request, list(columns.values())), Table(result.schema, lambda: result.rows))
    except KqlError as error:
        if error.code == NOT_SERVED:
            raise
        return _failure(request, [query_detail(error)])
    rows = found.rows[: request.top]
    return {
        "expression": request.expression,
        "totalRecords": len(found.rows),
        "count": len(rows),
        "data": show_rows(found.schema, rows, as_table=as_table),
        "resultType": "FacetResult",
    }


def _operators(request: FacetRequest, columns: Sequence[str]) -> list[Operator]:
    groups = tuple(Named(None, Column(name)) for name in columns)
    count = Summarize((Named(_COUNT, Call("count", ())),), groups)
    by: Expression = Column(_COUNT) if request.sort_by is None else parse_alone(request.sort_by)
    order = Sort((SortKey(by, rising=not request.falling),))
    return [*([] if request.filter is None else [Where(parse_alone(request.filter))]), count, order]


def _unknown_columns(names: Sequence[str], *, any_valid: bool) -> list[object]:
    none = {"code": "NoValidColumns", "message": "No valid columns in facet expression."}
    invalid = {"code": "InvalidColumnNames", "message": f"Invalid column names: [{', '.join(names)}]."}
    return [invalid] if any_valid else [none, invalid]


def _failure(request: FacetRequest, errors: Sequence[object]) -> object:
    return {"expression": request.expression, "errors": list(errors), "resultType": "FacetError"}
