"""Aggregate functions: what `summarize` makes of the rows of one group.

Absent values do not count. Source: Azure documentation (Kusto null values and aggregation functions). `dcount` is exact
here and an estimate in Kusto.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.resource_graph.kql.compiled import Compiled, Row, Schema
from reconciler.sandbox.resource_graph.kql.errors import semantic_error, unknown_function
from reconciler.sandbox.resource_graph.kql.expressions import column_name, compile_expression
from reconciler.sandbox.resource_graph.kql.syntax import Call, Expression, Value
from reconciler.sandbox.resource_graph.kql.values import NUMBERS, Type, group_key, to_long

_OPERATOR = "summarize"
_MOST = 1_048_576
"""Entries of a list or a set that was given no size. Source: Azure documentation (make_list, make_set)."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The type of an aggregate, and its value for the rows of a group."""

    type: Type
    of: Callable[[Sequence[Row]], Value]


@dataclass(frozen=True, slots=True)
class _Kind:
    prefix: str
    least: int
    most: int
    make: Callable[[Sequence[Compiled]], Aggregate]


def compile_aggregate(expression: Expression, schema: Schema) -> Aggregate:
    """An aggregate over the columns of a schema.

    Raises:
        KqlError: it is no call of an aggregate function that is known, or its arguments do not fit.
    """
    if not isinstance(expression, Call):
        raise semantic_error(f"'{_OPERATOR}' operator: an aggregate function is expected.")
    kind = _KINDS.get(expression.name)
    if kind is None:
        raise unknown_function(expression.name)
    count = len(expression.arguments)
    if not kind.least <= count <= kind.most:
        raise semantic_error(f"{expression.name}(): function does not expect {count} argument(s).")
    return kind.make([compile_expression(one, schema, _OPERATOR) for one in expression.arguments])


def aggregate_name(expression: Expression) -> str | None:
    """The name of an aggregate's column: `count_`, `list_name`. Source: Azure documentation (summarize operator)."""
    if not isinstance(expression, Call) or expression.name not in _KINDS:
        return None
    about = column_name(expression.arguments[0]) if expression.arguments else None
    return f"{_KINDS[expression.name].prefix}_{about or ''}"


def _countif(arguments: Sequence[Compiled]) -> Aggregate:
    if arguments[0].type is not Type.BOOL:
        raise semantic_error(f"countif(): argument #1 must be of type bool, not {arguments[0].type.value}.")
    predicate = arguments[0].of
    return Aggregate(Type.LONG, lambda rows: sum(predicate(row) is True for row in rows))


def _dcount(arguments: Sequence[Compiled]) -> Aggregate:
    of = arguments[0].of
    return Aggregate(Type.LONG, lambda rows: len({group_key(value) for row in rows if (value := of(row)) is not None}))


def _make_list(arguments: Sequence[Compiled]) -> Aggregate:
    of, most = arguments[0].of, _size(arguments)

    def collect(rows: Sequence[Row]) -> Value:
        found: list[Value] = [value for row in rows if (value := of(row)) is not None]
        return found[:most]

    return Aggregate(Type.DYNAMIC, collect)


def _make_set(arguments: Sequence[Compiled]) -> Aggregate:
    of, most = arguments[0].of, _size(arguments)

    def collect(rows: Sequence[Row]) -> Value:
        found: dict[object, Value] = {group_key(value): value for row in rows if (value := of(row)) is not None}
        return list(found.values())[:most]

    return Aggregate(Type.DYNAMIC, collect)


def _extreme(name: str, choose: Callable[[Iterable[Any]], Any]) -> Callable[[Sequence[Compiled]], Aggregate]:
    """`max` and `min`, over numbers and times, which are texts that compare as their times do; null without values.

    Source: Azure documentation (max, min); that they take neither texts nor truth values here is assumed.
    """

    def make(arguments: Sequence[Compiled]) -> Aggregate:
        kind, of = arguments[0].type, arguments[0].of
        if kind not in (*NUMBERS, Type.DATETIME):
            raise semantic_error(f"{name}(): argument #1 must be a number or a datetime, not {kind.value}.")

        def collect(rows: Sequence[Row]) -> Value:
            found = [value for row in rows if (value := of(row)) is not None]
            return choose(found) if found else None

        return Aggregate(kind, collect)

    return make


def _size(arguments: Sequence[Compiled]) -> int:
    if len(arguments) < 2:
        return _MOST
    size = to_long(arguments[1].of({})) if arguments[1].is_constant else None
    if size is None or size < 1:
        raise semantic_error("The size of a list or a set must be a number above 0.")
    return size


_LIST, _SET = _Kind("list", 1, 2, _make_list), _Kind("set", 1, 2, _make_set)
_KINDS: Mapping[str, _Kind] = {
    "count": _Kind("count", 0, 0, lambda _arguments: Aggregate(Type.LONG, len)),
    "countif": _Kind("countif", 1, 1, _countif),
    "dcount": _Kind("dcount", 1, 2, _dcount),
    "max": _Kind("max", 1, 1, _extreme("max", max)),
    "min": _Kind("min", 1, 1, _extreme("min", min)),
    "make_list": _LIST,
    "makelist": _LIST,
    "make_set": _SET,
    "makeset": _SET,
}
"""`makelist` and `makeset` are older names. Source: Azure documentation."""
