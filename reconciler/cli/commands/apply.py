"""`uami apply`: show the plan, ask, carry it out, verify."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from reconciler.cli.commands.plan import PlanFlags
from reconciler.cli.flags.groups import FlagGroup, command_line, with_flag_groups
from reconciler.cli.flags.report import ChangesRunReportFlags
from reconciler.cli.flags.shared import ApplyGuardFlags, ApplyRunFlags, LoggedAzureFlags, StrictManifestFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.cli.reporting.reports import open_reports
from reconciler.cli.reporting.subject import Subject
from reconciler.cli.support.output import configure_logging
from reconciler.errors import ExitCode
from reconciler.report.formats import ReportKind

PlanOrPaths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...",
        help="Manifest files, directories of them, or - for standard input; or one plan that `plan -o` saved.",
        show_default=False,
    ),
]


@help_notes(
    "uami apply manifests/",
    "uami apply plan.json",
    codes=(*OF_AZURE, ExitCode.REFUSED, ExitCode.PLAN_STALE, ExitCode.PARTIAL),
)
@with_flag_groups
def apply(
    paths: PlanOrPaths,
    manifest: StrictManifestFlags,
    run: ApplyRunFlags,
    guards: ApplyGuardFlags,
    azure: LoggedAzureFlags,
    report: ChangesRunReportFlags,
) -> ExitCode:
    """Show the plan, ask (only `yes` approves), carry it out, and read it again to verify.

    A saved plan is applied if it is still the plan, and refused (exit 4) if it is not; with --digest nobody is asked.
    """
    from reconciler.cli.support.carry_out import WritingRun, carry_out, declared
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.saved_plan import approve_apply, declare, find_saved_plan

    configure_logging(report.log_level)
    subject = Subject("apply", paths, (manifest, guards, azure), (run.journal,))
    with open_reports(report, ReportKind.RUN, subject) as reports:
        request = make_request(paths, manifest, azure.cloud, guards)
        plan_file = find_saved_plan(paths, run.digest)
        again = _again(plan_file, paths, (azure, manifest, guards, replace(run, journal=None), report))
        approval = approve_apply(plan_file, run, report, paths)
        found = declare(plan_file, run.digest, request, azure)
        return carry_out(declared(lambda _: found), WritingRun("apply", again, run, approval, guards, azure), reports)


def _again(plan_file: str | None, paths: Sequence[str], groups: Sequence[FlagGroup]) -> str:
    """The command that goes on where this one ends; a later run has a journal of its own."""
    if plan_file is not None:
        return command_line("plan", ["PATH..."], PlanFlags(out=plan_file))
    return command_line("apply", paths, *groups)
