"""What the tests of the query language share: a table of few rows, and ways to ask it."""

from collections.abc import Mapping, Sequence

from reconciler.sandbox.resource_graph.kql.compiled import Row
from reconciler.sandbox.resource_graph.kql.errors import KqlError
from reconciler.sandbox.resource_graph.kql.evaluation import Result, Table, evaluate
from reconciler.sandbox.resource_graph.kql.query_parser import parse_query
from reconciler.sandbox.resource_graph.kql.syntax import Value
from reconciler.sandbox.resource_graph.kql.values import Type

SCHEMA = {"name": Type.STRING, "size": Type.LONG, "on": Type.BOOL, "bag": Type.DYNAMIC}
ROWS: Sequence[Mapping[str, Value]] = (
    {"name": "one", "size": 1, "on": True, "bag": {"a": {"b": "x"}, "list": ["p", "q"]}},
    {"name": "Two", "size": 2, "on": False, "bag": {"a": {"b": "X"}, "list": []}},
    {"name": "three", "size": None, "on": None, "bag": None},
)


def result_of(query: str, rows: Sequence[Mapping[str, Value]] = ROWS) -> Result:
    """What a query finds in these rows, which are those of the table `resources`."""
    return evaluate(parse_query(query), {"resources": Table(SCHEMA, lambda: [dict(row) for row in rows])})


def ask(query: str, rows: Sequence[Mapping[str, Value]] = ROWS) -> list[Row]:
    """The rows that a query finds, with the columns that it leaves."""
    result = result_of(query, rows)
    return [{name: row[name] for name in result.schema} for row in result.rows]


def names(query: str) -> list[Value]:
    """The names of the rows that a query finds."""
    return [row["name"] for row in ask(query)]


def value_of(expression: str, row: int = 0) -> Value:
    """What an expression is for one of the rows."""
    return ask(f"extend value = {expression} | project value", [ROWS[row]])[0]["value"]


def failure_of(query: str) -> tuple[str, str]:
    """The code of a query's error and its message, or what the parser stopped at."""
    try:
        ask(query)
    except KqlError as error:
        place = error.place
        return error.code, error.message if place is None else f"{place.line}:{place.position} {place.token}"
    raise AssertionError(f"answered: {query}")
