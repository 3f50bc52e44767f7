"""Scalar expressions: from tokens to the syntax tree.

`or` binds less than `and`, which binds less than a comparison; comparisons do not follow one another. Source: Azure
documentation (Kusto logical and string operators).
"""

import math

from reconciler.sandbox.resource_graph.kql.cursor import Cursor
from reconciler.sandbox.resource_graph.kql.errors import (
    OTHER_INNER_OPERATORS,
    OTHER_LITERALS,
    TIME_UNITS,
    not_served,
)
from reconciler.sandbox.resource_graph.kql.syntax import (
    Call,
    Column,
    Comparison,
    Expression,
    Literal,
    Logical,
    Membership,
    Path,
    Value,
)
from reconciler.sandbox.resource_graph.kql.tokens import Kind

_COMPARISONS = ("==", "!=", "=~", "!~", "<=", ">=", "<", ">")
_TEXT_WORDS = tuple(
    f"{negation}{word}{case}"
    for word in ("contains", "startswith", "endswith", "has")
    for negation in ("", "!")
    for case in ("", "_cs")
)
_MEMBERSHIPS = ("in", "!in", "in~", "!in~")
_RESERVED = ("where", "project", "extend", "summarize", "order", "sort", "join", "union", "distinct")
"""Words that name no column. Source: recorded traffic for `where`, which fails at what follows it; the rest assumed."""

_CONSTANTS: dict[str, Value] = {"true": True, "false": False}


def parse_expression(cursor: Cursor) -> Expression:
    """One expression, as far as it goes."""
    with cursor.nested():
        return _joined(cursor, "or")


def _joined(cursor: Cursor, word: str) -> Expression:
    operands = []
    while True:
        operands.append(_joined(cursor, "and") if word == "or" else _comparison(cursor))
        if cursor.accept(word) is None:
            return operands[0] if len(operands) == 1 else Logical(word, tuple(operands))


def _comparison(cursor: Cursor) -> Expression:
    left = _path(cursor)
    membership = cursor.accept(*_MEMBERSHIPS)
    if membership is not None:
        cursor.expect("(")
        items = cursor.listed(parse_expression)
        cursor.expect(")")
        return Membership(membership, left, items)
    if cursor.sees(*OTHER_INNER_OPERATORS):
        raise not_served(f"the operator `{cursor.token.value}` in expressions of queries")
    operator = cursor.accept(*_COMPARISONS, *_TEXT_WORDS)
    return left if operator is None else Comparison(operator, left, _path(cursor))


def _path(cursor: Cursor) -> Expression:
    base = _primary(cursor)
    keys: list[str | int] = []
    while True:
        if cursor.accept("."):
            # A name with a dot in it stands in brackets after the dot. Source: Azure documentation (escape characters
            # of Resource Graph).
            keys.append(_key(cursor) if cursor.accept("[") else cursor.expect_kind(Kind.WORD))
        elif cursor.accept("["):
            keys.append(_key(cursor))
        else:
            return Path(base, tuple(keys)) if keys else base


def _key(cursor: Cursor) -> str | int:
    if cursor.token.kind is Kind.TEXT:
        key: str | int = cursor.take().value
    else:
        negative = cursor.accept("-") is not None
        number = cursor.expect_whole()
        key = -number if negative else number
    cursor.expect("]")
    return key


def _primary(cursor: Cursor) -> Expression:
    if cursor.accept("("):
        inner = parse_expression(cursor)
        cursor.expect(")")
        return inner
    if cursor.accept("["):
        name = cursor.expect_kind(Kind.TEXT)
        cursor.expect("]")
        return Column(name)
    if cursor.token.kind is not Kind.WORD:
        return Literal(_constant(cursor))
    word = cursor.take().value
    if cursor.accept("("):
        return _call(cursor, word)
    if word in _RESERVED:
        raise cursor.failure()
    return Literal(_CONSTANTS[word]) if word in _CONSTANTS else Column(word)


def _call(cursor: Cursor, name: str) -> Expression:
    if name in OTHER_LITERALS:
        raise not_served(f"the literal `{name}()` in queries")
    if name == "dynamic":
        value = _json(cursor)
        cursor.expect(")")
        return Literal(value, is_dynamic=True)
    arguments = () if cursor.sees(")") else cursor.listed(parse_expression)
    cursor.expect(")")
    return Call(name, arguments)


def _constant(cursor: Cursor) -> str | int | float:
    if cursor.token.kind is Kind.TEXT:
        return cursor.take().value
    sign = -1 if cursor.accept("-") else 1
    if cursor.token.kind is not Kind.FRACTION:
        number, end = cursor.expect_whole(), cursor.behind.end
        _refuse_time_span(cursor, end)
        return sign * number
    fraction = float(cursor.token.value)
    if not math.isfinite(fraction):
        raise cursor.failure()
    cursor.take()
    _refuse_time_span(cursor, cursor.behind.end)
    return sign * fraction


def _refuse_time_span(cursor: Cursor, end: int) -> None:
    """A unit that touches the number before it, as in `1d`."""
    if cursor.sees(*TIME_UNITS) and cursor.token.start == end:
        raise not_served("time spans such as `1d` in queries")


def _json(cursor: Cursor) -> Value:
    with cursor.nested():
        if cursor.accept("["):
            items = () if cursor.sees("]") else cursor.listed(_json)
            cursor.expect("]")
            return list(items)
        if cursor.accept("{"):
            pairs = () if cursor.sees("}") else cursor.listed(_pair)
            cursor.expect("}")
            return dict(pairs)
        word = cursor.accept("true", "false", "null")
        return _constant(cursor) if word is None else _CONSTANTS.get(word)


def _pair(cursor: Cursor) -> tuple[str, Value]:
    name = cursor.expect_kind(Kind.TEXT)
    cursor.expect(":")
    return name, _json(cursor)
