"""Which journal a command is about: the file that is named, or the newest of the user's state folder."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.support.output import print_note
from reconciler.errors import UsageError

Last = Annotated[
    bool,
    typer.Option(
        "--last",
        help="In place of FILE: the newest journal in the user's state folder, of a run that made a call and is over.",
    ),
]


def choose_journal(file: str | None, *, last: bool, kind: str = "a journal") -> str:
    """The file as it was named, or the newest journal, which is then said on stderr.

    Args:
        kind: what the command takes, for the error.

    Raises:
        UsageError: neither was given, or both.
        JournalError: no run that made a call has left a journal in the folder.
        InputFileError: the newest journal cannot be read.
    """
    if file is not None and last:
        raise UsageError(f"--last and {file} name two journals", "Leave one of them out.")
    if file is not None:
        return file
    if not last:
        raise UsageError(f"Missing argument 'FILE'. This command takes {kind}", "Name its file, or pass --last.")
    from reconciler.journal import default_folder, find_last

    folder: Path = default_folder(os.environ, sys.platform)
    path, record = find_last(folder)
    header = record.header
    print_note(f"The last journal: {path} ({header.command} of {header.started_at})")
    return str(path)
