"""The places of a document's keys and values, kept by what holds them, so that a value needs no path of its own.

A manifest of a hundred thousand identities has a million places. As a path and a mark each they would take more memory
and time than all else of it; here each is one number beside its key, and a path is made when one is asked for.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from reconciler.manifest.yaml.document import BOTH, LOW, SHIFT, Mark, Path, PlacedList, PlacedMapping, Plain


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


def _placed(value: Plain, path: Path = ()) -> Iterator[tuple[Path, PlacedMapping | PlacedList]]:
    """Everything that has places, with its path, the outer before the inner."""
    if isinstance(value, PlacedMapping | PlacedList):
        yield path, value
        for key, inner in value.items() if isinstance(value, PlacedMapping) else enumerate(value):
            yield from _placed(inner, (*path, key))


def _holder(root: Plain, path: Path) -> Plain:
    """What holds the value at a path; None where nothing is there."""
    for part in path[:-1]:
        if isinstance(root, dict) and isinstance(part, str):
            root = root.get(part)
        elif isinstance(root, list) and isinstance(part, int) and 0 <= part < len(root):
            root = root[part]
        else:
            return None
    return root


class KeyMarks(Mapping[Path, Mark]):
    """Where the key of each path stands; entries of lists and the root have none."""

    __slots__ = ("_root",)

    def __init__(self, root: Plain) -> None:
        """Take a document as it is written."""
        self._root = root

    def __getitem__(self, path: Path) -> Mark:
        holder, key = _holder(self._root, path), path[-1] if path else None
        if not isinstance(holder, PlacedMapping) or not isinstance(key, str):
            raise KeyError(path)
        return mark_of(key_place(holder.places[key]))

    def __iter__(self) -> Iterator[Path]:
        for path, holder in _placed(self._root):
            if isinstance(holder, PlacedMapping):
                yield from ((*path, key) for key in holder.places)

    def __len__(self) -> int:
        return sum(len(one.places) for _, one in _placed(self._root) if isinstance(one, PlacedMapping))


class ValueMarks(Mapping[Path, Mark]):
    """Where the value of each path begins."""

    __slots__ = ("_place", "_root")

    def __init__(self, root: Plain, place: int) -> None:
        """Take a document as it is written, and the packed place where it begins."""
        self._root = root
        self._place = place

    def __getitem__(self, path: Path) -> Mark:
        if not path:
            return mark_of(self._place)
        holder, key = _holder(self._root, path), path[-1]
        if isinstance(holder, PlacedMapping) and isinstance(key, str):
            return mark_of(holder.places[key])
        if isinstance(holder, PlacedList) and isinstance(key, int) and 0 <= key < len(holder):
            return mark_of(holder.places[key])
        raise KeyError(path)

    def __iter__(self) -> Iterator[Path]:
        yield ()
        for path, holder in _placed(self._root):
            keys = holder.places if isinstance(holder, PlacedMapping) else range(len(holder))
            yield from ((*path, key) for key in keys)

    def __len__(self) -> int:
        return 1 + sum(len(one.places) for _, one in _placed(self._root))


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
