"""Tabular operators as steps from rows to rows, with the columns that each of them leaves."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import assert_never

from reconciler.sandbox.resource_graph.kql.columns import Stage, make_columns
from reconciler.sandbox.resource_graph.kql.compiled import Row, Schema
from reconciler.sandbox.resource_graph.kql.errors import semantic_error
from reconciler.sandbox.resource_graph.kql.expansion import mv_expand
from reconciler.sandbox.resource_graph.kql.expressions import compile_expression
from reconciler.sandbox.resource_graph.kql.grouping import distinct, summarize
from reconciler.sandbox.resource_graph.kql.syntax import (
    Count,
    Distinct,
    Expression,
    MvExpand,
    Named,
    Operator,
    Project,
    ProjectAway,
    ProjectRename,
    Sort,
    SortKey,
    Summarize,
    Take,
    Where,
)
from reconciler.sandbox.resource_graph.kql.values import Type


def compile_operator(operator: Operator, schema: Schema) -> Stage:
    """An operator over the columns of a schema.

    Raises:
        KqlError: it makes no sense over these columns.
    """
    match operator:
        case Where(predicate):
            return _where(predicate, schema)
        case Project("project", items):
            return _project(items, schema)
        case Project(_, items):
            return _extend(items, schema)
        case ProjectAway(names):
            return _project_away(names, schema)
        case ProjectRename(pairs):
            return _project_rename(pairs, schema)
        case MvExpand():
            return mv_expand(operator, schema)
        case Sort(keys, limit):
            return _sort(keys, limit, schema)
        case Take(limit):
            return Stage(schema, lambda rows: islice(rows, limit))
        case Count():
            return Stage({"Count": Type.LONG}, lambda rows: [{"Count": sum(1 for _ in rows)}])
        case Distinct():
            return distinct(operator, schema)
        case Summarize():
            return summarize(operator, schema)
    assert_never(operator)


def _where(predicate: Expression, schema: Schema) -> Stage:
    compiled = compile_expression(predicate, schema, "where")
    if compiled.type is not Type.BOOL:
        # Source: text as quoted by users (review-checklists issue 1002).
        raise semantic_error("'where' operator: Filter expression should be Boolean")
    of = compiled.of
    return Stage(schema, lambda rows: (row for row in rows if of(row) is True))


def _project(items: Sequence[Named], schema: Schema) -> Stage:
    columns = make_columns(items, schema, "project")
    cells = [(name, column.of) for name, column in columns.items()]
    kinds = {name: column.type for name, column in columns.items()}
    return Stage(kinds, lambda rows: ({name: of(row) for name, of in cells} for row in rows))


def _extend(items: Sequence[Named], schema: Schema) -> Stage:
    columns = make_columns(items, schema, "extend", schema)
    cells = [(name, column.of) for name, column in columns.items()]

    def run(rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            # All are computed before one is set: none of them sees another.
            row.update([(name, of(row)) for name, of in cells])
            yield row

    return Stage({**schema, **{name: column.type for name, column in columns.items()}}, run)


def _project_away(names: Sequence[str], schema: Schema) -> Stage:
    _require(names, schema, "project-away")
    return Stage({name: kind for name, kind in schema.items() if name not in names}, lambda rows: rows)


def _project_rename(pairs: Sequence[tuple[str, str]], schema: Schema) -> Stage:
    _require([old for _, old in pairs], schema, "project-rename")
    new_names = {old: new for new, old in pairs}
    renamed = {new_names.get(name, name): kind for name, kind in schema.items()}
    if len(renamed) < len(schema):
        raise semantic_error("'project-rename' operator: two columns would have the same name")

    def run(rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            row.update([(new, row[old]) for new, old in pairs])
            yield row

    return Stage(renamed, run)


def _require(names: Sequence[str], schema: Schema, operator: str) -> None:
    for name in names:
        if name not in schema:
            raise semantic_error(f"'{operator}' operator: Failed to resolve column named '{name}'")


def _sort(keys: Sequence[SortKey], limit: int | None, schema: Schema) -> Stage:
    orders = [_order(key, schema) for key in reversed(keys)]

    def run(rows: Iterable[Row]) -> Iterable[Row]:
        found = list(rows)
        for order, falling in orders:  # each sort keeps the order of what it finds equal, so the first key comes last
            found.sort(key=order, reverse=falling)
        return found if limit is None else found[:limit]

    return Stage(schema, run)


def _order(key: SortKey, schema: Schema) -> tuple[Callable[[Row], "_Rank"], bool]:
    compiled = compile_expression(key.expression, schema, "order")
    if compiled.type is Type.DYNAMIC:  # Source: Kusto's own language service (KS206); the text is assumed
        raise semantic_error("'order' operator: key can't be of dynamic type. Please use an explicit cast.")
    of, falling = compiled.of, not key.rising
    nulls_first = key.rising if key.nulls_first is None else key.nulls_first
    null: _Rank = (0 if nulls_first is not falling else 2, 0)

    def rank(row: Row) -> _Rank:
        value = of(row)
        return null if value is None else (1, value)  # type: ignore[return-value]  # it is not dynamic

    return rank, falling


_Rank = tuple[int, str | int | float]
