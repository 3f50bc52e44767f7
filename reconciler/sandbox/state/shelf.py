"""Collections in the order of their keys: a list can resume after any key, so paging is stable while others write."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

Key = tuple[str, ...]
"""An id as `path_key` makes it, segment by segment and without case."""

T = TypeVar("T")


def key_of(*names: str) -> Key:
    """Segments as ARM compares them: without case."""
    return tuple(name.casefold() for name in names)


class Shelf(Generic[T]):
    """Items by key, in the order of their keys, with ranges below a prefix of a key.

    `mark`, where there is one, is a second way to find items, by something that several can have in common.
    """

    def __init__(self, items: Iterable[T], key: Callable[[T], Key], mark: Callable[[T], str] | None = None) -> None:
        self._key = key
        self._mark = mark
        self._items = {key(item): item for item in items}
        self._order = sorted(self._items)
        self._marked: dict[str, dict[Key, T]] = {}
        for item_key, item in self._items.items():
            self._note(item_key, item)

    def __iter__(self) -> Iterator[T]:
        return (self._items[key] for key in self._order)

    def get(self, key: Key) -> T | None:
        """The item of this key, None where there is none."""
        return self._items.get(key)

    def marked(self, mark: str) -> Iterator[T]:
        """The items that have a mark, in the order in which they got it."""
        return iter(self._marked.get(mark, {}).values())

    def put(self, item: T) -> None:
        """Add an item, or replace the one of the same key."""
        key = self._key(item)
        if key in self._items:
            self._forget(key, self._items[key])
        else:
            insort(self._order, key)
        self._items[key] = item
        self._note(key, item)

    def remove(self, key: Key) -> None:
        """Take an item away; KeyError where there is none."""
        self._forget(key, self._items.pop(key))
        del self._order[bisect_left(self._order, key)]

    def _note(self, key: Key, item: T) -> None:
        if self._mark is not None:
            self._marked.setdefault(self._mark(item), {})[key] = item

    def _forget(self, key: Key, item: T) -> None:
        if self._mark is not None:
            del self._marked[self._mark(item)][key]

    def below(self, prefix: Key, after: Key | None = None) -> Iterator[T]:
        """The items whose keys begin with `prefix`, from the one that follows the key `after`.

        They are looked up one by one as they are asked for: a page of a long list must not cost the whole list. So
        nothing may be put or removed meanwhile.
        """
        first = bisect_left(self._order, prefix)
        if after is not None:
            first = max(first, bisect_right(self._order, after))
        # No name holds a NUL, so this is the smallest key past every key of the prefix.
        end = bisect_left(self._order, (*prefix[:-1], prefix[-1] + "\0")) if prefix else len(self._order)
        return (self._items[self._order[position]] for position in range(first, end))
