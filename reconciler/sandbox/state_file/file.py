"""The state file: read whole, replaced at once, and written by one process at a time.

A reader takes no lock, since a file is only ever replaced by a complete one. A writer holds the lock from before it
reads until after it saved, so that two rehearsals on one file cannot undo each other's work unseen.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.sandbox.state import Contents, State, StateError
from reconciler.sandbox.state_file.document import format_state, parse_state

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def load_state(path: Path, random_seed: int = 0) -> Contents:
    """Read a state file.

    Raises:
        StateError: it is missing, unreadable or damaged.
    """
    try:
        return parse_state(path.read_text(encoding="utf-8"), random_seed)
    except FileNotFoundError as error:
        raise StateError(f"{path}: there is no such file") from error
    except OSError as error:
        raise StateError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StateError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error
    except StateError as error:
        raise StateError(f"{path}: {error}") from error


def save_state(path: Path, contents: Contents) -> None:
    """Replace a state file at once, or leave it as it was; raises StateError where it cannot be written."""
    target = path.resolve()  # a link stays a link
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(format_state(contents))
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
        _sync_directory(target.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StateError(f"{path}: cannot be written: {error.strerror}") from error


def _sync_directory(directory: Path) -> None:
    if sys.platform != "win32":  # Windows cannot open a directory
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the right to write a state file, which one process at a time can have.

    The lock is on a file beside it (`NAME.lock`), because the state file itself is another one after every save.

    Raises:
        StateError: another process holds it; at once, without waiting.
    """
    lock_path = path.resolve().with_name(f"{path.resolve().name}.lock")
    try:
        descriptor = _open_locked(lock_path)
    except OSError as error:
        raise StateError(f"{path}: cannot be locked: {error.strerror}") from error
    if descriptor is None:
        raise StateError(f"{path}: another process is using it; wait until it ends, or work on a copy")
    try:
        yield
    finally:
        if sys.platform != "win32":  # Windows keeps the name of an open file
            lock_path.unlink(missing_ok=True)
        os.close(descriptor)


def _open_locked(lock_path: Path) -> int | None:
    while True:
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(descriptor):
            os.close(descriptor)
            return None
        # The holder before us may have removed the file between our open and our lock; then the lock guards nothing.
        if _is_file(descriptor, lock_path):
            return descriptor
        os.close(descriptor)


def _is_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


class StateSaver:
    """Writes a state to its file whenever it differs from what was written or loaded last; for one thread at a time."""

    def __init__(self, path: Path, state: State) -> None:
        self._path = path
        self._state = state
        self._saved_revision = state.revision

    def save_if_changed(self) -> None:
        """Bring the file up to date; raises StateError where it cannot be written."""
        with self._state.lock:
            revision = self._state.revision
            if revision == self._saved_revision:
                return
            contents = self._state.contents()
        # Without the lock: writing a big state takes long, and calls are answered meanwhile.
        save_state(self._path, contents)
        self._saved_revision = revision
