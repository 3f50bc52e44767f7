"""From the flags of `uami undo` to what it is asked for."""

import os
from pathlib import Path

from reconciler.cli.support.flags import ApplyGuardFlags, UndoRunFlags
from reconciler.cli.support.inputs import today
from reconciler.guardrails import guardrail_files
from reconciler.guards import parse_allowances
from reconciler.journal import read_journal
from reconciler.workflow.undo import UndoRequest, read_undo_guardrails


def read_request(journal: str, run: UndoRunFlags, guards: ApplyGuardFlags) -> UndoRequest:
    """The run that a journal records, and within what it may be taken back.

    Raises:
        UsageError: an allowance that is none.
        InputFileError: the journal or the guardrails cannot be read, or the digest is another journal's.
        ManifestError: the guardrails are damaged.
    """
    allowances = parse_allowances(guards.allow, guards.max_deletes, guards.max_revokes)
    record = read_journal(Path(journal), run.digest)
    rails = read_undo_guardrails(record, journal, guardrail_files(guards.guardrails, os.environ))
    return UndoRequest(record, journal, allowances, rails, judged_on=today())
