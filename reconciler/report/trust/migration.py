"""A proposed edit of a manifest, as a unified diff that `patch` and `git apply` take, and what is to be known of it."""

import difflib
import re
from collections.abc import Iterable, Iterator

from reconciler.report.visible import SafeText, safe_lines

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
"""What git takes for a line; Python takes more for the end of one."""

NOTHING = "Nothing to propose: no listed credential trusts one of these repositories by its name alone."


def migration_diff(edits: Iterable[tuple[str, str, str]]) -> SafeText:
    """The differences of each file, given as name, text before and text after."""
    return safe_lines(line for edit in edits for line in _diff(*edit))


def _diff(name: str, before: str, after: str) -> Iterator[str]:
    old, new = (_LINE.findall(text.replace("\r\n", "\n")) for text in (before, after))
    for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def next_step(added: int, removed: int) -> Iterator[str]:
    """What to do with the round, a sentence each."""
    if added:
        yield (
            f"{_lines(added)} to add: both subjects are trusted then. Apply it, opt the repositories in to immutable"
            " subject claims, and run this again."
        )
    if removed:
        yield (
            f"{_lines(removed)} to remove: apply this only once GitHub sends the subject with ids;"
            " `uami explain-login --claims` in a job prints what it sends."
        )


def _lines(count: int) -> str:
    return f"{count} {'credential' if count == 1 else 'credentials'}"
