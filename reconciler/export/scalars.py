"""One text as YAML writes it: without quotes where it reads back as itself, else between double quotes.

Whether quotes are needed is decided by reading, not by a list of signs: what is written here is read by libyaml and
resolved by our own rules (YAML 1.2), and by those of YAML 1.1 as well, since editors and linters know these. What is
not drawn, and the words that CI systems obey in a log, are written as escapes: so a manifest can be printed as it is.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml

from reconciler.files.drawn import is_drawn
from reconciler.manifest.yaml.scalars import resolve_plain
from reconciler.manifest.yaml.source import libyaml_parser

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_BROKEN_UP = {"#": "\\x23", ":": "\\x3A"}
"""Two of them in a row begin a command to a CI system; the second one is written like this."""

_MARKERS = ("---", "...")
"""At the beginning of a line they end a document."""

_TEXT_TAG = "tag:yaml.org,2002:str"
_OLD_YAML: Any = yaml.SafeLoader("")


@lru_cache(maxsize=16384)
def scalar(text: str) -> str:
    """The text on one line, as a key or a value, in a block as between `{ }` or `[ ]`."""
    return text if reads_back(text) else f'"{"".join(escaped(text))}"'


def reads_back(text: str) -> bool:
    """Whether a text without quotes, wherever it stands, is read as this text."""
    if not is_plain_sight(text) or not text or not isinstance(resolve_plain(text), str):
        return False
    if text.startswith(_MARKERS):
        return False
    if _OLD_YAML.resolve(yaml.ScalarNode, text, (True, False)) != _TEXT_TAG:
        return False
    # A dash alone is text between braces, and the beginning of a list elsewhere.
    return all(_scalars_of(pair) == [text, text] for pair in (f"{{{text}: {text}}}", f"{text}: {text}"))


def is_plain_sight(text: str) -> bool:
    """Whether every character is drawn, and nothing in it is a command to a CI system."""
    return "##" not in text and "::" not in text and all(map(is_drawn, text))


def escaped(text: str) -> Iterator[str]:
    """The characters of a text, each as it stands between double quotes."""
    last = ""
    for char in text:
        shown = _BROKEN_UP[char] if char == last and char in _BROKEN_UP else _escape(char)
        yield shown
        last = char if shown == char else ""


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if is_drawn(char):
        return char
    code = ord(char)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _scalars_of(text: str) -> list[str] | None:
    """The scalars of one mapping without anchors, tags or anything else in it; None for whatever else it is."""
    parser = libyaml_parser(text)
    found: list[str] = []
    try:
        while not isinstance(event := parser.get_event(), yaml.StreamEndEvent):
            if isinstance(event, yaml.ScalarEvent) and event.anchor is None and event.tag is None:
                found.append(event.value)
            elif not isinstance(event, _FRAME):
                return None
    except yaml.YAMLError:
        return None
    finally:
        parser.dispose()
    return found


_FRAME = (
    yaml.StreamStartEvent,
    yaml.DocumentStartEvent,
    yaml.MappingStartEvent,
    yaml.MappingEndEvent,
    yaml.DocumentEndEvent,
)
