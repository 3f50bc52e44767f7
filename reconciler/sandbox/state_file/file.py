"""The state file: read whole, replaced at once, and written by one process at a time.

A reader takes no lock, since a file is only ever replaced by a complete one. A writer holds the lock from before it
reads until after it saved, so that two rehearsals on one file cannot undo each other's work unseen.
"""

import errno
import os
import stat
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reconciler.sandbox.state import Contents, State, StateError, StateNotSavedError
from reconciler.sandbox.state_file.document import format_state, parse_state

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_OWNER_ONLY = 0o600
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_A_LINK = "this is a link; name the file that it leads to"

_changing = threading.Lock()
_locks: set[Path] = set()
"""The files of locks that this process holds."""


def load_state(path: Path, random_seed: int = 0) -> Contents:
    """Read a state file.

    Raises:
        StateError: it is missing, unreadable or damaged, or is a link or no regular file.
    """
    try:
        return parse_state(_read(path).decode("utf-8"), random_seed)
    except FileNotFoundError as error:
        raise StateError(f"{path}: there is no such file") from error
    except UnicodeDecodeError as error:
        raise StateError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error
    except (OSError, ValueError) as error:
        raise StateError(f"{path}: cannot be read: {_reason(error)}") from error
    except StateError as error:
        raise StateError(f"{path}: {error}") from error


def is_there(path: Path) -> bool:
    """Whether a state file exists, or anything else of its name; raises StateError where that cannot be seen."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise StateError(f"{path}: cannot be read: {_reason(error)}") from error
    return True


def save_state(path: Path, contents: Contents) -> None:
    """Replace a state file at once, or leave it as it was; a new one is for its owner only.

    Raises:
        StateNotSavedError: it cannot be written.
    """
    # Not made of the file's own name, which may be as long as names can be.
    temporary = path.with_name(f".uami-{uuid.uuid4().hex}.tmp")
    try:
        _write(temporary, format_state(contents).encode("utf-8"), _mode_of(path))
        temporary.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise StateNotSavedError(f"{path}: cannot be written: {_reason(error)}", is_full=is_full) from error


def _read(path: Path) -> bytes:
    # A link could lead to whatever this process may read, and a pipe has no end to wait for.
    descriptor = os.open(path, os.O_RDONLY | _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StateError("not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def _mode_of(path: Path) -> int:
    """The mode that a file keeps when it is replaced; raises OSError for a link, which is neither that nor followed."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return _OWNER_ONLY
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, _A_LINK)
    return stat.S_IMODE(found.st_mode)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Make a new file that has its mode from the start, and have it on the disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        if sys.platform != "win32":
            # What the umask took away.
            os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _reason(error: OSError | ValueError) -> str:
    if not isinstance(error, OSError):
        return os.strerror(errno.EINVAL)
    return _A_LINK if error.errno == errno.ELOOP else error.strerror or str(error)


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
    lock_path = path.with_name(f"{path.name}.lock")
    try:
        descriptor = _open_locked(lock_path)
    except (OSError, ValueError) as error:
        raise StateError(f"{path}: cannot be locked: {_reason(error)}") from error
    if descriptor is None:
        raise StateError(f"{path}: another process is using it; wait until it ends, or work on a copy")
    with _changing:
        _locks.add(lock_path)
    try:
        yield
    finally:
        with _changing:
            _locks.discard(lock_path)
            _unlock(lock_path)
        os.close(descriptor)


def release_locks() -> None:
    """Take away what `locked` keeps beside a state, for a process that ends now, without unwinding."""
    _changing.acquire()
    for lock_path in _locks:
        _unlock(lock_path)


def _unlock(lock_path: Path) -> None:
    if sys.platform != "win32":  # Windows keeps the name of an open file
        lock_path.unlink(missing_ok=True)


def _open_locked(lock_path: Path) -> int | None:
    while True:
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | _NO_LINK, _OWNER_ONLY)
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
