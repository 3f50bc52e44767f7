"""The columns that a list of expressions makes, and the names of those that are given none."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from reconciler.sandbox.resource_graph.kql.compiled import Compiled, Row, Schema
from reconciler.sandbox.resource_graph.kql.expressions import column_name, compile_expression
from reconciler.sandbox.resource_graph.kql.syntax import Named


@dataclass(frozen=True, slots=True)
class Stage:
    """A step from rows to rows, and the columns after it."""

    schema: Schema
    run: Callable[[Iterable[Row]], Iterable[Row]]


def make_columns(
    items: Sequence[Named], schema: Schema, operator: str, others: Collection[str] = ()
) -> dict[str, Compiled]:
    """The columns of a list of expressions, in order.

    Args:
        others: names of columns that stay beside these, which none of these is given by itself.

    Raises:
        KqlError: an expression makes no sense over the schema.
    """
    columns: dict[str, Compiled] = {}
    for item in items:
        compiled = compile_expression(item.expression, schema, operator)
        columns[column_name_of(item, column_name(item.expression), columns, others)] = compiled
    return columns


def column_name_of(item: Named, inferred: str | None, made: Collection[str], others: Collection[str] = ()) -> str:
    """The name that an expression is given, that it has of itself, or `Column1`; a second one of a name is numbered.

    Source: Kusto's own language service.
    """
    if item.name is not None:
        return item.name
    if inferred is not None and inferred not in made:
        return inferred
    number = 1
    while (name := f"{inferred or 'Column'}{number}") in made or name in others:
        number += 1
    return name
