"""The record of a run: one entry before each call that changes something, one after.

Apply knows only the protocol, so a durable journal can take the place of the one in memory without apply changing.
"""

import threading
from typing import Protocol

from reconciler.events import JournalEntry


class Journal(Protocol):
    """Where apply records calls; `record` returns once the entry is as durable as the journal promises."""

    def record(self, entry: JournalEntry) -> None:
        """Append an entry; called from several threads."""


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
