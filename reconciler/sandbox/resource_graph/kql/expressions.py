"""Expressions as functions of a row: types are checked once, so that a row costs no more than its values."""

from operator import itemgetter
from typing import assert_never

from reconciler.sandbox.resource_graph.kql.comparisons import compare, contains_any
from reconciler.sandbox.resource_graph.kql.compiled import Compiled, Row, Schema, constant
from reconciler.sandbox.resource_graph.kql.errors import semantic_error, unknown_function
from reconciler.sandbox.resource_graph.kql.functions import FUNCTIONS, NAMED_BY_ARGUMENT
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
from reconciler.sandbox.resource_graph.kql.values import Type

_LITERAL_TYPES = ((bool, Type.BOOL), (int, Type.LONG), (float, Type.REAL), (str, Type.STRING))


def compile_expression(expression: Expression, schema: Schema, operator: str) -> Compiled:
    """An expression over the columns of a schema.

    Args:
        operator: whose expression it is, for messages.

    Raises:
        KqlError: a column or a function that is not known, or types that do not fit.
    """

    def compiled(inner: Expression) -> Compiled:
        return compile_expression(inner, schema, operator)

    match expression:
        case Literal(value, is_dynamic):
            return constant(Type.DYNAMIC if is_dynamic else _literal_type(value), value)
        case Column(name):
            return _column(name, schema, operator)
        case Path(base, keys):
            return _path(compiled(base), keys)
        case Call(name, arguments):
            function = FUNCTIONS.get(name)
            if function is None:
                raise unknown_function(name)
            return function.call(name, tuple(compiled(argument) for argument in arguments))
        case Logical(word, operands):
            return _logical(word, [compiled(operand) for operand in operands])
        case Comparison(symbol, left, right):
            return compare(symbol, compiled(left), compiled(right))
        case Membership(symbol, value, items):
            return contains_any(symbol, compiled(value), [compiled(item) for item in items])
    assert_never(expression)


def _literal_type(value: Value) -> Type:
    return next(kind for python, kind in _LITERAL_TYPES if isinstance(value, python))


def _column(name: str, schema: Schema, operator: str) -> Compiled:
    kind = schema.get(name)
    if kind is None:
        # Source: text as quoted by users (review-checklists issue 1002).
        raise semantic_error(f"'{operator}' operator: Failed to resolve column or scalar expression named '{name}'")
    return Compiled(kind, itemgetter(name))


def _path(base: Compiled, keys: tuple[str | int, ...]) -> Compiled:
    if base.type is not Type.DYNAMIC:
        raise semantic_error(f"Path expression source must be of type dynamic, not {base.type.value}.")
    of = base.of

    def walk(row: Row) -> Value:
        value = of(row)
        for key in keys:
            value = _entry(value, key)
        return value

    return Compiled(Type.DYNAMIC, walk, base.is_constant)


def _entry(value: Value, key: str | int) -> Value:
    """What is under a key, null where nothing is; indices below 0 count from the end."""
    if isinstance(key, str):
        return value.get(key) if isinstance(value, dict) else None
    if isinstance(value, list) and -len(value) <= key < len(value):
        return value[key]
    return None


def _logical(word: str, operands: list[Compiled]) -> Compiled:
    """`and` and `or` of values that may be null: what the known ones decide is decided. Source: assumed, after SQL."""
    for operand in operands:
        if operand.type is not Type.BOOL:
            raise semantic_error(f"Operator '{word}': operands must be of type bool, not {operand.type.value}.")
    parts, decisive = [operand.of for operand in operands], word == "or"

    def decide(row: Row) -> Value:
        result: bool | None = not decisive
        for part in parts:
            value = part(row)
            if value is decisive:
                return decisive
            if value is None:
                result = None
        return result

    return Compiled(Type.BOOL, decide)


def column_name(expression: Expression) -> str | None:
    """The name of a column that is given none: that of a column or a path, or of what a function is about.

    Source: OpenAPI (the example of a properties query) and Kusto's own language service.
    """
    match expression:
        case Column(name):
            return name
        case Path(base, keys):
            return "_".join(str(part) for part in (column_name(base), *keys) if part is not None)
        case Call(name, arguments) if name in NAMED_BY_ARGUMENT and arguments:
            return column_name(arguments[0])
    return None
