"""What extension types (locks, role assignments) have in common: which of them stand at a scope, or reach it."""

from collections.abc import Iterator
from heapq import merge

from reconciler.sandbox.state import MANAGEMENT_GROUPS, Key, Shelf, V, ancestors, path_key


def standing_at(shelf: Shelf[V], scope: Key, type_name: str, after: Key | None = None) -> Iterator[V]:
    """What of an extension type stands at exactly this scope, in order, from the key that follows `after`."""
    return _below(shelf, (*scope, "providers", *path_key(type_name)), after)


def applying_at(shelf: Shelf[V], scope: Key, type_name: str, after: Key | None = None) -> Iterator[V]:
    """What of an extension type stands at a scope or above it."""
    own = standing_at(shelf, scope, type_name, after)
    return merge(*_above(shelf, scope, type_name, after), own, key=lambda item: item.key)


def reaching(shelf: Shelf[V], scope: Key, type_name: str, after: Key | None = None) -> Iterator[V]:
    """What of an extension type stands at a scope, above it or below it.

    Source: recorded traffic (azure-libraries-for-net: the locks of a resource's list are its own, those of its children
    and those of its group; an unfiltered list of role assignments at a resource has the inherited ones).
    """
    own = _below(shelf, scope, after)
    return merge(*_above(shelf, scope, type_name, after), own, key=lambda item: item.key)


def _above(shelf: Shelf[V], scope: Key, type_name: str, after: Key | None) -> Iterator[Iterator[V]]:
    for at in ancestors(scope):
        yield standing_at(shelf, at, type_name, after)
    if scope[:1] == ("subscriptions",):
        yield _below(shelf, path_key(MANAGEMENT_GROUPS), after)


def _below(shelf: Shelf[V], prefix: Key, after: Key | None) -> Iterator[V]:
    # A key before the whole range is not one of it, and must not widen it.
    return shelf.below(prefix, after if after is not None and after > prefix else None)
