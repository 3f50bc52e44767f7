"""Plan files on disk, read once.

What is read is what was hashed and what is parsed, so that nobody can change a file between the three.
"""

from collections.abc import Sequence

from reconciler.errors import InputFileError, UsageError
from reconciler.files.digest import check_digest
from reconciler.files.kinds import FileKind, kind_of
from reconciler.files.read import read_argument
from reconciler.manifest.yaml.files import STDIN_ARGUMENT
from reconciler.saved_plan.content import MAX_BYTES, SavedPlan, parse_plan

_SNIFFED = 64
_MARK = b"\xef\xbb\xbf"


def find_plan_file(paths: Sequence[str]) -> str | None:
    """The one path that leads to a saved plan; None where all of them are for the manifest's loader.

    Raises:
        UsageError: a saved plan among several paths.
    """
    plans = [path for path in paths if path != STDIN_ARGUMENT and kind_of_file(path) is FileKind.SAVED_PLAN]
    if plans and len(paths) > 1:
        raise UsageError(
            f"{plans[0]} is a saved plan, and it is not the only path",
            "Name one saved plan, or manifests: a plan holds all that is to be applied.",
        )
    return plans[0] if plans else None


def read_plan_file(name: str, digest: str | None = None) -> SavedPlan:
    """Read a plan file, which must have this SHA-256 where one is given.

    Raises:
        InputFileError: it cannot be read, is another one than `digest` says, or cannot be used.
    """
    content = read_input(name)
    check_digest(name, content, digest)
    return parse_plan(name, content)


def read_input(name: str) -> bytes:
    """All of a regular file, or one byte more than any plan has; raises InputFileError where it cannot be read."""
    return read_argument(name, MAX_BYTES)


def kind_of_file(name: str) -> FileKind:
    """Kind of file by content; an unreadable file is OTHER, and its reader reports the error."""
    try:
        # Manifests in JSON are rare, and all others need no second look.
        begin = read_argument(name, _SNIFFED).removeprefix(_MARK).lstrip()
        return kind_of(read_argument(name, MAX_BYTES)) if begin.startswith(b"{") else FileKind.OTHER
    except InputFileError:
        return FileKind.OTHER
