"""Going through the tokens of a query, one after the other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from reconciler.sandbox.resource_graph.kql.errors import KqlError, parser_failure
from reconciler.sandbox.resource_graph.kql.tokens import Kind, Token
from reconciler.sandbox.resource_graph.kql.values import LONG_MAX

T = TypeVar("T")

_LONGEST = 30
"""Digits of a whole number: a longer one is too large, unless it begins with zeros."""

_DEEPEST = 100
"""Brackets within brackets. Source: assumed; what is deeper would end in an error of our own."""


class Cursor:
    """A place among tokens."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._at]

    @property
    def behind(self) -> Token:
        """The token that was taken last."""
        return self._tokens[self._at - 1]

    def take(self) -> Token:
        """The next token, which is then behind; the end stays."""
        token = self.token
        if token.kind is not Kind.END:
            self._at += 1
        return token

    def sees(self, *values: str) -> bool:
        """Whether the next token is one of these symbols or words."""
        return self.token.kind in (Kind.SYMBOL, Kind.WORD) and self.token.value in values

    def accept(self, *values: str) -> str | None:
        """The next token if it is one of these symbols or words."""
        return self.take().value if self.sees(*values) else None

    def expect(self, value: str) -> None:
        """Pass a symbol or word that must come."""
        if self.accept(value) is None:
            raise self.failure()

    def expect_kind(self, kind: Kind) -> str:
        """The value of a token that must be of a kind."""
        if self.token.kind is not kind:
            raise self.failure()
        return self.take().value

    def expect_whole(self) -> int:
        """A number of 64 bits that must come. Source: Azure documentation (the long type)."""
        text = self.token.value
        if self.token.kind is not Kind.WHOLE or len(text) > _LONGEST or int(text) > LONG_MAX:
            raise self.failure()
        self.take()
        return int(text)

    def listed(self, read: Callable[["Cursor"], T]) -> tuple[T, ...]:
        """What is read once, and once more after every comma."""
        items = [read(self)]
        while self.accept(","):
            items.append(read(self))
        return tuple(items)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """One level deeper."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.failure()
        yield
        self._depth -= 1

    def failure(self) -> KqlError:
        """The next token cannot stand where it stands."""
        return parser_failure(self.token.place)
