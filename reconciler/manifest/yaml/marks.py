"""The places of a document's keys and values, kept by what holds them, so that a value needs no path of its own.

A manifest of a hundred thousand identities has a million places. As a path and a mark each they would take more memory
and time than all else of it; here each is one number beside its key, and a path is made when one is asked for.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from reconciler.manifest.yaml.document import Holder, Mark, Path

SHIFT = 32
"""Bits of a line or a column: more than a file has characters."""

LOW = (1 << SHIFT) - 1
"""The bits of one of them."""

BOTH = 2 * SHIFT
"""Bits of a place: in a mapping's holder that of the key stands above that of its value."""


def packed(line: int, column: int) -> int:
    """A place as a number; both from 1."""
    return line << SHIFT | column


def joined(key: int, value: int) -> int:
    """The packed places of a key and of its value as one number."""
    return key << BOTH | value


def key_place(places: int) -> int:
    """The packed place of the key, of joined ones."""
    return places >> BOTH


def mark_of(place: int) -> Mark:
    """Line and column of a packed place."""
    return place >> SHIFT & LOW, place & LOW


class KeyMarks(Mapping[Path, Mark]):
    """Where the key of each path stands; entries of lists and the root have none."""

    __slots__ = ("_holders",)

    def __init__(self, holders: Mapping[Path, Holder]) -> None:
        """Take the places in each mapping and list, by its path."""
        self._holders = holders

    def __getitem__(self, path: Path) -> Mark:
        holder = self._holders[path[:-1]] if path else None
        key = path[-1] if path else None
        if not isinstance(holder, dict) or not isinstance(key, str):
            raise KeyError(path)
        return mark_of(key_place(holder[key]))

    def __iter__(self) -> Iterator[Path]:
        for path, holder in self._holders.items():
            if isinstance(holder, dict):
                yield from ((*path, key) for key in holder)

    def __len__(self) -> int:
        return sum(len(holder) for holder in self._holders.values() if isinstance(holder, dict))


class ValueMarks(Mapping[Path, Mark]):
    """Where the value of each path begins."""

    __slots__ = ("_holders", "_root")

    def __init__(self, holders: Mapping[Path, Holder], root: int) -> None:
        """Take the places in each mapping and list, by its path, and the packed place of the root."""
        self._holders = holders
        self._root = root

    def __getitem__(self, path: Path) -> Mark:
        if not path:
            return mark_of(self._root)
        holder, key = self._holders[path[:-1]], path[-1]
        if isinstance(holder, dict) and isinstance(key, str):
            return mark_of(holder[key])
        if isinstance(holder, list) and isinstance(key, int) and 0 <= key < len(holder):
            return mark_of(holder[key])
        raise KeyError(path)

    def __iter__(self) -> Iterator[Path]:
        yield ()
        for path, holder in self._holders.items():
            yield from ((*path, key) for key in (holder if isinstance(holder, dict) else range(len(holder))))

    def __len__(self) -> int:
        return 1 + sum(map(len, self._holders.values()))


_Value = TypeVar("_Value")


class Overlaid(Mapping[Path, _Value]):
    """What is known of paths, with more laid over it: of a path in both, what lies above counts."""

    __slots__ = ("_above", "_below")

    def __init__(self, below: Mapping[Path, _Value], above: Mapping[Path, _Value]) -> None:
        """Take both as they are; nothing is copied."""
        self._below = below
        self._above = above

    def __getitem__(self, path: Path) -> _Value:
        return self._above[path] if path in self._above else self._below[path]

    def __iter__(self) -> Iterator[Path]:
        yield from self._above
        yield from (path for path in self._below if path not in self._above)

    def __len__(self) -> int:
        return sum(1 for _ in self)
