"""Adds to a file that a CI system names for what a step of a job has to say to it."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.files.read import reason_of
from reconciler.files.replace import OutputError


@contextmanager
def appended_file(path: Path, variable: str, subject: str) -> Iterator[Callable[[bytes], None]]:
    """Yields `write(content)`, which adds to the end of the file; what is there already stays.

    Args:
        variable: the environment variable that names the file, for messages.
        subject: what is written, for messages.

    Raises:
        UsageError: it is no regular file, or cannot be opened; nothing is created.
        OutputError: it cannot be written; from `write`.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0))
    except (OSError, ValueError) as error:
        raise _refused(path, variable, f"{subject} cannot be written there: {reason_of(error)}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _refused(path, variable, "this is not a regular file")

        def write(content: bytes) -> None:
            try:
                rest = memoryview(content)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            except OSError as error:
                raise OutputError(f"{path}: {subject} cannot be written: {reason_of(error)}.") from error

        yield write
    finally:
        os.close(descriptor)


def size_of(path: Path) -> int:
    """Bytes that are there already; none where there is no such file."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _refused(path: Path, variable: str, why: str) -> UsageError:
    hint = f"A job of the CI system sets {variable}; outside of one, unset it, or name a file that is there."
    return UsageError(f"{variable} {path}: {why}", hint)
