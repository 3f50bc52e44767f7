"""`$filter` of Microsoft Graph, as far as clients use it to find a principal: terms joined by `and`.

A term is `PROPERTY eq 'x'`, `startswith(PROPERTY,'x')` or `PROPERTY/any(c:c eq 'x')`; texts compare without case.
Source: Microsoft Graph documentation (filter query parameter). Everything else is refused: no filter is half applied.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

_TEXT = r"'(?P<text>(?:[^']|'')*)'"
_AND = re.compile(r"\s+and\s+")


class UnsupportedFilterError(Exception):
    """A filter that is not understood; the message is the word at which that begins, mostly a property."""


def _equals(asked: str, value: object) -> bool:
    return isinstance(value, str) and value.casefold() == asked


def _begins(asked: str, value: object) -> bool:
    return isinstance(value, str) and value.casefold().startswith(asked)


def _has(asked: str, value: object) -> bool:
    return isinstance(value, list) and any(_equals(asked, item) for item in value)


_TERMS = (
    (re.compile(rf"(?P<name>\w+)\s+eq\s+{_TEXT}"), _equals),
    (re.compile(rf"startswith\(\s*(?P<name>\w+)\s*,\s*{_TEXT}\s*\)"), _begins),
    (re.compile(rf"(?P<name>\w+)/any\(\s*(?P<item>\w+)\s*:\s*(?P=item)\s+eq\s+{_TEXT}\s*\)"), _has),
)


def parse_filter(text: str, properties: Sequence[str]) -> Callable[[Mapping[str, object]], bool]:
    """What a filter asks of an object; an empty one asks nothing.

    Raises:
        UnsupportedFilterError: a term has another form, or names a property that objects of this kind do not have.
    """
    checks = []
    rest = text.strip()
    while rest:
        name, check, rest = _next_term(rest)
        if name not in properties:
            raise UnsupportedFilterError(name)
        checks.append((name, check))
    return lambda item: all(check(item.get(name)) for name, check in checks)


def _next_term(text: str) -> tuple[str, Callable[[object], bool], str]:
    for pattern, holds in _TERMS:
        match = pattern.match(text)
        if match is not None:
            asked = match["text"].replace("''", "'").casefold()
            return match["name"], partial(holds, asked), _after_and(text[match.end() :])
    raise UnsupportedFilterError(re.split(r"\W", text, maxsplit=1)[0])


def _after_and(text: str) -> str:
    match = _AND.match(text)
    if text and match is None:
        raise UnsupportedFilterError(text.split()[0])
    return text[match.end() :] if match else ""
