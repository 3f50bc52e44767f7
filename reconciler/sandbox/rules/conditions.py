"""Conditions of role assignments that bound which roles their holder gives and takes away.

Read are the forms that Azure's own templates for delegation have; any other is one that nobody fulfils here, so that
nothing succeeds in the sandbox that Azure refuses (assumed). Source: Azure documentation (examples to delegate role
assignment management with conditions; format and syntax of conditions; authorization actions and attributes).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from reconciler.sandbox.state import ROLE_ASSIGNMENT_TYPE

ROLE = "RoleDefinitionId"
PRINCIPAL = "PrincipalId"
PRINCIPAL_TYPE = "PrincipalType"


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a condition may look at, by the names above: of what is sent, and of what is there.

    A write has only the first, a delete only the second. Source: Azure documentation (authorization actions and
    attributes).
    """

    request: Mapping[str, str] = field(default_factory=dict)
    resource: Mapping[str, str] = field(default_factory=dict)


_Test = Callable[[str, Attributes], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<word>[()]|!|AND\b|OR\b|NOT\b|&&|\|\|)"
    r"|ActionMatches\s*\{\s*'(?P<action>[^']*)'\s*\}"
    rf"|@(?P<source>Request|Resource)\[{re.escape(ROLE_ASSIGNMENT_TYPE)}:(?P<name>{ROLE}|{PRINCIPAL}|{PRINCIPAL_TYPE})\]"
    r"\s*(?P<operator>ForAnyOfAnyValues:GuidEquals|ForAnyOfAllValues:GuidNotEquals"
    r"|ForAnyOfAnyValues:StringEqualsIgnoreCase)\s*\{(?P<values>[^{}]*)\})",
    re.IGNORECASE,
)
_CHAINS = {"AND": all, "&&": all, "OR": any, "||": any}
_NOT = ("!", "NOT")


def is_fulfilled(condition: str, action: str, attributes: Attributes) -> bool:
    """Whether a condition lets its holder do an action to an assignment with these attributes."""
    test = _parsed(condition)
    return test is not None and test(action, attributes)


class _UnknownFormError(Exception):
    """A form that is not read here."""


@lru_cache(maxsize=256)
def _parsed(condition: str) -> _Test | None:
    try:
        tokens = list(_tokens(condition))
        test = _chain(tokens)
    except (_UnknownFormError, RecursionError):
        return None
    return None if tokens else test


def _tokens(text: str) -> Iterator[re.Match[str]]:
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _UnknownFormError
        yield match
        at = match.end()


def _chain(tokens: list[re.Match[str]]) -> _Test:
    """Tests that are joined by one word; takes its tokens from the front. A mix without parentheses is not read."""
    tests = [_single(tokens)]
    words: set[Callable[..., bool]] = set()
    while tokens and (joins := _CHAINS.get(_word(tokens[0]))) is not None:
        del tokens[0]
        words.add(joins)
        tests.append(_single(tokens))
    if len(words) > 1:
        raise _UnknownFormError
    every = all if all in words or not words else any
    return lambda action, attributes: every(test(action, attributes) for test in tests)


def _single(tokens: list[re.Match[str]]) -> _Test:
    if not tokens:
        raise _UnknownFormError
    token = tokens.pop(0)
    if _word(token) in _NOT:
        negated = _single(tokens)
        return lambda action, attributes: not negated(action, attributes)
    if _word(token) == "(":
        test = _chain(tokens)
        if not tokens or _word(tokens.pop(0)) != ")":
            raise _UnknownFormError
        return test
    if token["action"] is not None:
        named = token["action"].casefold()
        return lambda action, _attributes: action.casefold() == named
    if token["source"] is None:
        raise _UnknownFormError
    return _comparison(token)


def _comparison(token: re.Match[str]) -> _Test:
    """Whether an attribute is one of some values, or none of them; what has no such attribute is neither (assumed)."""
    of_request, name = token["source"].casefold() == "request", _NAMES[token["name"].casefold()]
    values = {one.strip().strip("'").casefold() for one in token["values"].split(",")}
    excludes = token["operator"].casefold().endswith("guidnotequals")

    def compare(_action: str, attributes: Attributes) -> bool:
        value = (attributes.request if of_request else attributes.resource).get(name)
        return value is not None and (value.casefold() in values) is not excludes

    return compare


_NAMES = {one.casefold(): one for one in (ROLE, PRINCIPAL, PRINCIPAL_TYPE)}


def _word(token: re.Match[str]) -> str:
    return (token["word"] or "").upper()
