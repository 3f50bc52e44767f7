"""`uami undo`: plan the way back from a run, ask, and carry it out like an apply."""

from dataclasses import replace
from typing import Annotated

import typer

from reconciler.cli.flags.groups import command_line, with_flag_groups
from reconciler.cli.flags.journal import Last, choose_journal
from reconciler.cli.flags.report import ChangesRunReportFlags
from reconciler.cli.flags.shared import ApplyGuardFlags, LoggedAzureFlags, UndoRunFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.cli.reporting.reports import open_reports
from reconciler.cli.reporting.subject import Subject
from reconciler.cli.support.output import configure_logging
from reconciler.errors import ExitCode
from reconciler.report.formats import ReportKind

File = Annotated[str | None, typer.Argument(metavar="FILE", help="The journal of the run.", show_default=False)]


@help_notes(
    "uami undo --last",
    "uami undo run.jsonl",
    codes=(*OF_AZURE, ExitCode.REFUSED, ExitCode.PLAN_STALE, ExitCode.PARTIAL),
)
@with_flag_groups
def undo(
    run: UndoRunFlags,
    guards: ApplyGuardFlags,
    azure: LoggedAzureFlags,
    report: ChangesRunReportFlags,
    file: File = None,
    last: Last = False,
) -> ExitCode:
    """Take a run back as far as Azure allows: show the way back, ask (only `yes` approves), carry it out, verify.

    What the journal says is only as good as the file: with -y it takes the --digest that the run has printed.
    """
    from reconciler.cli.support.carry_out import WritingRun, carry_out, declared
    from reconciler.cli.support.run_journal import approve_undo, read_undo_request
    from reconciler.workflow.undo import declare_undo

    journal = choose_journal(file, last=last)
    configure_logging(report.log_level)
    with open_reports(report, ReportKind.RUN, Subject("undo", [journal], (guards, azure), (run.journal,))) as reports:
        approval = approve_undo(journal, run, report)
        request = read_undo_request(journal, run, guards)
        # A later run has a journal of its own.
        again = command_line("undo", [journal], azure, guards, replace(run, journal=None), report)
        writing = WritingRun("undo", again, run, approval, guards, azure)
        return carry_out(declared(lambda at: declare_undo(request, at.azure, at.place)), writing, reports)
