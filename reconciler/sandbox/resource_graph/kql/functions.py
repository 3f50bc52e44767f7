"""Scalar functions by name. Source: Azure documentation (Kusto scalar functions), for all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.sandbox.resource_graph.kql.compiled import Compiled, Row, cast
from reconciler.sandbox.resource_graph.kql.errors import semantic_error
from reconciler.sandbox.resource_graph.kql.syntax import Value
from reconciler.sandbox.resource_graph.kql.values import (
    CASTS,
    Type,
    common_type,
    parse_json,
    start_of_day,
    to_bool,
    to_datetime,
    to_int,
    to_long,
    to_real,
    to_text,
)

NAMED_BY_ARGUMENT = frozenset(
    (
        *(
            "tostring",
            "toint",
            "tolong",
            "toreal",
            "todouble",
            "tobool",
            "todatetime",
            "split",
            "parse_json",
            "todynamic",
        ),
    )
)
"""Functions whose column takes the name of the first argument. Source: Kusto's own language service."""

_MANY = 64
"""How many arguments a function takes that takes any number of them. Source: Azure documentation (strcat, coalesce)."""

_Arguments = tuple[Compiled, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """How many arguments a function takes, and what it makes of them."""

    least: int
    most: int
    make: Callable[[_Arguments], Compiled]

    def call(self, name: str, arguments: _Arguments) -> Compiled:
        """The function of these arguments.

        Raises:
            KqlError: too few or too many of them, or of the wrong type.
        """
        if not self.least <= len(arguments) <= self.most:
            expected = f"{self.least}" if self.least == self.most else f"[{self.least}..{self.most}]"
            raise semantic_error(f"{name}(): function expects {expected} argument(s).")
        made = self.make(arguments)
        if not all(argument.is_constant for argument in arguments):
            return made
        value = made.of({})
        return Compiled(made.type, lambda _row: value, is_constant=True)


def _of_one(result: Type, work: Callable[[Value], Value]) -> Function:
    def make(arguments: _Arguments) -> Compiled:
        of = arguments[0].of
        return Compiled(result, lambda row: work(of(row)))

    return Function(1, 1, make)


def _of_dynamic(result: Type, name: str, work: Callable[[Value], Value]) -> Function:
    plain = _of_one(result, work)

    def make(arguments: _Arguments) -> Compiled:
        if arguments[0].type is not Type.DYNAMIC:
            raise semantic_error(f"{name}(): argument #1 must be of type dynamic, not {arguments[0].type.value}.")
        return plain.make(arguments)

    return Function(1, 1, make)


def _null_test(*, absent: bool) -> Function:
    """`isnull` and its opposite: a text is never null."""

    def make(arguments: _Arguments) -> Compiled:
        of, is_text = arguments[0].of, arguments[0].type is Type.STRING
        return Compiled(Type.BOOL, lambda row: (not is_text and of(row) is None) is absent)

    return Function(1, 1, make)


def _not(arguments: _Arguments) -> Compiled:
    if arguments[0].type not in (Type.BOOL, Type.DYNAMIC):
        raise semantic_error(f"not(): argument #1 must be of type bool, not {arguments[0].type.value}.")
    of = cast(arguments[0], Type.BOOL, to_bool)

    def negate(row: Row) -> Value:
        value = of(row)
        return None if value is None else not value

    return Compiled(Type.BOOL, negate)


def _strcat(arguments: _Arguments) -> Compiled:
    parts = [argument.of for argument in arguments]
    return Compiled(Type.STRING, lambda row: "".join(to_text(part(row)) for part in parts))


def _split(arguments: _Arguments) -> Compiled:
    source, delimiter = arguments[0].of, arguments[1].of
    index = arguments[2].of if len(arguments) > 2 else None

    def split(row: Row) -> Value:
        text, by = to_text(source(row)), to_text(delimiter(row))
        parts: list[Value] = list(text.split(by)) if by else [text]
        if index is None:
            return parts
        position = to_long(index(row))
        return [parts[position]] if position is not None and 0 <= position < len(parts) else []

    return Compiled(Type.DYNAMIC, split)


def _iff(arguments: _Arguments) -> Compiled:
    condition = cast(arguments[0], Type.BOOL, to_bool)
    target = _common("iff", arguments[1:])
    yes, no = (cast(argument, target, CASTS[target]) for argument in arguments[1:])
    return Compiled(target, lambda row: yes(row) if condition(row) else no(row))


def _coalesce(arguments: _Arguments) -> Compiled:
    target = _common("coalesce", arguments)
    parts = [cast(argument, target, CASTS[target]) for argument in arguments]
    empty = "" if target is Type.STRING else None

    def first(row: Row) -> Value:
        return next((value for part in parts if (value := part(row)) not in (None, "")), empty)

    return Compiled(target, first)


def _common(name: str, arguments: _Arguments) -> Type:
    target = common_type(tuple(argument.type for argument in arguments))
    if target is None:
        kinds = ", ".join(argument.type.value for argument in arguments)
        raise semantic_error(f"{name}(): arguments must be of one type, not {kinds}.")
    return target


FUNCTIONS: Mapping[str, Function] = {
    "not": Function(1, 1, _not),
    "isempty": _of_one(Type.BOOL, lambda value: not to_text(value)),
    "isnotempty": _of_one(Type.BOOL, lambda value: bool(to_text(value))),
    "isnull": _null_test(absent=True),
    "isnotnull": _null_test(absent=False),
    "tolower": _of_one(Type.STRING, lambda value: to_text(value).lower()),
    "toupper": _of_one(Type.STRING, lambda value: to_text(value).upper()),
    "tostring": _of_one(Type.STRING, to_text),
    "toint": _of_one(Type.INT, to_int),
    "tolong": _of_one(Type.LONG, to_long),
    "toreal": _of_one(Type.REAL, to_real),
    "todouble": _of_one(Type.REAL, to_real),
    "tobool": _of_one(Type.BOOL, to_bool),
    "todatetime": _of_one(Type.DATETIME, to_datetime),
    "startofday": _of_one(Type.DATETIME, start_of_day),
    "parse_json": _of_one(Type.DYNAMIC, parse_json),
    "todynamic": _of_one(Type.DYNAMIC, parse_json),
    "bag_keys": _of_dynamic(Type.DYNAMIC, "bag_keys", lambda value: list(value) if isinstance(value, dict) else None),
    "array_length": _of_dynamic(
        Type.LONG, "array_length", lambda value: len(value) if isinstance(value, list) else None
    ),
    "strcat": Function(1, _MANY, _strcat),
    "split": Function(2, 3, _split),
    "iff": Function(3, 3, _iff),
    "iif": Function(3, 3, _iff),
    "coalesce": Function(2, _MANY, _coalesce),
}
