"""Glob patterns of `ignore`, compared without case, as ARM compares names.

One reading of a pattern serves the check of a manifest and the comparison with what is live, so that what the one
lets pass the other cannot ignore.
"""

import fnmatch
import functools
import re


def matches_pattern(pattern: str, name: str) -> bool:
    """Whether a pattern (`*`, `?`, `[a-z]`, `[!a-z]`) matches the whole of a name."""
    return _compiled(pattern.casefold()).match(name.casefold()) is not None


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))
