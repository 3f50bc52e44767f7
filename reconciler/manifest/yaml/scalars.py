"""What a plain YAML scalar means, by the core schema of YAML 1.2.

PyYAML resolves scalars by YAML 1.1, where `no`, `on` and `12:30` are a boolean, a boolean and a number. A tag `env:
no` must stay text, so the short list of YAML 1.2 is spelled out here instead.

Source: YAML 1.2.2 specification, section 10.3.2 (tag resolution of the core schema).
"""

import re
from typing import TypeAlias

Scalar: TypeAlias = bool | int | float | str | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_PREFIXED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_FRACTION = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_TEXT = frozenset(_WORDS)
"""Unquoted scalars that are no text."""

NUMBER_STARTS = frozenset("+-.0123456789")
"""How those begin that may be a number."""

_MOST_DIGITS = 400
"""Beyond this a whole number is kept as a floating one: Python refuses to read thousands of digits."""


def is_text(text: str) -> bool:
    """Whether an unquoted scalar begins as no value but text can."""
    return text not in NOT_TEXT and text[0] not in NUMBER_STARTS


def resolve_plain(text: str) -> Scalar:
    """The value of an unquoted scalar; text that is nothing else is itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in NUMBER_STARTS:
        return text
    if _WHOLE.fullmatch(text):
        return int(text) if len(text) <= _MOST_DIGITS else float(text)
    if _PREFIXED.fullmatch(text):
        return int(text, base=0)
    return float(text) if _FRACTION.fullmatch(text) else text
