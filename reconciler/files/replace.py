"""Writes the files that the command line names: whole or not at all, and never over what somebody else may need.

A file of ours is made beside its place before there is anything to write, so that a folder that cannot be written to is
found before the long part of a run, and takes its name only when all of it is on the disk. What is there already is
replaced only where it is an earlier file of the same kind, and no input of the run.
"""

import errno
import os
import stat
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from reconciler.errors import ReconcilerError, UsageError
from reconciler.files.kinds import FileKind, is_kind, kind_of
from reconciler.files.read import NotReadError, read_resolved, reason_of

_SNIFFED = 100 * 1024 * 1024
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MANIFEST_SUFFIXES = (".yaml", ".yml")
_NAME_ANOTHER = "Name another file."
_NAME_DIRECTORY = "Name a directory."

_changing = threading.Lock()
_temporaries: set[Path] = set()
"""Files of this process that nobody but it has a use for."""


class OutputError(ReconcilerError):
    """A file that the caller asked for cannot be written."""

    code = "output-unwritable"


def check_output(
    path: Path, *, flag: str, replaces: FileKind | None = None, inputs: Sequence[str] = (), subject: str = "a file"
) -> None:
    """Refuse a place where an output must not or cannot go, as far as looking at it tells.

    Args:
        flag: how the caller named the place, for messages, such as `-o`.
        replaces: the kind of file that may be there and is replaced; None where nothing may be there.
        inputs: paths that the run reads; files below a directory among them count too.
        subject: what is written, for messages.

    Raises:
        UsageError: it says what is there, and how to choose.
    """
    named = f"{flag} {path}"
    found = check_folder(path, flag=flag, subject=subject)
    if found is not None:
        _check_regular(named, found)
    for name in inputs:
        if _leads_to(Path(name), path, found):
            raise UsageError(f"{named}: this is where the run reads {name}, and is not written over", _NAME_ANOTHER)
    if found is not None:
        _check_kind(path, named, found, replaces)


def check_folder(path: Path, *, flag: str, subject: str) -> os.stat_result | None:
    """What is at a place now, None where nothing is.

    Raises:
        UsageError: its directory does not exist, or the place cannot be looked at. None is made: it would be the wrong
            one as often as the path is mistyped.
    """
    try:
        found = _looked_at(path)
        folder = _looked_at(path.parent, follow=True)
    except (OSError, ValueError) as error:
        reason = f"{subject} cannot be written there: {reason_of(error)}"
        raise UsageError(f"{flag} {path}: {reason}", _NAME_ANOTHER) from error
    if folder is None or not stat.S_ISDIR(folder.st_mode):
        raise UsageError(f"{flag} {path}: there is no directory {path.parent}", "Make the directory first.")
    return found


def check_directory(path: Path, *, flag: str) -> None:
    """Raises UsageError where something is to be written below a directory and there is none at that place."""
    try:
        found = _looked_at(path, follow=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"{flag} {path}: it cannot be looked at: {reason_of(error)}", _NAME_DIRECTORY) from error
    if found is None:
        raise UsageError(f"{flag} {path}: there is no directory {path}", "Make the directory first.")
    if not stat.S_ISDIR(found.st_mode):
        raise UsageError(f"{flag} {path}: it is no directory, and what is written are several files", _NAME_DIRECTORY)


@contextmanager
def output_file(
    path: Path,
    *,
    flag: str,
    replaces: FileKind | None = None,
    inputs: Sequence[str] = (),
    subject: str = "a file",
    for_everybody: bool = False,
) -> Iterator[Callable[[bytes], None]]:
    """Yields `write(content)`; where it is not called, or the block raises before, nothing has changed.

    The file is for its owner only, unless it is `for_everybody` to read. Arguments are those of `check_output`.

    Raises:
        UsageError: the place is refused; before the block, and again where something has come to be there meanwhile.
        OutputError: the file cannot be written; before the block, too.
    """

    def check() -> None:
        check_output(path, flag=flag, replaces=replaces, inputs=inputs, subject=subject)

    check()
    # Not made of the file's own name, which may be as long as names can be.
    temporary = path.with_name(f".uami-{uuid.uuid4().hex}.tmp")

    def write(content: bytes) -> None:
        try:
            if for_everybody:
                temporary.chmod(0o644)
            _fill(file, content)
            check()
            if replaces is None:
                # Taking the name first: a file that has come to be meanwhile is not replaced.
                _create(path).close()
            temporary.replace(path)
            sync_folder(path.parent)
        except FileExistsError:
            raise _exists(f"{flag} {path}", "something that has come to be meanwhile") from None
        except OSError as error:
            raise _not_written(path, subject, error) from error

    try:
        file = _create_temporary(temporary)
    except OSError as error:
        raise _not_written(path, subject, error) from error
    try:
        yield write
    finally:
        _remove_temporary(temporary, file)


def write_together(contents: Mapping[Path, bytes], *, flag: str, subject: str) -> None:
    """Write new files, all of them or none; the directories right above them are made where they are missing.

    Raises:
        UsageError: one of the files exists already, or its place is refused.
        OutputError: one cannot be written.
    """
    done: list[Path] = []
    made: list[Path] = []
    try:
        for folder in dict.fromkeys(path.parent for path in contents):
            if check_folder(folder, flag=flag, subject=subject) is None:
                _make_folder(folder, subject)
                made.append(folder)
        for path in contents:
            check_output(path, flag=flag, subject=subject)
        for path, content in contents.items():
            with output_file(path, flag=flag, subject=subject) as write:
                write(content)
            done.append(path)
    except BaseException:
        for path in done:
            path.unlink(missing_ok=True)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def _make_folder(folder: Path, subject: str) -> None:
    try:
        folder.mkdir()
    except OSError as error:
        raise _not_written(folder, subject, error) from error


def check_room(folder: Path) -> None:
    """Make a small file in a folder and take it away again; raises OSError where that cannot be done."""
    temporary = folder / f".uami-{uuid.uuid4().hex}.tmp"
    file = _create_temporary(temporary)
    try:
        _fill(file, b"\0" * 4096)
    finally:
        _remove_temporary(temporary, file)


def remove_temporaries() -> None:
    """Take away what is half-made, for a process that ends now, without unwinding; nothing can be made any more."""
    _changing.acquire()
    for temporary in _temporaries:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def hint_for(error: OSError, elsewhere: str) -> str:
    """What to do where a file could not be written; `elsewhere` says how to choose another place."""
    if error.errno in _NO_ROOM:
        return "Make room on that disk, and run the same command again."
    return f"{elsewhere}, and run the same command again."


def sync_folder(folder: Path) -> None:
    """Make a file's name as durable as its content; Windows has no such call, and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _create_temporary(path: Path) -> FileIO:
    with _changing:
        file = _create(path)
        _temporaries.add(path)
        return file


def _remove_temporary(path: Path, file: FileIO) -> None:
    with _changing:
        file.close()
        _temporaries.discard(path)
        path.unlink(missing_ok=True)


def _create(path: Path) -> FileIO:
    """A new file, open for writing; what is there already, a link too, is an error."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return FileIO(os.open(path, flags, 0o600), "wb")


def _fill(file: FileIO, content: bytes) -> None:
    """Write all of it, have it on the disk, and close the file, which some systems ask for before it is renamed."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())
    file.close()


def _looked_at(path: Path, *, follow: bool = False) -> os.stat_result | None:
    """What is there; None where there is nothing."""
    try:
        return path.stat(follow_symlinks=follow)
    except FileNotFoundError:
        return None


def _check_regular(named: str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise UsageError(f"{named}: this is a directory", "Name a file.")
    if stat.S_ISLNK(found.st_mode):
        raise UsageError(f"{named}: this is a link, and none is replaced or followed", "Name another file.")
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(f"{named}: this is not a regular file", "Name a file.")


def _check_kind(path: Path, named: str, found: os.stat_result, replaces: FileKind | None) -> None:
    if replaces is None:
        raise _exists(named, "a file")
    # A script makes an empty file to have its name (`mktemp`); there is nothing to lose in it.
    if found.st_size == 0:
        return
    try:
        content = read_resolved(path, _SNIFFED)
    except NotReadError as error:
        raise UsageError(f"{named}: what is there {error.message}", _NAME_ANOTHER) from error
    if not is_kind(content, replaces):
        raise _exists(named, kind_of(content).value, replaces)


def _exists(named: str, there: str, replaces: FileKind | None = None) -> UsageError:
    only = "is not written over" if replaces is None else f"only {replaces.value} is replaced"
    return UsageError(f"{named}: {there} is there already, and {only}", "Name another file, or remove this one.")


def _leads_to(given: Path, path: Path, found: os.stat_result | None) -> bool:
    """Whether an input is this very file, however either is spelled, or a directory that the file would be read in."""
    try:
        input_found = _looked_at(given, follow=True)
        place, input_place = Path(os.path.realpath(path)), Path(os.path.realpath(given))
    except (OSError, ValueError):
        # Whoever reads it says why it cannot be read.
        return False
    if input_found is not None and found is not None and os.path.samestat(input_found, found):
        return True
    if input_found is not None and stat.S_ISDIR(input_found.st_mode):
        return place.suffix.lower() in _MANIFEST_SUFFIXES and place.is_relative_to(input_place)
    return place == input_place


def _not_written(path: Path, subject: str, error: OSError) -> OutputError:
    hint = hint_for(error, "Name a file elsewhere")
    return OutputError(f"{path}: {subject} cannot be written: {reason_of(error)}; nothing was saved.", hint)
