"""Comparing values: `==` and its like, the words for texts, and `in`.

Two absent values are neither equal nor unequal; an absent one is unequal to any other, and is neither less nor more. A
dynamic value is cast to the type of what it is compared with. Source: Azure documentation (Kusto null values, string
operators, in operators); the cast of dynamic values follows recorded traffic (`where tags != ''`).
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.sandbox.resource_graph.kql.compiled import Compiled, Row, cast
from reconciler.sandbox.resource_graph.kql.errors import KqlError, semantic_error
from reconciler.sandbox.resource_graph.kql.syntax import Value
from reconciler.sandbox.resource_graph.kql.values import CASTS, Type, common_type, to_text

_TextTest = Callable[[str, str], bool]


def _has(text: str, term: str) -> bool:
    """Whether a text holds another one as a whole term: between characters that are no letters and no digits.

    Source: Azure documentation (Kusto string operators, what is a term).
    """
    at = text.find(term)
    while at >= 0:
        end = at + len(term)
        begins = at == 0 or not (text[at - 1].isalnum() and term[:1].isalnum())
        ends = end == len(text) or not (text[end].isalnum() and term[-1:].isalnum())
        if begins and ends:
            return True
        at = text.find(term, at + 1)
    return False


_TEXT_TESTS: Mapping[str, _TextTest] = {
    "=~": operator.eq,
    "!~": operator.eq,
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "has": _has,
}
_ORDERS: Mapping[str, Callable[[Value, Value], bool]] = {
    "<": operator.lt,  # type: ignore[dict-item]  # both sides are of one type by then
    "<=": operator.le,  # type: ignore[dict-item]
    ">": operator.gt,  # type: ignore[dict-item]
    ">=": operator.ge,  # type: ignore[dict-item]
}


def compare(symbol: str, left: Compiled, right: Compiled) -> Compiled:
    """A comparison of two values.

    Raises:
        KqlError: their types cannot be compared.
    """
    word = symbol.removeprefix("!") if symbol != "!~" else symbol
    test = _TEXT_TESTS.get(word.removesuffix("_cs"))
    if test is not None:
        return _compare_texts(symbol, test, left, right)
    target = common_type((left.type, right.type))
    if target is None or target is Type.DYNAMIC:
        raise _incomparable(left.type, right.type)
    a, b = cast(left, target, CASTS[target]), cast(right, target, CASTS[target])
    if symbol in ("==", "!="):
        return Compiled(Type.BOOL, _equality(a, b, unequal=symbol == "!="))
    return Compiled(Type.BOOL, _order(_ORDERS[symbol], a, b))


def _equality(a: Callable[[Row], Value], b: Callable[[Row], Value], *, unequal: bool) -> Callable[[Row], Value]:
    def equal(row: Row) -> Value:
        left, right = a(row), b(row)
        if left is None and right is None:
            return None
        return (left == right) is not unequal

    return equal


def _order(
    test: Callable[[Value, Value], bool], a: Callable[[Row], Value], b: Callable[[Row], Value]
) -> Callable[[Row], Value]:
    def ordered(row: Row) -> Value:
        left, right = a(row), b(row)
        return None if left is None or right is None else test(left, right)

    return ordered


def _compare_texts(symbol: str, test: _TextTest, left: Compiled, right: Compiled) -> Compiled:
    for side in (left, right):
        if side.type not in (Type.STRING, Type.DYNAMIC):
            raise semantic_error(f"Operator '{symbol}': operands must be of type string, not {side.type.value}.")
    shape = to_text if symbol.endswith("_cs") else _folded
    text, negated = left.of, symbol.startswith("!")
    if right.is_constant:
        known = shape(right.of({}))
        return Compiled(Type.BOOL, lambda row: test(shape(text(row)), known) is not negated)
    other = right.of
    return Compiled(Type.BOOL, lambda row: test(shape(text(row)), shape(other(row))) is not negated)


def _folded(value: Value) -> str:
    return to_text(value).lower()


def contains_any(symbol: str, value: Compiled, items: Sequence[Compiled]) -> Compiled:
    """Whether a value is one of several; an item that is an array stands for its entries.

    Raises:
        KqlError: their types cannot be compared.
    """
    known = [item.of({}) for item in items] if all(item.is_constant for item in items) else None
    types = [item.type for item in items] if known is None else [_type_of(one) for one in _entries(known)]
    target = _common_type(symbol, value.type, types, is_known=known is not None)
    shape = _folded if symbol.endswith("~") else CASTS[target]
    of, negated = value.of, symbol.startswith("!")
    if known is None:
        return _among(value, items, shape, negated=negated)
    sought = frozenset(_hashable(shape(one)) for one in _entries(known))
    return Compiled(Type.BOOL, lambda row: (_hashable(shape(of(row))) in sought) is not negated)


def _common_type(symbol: str, own: Type, types: Sequence[Type], *, is_known: bool) -> Type:
    """The type that a value and those that it is compared with are cast to."""
    target = common_type((own, *types))
    if target is None or (target is Type.DYNAMIC and not is_known):
        raise _incomparable(own, next((one for one in types if one is not own), own))
    if symbol.endswith("~") and target is not Type.STRING and types:
        raise semantic_error(f"Operator '{symbol}': operands must be of type string, not {target.value}.")
    return target


def _among(value: Compiled, items: Sequence[Compiled], shape: Callable[[Value], Value], *, negated: bool) -> Compiled:
    """Whether a value is one of several that differ from row to row."""
    of, parts = value.of, [item.of for item in items]

    def among(row: Row) -> Value:
        entries = _entries(part(row) for part in parts)
        sought = shape(of(row))
        return any(shape(one) == sought for one in entries) is not negated

    return Compiled(Type.BOOL, among)


def _entries(values: Iterable[Value]) -> Iterable[Value]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _hashable(value: Value) -> object:
    return None if isinstance(value, list | dict) else value


def _type_of(value: Value) -> Type:
    kinds = ((bool, Type.BOOL), (int, Type.LONG), (float, Type.REAL), (str, Type.STRING))
    return next((kind for python, kind in kinds if isinstance(value, python)), Type.DYNAMIC)


def _incomparable(left: Type, right: Type) -> KqlError:
    # Source: text as quoted by users (Kusto's SEM0064).
    return semantic_error(f"Cannot compare values of types {left.value} and {right.value}. Try adding explicit casts")
