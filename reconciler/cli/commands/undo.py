"""`uami undo`: plan the way back from a run, ask, and carry it out like an apply."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.support.flag_groups import command_line, with_flag_groups
from reconciler.cli.support.flags import ApplyGuardFlags, AzureFlags, UndoRunFlags
from reconciler.cli.support.report_flags import ChangesRunReportFlags
from reconciler.errors import ExitCode

File = Annotated[Path, typer.Argument(metavar="FILE", help="The journal of the run.", show_default=False)]


@with_flag_groups
def undo(
    file: File, run: UndoRunFlags, guards: ApplyGuardFlags, azure: AzureFlags, report: ChangesRunReportFlags
) -> ExitCode:
    """Take a run back as far as Azure allows: show the way back, ask (only `yes` approves), carry it out, verify.

    What the journal says is only as good as the file: with -y it takes the --digest that the run has printed.
    """
    from reconciler.cli.support.carry_out import WritingRun, carry_out
    from reconciler.cli.support.inputs import today
    from reconciler.cli.support.run_journal import approve_undo
    from reconciler.guardrails import guardrail_files
    from reconciler.guards import parse_allowances
    from reconciler.journal import read_journal
    from reconciler.workflow.undo import UndoRequest, declare_undo, read_undo_guardrails

    allowances = parse_allowances(guards.allow, guards.max_deletes, guards.max_revokes)
    approval = approve_undo(str(file), run, report)
    record = read_journal(file, run.digest)
    rails = read_undo_guardrails(record, str(file), guardrail_files(guards.guardrails, os.environ))
    request = UndoRequest(record, str(file), allowances, rails, judged_on=today())
    # A later run has a journal of its own.
    again = command_line("undo", [str(file)], azure, guards, replace(run, journal=None), report)
    writing = WritingRun("undo", again, run, approval, guards.skip_refused, azure, report)
    return carry_out(lambda session: declare_undo(request, session.azure, session.place), writing)
