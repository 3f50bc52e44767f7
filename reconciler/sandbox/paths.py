"""Paths and ids, segment by segment, as ARM compares them."""

from urllib.parse import unquote

from reconciler.sandbox.shelf import Key, key_of


def split_path(path: str) -> tuple[str, ...]:
    """The segments of a path, decoded; `%2F` separates like `/`, and empty segments vanish."""
    return tuple(segment for segment in unquote(path).split("/") if segment)


def path_key(resource_id: str) -> Key:
    """An id as lookups compare it: one entry for each segment. An id is decoded already, so `%` stands for itself."""
    return key_of(*(segment for segment in resource_id.split("/") if segment))


def ancestors(scope: Key) -> tuple[Key, ...]:
    """The scopes above a scope, outermost first: the root, subscription, group, resources; never the scope itself.

    Segments come in pairs of a word and a name, but for `providers/NAMESPACE`, which is no scope.
    """
    return tuple(
        scope[:length] for length in range(0, len(scope), 2) if length == 0 or scope[length - 2] != "providers"
    )
