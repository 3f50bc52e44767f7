"""A journal in a file: one line before each call that changes something, one after it.

The line before a call is on the disk before the call goes out, so that whatever becomes of this process, the file names
every call that may have taken effect. What cannot be recorded is not done: after the first line that could not be
written, no call is recorded any more, and so none is made.
"""

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reconciler.errors import JournalError
from reconciler.files.read import reason_of
from reconciler.files.replace import check_room, hint_for, sync_folder
from reconciler.journal.call import Call, Outcome
from reconciler.journal.document import end_document, header_document, intent_document, line_of, outcome_document
from reconciler.journal.lock import hold
from reconciler.journal.record import RunEnd, RunHeader
from reconciler.model import CallError, Identity, ResourceGroupId

_ELSEWHERE = "Name a file elsewhere with --journal FILE"


class FileJournal:
    """A journal in a file of its own; `now` is the time, UTC in ISO 8601.

    The line before a call is synced to the disk; the line after it goes out with the next one that is, because a crash
    that loses it leaves a call in doubt, which is no worse than the truth. Lines of calls that begin side by side are
    synced together: a disk syncs some hundred times a second, however much there is to sync.
    """

    def __init__(self, path: Path, now: Callable[[], str]) -> None:
        self.path = path
        self._now = now
        # Whoever has the disk writes and syncs for all that queue meanwhile; the queue is never held for as long.
        self._disk = threading.Lock()
        self._lock = threading.Lock()
        self._queue: list[bytes] = []
        self._queued = 0
        self._owners: dict[ResourceGroupId, str | None] = {}
        self._file: int | None = None
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._calls = 0
        self._broken: JournalError | None = None

    @property
    def used(self) -> bool:
        """Whether a call was recorded."""
        return self._calls > 0

    @property
    def digest(self) -> str:
        """SHA-256 of all that this run has written, whatever has become of the file; final after `finish`."""
        return self._sha256.hexdigest()

    def check_place(self) -> None:
        """Raises JournalError where `open` could not create the file."""
        try:
            check_room(self.path.parent)
        except OSError as error:
            raise not_begun(self.path, error) from error

    def open(self, header: RunHeader) -> None:
        """Create the file, which must not be there yet; raises JournalError."""
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            self._file = os.open(self.path, flags, 0o600)
            hold(self._file)
            self._append(line_of(header_document(header)), durable=True)
            sync_folder(self.path.parent)
        except OSError as error:
            raise not_begun(self.path, error) from error
        self._owners = header.owners

    def begin(self, call: Call) -> int:
        """Record a call before it goes out; its line is on the disk when this returns."""
        with self._lock:
            self._queued += 1
            number = self._queued
            numbered = replace(call, number=number, at=self._now())
            self._queue.append(line_of(intent_document(numbered, self._owners.get(call.resource_id.group_id))))
        with self._disk:
            self._write_queue()
            if self._calls < number:
                raise self._broken or self._closed()
        return number

    def _write_queue(self) -> None:
        """Write and sync the lines of all calls that wait to begin; where that fails, none of them does."""
        with self._lock:
            lines, self._queue = self._queue, []
        if lines and self._broken is None:
            try:
                self._write(b"".join(lines), durable=True)
            except JournalError:
                return
            self._calls += len(lines)

    def end(self, number: int, outcome: Outcome, error: CallError | None, made: Identity | None) -> None:
        """Record how a call ended."""
        line = line_of(outcome_document(number, self._now(), outcome, error, made))
        with self._disk:
            self._write(line, durable=False)

    def finish(self, *, complete: bool, interrupted: bool, counts: tuple[tuple[Outcome, int], ...]) -> None:
        """Write the last line, where a call was recorded and no line failed; `counts` are of changes, by outcome.

        Raises:
            JournalError: it cannot be written; a journal without an end shows that something was amiss.
        """
        with self._disk:
            if self.used and self._broken is None:
                self._write(line_of(end_document(RunEnd(self._now(), complete, interrupted, counts))), durable=True)
                self._broken = self._closed()

    def close(self) -> None:
        """Close the file; one without a call in it is deleted."""
        with self._disk:
            if self._file is not None:
                os.close(self._file)
                self._file = None
                self._broken = self._broken or self._closed()
                if not self.used:
                    self.path.unlink(missing_ok=True)

    def _closed(self) -> JournalError:
        """Error for a call that completes after the journal was closed."""
        return JournalError(f"The journal {self.path} is closed.")

    def _write(self, lines: bytes, *, durable: bool) -> None:
        if self._broken is not None:
            raise self._broken
        try:
            self._append(lines, durable=durable)
        except OSError as error:
            self._broken = JournalError(
                f"The journal {self.path} can no longer be written: {reason_of(error)}; without it no call is made.",
                hint_for(error, _ELSEWHERE),
            )
            raise self._broken from error

    def _append(self, lines: bytes, *, durable: bool) -> None:
        if self._file is None:
            raise AssertionError("a journal that was not opened")
        try:
            rest = lines
            while rest:
                rest = rest[os.write(self._file, rest) :]
            if durable:
                os.fsync(self._file)
        except OSError:
            # A call that was not made must not look like one that may have been.
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
            raise
        self._size += len(lines)
        self._sha256.update(lines)


def not_begun(path: Path, error: OSError) -> JournalError:
    """The refusal of a place in which no journal can be begun."""
    return JournalError(
        f"The journal {path} cannot be started: {reason_of(error)}; nothing was changed.", hint_for(error, _ELSEWHERE)
    )
