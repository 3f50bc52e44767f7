"""Reads a file that the command line names, and only what truly lies where it says.

A checkout is untrusted where a pipeline takes other people's branches: a link in it could lead to whatever the process
may read, and a message could quote it. So a link that leads outside its root is refused before it is opened, the
argument itself included, and nothing but a regular file is read.
"""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import InputFileError

_CHECK = "Check the path and who may read it."
_LOOK = "Check the path, and the folder in which the command runs."
_NAME_IT = "Remove the link, or name what it leads to as a path of its own."


NOT_A_FILE = "not-a-file"
"""The code of what is a folder, a device or a pipe."""


class NotReadError(Exception):
    """A file that is not read; `message` goes on behind its name."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


def root_of(argument: str) -> Path:
    """The folder that a path argument must not lead out of, resolved.

    It is the working directory where the argument is a path below it, else the folder that the argument names.

    Raises:
        NotReadError: there is no such folder, or it cannot be looked at.
    """
    written = Path(os.path.normpath(argument))
    is_below = not written.is_absolute() and ".." not in written.parts
    return resolve(Path() if is_below else Path(argument).parent)


@dataclass(frozen=True, slots=True)
class Places:
    """Where path arguments lead.

    Attributes:
        path_of: where an argument lies.
        root_of: the folder that it must not lead out of, resolved; raises NotReadError.
        shown: makes a message out of one that may name that folder.
        prefix: stands before the name of a file, where this says where it is from.
    """

    path_of: Callable[[str], Path]
    root_of: Callable[[str], Path]
    shown: Callable[[str], str] = str
    prefix: str = ""


ON_DISK = Places(Path, root_of)
"""Arguments as the command line means them."""


def resolve(path: Path) -> Path:
    """The path without links; raises NotReadError where there is nothing, or it cannot be looked at."""
    try:
        return path.resolve(strict=True)
    except RuntimeError as error:
        # Before Python 3.13 a loop of links is not an OSError.
        raise unreadable(OSError(errno.ELOOP, os.strerror(errno.ELOOP))) from error
    except (OSError, ValueError) as error:
        raise unreadable(error) from error


def resolve_inside(path: Path, root: Path) -> Path:
    """The path without links; raises NotReadError where it leads out of `root` too."""
    resolved = resolve(path)
    if not resolved.is_relative_to(root):
        raise NotReadError("link-outside", f"this link leads outside {_shown(root)}, and is not read", _NAME_IT)
    return resolved


def read_resolved(path: Path, limit: int) -> bytes:
    """At most `limit` bytes and one more of a path without links; raises NotReadError."""
    # Whoever puts a link there meanwhile is refused, and a pipe has no end to wait for.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _not_a_file()
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(limit + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        # A socket cannot be opened at all.
        raise _not_a_file() if error.errno == errno.ENXIO else unreadable(error) from error


def read_argument(name: str, limit: int) -> bytes:
    """At most `limit` bytes and one more of the regular file that an argument names.

    Raises:
        InputFileError: it cannot be read, or leads outside its root.
    """
    try:
        return read_resolved(resolve_inside(Path(name), root_of(name)), limit)
    except NotReadError as refusal:
        raise InputFileError(f"{name}: {refusal.message}.", refusal.hint) from refusal


def check_argument(name: str) -> None:
    """Raises InputFileError where `read_argument` would not read the file, for files that others read."""
    read_argument(name, 0)


def unreadable(error: OSError | ValueError) -> NotReadError:
    """The refusal of what the system cannot read; a ValueError is a path that no system can have."""
    if isinstance(error, FileNotFoundError):
        return NotReadError("file-unreadable", "no such file", _LOOK)
    return NotReadError("file-unreadable", f"cannot be read: {reason_of(error)}", _CHECK)


def reason_of(error: OSError | ValueError) -> str:
    """What the system says of an error, without numbers and paths."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return os.strerror(errno.EINVAL)


def _not_a_file() -> NotReadError:
    return NotReadError(NOT_A_FILE, "this is not a regular file", "Name a file.")


def _shown(root: Path) -> str:
    """The root as the reader of a message knows it."""
    return "the working directory" if root == Path.cwd() else str(root)
