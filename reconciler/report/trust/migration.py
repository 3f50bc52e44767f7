"""A proposed edit of a manifest, as a unified diff that `patch` and `git apply` take, and what is to be known of it."""

import difflib
import re
from collections.abc import Iterator

from reconciler.report.visible import SafeText, joined, safe_patch_line, visible

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
"""What git takes for a line; Python takes more for the end of one."""

NOTHING = "Nothing to propose: no listed credential trusts one of these repositories by its name alone."


class NotPrintedError(Exception):
    """A difference that cannot be printed as it is; its text ends a sentence."""


def file_diff(name: str, before: str, after: str) -> SafeText:
    """The differences of a file, under its name as seen from the working directory.

    A patch in which one letter is escaped is none: so it is whole, or an error.

    Raises:
        NotPrintedError: what would be printed holds what nobody may print.
    """
    if visible(name) != name:
        raise NotPrintedError("its name has a character that is not drawn")
    safe = [(line, safe_patch_line(line)) for line in _diff(name, before, after)]
    refused = next((line for line, text in safe if text is None), None)
    if refused is not None:
        raise NotPrintedError(
            "a line beside an edit has what no report prints as it is, a character that is not drawn or a word that CI"
            f" systems obey: `{refused[1:].strip()}`"
        )
    return joined(*(text for _, text in safe if text is not None))


def _diff(name: str, before: str, after: str) -> Iterator[str]:
    old, new = (_LINE.findall(text) for text in (before, after))
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
