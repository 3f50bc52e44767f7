"""The durable record of a run: one line on disk before each call and one after it, written and read back."""

from reconciler.journal.call import After, Before, Call, Journal, Outcome
from reconciler.journal.document import record_document
from reconciler.journal.effects import NetEffect, net_effects
from reconciler.journal.file import FileJournal
from reconciler.journal.folder import (
    CutShort,
    default_folder,
    find_cut_short,
    find_last,
    find_runs,
    journal_name,
    make_folder,
    mark_reported,
)
from reconciler.journal.known import KnownPrincipals, read_known
from reconciler.journal.read_file import read_journal
from reconciler.journal.record import Actor, Place, PlaceKind, RunGroup, RunHeader, RunRecord, names_of_run

__all__ = [
    "Actor",
    "After",
    "Before",
    "Call",
    "CutShort",
    "FileJournal",
    "Journal",
    "KnownPrincipals",
    "NetEffect",
    "Outcome",
    "Place",
    "PlaceKind",
    "RunGroup",
    "RunHeader",
    "RunRecord",
    "default_folder",
    "find_cut_short",
    "find_last",
    "find_runs",
    "journal_name",
    "make_folder",
    "mark_reported",
    "names_of_run",
    "net_effects",
    "read_journal",
    "read_known",
    "record_document",
]
