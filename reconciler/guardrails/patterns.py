"""How guardrails compare: names without case, subjects and scopes segment by segment.

What is compared comes from those whom the guardrails are to limit, so nothing is made equal that Azure could hold
apart: only ASCII letters lose their case. (Python would take the Kelvin sign for a `k`.)
"""

import fnmatch
import functools
import re
import string
from collections.abc import Iterable

from reconciler.model import normalize_location

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_SEPARATORS = re.compile(r"([:/])")
_BELOW = "/**"
_SUBSCRIPTIONS = "/subscriptions/"
_NO_NAMES = ("", ".", "..")


def folded(text: str) -> str:
    """A name without case."""
    return text.translate(_LOWER)


def is_listed(name: str, names: Iterable[str]) -> bool:
    """Whether a name is one of these, without case."""
    return folded(name) in {folded(one) for one in names}


def is_location_listed(location: str, locations: Iterable[str]) -> bool:
    """Whether a region is one of these, by name or display name."""
    return normalize_location(location) in {normalize_location(one) for one in locations}


def matches_name(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns (`*`, `?`, `[a-z]`, `[!a-z]`) matches the whole of a name."""
    return any(_expression(folded(one)).match(folded(name)) is not None for one in patterns)


def matches_subject(subject: str, patterns: Iterable[str]) -> bool:
    """Whether a subject is one of these, exactly but for `*`, which stands for any characters but `:` and `/`."""
    segments = _SEPARATORS.split(subject)
    is_plain = subject.isascii() and subject.isprintable()
    return is_plain and any(_are_alike(segments, _SEPARATORS.split(one)) for one in patterns)


def matches_scope(scope: str, patterns: Iterable[str]) -> bool:
    """Whether a role may be given on a scope: `*` stays within a segment, `/**` is the scope itself and all below."""
    segments = folded(scope).rstrip("/").split("/")
    return is_plain_scope(scope) and any(_is_scope(segments, folded(one)) for one in patterns)


def is_plain_scope(scope: str) -> bool:
    """Whether a scope is a subscription, or in one, and written so that it can only mean one place."""
    names = scope.rstrip("/").removeprefix("/").split("/")
    is_in_one = folded(scope).startswith(_SUBSCRIPTIONS) and len(names) > 1
    return is_in_one and not any(name in _NO_NAMES or "%" in name for name in names)


def _is_scope(segments: list[str], pattern: str) -> bool:
    if not pattern.endswith(_BELOW):
        return _are_alike(segments, pattern.rstrip("/").split("/"))
    upper = pattern.removesuffix(_BELOW).split("/")
    return _are_alike(segments[: len(upper)], upper)


def _are_alike(segments: list[str], patterns: list[str]) -> bool:
    return len(segments) == len(patterns) and all(
        _expression(_only_stars(pattern)).match(segment) is not None
        for segment, pattern in zip(segments, patterns, strict=True)
    )


def _only_stars(pattern: str) -> str:
    """A pattern in which nothing but `*` means more than itself."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


@functools.lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    # `translate` never goes back behind a `*` that was matched, so that `*a*a*a*` takes no longer than its length.
    return re.compile(fnmatch.translate(pattern))
