"""What kind of file a path leads to, by its content: a name can be anything, and `-o` takes any.

A manifest may be JSON too, so what tells a file of ours is the key that all of our documents have and no manifest has.
"""

import json
import re
from enum import Enum

_BEGINS = re.compile(rb'\s*\{\s*"format_version"\s*:')
_BEGINS_A_JOURNAL = re.compile(rb'\s*\{\s*"kind"\s*:\s*"run"\s*[,}]')


class FileKind(Enum):
    """What a file is taken for."""

    SAVED_PLAN = "a saved plan"
    JOURNAL = "a run's journal"
    OTHER = "something else"


def kind_of(content: bytes) -> FileKind:
    """What bytes are taken for; a damaged file counts as what it was, so that it can be refused by that name."""
    if _BEGINS_A_JOURNAL.match(content):
        return FileKind.JOURNAL
    return FileKind.SAVED_PLAN if _BEGINS.match(content) or _has_our_key(content) else FileKind.OTHER


def _has_our_key(content: bytes) -> bool:
    """Whether it is a whole JSON object with the key, whose keys somebody may have put in another order."""
    if content.lstrip()[:1] != b"{" or b'"format_version"' not in content:
        return False
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "format_version" in value
