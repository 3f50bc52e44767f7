"""Whole queries: a table, and operators one after the other, joined by `|`.

A query may begin with an operator: then it is about the table `resources`. Source: Azure documentation (the default
table) and recorded traffic (`project id, tags, properties | limit 2`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from reconciler.sandbox.resource_graph.kql.cursor import Cursor
from reconciler.sandbox.resource_graph.kql.errors import not_served, parser_failure, unsupported_operator
from reconciler.sandbox.resource_graph.kql.expression_parser import parse_expression
from reconciler.sandbox.resource_graph.kql.syntax import (
    Column,
    Count,
    Distinct,
    Expanded,
    Expression,
    MvExpand,
    Named,
    Operator,
    Project,
    ProjectAway,
    ProjectRename,
    Query,
    Sort,
    SortKey,
    Summarize,
    Take,
    Where,
)
from reconciler.sandbox.resource_graph.kql.tokens import Kind, tokenize

_NOT_SERVED = frozenset(
    (
        "as", "consume", "evaluate", "extend-columns", "facet", "find", "fork", "getschema", "invoke", "join", "lookup",
        "make-graph", "make-series", "mv-apply", "parse", "parse-kv", "parse-where", "partition", "print",
        "project-keep", "project-reorder", "range", "reduce", "render", "sample", "sample-distinct", "scan", "search",
        "serialize", "top-hitters", "top-nested", "union",
    )
)  # fmt: skip
"""Operators of Kusto that are not served; Resource Graph has some of them."""


def parse_query(text: str) -> Query:
    """Read a query whole.

    Raises:
        KqlError: it is none, or has an operator that is not served.
    """
    cursor = Cursor(tokenize(text))
    table = _table(cursor)
    operators = []
    if table is None or cursor.accept("|"):
        operators.append(_operator(cursor))
        while cursor.accept("|"):
            operators.append(_operator(cursor))
    if cursor.token.kind is not Kind.END:
        raise cursor.failure()
    return Query(table, tuple(operators))


def parse_alone(text: str) -> Expression:
    """Read an expression that stands by itself, as the filter of a facet does."""
    cursor = Cursor(tokenize(text))
    expression = parse_expression(cursor)
    if cursor.token.kind is not Kind.END:
        raise cursor.failure()
    return expression


def _table(cursor: Cursor) -> str | None:
    if cursor.token.kind is Kind.WORD and cursor.token.value in _FIRST_WORDS:
        return None
    if cursor.sees("{"):
        raise not_served("shared queries, `{{id}}`, in queries")
    return cursor.expect_kind(Kind.WORD)


def _operator(cursor: Cursor) -> Operator:
    first = cursor.token
    name = _operator_name(cursor)
    if name in _NOT_SERVED:
        raise unsupported_operator(name)
    read = _OPERATORS.get(name)
    if read is None:
        raise parser_failure(replace(first.place, token=name))
    return read(cursor)


def _operator_name(cursor: Cursor) -> str:
    """A word, or several that touch hyphens."""
    name, end = cursor.expect_kind(Kind.WORD), cursor.behind.end
    while cursor.sees("-") and cursor.token.start == end:
        cursor.take()
        name, end = f"{name}-{cursor.expect_kind(Kind.WORD)}", cursor.behind.end
    return name


def _named(cursor: Cursor) -> Named:
    """`expression` or `name = expression`."""
    expression = parse_expression(cursor)
    if not isinstance(expression, Column) or cursor.accept("=") is None:
        return Named(None, expression)
    return Named(expression.name, parse_expression(cursor))


def _project_rename(cursor: Cursor) -> Operator:
    def pair(cursor: Cursor) -> tuple[str, str]:
        name = _word(cursor)
        cursor.expect("=")
        return name, _word(cursor)

    return ProjectRename(cursor.listed(pair))


def _word(cursor: Cursor) -> str:
    return cursor.expect_kind(Kind.WORD)


def _mv_expand(cursor: Cursor) -> Operator:
    as_pairs = False
    if cursor.accept("kind", "bagexpansion"):
        cursor.expect("=")
        kind = cursor.accept("bag", "array")
        if kind is None:
            raise cursor.failure()
        as_pairs = kind == "array"
    items = cursor.listed(_expanded)
    limit = cursor.expect_whole() if cursor.accept("limit") else None
    return MvExpand(items, as_pairs, limit)


def _expanded(cursor: Cursor) -> Expanded:
    item = _named(cursor)
    if cursor.accept("to") is None:
        return Expanded(item)
    cursor.expect("typeof")
    cursor.expect("(")
    name = _word(cursor)
    cursor.expect(")")
    return Expanded(item, name)


def _sort(cursor: Cursor) -> Operator:
    cursor.expect("by")
    return Sort(cursor.listed(_sort_key))


def _top(cursor: Cursor) -> Operator:
    limit = cursor.expect_whole()
    cursor.expect("by")
    return Sort(cursor.listed(_sort_key), limit)


def _sort_key(cursor: Cursor) -> SortKey:
    expression = parse_expression(cursor)
    rising = cursor.accept("asc", "desc") == "asc"
    if cursor.accept("nulls") is None:
        return SortKey(expression, rising)
    order = cursor.accept("first", "last")
    if order is None:
        raise cursor.failure()
    return SortKey(expression, rising, order == "first")


def _summarize(cursor: Cursor) -> Operator:
    aggregates = () if cursor.sees("by") else cursor.listed(_named)
    groups = cursor.listed(_named) if cursor.accept("by") else ()
    return Summarize(aggregates, groups)


_OPERATORS: Mapping[str, Callable[[Cursor], Operator]] = {
    "where": lambda cursor: Where(parse_expression(cursor)),
    "filter": lambda cursor: Where(parse_expression(cursor)),
    "project": lambda cursor: Project("project", cursor.listed(_named)),
    "extend": lambda cursor: Project("extend", cursor.listed(_named)),
    "project-away": lambda cursor: ProjectAway(cursor.listed(_word)),
    "project-rename": _project_rename,
    "mv-expand": _mv_expand,
    "mvexpand": _mv_expand,
    "sort": _sort,
    "order": _sort,
    "top": _top,
    "take": lambda cursor: Take(cursor.expect_whole()),
    "limit": lambda cursor: Take(cursor.expect_whole()),
    "count": lambda _cursor: Count(),
    "distinct": lambda cursor: Distinct(() if cursor.accept("*") else cursor.listed(_named)),
    "summarize": _summarize,
}

_FIRST_WORDS = frozenset(name.partition("-")[0] for name in (*_OPERATORS, *_NOT_SERVED))
