"""JSON from outside, read more strictly than Python does: what it says, it says once and means for everybody.

A document that two readers can read differently can show a reviewer one thing and do another, so a key given twice, a
number that is no whole one and text that is not Unicode are refused rather than read somehow.
"""

import json
from typing import Any

MAX_DEPTH = 50
"""Most levels of lists and objects; none of our documents has half as many."""


def parse_object(content: bytes, *, max_depth: int = MAX_DEPTH, fractions: bool = False) -> dict[str, Any]:
    """The one JSON object that the bytes are; raises ValueError with a reason that ends a sentence.

    Args:
        fractions: whether numbers that are not whole may be in it, as in documents of others.
    """
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object_of,
            parse_float=float if fractions else _refuse_number,
            parse_constant=_refuse_number,
        )
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise ValueError(_too_deep(max_depth)) from error
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004  wrong input, not a wrong call
    _check_depth(value, max_depth)
    _check_unicode(value)
    return value


def _too_deep(max_depth: int) -> str:
    return f"it is nested more than {max_depth} levels deep"


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} is given twice in one object")
        found[key] = value
    return found


def _refuse_number(text: str) -> None:
    raise ValueError(f"the number {text} is not a whole one")


def _check_depth(value: dict[str, Any], max_depth: int) -> None:
    level: list[Any] = [value]
    for _ in range(max_depth):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    if level:
        raise ValueError(_too_deep(max_depth))


def _check_unicode(value: dict[str, Any]) -> None:
    """Half of a surrogate pair can be written as an escape, and then stops whoever sends it on."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("it holds half a character (a lone surrogate)") from error
