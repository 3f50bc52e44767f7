"""`uami orphans --remove`: from its flags to a run that writes."""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from reconciler.cli.flags.groups import command_line
from reconciler.cli.flags.orphans import OrphansFlags, orphans_request
from reconciler.cli.flags.shared import ApplyGuardFlags, AzureFlags, RunFlags
from reconciler.cli.reporting.reports import open_reports
from reconciler.cli.reporting.subject import Subject
from reconciler.cli.support.approval import Approval, check_somebody_to_ask
from reconciler.cli.support.carry_out import WritingRun, carry_out
from reconciler.cli.support.inputs import today
from reconciler.cli.support.session import Session
from reconciler.errors import ExitCode
from reconciler.guardrails import guardrail_files, read_guardrails
from reconciler.guards import parse_allowances
from reconciler.report.formats import ReportKind
from reconciler.workflow.apply import Planner
from reconciler.workflow.orphans import RemovalRequest, removal_planner, run_orphans


def remove_orphans(
    journals: Sequence[str], asked: OrphansFlags, run: RunFlags, guards: ApplyGuardFlags, azure: AzureFlags
) -> ExitCode:
    """Plan the removal of what is ours, show it, ask, and carry it out like an apply."""
    subject = Subject("orphans", journals, (asked, guards, azure), (run.journal,))
    with open_reports(asked, ReportKind.RUN, subject) as reports:
        search = orphans_request(journals, asked)
        approval = Approval(run.auto_approve, "Add --auto-approve.")
        check_somebody_to_ask(approval, asked)
        request = RemovalRequest(
            parse_allowances(guards.allow, guards.max_deletes, guards.max_revokes),
            read_guardrails(guardrail_files(guards.guardrails, os.environ), journals),
            judged_on=today(),
        )

        def planner_of(session: Session) -> Planner:
            find = partial(run_orphans, search, session.azure, session.place, session.retries.sleep)
            return removal_planner(find, request, session.azure)

        # A later run has a journal of its own.
        again = command_line("orphans", journals, asked, azure, guards, replace(run, journal=None))
        writing = WritingRun("orphans", again, run, approval, guards, azure, returns=False)
        return carry_out(planner_of, writing, reports)
