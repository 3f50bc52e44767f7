"""The text of a query, in tokens."""

import re
from dataclasses import dataclass
from enum import Enum

from reconciler.sandbox.resource_graph.kql.errors import Place, parser_failure


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    TEXT = "text"
    WHOLE = "whole number"
    FRACTION = "fraction"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A token; of a text, `value` is what is between the quotes, decoded, else what is written.

    `end` is the offset that follows it: words of an operator such as `mv-expand` touch each other.
    """

    kind: Kind
    value: str
    place: Place
    start: int
    end: int


END_TOKEN = "<EOF>"  # noqa: S105  what recorded answers call the end of the query
_TOKENS = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
    |(?P<verbatim>@'(?:[^']|'')*'|@"(?:[^"]|"")*")
    |(?P<quoted>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    |(?P<fraction>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    |(?P<whole>\d+)
    |(?P<word>!?[A-Za-z_$][A-Za-z0-9_$]*~?)
    |(?P<symbol>==|=~|!=|!~|<=|>=|[=<>()\[\]{},.|:*;+/%-])
    """,
    re.VERBOSE,
)
"""A word may have `!` and `~`, as `!in~` does."""

_KINDS = {"fraction": Kind.FRACTION, "whole": Kind.WHOLE, "word": Kind.WORD, "symbol": Kind.SYMBOL}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\\'\"abfnrtv0]))")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
"""Source: Azure documentation (Kusto string literals: the escapes of C)."""


def tokenize(query: str) -> list[Token]:
    """The tokens of a query, the last of them its end.

    Raises:
        KqlError: a character that begins no token, or a text with no end.
    """
    tokens: list[Token] = []
    at, line, line_start = 0, 1, 0
    while at < len(query):
        found = _TOKENS.match(query, at)
        if found is None:
            raise parser_failure(Place(line, at - line_start, query[at]))
        written = found[0]
        if found.lastgroup != "space":
            place = Place(line, at - line_start, written)
            tokens.append(_token(str(found.lastgroup), written, place, at))
        at = found.end()
        if "\n" in written:
            line += written.count("\n")
            line_start = at - len(written) + written.rindex("\n") + 1
    end = Place(line, at - line_start, END_TOKEN)
    tokens.append(Token(Kind.END, "", end, at, at))
    return tokens


def _token(group: str, written: str, place: Place, at: int) -> Token:
    end = at + len(written)
    if group == "verbatim":
        quote = written[1]
        return Token(Kind.TEXT, written[2:-1].replace(quote * 2, quote), place, at, end)
    if group == "quoted":
        return Token(Kind.TEXT, _unescape(written[1:-1], place), place, at, end)
    return Token(_KINDS[group], written, place, at, end)


def _unescape(text: str, place: Place) -> str:
    def decode(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        return chr(int(code, 16)) if code else _ESCAPED.get(found[3], found[3])

    if "\\" in _ESCAPE.sub("", text):
        raise parser_failure(place)
    return _ESCAPE.sub(decode, text)
