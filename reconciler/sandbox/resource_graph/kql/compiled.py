"""An expression that was checked against the columns of a table, ready to be asked of rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.sandbox.resource_graph.kql.syntax import Value
from reconciler.sandbox.resource_graph.kql.values import Type

Row = dict[str, Value]
"""The cells of a row by column; it may hold more than the columns that the query still sees."""

Schema = Mapping[str, Type]
"""The columns that a query sees, in order."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The type of an expression, and its value for a row; a constant has the same for all."""

    type: Type
    of: Callable[[Row], Value]
    is_constant: bool = False


def constant(kind: Type, value: Value) -> Compiled:
    """An expression that is the same for every row."""
    return Compiled(kind, lambda _row: value, is_constant=True)


def cast(expression: Compiled, target: Type, with_: Callable[[Value], Value]) -> Callable[[Row], Value]:
    """The values of an expression, cast where they are of another type."""
    of = expression.of
    return of if expression.type is target else lambda row: with_(of(row))
