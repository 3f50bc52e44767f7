"""A problem at a line, and the mark by which a tool knows it again when the line has moved."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from reconciler.errors import SourcePos


class Severity(IntEnum):
    """How bad a problem is, the worst first.

    INVALID: the file is not valid. REFUSED: a guard, guardrails or `--strict` stop it. WARNING: usually a mistake.
    """

    INVALID = 0
    REFUSED = 1
    WARNING = 2


@dataclass(frozen=True, slots=True)
class Issue:
    """A problem at a line of a manifest.

    Attributes:
        address: of what it is about, "" where that has none: of a problem of a file, of the whole run.
        hint: what to do about it.
    """

    code: str
    severity: Severity
    pos: SourcePos
    address: str
    message: str
    hint: str

    @property
    def text(self) -> str:
        """What is wrong and what to do about it, in sentences of one line."""
        return sentences(self.message, self.hint)

    @property
    def key(self) -> tuple[Severity, SourcePos, str, str, str]:
        """By what issues are put in order: the worst first, then by place."""
        return self.severity, self.pos, self.code, self.address, self.message


def sentences(message: str, hint: str) -> str:
    """What is wrong and what to do about it, one behind the other; whatever is empty is left out."""
    ends = message.endswith((".", "!", "?"))
    return " ".join(filter(None, (message if ends else f"{message}.", hint)))


@dataclass(frozen=True, slots=True)
class Numbered:
    """An issue, where it is seen from the root of the checkout, and its mark.

    Attributes:
        mark: SHA-256 of what stays the same while the issue does: its code, its file, and what it is about. No line is
            part of it, since lines move, and no count.
        number: 1 for the first issue of a mark, 2 for the next one.
    """

    issue: Issue
    path: str
    mark: str
    number: int


def number_issues(issues: Iterable[Issue], relative: Callable[[str], str]) -> tuple[Numbered, ...]:
    """The issues in order, the worst first; `relative` gives a file's path from the root of the checkout."""
    seen: Counter[str] = Counter()
    numbered = []
    for issue in sorted(issues, key=lambda one: one.key):
        path = relative(issue.pos.file)
        # A problem that is about no resource is known by its words.
        what = "\0".join((issue.code, path, issue.address or issue.message))
        mark = hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()
        seen[mark] += 1
        numbered.append(Numbered(issue, path, mark, seen[mark]))
    return tuple(numbered)
