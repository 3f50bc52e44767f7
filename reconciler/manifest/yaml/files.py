"""From the paths on a command line to the bytes of each manifest file.

A repository is untrusted where a pipeline checks out other people's branches: only regular files are read, and
below a directory only what is really there. A link that leads outside is refused before it is opened.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.errors import Diagnostic, SourcePos
from reconciler.files.read import (
    NOT_A_FILE,
    ON_DISK,
    NotReadError,
    Places,
    read_resolved,
    resolve_inside,
    unreadable,
)
from reconciler.manifest.yaml.text import MAX_BYTES

STDIN_ARGUMENT = "-"
STDIN_NAME = "<stdin>"

_NAME_MANIFESTS = "Name a file or a directory; for a pipe pass `-`."

_NO_MANIFEST = (
    "no-manifest",
    "there is no manifest in this directory",
    "Name a directory with manifests in it, as `*.yaml` or `*.yml` files.",
)
"""Code, message and hint of a directory that holds none."""

_SUFFIXES = (".yaml", ".yml")
_NOT_LOOKED_INTO = "node_modules"
"""Besides hidden folders: what lies there was written by somebody else."""


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file that was read.

    Attributes:
        name: how the user would name it.
        directory: the argument that it was found below; empty for one that is itself an argument.
    """

    name: str
    content: bytes
    directory: str = ""


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    """What lies in a directory; `name` is how the user would name it, a link to a directory is one."""

    path: Path
    name: str
    is_directory: bool


@dataclass(slots=True)
class _Reading:
    """What has been read so far; a file that two arguments reach is read once, under the first name."""

    stdin: Callable[[], bytes]
    places: Places
    files: list[ManifestFile] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    seen: dict[Path | str, int] = field(default_factory=dict)

    def add(self, key: Path | str, file: ManifestFile) -> None:
        """Note a file that was read for the first time."""
        self.seen[key] = len(self.files)
        self.files.append(replace(file, name=f"{self.places.prefix}{file.name}"))

    def see_again(self, key: Path | str, directory: str) -> None:
        """Note that an argument leads to a file once more: one that names it counts for more than its folder."""
        if not directory:
            self.files[self.seen[key]] = replace(self.files[self.seen[key]], directory="")

    def refuse(self, name: str, refusal: NotReadError) -> None:
        """Note why a path is not read."""
        pos = SourcePos(STDIN_NAME if name == STDIN_ARGUMENT else f"{self.places.prefix}{name}", 1, 1)
        hint = _NAME_MANIFESTS if refusal.code == NOT_A_FILE else refusal.hint
        self.diagnostics.append(Diagnostic(refusal.code, pos, self.places.shown(refusal.message), hint))


def read_files(
    paths: Sequence[str], stdin: Callable[[], bytes], places: Places = ON_DISK
) -> tuple[list[ManifestFile], list[Diagnostic]]:
    """The manifest files that the paths name, in their order, and what could not be read.

    Args:
        paths: files, directories (every `*.yaml` and `*.yml` below, in any case, sorted) or `-`.
        stdin: all of the standard input; called at most once.
        places: where the paths lead.
    """
    reading = _Reading(stdin, places)
    for argument in paths:
        try:
            _read_argument(argument, reading)
        except NotReadError as refusal:
            reading.refuse(argument, refusal)
        except OSError as error:
            reading.refuse(argument, unreadable(error))
    return reading.files, reading.diagnostics


def _read_argument(argument: str, reading: _Reading) -> None:
    if argument == STDIN_ARGUMENT:
        _read_stdin(reading)
        return
    path = resolve_inside(reading.places.path_of(argument), reading.places.root_of(argument))
    if not path.is_dir():
        _read_file(argument, path, reading)
        return
    found = False
    for name, entry in _manifests_below(argument, path, reading):
        found = True
        try:
            _read_file(name, resolve_inside(entry, path), reading, argument)
        except NotReadError as refusal:
            reading.refuse(name, refusal)
    if not found:
        raise NotReadError(*_NO_MANIFEST)


def no_manifest(directory: str) -> Diagnostic:
    """What is said of a directory whose YAML files are all of other tools."""
    code, message, hint = _NO_MANIFEST
    why = "none of its YAML files has `resourceGroups`, `subscription` or `version: 1`"
    return Diagnostic(code, SourcePos(directory, 1, 1), f"{message}: {why}", hint)


def _read_stdin(reading: _Reading) -> None:
    if STDIN_ARGUMENT not in reading.seen:
        reading.add(STDIN_ARGUMENT, ManifestFile(STDIN_NAME, reading.stdin()))


def _manifests_below(argument: str, root: Path, reading: _Reading) -> Iterator[tuple[str, Path]]:
    """Names and paths of everything below a directory that claims to be a manifest, in order of the names."""
    # Not by recursion: how deep a repository goes is for its author to say.
    waiting = [iter(_entries_of(argument, root, root, reading))]
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
        elif entry.is_directory:
            waiting.append(iter(_entries_of(entry.name, entry.path, root, reading)))
        else:
            yield entry.name, entry.path


def _entries_of(name: str, directory: Path, root: Path, reading: _Reading) -> list[_Entry]:
    """What is looked at in a directory, sorted."""
    try:
        with os.scandir(directory) as listed:
            entries = [_Entry(Path(one.path), f"{name.rstrip('/')}/{one.name}", _is_directory(one)) for one in listed]
    except OSError as error:
        reading.refuse(name, unreadable(error))
        return []
    return [entry for entry in sorted(entries) if _is_looked_at(entry, root, reading)]


def _is_directory(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A loop of links. Read as a file, it says what it is.
        return False


def _is_looked_at(entry: _Entry, root: Path, reading: _Reading) -> bool:
    if not entry.is_directory:
        return entry.path.suffix.lower() in _SUFFIXES
    if entry.path.name.startswith(".") or entry.path.name == _NOT_LOOKED_INTO:
        return False
    if not entry.path.is_symlink():
        return True
    try:
        # One that leads inside shows what is read in its own place.
        resolve_inside(entry.path, root)
    except NotReadError as refusal:
        reading.refuse(entry.name, refusal)
    return False


def _read_file(name: str, path: Path, reading: _Reading, directory: str = "") -> None:
    if path in reading.seen:
        reading.see_again(path, directory)
        return
    # One byte more than allowed is enough to know that the file is too long.
    reading.add(path, ManifestFile(name, read_resolved(path, MAX_BYTES), directory))
