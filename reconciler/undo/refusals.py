"""What guards refuse of an undo, said to somebody who has a journal and flags, and no manifest to correct.

The guards are the same and so is what they count; only their advice speaks of manifests.
"""

import re
from dataclasses import replace

from reconciler.model import Violation

_FLAG = re.compile(r"--(?:allow|max-deletes|max-revokes) (?:'[^']*'|[^\s,;']*[^\s,;'.])")

_FIRST = {
    "delete-limit": "Check that this is the run to take back. ",
    "revoke-limit": "Check that this is the run to take back. ",
    "managed-credential": "That the journal has the run make it proves nothing: a journal is a file, and AKS may have"
    " written it since. ",
}

_WITHOUT_FLAG = {
    "scope-missing": "Create what it names first, or leave the role out with --skip-refused.",
    "role-unknown": "The role itself is gone or cannot be read; leave it out with --skip-refused.",
}

_WORDS = (
    ("this manifest's owner is", "the run's owner is"),
    ("this manifest has no owner", "the run had no owner"),
    ("no line of the manifest makes it", "this undo does not make it"),
)


def in_words_of_undo(violation: Violation) -> Violation:
    """The same refusal, without a word of a manifest."""
    flag = _FLAG.search(violation.hint)
    if flag is not None:
        hint = f"{_FIRST.get(violation.code, '')}If it is meant: {flag[0]}."
    else:
        hint = _WITHOUT_FLAG.get(violation.code, violation.hint)
    message = violation.message
    for old, new in _WORDS:
        message = message.replace(old, new)
    return replace(violation, message=message, hint=hint)
