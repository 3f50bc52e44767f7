"""Where journals lie unless the caller chooses, which is the newest, and which are of a run that was cut short.

The folder is the one that the system keeps for a program's state; three lines say which, so that no library is needed
for it. That a run was reported is marked beside its journal and never in it: a journal is evidence, and only its own
run writes it.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import InputFileError, JournalError
from reconciler.journal.file import not_begun
from reconciler.journal.lock import is_held
from reconciler.journal.read_file import read_journal
from reconciler.journal.record import RunHeader, RunRecord

_REPORTED = ".told"
_LOOKED_AT = 200
"""Of the newest journals; a run that was cut short before all of those has long been made up for."""

_TAIL = 4096
_END = b'{"kind":"end",'


@dataclass(frozen=True, slots=True)
class CutShort:
    """An earlier run of the same scope whose journal has no end."""

    path: Path
    record: RunRecord


def default_folder(environment: Mapping[str, str], platform: str) -> Path:
    """The folder for journals; `platform` is `sys.platform`.

    Source: XDG Base Directory Specification (`XDG_STATE_HOME`, absolute, else `~/.local/state`); Apple's File System
    Programming Guide (`~/Library/Application Support`); Windows' known folder `LocalAppData`.

    Raises:
        JournalError: nothing says where the user's home is.
    """
    try:
        home = Path(environment["HOME"]) if environment.get("HOME") else Path.home()
    except RuntimeError:
        raise JournalError(
            "Nothing says where this user's home is, in which the journal would lie; nothing was changed.",
            "Name a file with --journal.",
        ) from None
    if platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        state = Path(environment.get("XDG_STATE_HOME") or "")
        base = state if state.is_absolute() else home / ".local" / "state"
    return base / "uami" / "journals"


def make_folder(folder: Path) -> None:
    """Make the folder of journals, which is ours to make; raises JournalError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise not_begun(folder, error) from error


def journal_name(started_at: str, run_id: str) -> str:
    """The name of a run's journal: by its beginning to the millisecond, so that names sort by age."""
    digits = "".join(char for char in started_at if char.isdigit())
    return f"{digits[:8]}T{digits[8:17]}Z-{run_id}.jsonl"


def find_cut_short(folder: Path, header: RunHeader) -> tuple[CutShort, ...]:
    """Earlier runs about the same groups that did not end and were not reported yet; the oldest first.

    Journals that cannot be read are passed over: a file in the folder must not keep a run from beginning.
    """
    return tuple(one for one in _unfinished(folder) if one.record.header.overlaps(header))


def find_last(folder: Path) -> tuple[Path, RunRecord]:
    """The newest journal of a run that made a call and is over, however it ended.

    Raises:
        JournalError: there is none.
        InputFileError: a journal cannot be read that is newer than all that can: passing over it would mean another
            run than the last.
    """
    for path in reversed(_journals(folder)):
        if _is_being_written(path):
            continue
        record = read_journal(path)
        if record.calls:
            return path, record
    raise JournalError(
        f"No run that made a call has left a journal in {folder}.",
        "Name the journal's file: a run with --journal keeps it where that says, and prints it at its end.",
    )


def find_runs(folder: Path, run_ids: Iterable[str]) -> frozenset[str]:
    """Those of some correlation ids that are of runs whose journals lie in the folder, as their names say."""
    known = {path.name.removesuffix(".jsonl").partition("Z-")[2].casefold() for path in _journals(folder)}
    return frozenset(one for one in run_ids if one and one.casefold() in known)


def newest_journals(folder: Path, most: int) -> tuple[tuple[Path, ...], int]:
    """The newest journals of a folder, the newest first, and how many older ones were left out."""
    found = _journals(folder)
    return tuple(reversed(found[-most:])), max(0, len(found) - most)


def mark_reported(path: Path) -> None:
    """Note that a run that was cut short has been reported; where that cannot be noted, it is reported again."""
    try:
        os.close(os.open(f"{path}{_REPORTED}", os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError:
        return


def _journals(folder: Path) -> list[Path]:
    """All journals of a folder, the oldest first; none where there is no folder to read."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name.endswith(".jsonl"))
    except OSError:
        return []
    return [folder / name for name in names]


def _unfinished(folder: Path) -> Iterator[CutShort]:
    for path in _journals(folder)[-_LOOKED_AT:]:
        if Path(f"{path}{_REPORTED}").exists() or not _is_left_behind(path):
            continue
        try:
            record = read_journal(path)
        except InputFileError:
            continue
        if record.end is None and record.calls:
            yield CutShort(path, record)


def _is_left_behind(path: Path) -> bool:
    """Whether a journal ends without an end, and nobody is writing it; only its tail is read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
            return not last.startswith(_END) and not is_held(file.fileno())
    except OSError:
        return False


def _is_being_written(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_held(file.fileno())
    except OSError:
        return False
