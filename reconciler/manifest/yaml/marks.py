"""The places of a document's keys and values, kept by what holds them, so that a value needs no path of its own.

A manifest of a hundred thousand identities has a million places. As a path and a mark each they would take more memory
and time than all else of it; here each is one number beside its key, and a path is made when one is asked for.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from reconciler.manifest.yaml.document import BOTH, LOW, SHIFT, Holder, Mark, Path


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


def _holders(holder: Holder | None, path: Path = ()) -> Iterator[tuple[Path, Holder]]:
    """Everything that holds values, with its path, the outer before the inner."""
    if holder is not None:
        yield path, holder
        for key, inner in (holder.below or {}).items():
            yield from _holders(inner, (*path, key))


class KeyMarks(Mapping[Path, Mark]):
    """Where the key of each path stands; entries of lists and the root have none."""

    __slots__ = ("_holder",)

    def __init__(self, holder: Holder | None) -> None:
        """Take the places in a document; None where it is a single value."""
        self._holder = holder

    def __getitem__(self, path: Path) -> Mark:
        holder = self._holder.find(path[:-1]) if path and self._holder else None
        key = path[-1] if path else None
        if holder is None or not isinstance(holder.places, dict) or not isinstance(key, str):
            raise KeyError(path)
        return mark_of(key_place(holder.places[key]))

    def __iter__(self) -> Iterator[Path]:
        for path, holder in _holders(self._holder):
            if isinstance(holder.places, dict):
                yield from ((*path, key) for key in holder.places)

    def __len__(self) -> int:
        return sum(len(one.places) for _, one in _holders(self._holder) if isinstance(one.places, dict))


class ValueMarks(Mapping[Path, Mark]):
    """Where the value of each path begins."""

    __slots__ = ("_holder", "_root")

    def __init__(self, holder: Holder | None, root: int) -> None:
        """Take the places in a document, None where it is a single value, and the packed place of the root."""
        self._holder = holder
        self._root = root

    def __getitem__(self, path: Path) -> Mark:
        if not path:
            return mark_of(self._root)
        holder, key = self._holder.find(path[:-1]) if self._holder else None, path[-1]
        places = None if holder is None else holder.places
        if isinstance(places, dict) and isinstance(key, str):
            return mark_of(places[key])
        if isinstance(places, list) and isinstance(key, int) and 0 <= key < len(places):
            return mark_of(places[key])
        raise KeyError(path)

    def __iter__(self) -> Iterator[Path]:
        yield ()
        for path, holder in _holders(self._holder):
            places = holder.places
            yield from ((*path, key) for key in (places if isinstance(places, dict) else range(len(places))))

    def __len__(self) -> int:
        return 1 + sum(len(one.places) for _, one in _holders(self._holder))


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
