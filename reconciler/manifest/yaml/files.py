"""From the paths on a command line to the bytes of each manifest file.

A repository is untrusted where a pipeline checks out other people's branches: only regular files are read, and
below a directory only what is really there. A link that leads outside is refused before it is opened.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.yaml.text import MAX_BYTES

STDIN_ARGUMENT = "-"
STDIN_NAME = "<stdin>"

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file that was read; `name` is how the user would name it."""

    name: str
    content: bytes


@dataclass(slots=True)
class _Reading:
    """What has been read so far; a file that two arguments reach is read once, under the first name."""

    stdin: Callable[[], bytes]
    files: list[ManifestFile] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    seen: set[Path | str] = field(default_factory=set)

    def refuse(self, code: str, name: str, message: str, hint: str) -> None:
        self.diagnostics.append(Diagnostic(code, SourcePos(name, 1, 1), message, hint))


def read_files(paths: Sequence[str], stdin: Callable[[], bytes]) -> tuple[list[ManifestFile], list[Diagnostic]]:
    """The manifest files that the paths name, in their order, and what could not be read.

    Args:
        paths: files, directories (every `*.yaml` and `*.yml` below, sorted) or `-`.
        stdin: all of the standard input; called at most once.
    """
    reading = _Reading(stdin)
    for argument in paths:
        try:
            _read_argument(argument, reading)
        except OSError as error:
            _refuse_unreadable(argument, error, reading)
    return reading.files, reading.diagnostics


def _read_argument(argument: str, reading: _Reading) -> None:
    if argument == STDIN_ARGUMENT:
        _read_stdin(reading)
        return
    path = _resolved(Path(argument))
    if not path.is_dir():
        _read_file(argument, path, reading)
        return
    found = False
    for name, entry in _manifests_below(argument, path, path, reading):
        found = True
        _read_entry(name, entry, path, reading)
    if not found:
        hint = "Name a directory with `*.yaml` or `*.yml` files in it."
        reading.refuse("no-manifest", argument, "there is no manifest in this directory", hint)


def _read_stdin(reading: _Reading) -> None:
    if STDIN_ARGUMENT not in reading.seen:
        reading.seen.add(STDIN_ARGUMENT)
        reading.files.append(ManifestFile(STDIN_NAME, reading.stdin()))


def _manifests_below(name: str, directory: Path, root: Path, reading: _Reading) -> Iterator[tuple[str, Path]]:
    """Names and paths of everything below a directory that claims to be a manifest, in order of the names."""
    try:
        entries = sorted(directory.iterdir())
    except OSError as error:
        _refuse_unreadable(name, error, reading)
        return
    for entry in entries:
        entry_name = f"{name.rstrip('/')}/{entry.name}"
        if entry.is_symlink() and entry.is_dir():
            # One that leads inside shows what is read in its own place.
            _is_inside(entry_name, entry, root, reading)
        elif entry.is_dir():
            yield from _manifests_below(entry_name, entry, root, reading)
        elif entry.suffix in _SUFFIXES:
            yield entry_name, entry


def _read_entry(name: str, entry: Path, root: Path, reading: _Reading) -> None:
    try:
        if _is_inside(name, entry, root, reading):
            _read_file(name, _resolved(entry), reading)
    except OSError as error:
        _refuse_unreadable(name, error, reading)


def _is_inside(name: str, entry: Path, root: Path, reading: _Reading) -> bool:
    if _resolved(entry).is_relative_to(root):
        return True
    message = "this link leads outside the directory that was given, and is not read"
    reading.refuse("link-outside", name, message, "Remove the link, or name what it leads to as a path of its own.")
    return False


def _resolved(path: Path) -> Path:
    """The path without links; whatever stops it from being one is an OSError."""
    try:
        return path.resolve(strict=True)
    except RuntimeError as error:
        # Before Python 3.13 a loop of links is not an OSError.
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error
    except ValueError as error:
        # A zero byte.
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from error


def _read_file(name: str, path: Path, reading: _Reading) -> None:
    if path in reading.seen:
        return
    reading.seen.add(path)
    if not stat.S_ISREG(path.stat().st_mode):
        hint = "Name a file or a directory; for a pipe pass `-`."
        reading.refuse("not-a-file", name, "this is not a regular file", hint)
        return
    with path.open("rb") as file:
        # One byte more than allowed is enough to know that the file is too long.
        reading.files.append(ManifestFile(name, file.read(MAX_BYTES + 1)))


def _refuse_unreadable(name: str, error: OSError, reading: _Reading) -> None:
    shown = STDIN_NAME if name == STDIN_ARGUMENT else name
    reason = os.strerror(error.errno) if error.errno is not None else str(error)
    reading.refuse("file-unreadable", shown, f"cannot be read: {reason}", "Check the path and who may read it.")
