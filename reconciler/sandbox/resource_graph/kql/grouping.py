"""Operators that put rows together: `distinct` and `summarize`. Groups come in the order of their first rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.sandbox.resource_graph.kql.aggregates import Aggregate, aggregate_name, compile_aggregate
from reconciler.sandbox.resource_graph.kql.columns import Stage, column_name_of, make_columns
from reconciler.sandbox.resource_graph.kql.compiled import Compiled, Row, Schema
from reconciler.sandbox.resource_graph.kql.errors import semantic_error
from reconciler.sandbox.resource_graph.kql.syntax import Column, Distinct, Named, Summarize, Value
from reconciler.sandbox.resource_graph.kql.values import Type


def distinct(operator: Distinct, schema: Schema) -> Stage:
    """One row for each combination of columns."""
    items = operator.items or [Named(None, Column(name)) for name in schema]
    columns = _group_columns(items, schema, "Distinct", "distinct")

    def run(rows: Iterable[Row]) -> Iterator[Row]:
        return (dict(zip(columns, key, strict=True)) for key in dict.fromkeys(_keys(rows, columns)))

    return Stage({name: column.type for name, column in columns.items()}, run)


def summarize(operator: Summarize, schema: Schema) -> Stage:
    """One row of aggregates for each combination of groups, or one for all rows where there are no groups."""
    if not operator.aggregates and not operator.groups:
        raise semantic_error("'summarize' operator: an aggregate or a group is expected.")
    columns = _group_columns(operator.groups, schema, "Summarize", "summarize")
    aggregates: dict[str, Aggregate] = {}
    for item in operator.aggregates:
        name = column_name_of(item, aggregate_name(item.expression), {**columns, **aggregates})
        aggregates[name] = compile_aggregate(item.expression, schema)

    def run(rows: Iterable[Row]) -> Iterator[Row]:
        for key, members in _grouped(rows, columns).items():
            cells = dict(zip(columns, key, strict=True))
            yield cells | {name: aggregate.of(members) for name, aggregate in aggregates.items()}

    kinds = {name: column.type for name, column in columns.items()}
    return Stage(kinds | {name: aggregate.type for name, aggregate in aggregates.items()}, run)


def _group_columns(items: Sequence[Named], schema: Schema, what: str, operator: str) -> dict[str, Compiled]:
    columns = make_columns(items, schema, operator)
    for name, column in columns.items():
        if column.type is Type.DYNAMIC:
            # Source: text as quoted by users (Kusto-Query-Language issue 61); for distinct assumed.
            raise semantic_error(
                f"{what} group key '{name}' is of a 'dynamic' type. Please use an explicit cast (for example, "
                f"'{operator} ... by tostring({name})') as grouping by a 'dynamic' type is not supported."
            )
    return columns


def _keys(rows: Iterable[Row], columns: Mapping[str, Compiled]) -> Iterator[tuple[Value, ...]]:
    parts = [column.of for column in columns.values()]
    return (tuple(part(row) for part in parts) for row in rows)


def _grouped(rows: Iterable[Row], columns: Mapping[str, Compiled]) -> dict[tuple[Value, ...], list[Row]]:
    found = list(rows)
    if not columns:
        return {(): found}
    groups: dict[tuple[Value, ...], list[Row]] = {}
    for key, row in zip(_keys(found, columns), found, strict=True):
        groups.setdefault(key, []).append(row)
    return groups
