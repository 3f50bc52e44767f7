"""The record of a run: one entry before each call that changes something, one after.

Apply knows only the protocol. In a file, the entry before a call is on the disk before the call goes out, so that
whatever becomes of this process, the file names every call that may have taken effect. What cannot be recorded is not
done: after the first line that could not be written, no call is recorded any more, and so none is made.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from reconciler.errors import JournalError
from reconciler.files.read import reason_of
from reconciler.files.replace import check_room, hint_for, sync_folder
from reconciler.journal.lock import hold
from reconciler.journal.outcome import ApplyResult, JournalEntry, JournalStep, Outcome
from reconciler.journal.record import RunCall, RunEnd, RunHeader
from reconciler.journal.write_document import end_document, header_document, intent_document, line_of, outcome_document
from reconciler.model.access import AnyId
from reconciler.plan.changes import Action
from reconciler.plan.plan import JsonObject

_ELSEWHERE = "Name a file elsewhere with --journal FILE"


class Journal(Protocol):
    """Where apply records calls; `record` returns once the entry is as durable as the journal promises."""

    def record(self, entry: JournalEntry) -> None:
        """Append an entry; called from several threads. Raises JournalError where it cannot be kept."""


class MemoryJournal:
    """A journal that lasts as long as the process."""

    def __init__(self) -> None:
        self._entries: list[JournalEntry] = []
        self._lock = threading.Lock()

    def record(self, entry: JournalEntry) -> None:
        """Append an entry."""
        with self._lock:
            self._entries.append(entry)

    @property
    def entries(self) -> tuple[JournalEntry, ...]:
        """All entries so far, in the order in which they were recorded."""
        with self._lock:
            return tuple(self._entries)


class FileJournal:
    """A journal in a file of its own; `now` is the time, UTC in ISO 8601.

    The line before a call is synced to the disk; the line after it goes out with the next one that is, because a crash
    that loses it leaves a call in doubt, which is no worse than the truth.
    """

    def __init__(self, path: Path, now: Callable[[], str]) -> None:
        self.path = path
        self._now = now
        self._lock = threading.Lock()
        self._file: int | None = None
        self._size = 0
        self._calls = 0
        self._numbers: dict[tuple[AnyId, Action, int], int] = {}
        self._broken: JournalError | None = None

    @property
    def used(self) -> bool:
        """Whether a call was recorded."""
        return self._calls > 0

    def check_place(self) -> None:
        """Raises JournalError where `begin` could not create the file."""
        try:
            check_room(self.path.parent)
        except OSError as error:
            raise not_begun(self.path, error) from error

    def begin(self, header: RunHeader) -> None:
        """Create the file, which must not be there yet; raises JournalError."""
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            self._file = os.open(self.path, flags, 0o600)
            hold(self._file)
            self._append(header_document(header), durable=True)
            sync_folder(self.path.parent)
        except OSError as error:
            raise not_begun(self.path, error) from error

    def record(self, entry: JournalEntry) -> None:
        """Append an entry; an intent is on the disk when this returns."""
        with self._lock:
            key = (entry.change.resource_id, entry.action, entry.attempt)
            if entry.step is JournalStep.OUTCOME:
                outcome = entry.outcome or Outcome.IN_DOUBT
                line = outcome_document(self._numbers[key], self._now(), outcome, entry.error, entry.made)
                self._write(line, durable=False)
                return
            call = _call(entry, self._calls + 1, self._now())
            self._write(intent_document(call, entry.change.group.owner), durable=True)
            self._calls, self._numbers[key] = call.number, call.number

    def end(self, result: ApplyResult) -> None:
        """Write the last line; a journal that cannot take it says by its absence that something was amiss."""
        with self._lock:
            if self.used and self._broken is None:
                counts = tuple((outcome, len(result.ended(outcome))) for outcome in Outcome)
                end = RunEnd(self._now(), result.complete, result.interrupted, counts)
                self._write(end_document(end), durable=True)
                self._broken = self._closed()

    def close(self) -> None:
        """Let go of the file; one without a call in it is taken away."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
                self._broken = self._broken or self._closed()
                if not self.used:
                    self.path.unlink(missing_ok=True)

    def _closed(self) -> JournalError:
        """What a call meets that nobody waits for any more and that is answered all the same."""
        return JournalError(f"The journal {self.path} is closed.")

    def _write(self, document: JsonObject, *, durable: bool) -> None:
        if self._broken is not None:
            raise self._broken
        try:
            self._append(document, durable=durable)
        except OSError as error:
            self._broken = JournalError(
                f"The journal {self.path} can no longer be written: {reason_of(error)}; without it no call is made.",
                hint_for(error, _ELSEWHERE),
            )
            raise self._broken from error

    def _append(self, document: JsonObject, *, durable: bool) -> None:
        if self._file is None:
            raise AssertionError("a journal that was not begun")
        line = line_of(document)
        try:
            rest = line
            while rest:
                rest = rest[os.write(self._file, rest) :]
            if durable:
                os.fsync(self._file)
        except OSError:
            # A call that was not made must not look like one that may have been.
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
            raise
        self._size += len(line)


def _call(entry: JournalEntry, number: int, at: str) -> RunCall:
    change = entry.change
    return RunCall(
        number,
        at,
        change.resource_id,
        entry.action,
        entry.attempt,
        change.source,
        entry.before,
        entry.after,
        entry.hanging,
    )


def not_begun(path: Path, error: OSError) -> JournalError:
    """The refusal of a place in which no journal can be begun."""
    return JournalError(
        f"The journal {path} cannot be begun: {reason_of(error)}; nothing was changed.", hint_for(error, _ELSEWHERE)
    )
