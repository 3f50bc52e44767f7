"""Paths and ids, segment by segment, as ARM compares them."""

from functools import lru_cache
from urllib.parse import unquote

from reconciler.sandbox.state.shelf import Key

MANAGEMENT_GROUPS = "/providers/Microsoft.Management/managementGroups"
"""Where the ids of management groups begin. Which subscriptions are in one is no part of a state: all are in all."""


def split_path(path: str) -> tuple[str, ...]:
    """The segments of a path, decoded; `%2F` separates like `/`, and empty segments vanish."""
    return tuple(segment for segment in unquote(path).split("/") if segment)


def path_key(resource_id: str) -> Key:
    """An id as lookups compare it: one entry for each segment. An id is decoded already, so `%` stands for itself."""
    return tuple(filter(None, resource_id.casefold().split("/")))


def ancestors(scope: Key) -> tuple[Key, ...]:
    """The scopes above a scope, outermost first: the root, subscription, group, resources; never the scope itself.

    Segments come in pairs of a word and a name, but for `providers/NAMESPACE`, which is no scope.
    """
    return tuple(
        scope[:length] for length in range(0, len(scope), 2) if length == 0 or scope[length - 2] != "providers"
    )


def is_management_group(scope: str) -> bool:
    """Whether a scope is a management group."""
    return path_key(scope)[:-1] == path_key(MANAGEMENT_GROUPS)


@lru_cache(maxsize=4096)  # a caller with many roles is asked about the same scopes in every call
def starts_of(scope: str) -> tuple[str, ...]:
    """What the ids at and below a scope begin with, in lower case and with a slash at their end."""
    own = f"{scope.casefold().rstrip('/')}/"
    return (own, "/subscriptions/") if is_management_group(scope) else (own,)


def is_within(scope: str, starts: tuple[str, ...]) -> bool:
    """Whether a scope or id is one of those that begin so."""
    return f"{scope.casefold().rstrip('/')}/".startswith(starts)


def covers(upper: str, lower: str) -> bool:
    """Whether what holds at one scope holds at another: it is the same, or stands below it."""
    return is_within(lower, starts_of(upper))
