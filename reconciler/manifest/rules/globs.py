"""Glob patterns of `ignore`, compared without case, as ARM compares names.

One reading of a pattern serves the check of a manifest and the comparison with what is live, so that what the one
lets pass the other cannot ignore. All patterns of a list become one expression: a name is compared once, not once a
pattern, and no expression is compiled again for the next name.
"""

import fnmatch
import functools
import re
from collections.abc import Sequence

from reconciler.errors import Diagnostic
from reconciler.manifest.reading import Located

MAX_PATTERNS = 500
"""Most patterns of one kind for a resource group, those of its document included."""


def matches_any(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns (`*`, `?`, `[a-z]`, `[!a-z]`) matches the whole of a name."""
    # An expression of no alternatives would match the empty name.
    return bool(patterns) and _compiled(patterns).match(name.casefold()) is not None


def find_match(name: str, patterns: Sequence[Located]) -> Located | None:
    """The first pattern that matches a name."""
    if not patterns or not matches_any(name, tuple(pattern.text for pattern in patterns)):
        return None
    return next((pattern for pattern in patterns if matches_any(name, (pattern.text,))), None)


def check_count(kind: str, patterns: Sequence[Located]) -> list[Diagnostic]:
    """A diagnostic where a group has more patterns than are taken; `kind` is the key below `ignore`."""
    if len(patterns) <= MAX_PATTERNS:
        return []
    message = f"{len(patterns)} patterns stand here and above, and `ignore.{kind}` takes {MAX_PATTERNS}"
    return [Diagnostic("too-many-patterns", patterns[-1].pos, message, "Say the same with fewer patterns and `*`.")]


@functools.lru_cache(maxsize=1024)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    # `translate` never goes back behind a `*` that was matched, so that `*a*a*a*` takes no longer than its length.
    return re.compile("|".join(fnmatch.translate(pattern.casefold()) for pattern in patterns))
