"""What is asked of Resource Graph, taken from a request's body.

`allowPartialScopes` is checked and changes nothing: it is about more subscriptions than a query may have, and here a
query may have any number. Source of the fields: OpenAPI 2024-04-01; the codes and texts of refusals are assumed where
none is given.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from reconciler.sandbox.gateway import Call, GraphRefusalError, bad_request

T = TypeVar("T")

_TABLE_UNTIL = "2021-03-01"
"""The first api-version whose results are objects unless a table is asked for. Source: recorded traffic."""

_MOST_ROWS = 1000
"""Of one answer, and what comes without a `$top`. Source: OpenAPI and Azure documentation (data set result size)."""


TENANT_SCOPE_SINCE = "2020-04-01-preview"
"""The first api-version in which a query need not name subscriptions, and may name management groups.

Source: Azure documentation (query scope).
"""

_AUTHORIZATION_SCOPE_SINCE = "2021-06-01-preview"
"""Source: Azure documentation (query scope)."""


class AuthorizationScope(Enum):
    """Which role assignments are meant, as seen from the scopes of a query: parents are above, children below.

    Source: Azure documentation (query scope).
    """

    AT_AND_BELOW = "AtScopeAndBelow"
    AT_AND_ABOVE = "AtScopeAndAbove"
    EXACT = "AtScopeExact"
    ABOVE_AND_BELOW = "AtScopeAboveAndBelow"


@dataclass(frozen=True, slots=True)
class FacetRequest:
    """A count of the result's rows by a column; `sort_by` None is by the count."""

    expression: str
    sort_by: str | None
    falling: bool
    filter: str | None
    top: int


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """A query and what it is about; neither subscriptions nor management groups is the whole tenant."""

    query: str
    subscriptions: tuple[str, ...]
    management_groups: tuple[str, ...]
    top: int
    skip: int
    as_table: bool
    authorization: AuthorizationScope
    facets: tuple[FacetRequest, ...]


def read_request(call: Call) -> GraphRequest:
    """The body of a call.

    Raises:
        GraphRefusalError: 400, a field that it cannot be.
    """
    body = _Fields(call, call.json_object())
    options = body.object("options")
    token = options.text("$skipToken")
    top, skip = (None, 0) if token is None else _resume(call, token)
    asked_top, asked_skip = options.number("$top", 1, _MOST_ROWS), options.number("$skip", 0, None)
    options.boolean("allowPartialScopes")
    table_by_default = call.api_version < _TABLE_UNTIL
    result_format = options.one_of("resultFormat", ("table", "objectArray"))
    scope = None
    if call.api_version >= _AUTHORIZATION_SCOPE_SINCE:
        scope = options.one_of("authorizationScopeFilter", tuple(one.value for one in AuthorizationScope))
    query = body.text("query")
    if not query:
        raise bad_request("EmptyQuery", "The query must not be empty.", call.now)
    subscriptions = body.texts("subscriptions")
    groups = body.texts("managementGroups") if call.api_version >= TENANT_SCOPE_SINCE else ()
    if subscriptions and groups:  # Source of the rule: Azure documentation (query scope)
        raise bad_request(
            "InvalidQueryScope", "Subscriptions and management groups cannot be used at the same time.", call.now
        )
    return GraphRequest(
        query,
        subscriptions,
        groups,
        # What the options say goes before what the token says. Source: OpenAPI.
        asked_top or top or _MOST_ROWS,
        skip if asked_skip is None else asked_skip,
        table_by_default if result_format is None else result_format == "table",
        AuthorizationScope.AT_AND_BELOW if scope is None else AuthorizationScope(scope),
        tuple(_facet(facet) for facet in body.objects("facets")),
    )


def _facet(fields: "_Fields") -> FacetRequest:
    options = fields.object("options")
    order = options.one_of("sortOrder", ("asc", "desc"))
    return FacetRequest(
        fields.text("expression") or "",
        options.text("sortBy"),
        order != "asc",
        options.text("filter"),
        options.number("$top", 1, _MOST_ROWS) or _MOST_ROWS,
    )


def skip_token(top: int, skip: int) -> str:
    """A token for the rows after the first `skip` ones. Source: recorded traffic (JSON in lines, in base 64)."""
    known = {"$id": "1", "MaxRows": top, "RowsToSkip": skip, "KustoClusterUrl": "https://sandbox"}
    text = json.dumps(known, indent=2).replace("\n", "\r\n")
    return base64.b64encode(text.encode()).decode()


def _resume(call: Call, token: str) -> tuple[int, int]:
    try:
        known = json.loads(base64.b64decode(token, validate=True))
        top, skip = known["MaxRows"], known["RowsToSkip"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise _invalid_token(call) from error
    if not isinstance(top, int) or not isinstance(skip, int) or not 1 <= top <= _MOST_ROWS or skip < 0:
        raise _invalid_token(call)
    return top, skip


def _invalid_token(call: Call) -> GraphRefusalError:
    return bad_request("InvalidSkipToken", "The $skipToken is not valid.", call.now)


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of an object; names are compared with case, and a null is as good as nothing."""

    call: Call
    values: Mapping[str, object]

    def text(self, name: str) -> str | None:
        return self._of(name, str, "a string")

    def boolean(self, name: str) -> bool | None:
        return self._of(name, bool, "a boolean")

    def one_of(self, name: str, known: tuple[str, ...]) -> str | None:
        """A word in the spelling of `known`; it is compared without case."""
        value = self.text(name)
        if value is None:
            return None
        for word in known:
            if word.casefold() == value.casefold():
                return word
        raise self._invalid(name, f"one of {', '.join(known)}")

    def number(self, name: str, least: int, most: int | None) -> int | None:
        value = self._of(name, int, "a whole number")
        if value is None or (value >= least and (most is None or value <= most)):
            return value
        raise self._invalid(name, f"from {least}" + ("" if most is None else f" to {most}"))

    def object(self, name: str) -> "_Fields":
        return _Fields(self.call, self._of(name, dict, "an object") or {})

    def objects(self, name: str) -> "list[_Fields]":
        found: list[object] = self._of(name, list, "a list") or []
        if not all(isinstance(one, dict) for one in found):
            raise self._invalid(name, "a list of objects")
        return [_Fields(self.call, one) for one in found if isinstance(one, dict)]

    def texts(self, name: str) -> tuple[str, ...]:
        found: list[object] = self._of(name, list, "a list") or []
        texts = tuple(one for one in found if isinstance(one, str))
        if len(texts) < len(found):
            raise self._invalid(name, "a list of strings")
        return texts

    def _of(self, name: str, kind: type[T], what: str) -> T | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self._invalid(name, what)
        return value

    def _invalid(self, name: str, what: str) -> GraphRefusalError:
        return bad_request("InvalidRequest", f"The value of '{name}' must be {what}.", self.call.now)
