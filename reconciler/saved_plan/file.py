"""Plan files on disk: replaced at once, for their owner's eyes only, and read once.

What is read is what was hashed and what is parsed, so that nobody can change a file between the three.
"""

import hashlib
import os
import stat
import uuid
from collections.abc import Sequence
from pathlib import Path

from reconciler.errors import InputFileError, UsageError
from reconciler.files.kinds import FileKind, kind_of
from reconciler.manifest.yaml.files import STDIN_ARGUMENT
from reconciler.saved_plan.content import MAX_BYTES, SavedPlan, parse_plan

_SNIFFED = 64


def digest_of(content: bytes) -> str:
    """SHA-256 of a file's content, as `sha256sum` prints it."""
    return hashlib.sha256(content).hexdigest()


def check_writable(path: Path) -> None:
    """Raises UsageError where no plan can be written, as far as that is known before there is one."""
    if path.is_dir():
        raise UsageError(f"-o {path}: this is a directory", "Name a file.")
    if not path.parent.is_dir():
        raise UsageError(f"-o {path}: there is no directory {path.parent}", "Make the directory first.")
    # A link is replaced, not followed: whoever can commit one could choose what is overwritten.
    if path.exists() and not path.is_symlink() and not path.is_file():
        raise UsageError(f"-o {path}: this is not a regular file", "Name a file.")


def write_plan_file(path: Path, content: bytes) -> None:
    """Replace a file by another with this content, which its owner alone may read; at once, or not at all.

    Raises:
        InputFileError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputFileError(
            f"{path}: the plan cannot be written: {error.strerror}.", "Nothing was saved; name another file."
        ) from error


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
    if digest is not None and digest_of(content) != digest.lower():
        raise InputFileError(
            f"{name}: its sha256 is {digest_of(content)}, not {digest} as --digest says; nothing was asked or changed.",
            "Fetch the file that was reviewed, or review this one.",
        )
    return parse_plan(name, content)


def read_input(name: str) -> bytes:
    """All of a regular file, or one byte more than any plan has; raises InputFileError where it cannot be read."""
    path = Path(name)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputFileError(f"{name}: this is not a regular file.", "Name a file.")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "there is no such name"
        raise InputFileError(
            f"{name}: the file cannot be read: {reason}.", "Check the path and who may read it."
        ) from error


def kind_of_file(name: str) -> FileKind:
    """Kind of file by content; an unreadable file is OTHER, and its reader reports the error."""
    path = Path(name)
    try:
        if not path.is_file():
            return FileKind.OTHER
        with path.open("rb") as file:
            begin = file.read(_SNIFFED)
            # Manifests in JSON are rare, and all others need no second look.
            if begin.lstrip()[:1] != b"{":
                return FileKind.OTHER
            return kind_of(begin + file.read(MAX_BYTES + 1))
    except (OSError, ValueError):
        return FileKind.OTHER
