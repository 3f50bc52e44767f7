"""Writes a file that does not exist yet: whole or not at all, and for its owner only.

A file beside it is made before there is anything to write, so that an unwritable folder is reported before
the long part of a run, not after it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import ReconcilerError, UsageError

_MODE = 0o600


@contextmanager
def new_file(path: Path) -> Iterator[Callable[[str], None]]:
    """Yields `write(text)`. If it is never called, or the block raises first, no file is created.

    Raises:
        UsageError: there is something of this name already, or no folder to have it.
        ReconcilerError: it cannot be written.
    """
    if os.path.lexists(path):
        raise _exists(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _create(temporary)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: its folder does not exist", "Make it first, or name another file.") from error
    except OSError as error:
        raise _not_written(path, error) from error

    def write(text: str) -> None:
        try:
            with temporary.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            # Taking the name first: a file that has come to be meanwhile must not be replaced.
            _create(path)
            temporary.replace(path)
        except FileExistsError:
            raise _exists(path) from None
        except OSError as error:
            raise _not_written(path, error) from error

    try:
        yield write
    finally:
        temporary.unlink(missing_ok=True)


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE))


def _exists(path: Path) -> UsageError:
    return UsageError(f"{path} exists already, and is not overwritten", "Name another file, or remove this one.")


def _not_written(path: Path, error: OSError) -> ReconcilerError:
    return ReconcilerError(f"{path}: cannot be written: {error.strerror}", "Name another file, or free its folder.")
