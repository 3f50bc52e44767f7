"""The journal of a run as its caller meets it: where it is, what earlier ones left open, what its end says."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from reconciler import __version__
from reconciler.apply.result import ApplyResult
from reconciler.cli.flags.groups import command_line
from reconciler.cli.flags.report import ReportFlags
from reconciler.cli.flags.shared import ApplyGuardFlags, UndoRunFlags
from reconciler.cli.support.approval import Approval, check_somebody_to_ask
from reconciler.cli.support.inputs import today
from reconciler.cli.support.output import check_no_token, print_beside, print_note
from reconciler.cli.support.session import Session
from reconciler.errors import JournalError, UsageError
from reconciler.files.digest import check_digest_flag
from reconciler.files.replace import check_output
from reconciler.guardrails import guardrail_files
from reconciler.guards import parse_allowances
from reconciler.journal import (
    CutShort,
    FileJournal,
    RunGroup,
    RunHeader,
    default_folder,
    find_cut_short,
    journal_name,
    make_folder,
    mark_reported,
    read_journal,
)
from reconciler.model import ResourceGroupId, shell_command
from reconciler.plan import Plan, plan_document
from reconciler.report.journal_text import render_cut_short
from reconciler.workflow.undo import UndoRequest, read_undo_guardrails


def utc_now() -> str:
    """The time as journals write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def check_journal_flag(chosen: str | None) -> None:
    """Raises UsageError where `--journal` names something that is there: a journal is of one run and kept as it is."""
    if chosen == "-":
        raise UsageError("--journal -: --journal needs a file name", "For a file of this name: --journal ./-.")
    if chosen is None:
        return
    path = Path(chosen)
    # What else may be there, such as a directory, is no journal to look at.
    if os.path.lexists(path) and (path.is_symlink() or path.is_file()):
        raise UsageError(
            f"--journal {chosen}: the file is there already, and no journal is written over",
            f"Name a new file; if it is an earlier run's journal, `{command_line('show', [chosen])}` shows what it"
            " holds.",
        )
    check_output(path, flag="--journal", subject="the journal")


def approve_undo(journal: str, run: UndoRunFlags, report: ReportFlags) -> Approval:
    """Whether the command line approves what a journal says: with `-y`, and only with the digest of the whole file.

    Raises:
        UsageError: `-y` without a digest, or a digest that is none.
        UsageError, Declined: it does not approve, and nobody can be asked.
    """
    check_digest_flag(run.digest)
    sums = f"which the run printed at its end (`{shell_command('sha256sum', journal)}` prints this file's)"
    if run.auto_approve and run.digest is None:
        raise UsageError(
            "--auto-approve needs --digest here: a journal is a file that anybody may have written",
            f"Add --digest with the sha256 of the journal, {sums}; or leave --auto-approve out, and be asked.",
        )
    missing = "." if run.digest is not None else f" and --digest with the sha256 of the journal, {sums}."
    approval = Approval(run.auto_approve, f"Add --auto-approve{missing}")
    check_somebody_to_ask(approval, report)
    return approval


def read_undo_request(journal: str, run: UndoRunFlags, guards: ApplyGuardFlags) -> UndoRequest:
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


class RunJournal:
    """One run's journal: not started before `begin`, and taken away at the end where no call was made."""

    def __init__(self, chosen: str | None, command: str, session: Session) -> None:
        self._command = command
        self._session = session
        self._started_at = utc_now()
        path = None if chosen is None else Path(chosen)
        self._is_chosen = path is not None
        self._folder = _folder(needed=path is None)
        name = journal_name(self._started_at, session.correlation_id)
        self.file = FileJournal(path or self._folder / name, utc_now)
        self._cut_short: tuple[CutShort, ...] = ()

    @property
    def path(self) -> str | None:
        """Where the journal is; None where no call was made."""
        return str(self.file.path) if self.file.used else None

    def show_cut_short(self, plan: Plan) -> None:
        """Name the calls of earlier runs about the same groups that were cut short."""
        self._cut_short = find_cut_short(self._folder, self._header(plan))
        for one in self._cut_short:
            print_beside(render_cut_short(str(one.path), one.record))

    def check_place(self) -> None:
        """Raises JournalError where the journal could not be begun: better known before the question than after it."""
        if not self._is_chosen:
            make_folder(self._folder)
        self.file.check_place()

    def begin(self, plan: Plan) -> None:
        """Begin the file; from here on, what was said of earlier runs counts as read.

        Raises:
            JournalError: the file cannot be made.
            TokenEchoed: it would hold the token of this run.
        """
        check_no_token(json.dumps(plan_document(plan)), "the journal")
        self.file.open(self._header(plan))
        self._mark_cut_short()

    def end(self, result: ApplyResult, take_back: Callable[[str, str], str] | None) -> None:
        """Write the last line, and print where the journal is, to which nothing is added from here on.

        Args:
            take_back: the command that undoes the run, from the journal's path and its digest; None for a run of which
                nothing can be given back.
        """
        # Where there was nothing to do, the doubts are settled too.
        self._mark_cut_short()
        try:
            self.file.finish(complete=result.complete, interrupted=result.interrupted, counts=result.counts)
        except JournalError as error:
            print_note(f"Note: {error.message}")
        if self.file.used:
            path = str(self.file.path)
            command = () if take_back is None else (f"To take it back: {take_back(path, self.file.digest)}",)
            print_note(f"Journal: {path}", *command)

    def _mark_cut_short(self) -> None:
        for one in self._cut_short:
            mark_reported(one.path)

    def _header(self, plan: Plan) -> RunHeader:
        return RunHeader(
            self._session.correlation_id,
            self._command,
            __version__,
            self._started_at,
            plan.cloud,
            plan.tenant,
            self._session.place,
            self._session.actor,
            tuple(RunGroup(group_id, owner) for group_id, owner in _groups(plan).items()),
        )


def _groups(plan: Plan) -> dict[ResourceGroupId, str | None]:
    """The groups of a run, each with its owner: those of its manifests, and what stands for one where there is none."""
    groups = (*plan.desired.groups, *(change.group for change in plan.changes))
    return {group.group_id: group.owner for group in groups}


def _folder(*, needed: bool) -> Path:
    """The folder of journals; one that does not exist where nobody's home is known and the caller has chosen a file."""
    try:
        return default_folder(os.environ, sys.platform)
    except JournalError:
        if needed:
            raise
        return Path(os.devnull)


@contextmanager
def open_run_journal(chosen: str | None, command: str, session: Session) -> Iterator[RunJournal]:
    """A run's journal, closed at the end."""
    kept = RunJournal(chosen, command, session)
    try:
        yield kept
    finally:
        kept.file.close()
