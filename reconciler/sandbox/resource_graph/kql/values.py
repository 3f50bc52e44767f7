"""The values of Kusto in Python: types, casts, and what happens to values that are absent.

A dynamic value is what JSON makes of it. Texts are never null: what is absent is empty as a text. Source: Azure
documentation (Kusto null values; the dynamic type; conversion functions).
"""

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from enum import Enum

from reconciler.sandbox.resource_graph.kql.syntax import Value

LONG_MAX = 2**63 - 1
"""The largest whole number. Source: Azure documentation (the long type)."""

_INT_MAX = 2**31 - 1


class Type(Enum):
    """The type of a column; the value is what Kusto's messages call it."""

    STRING = "string"
    INT = "int"
    LONG = "long"
    REAL = "real"
    BOOL = "bool"
    DATETIME = "datetime"
    DYNAMIC = "dynamic"


NUMBERS = (Type.INT, Type.LONG, Type.REAL)

TYPE_NAMES: Mapping[str, Type] = {
    **{one.value: one for one in Type},
    "double": Type.REAL,
    "boolean": Type.BOOL,
}
"""What `typeof()` may hold."""


def to_text(value: Value) -> str:
    """What `tostring` makes of a value. Source for a truth value: assumed to be written as in JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def to_int(value: Value) -> int | None:
    """A whole number of 32 bits."""
    number = to_long(value)
    return None if number is None or abs(number) > _INT_MAX else number


def to_long(value: Value) -> int | None:
    """A whole number of 64 bits; a fraction loses what follows the point."""
    if isinstance(value, str):
        try:
            number: int | float = int(value)
        except ValueError:
            return None
    elif isinstance(value, int | float):
        number = value
    else:
        return None
    return int(number) if abs(number) <= LONG_MAX else None


def to_real(value: Value) -> float | None:
    """A number; what JSON cannot write is none."""
    if not isinstance(value, str | int | float):
        return None
    try:
        return _finite(value)
    except (ValueError, OverflowError):
        return None


def to_bool(value: Value) -> bool | None:
    """A truth value; of texts only `true` and `false` in any case are one."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, int | float) else None


def to_datetime(value: Value) -> str | None:
    """A time, as the text by which it is shown: in UTC and always as long, so that texts compare as their times do.

    Source: Azure documentation (the datetime type: units of 100 ns; todatetime takes ISO 8601). Other forms of a time
    that Kusto takes are none here.
    """
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value.strip())
        when = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return _shown(when)


def start_of_day(value: Value) -> str | None:
    """The first moment of the day, in UTC, that a time is in. Source: Azure documentation (startofday)."""
    text = to_datetime(value)
    return None if text is None else _shown(datetime.combine(datetime.fromisoformat(text).date(), time(), UTC))


def _shown(when: datetime) -> str:
    return when.replace(tzinfo=None).isoformat(timespec="microseconds") + "0Z"


def parse_json(value: Value) -> Value:
    """What a text means as JSON; one that is no JSON stays a text. Source: Azure documentation (parse_json)."""
    if not isinstance(value, str):
        return value
    try:
        parsed: Value = json.loads(value, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return value
    return parsed


def _finite(value: str | int | float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is not finite")
    return number


CASTS: Mapping[Type, Callable[[Value], Value]] = {
    Type.STRING: to_text,
    Type.INT: to_int,
    Type.LONG: to_long,
    Type.REAL: to_real,
    Type.BOOL: to_bool,
    Type.DATETIME: to_datetime,
    Type.DYNAMIC: lambda value: value,
}


def common_type(types: tuple[Type, ...]) -> Type | None:
    """The type that values of these types have in common, None where they have none.

    Dynamic values are cast to what the others are. Source: Kusto's own language service (`CommonNonDynamic`).
    """
    plain = {one for one in types if one is not Type.DYNAMIC}
    if not plain:
        return Type.DYNAMIC
    if len(plain) == 1:
        return plain.pop()
    numbers = [one for one in NUMBERS if one in plain]
    return numbers[-1] if len(numbers) == len(plain) else None


def group_key(value: Value) -> object:
    """Something that can be compared for being the same value, whatever the value is."""
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else (type(value), value)
