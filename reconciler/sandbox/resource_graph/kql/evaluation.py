"""A query over tables: its columns and its rows.

Rows are made one at a time, as the operators ask for them; each belongs to the one query, which may write into it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from reconciler.sandbox.resource_graph.kql.compiled import Row, Schema
from reconciler.sandbox.resource_graph.kql.errors import semantic_error, unknown_table
from reconciler.sandbox.resource_graph.kql.operators import compile_operator
from reconciler.sandbox.resource_graph.kql.syntax import MvExpand, Operator, Query

DEFAULT_TABLE = "resources"
"""Source: Azure documentation (query language of Resource Graph)."""

_MOST_EXPANSIONS = 3
"""Of one query. Source: the same document; the words of the refusal are assumed."""


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a table, and new rows of it on every call."""

    schema: Schema
    rows: Callable[[], Iterable[Row]]


@dataclass(frozen=True, slots=True)
class Result:
    """What a query found; a row may hold cells that are no columns of the result."""

    schema: Schema
    rows: list[Row]


def evaluate(query: Query, tables: Mapping[str, Table]) -> Result:
    """The result of a query.

    Args:
        tables: by name, in lower case; names of tables are compared without case.

    Raises:
        KqlError: it names a table, a column or a function that is not there, or its types do not fit.
    """
    name = DEFAULT_TABLE if query.table is None else query.table
    table = tables.get(name.lower())
    if table is None:
        raise unknown_table(name)
    if sum(isinstance(operator, MvExpand) for operator in query.operators) > _MOST_EXPANSIONS:
        raise semantic_error(f"A query may have at most {_MOST_EXPANSIONS} 'mv-expand' operators.")
    return apply(query.operators, table)


def apply(operators: Iterable[Operator], table: Table) -> Result:
    """The result of some operators over a table. The whole is checked before the first row is made."""
    schema, runs = table.schema, []
    for operator in operators:
        stage = compile_operator(operator, schema)
        schema = stage.schema
        runs.append(stage.run)
    rows = table.rows()
    for run in runs:
        rows = run(rows)
    return Result(schema, list(rows))
