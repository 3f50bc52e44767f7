"""`mv-expand`: a row for each entry of an array or a bag.

A null makes one row, an empty array none; several arrays are gone through side by side. Source: Azure documentation
(Kusto mv-expand operator); the limits of rows: Azure documentation (query language of Resource Graph).
"""

from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest

from reconciler.sandbox.resource_graph.kql.columns import Stage, make_columns
from reconciler.sandbox.resource_graph.kql.compiled import Row, Schema
from reconciler.sandbox.resource_graph.kql.errors import semantic_error
from reconciler.sandbox.resource_graph.kql.syntax import Expanded, MvExpand, Value
from reconciler.sandbox.resource_graph.kql.values import TYPE_NAMES, Type

_ROW_LIMIT, _MOST_ROWS = 128, 400

_PYTHON_TYPES: dict[Type, tuple[type, ...]] = {
    Type.STRING: (str,),
    Type.INT: (int,),
    Type.LONG: (int,),
    Type.REAL: (int, float),
    Type.BOOL: (bool,),
}


def mv_expand(operator: MvExpand, schema: Schema) -> Stage:
    """The rows of each row's entries, in their order; a column that is expanded under its own name is replaced."""
    limit = _ROW_LIMIT if operator.row_limit is None else operator.row_limit
    if limit > _MOST_ROWS:
        raise semantic_error(f"'mv-expand' operator: the row limit may not exceed {_MOST_ROWS}.")
    columns = make_columns([one.item for one in operator.items], schema, "mv-expand")
    for name, column in columns.items():
        if column.type is not Type.DYNAMIC:
            raise semantic_error(f"'mv-expand' operator: '{name}' must be of type dynamic, not {column.type.value}.")
    kinds = [_type(one) for one in operator.items]
    sources = [(name, column.of, kind) for (name, column), kind in zip(columns.items(), kinds, strict=True)]

    def run(rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            parts = [_entries(of(row), operator.as_pairs, kind) for _, of, kind in sources]
            for entries in islice(zip_longest(*parts), limit):
                expanded = row.copy()
                expanded.update(zip(columns, entries, strict=True))
                yield expanded

    return Stage({**schema, **dict(zip(columns, kinds, strict=True))}, run)


def _type(item: Expanded) -> Type:
    if item.type_name is None:
        return Type.DYNAMIC
    kind = TYPE_NAMES.get(item.type_name)
    if kind is None:
        raise semantic_error(f"'mv-expand' operator: '{item.type_name}' is not the name of a type.")
    return kind


def _entries(value: Value, as_pairs: bool, kind: Type) -> list[Value]:
    if isinstance(value, list):
        found = value
    elif isinstance(value, dict):
        found = [[name, one] if as_pairs else {name: one} for name, one in value.items()]
    else:
        found = [value]
    return found if kind is Type.DYNAMIC else [_typed(one, kind) for one in found]


def _typed(value: Value, kind: Type) -> Value:
    """The entry, if it is of the type: nothing is parsed or converted. Source: Azure documentation (mv-expand)."""
    fits = isinstance(value, _PYTHON_TYPES[kind]) and isinstance(value, bool) is (kind is Type.BOOL)
    if fits:
        return value
    return "" if kind is Type.STRING else None
