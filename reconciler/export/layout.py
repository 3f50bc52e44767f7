"""Plain data as YAML in the layout that a person would have typed: short things on one line, no line over 120.

A mapping or a list stands on one line where that fits, unless it is one that is spread; a text that does not fit is
folded. Comments stand on lines of their own, above what they are about.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reconciler.export.scalars import escaped, is_plain_sight, scalar
from reconciler.manifest.yaml.document import Path, Plain

WIDTH = 120
"""Most characters of a line."""

_STEP = 2
_FEW = 2
"""So many keys are as well on a line each."""

_LONGEST_KEY = 60
"""A longer key stands on lines of its own, so that its value has room."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a document is laid out.

    Attributes:
        spread: paths of the mappings and lists that never stand on one line.
        comments: sentences by the path of what they stand above.
    """

    spread: frozenset[Path] = frozenset()
    comments: Mapping[Path, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def text(self, document: dict[str, Plain]) -> str:
        """The text of a document; its root is always spread."""
        lines = [*_comment(self.comments.get((), ()), 0), *self._mapping((), document, 0)]
        return "".join(f"{line}\n" for line in lines)

    def _mapping(self, path: Path, value: dict[str, Plain], indent: int) -> Iterator[str]:
        for key, item in value.items():
            below = (*path, key)
            yield from _comment(self.comments.get(below, ()), indent)
            name = scalar(key)
            if len(name) > _LONGEST_KEY:
                yield from _folded(f"{' ' * indent}?", key, indent + _STEP)
                yield from self._item(f"{' ' * indent}:", below, item, indent + _STEP)
            else:
                yield from self._item(f"{' ' * indent}{name}:", below, item, indent + _STEP)

    def _list(self, path: Path, value: list[Plain], indent: int) -> Iterator[str]:
        for index, item in enumerate(value):
            below = (*path, index)
            yield from _comment(self.comments.get(below, ()), indent)
            yield from self._item(f"{' ' * indent}-", below, item, indent + _STEP)

    def _item(self, before: str, path: Path, value: Plain, indent: int) -> Iterator[str]:
        """A value behind its key or dash (`before`); further lines of it begin at `indent`."""
        line = None if self._is_spread(path, value) else f"{before} {_on_one_line(value)}"
        if line is not None and len(line) <= WIDTH:
            yield line
        elif isinstance(value, dict) and line is not None and self._is_flat(value):
            yield from _wrapped(before, value, indent)
        elif isinstance(value, dict):
            lines = list(self._mapping(path, value, indent))
            if before.endswith("-") and not lines[0].lstrip().startswith("#"):
                yield f"{before} {lines.pop(0).lstrip(' ')}"
            else:
                yield before
            yield from lines
        elif isinstance(value, list):
            yield before
            yield from self._list(path, value, indent)
        else:
            yield from _folded(before, str(value), indent)

    def _is_flat(self, value: dict[str, Plain]) -> bool:
        """Whether a mapping of short things takes fewer lines between braces, on two of them, than one for each."""
        pairs = [f"{scalar(key)}: {_on_one_line(item)}" for key, item in value.items()]
        is_flat = not any(isinstance(item, dict | list) for item in value.values())
        return is_flat and len(pairs) > _FEW and all(len(pair) < WIDTH // 2 for pair in pairs)

    def _is_spread(self, path: Path, value: Plain) -> bool:
        if not isinstance(value, dict | list) or not value:
            return False
        return path in self.spread or any(one[: len(path)] == path for one in self.comments if len(one) > len(path))


def _wrapped(before: str, value: dict[str, Plain], indent: int) -> Iterator[str]:
    line = f"{before} {{"
    for number, (key, item) in enumerate(value.items()):
        pair = f"{scalar(key)}: {_on_one_line(item)}{',' if number < len(value) - 1 else '}'}"
        if len(line) + 1 + len(pair) > WIDTH:
            yield line
            line = " " * indent + pair
        else:
            line += pair if line.endswith("{") else f" {pair}"
    yield line


def _on_one_line(value: Plain) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {_on_one_line(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_on_one_line, value)) + "]"
    if isinstance(value, str):
        return scalar(value)
    return "null" if value is None else str(value).lower()


def _folded(before: str, text: str, indent: int) -> Iterator[str]:
    """A text below its key, or on several lines: in words where its blanks are single, else between quotes."""
    width = WIDTH - indent
    if len(scalar(text)) <= width:
        yield before
        yield f"{' ' * indent}{scalar(text)}"
        return
    words = text.split(" ")
    if all(words) and len(words) > 1 and max(map(len, words)) <= width and is_plain_sight(text):
        yield f"{before} >-"
        lines = textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
        yield from (f"{' ' * indent}{line}" for line in lines)
        return
    start = f'{before} "'
    line = start
    for piece in escaped(text):
        if len(line) + len(piece) + 1 > WIDTH and line != start:
            yield f"{line}\\"
            # Blanks at the beginning of a line that goes on would be taken for its indentation.
            line = " " * indent + (f"\\{piece}" if piece == " " else piece)
        else:
            line += piece
    yield f'{line}"'


def _comment(sentences: Iterable[str], indent: int) -> Iterator[str]:
    for sentence in sentences:
        shown = re.sub(r"\\(?=[\\\"])", "", "".join(escaped(sentence)))
        for line in textwrap.wrap(shown, WIDTH - indent - 2, break_on_hyphens=False):
            yield f"{' ' * indent}# {line}"
