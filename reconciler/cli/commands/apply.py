"""`uami apply`: show the plan, ask, carry it out, verify."""

from dataclasses import replace
from typing import Annotated

import typer

from reconciler.cli.commands.plan import PlanFlags
from reconciler.cli.flags.groups import command_line, with_flag_groups
from reconciler.cli.flags.report import ChangesRunReportFlags
from reconciler.cli.flags.shared import ApplyGuardFlags, ApplyRunFlags, AzureFlags, StrictManifestFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.errors import ExitCode

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
    azure: AzureFlags,
    report: ChangesRunReportFlags,
) -> ExitCode:
    """Show the plan, ask (only `yes` approves), carry it out, and read it again to verify.

    A saved plan is applied if it is still the plan, and refused (exit 4) if it is not; with --digest nobody is asked.
    """
    from reconciler.cli.support.carry_out import WritingRun, carry_out
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.saved_plan import approve_apply, declare, find_saved_plan

    request = make_request(paths, manifest, azure.cloud, guards, strict=manifest.strict)
    plan_file = find_saved_plan(paths, run.digest)
    # A later run has a journal of its own.
    again = command_line("apply", paths, azure, manifest, guards, replace(run, journal=None), report)
    again = again if plan_file is None else command_line("plan", ["PATH..."], PlanFlags(out=plan_file))
    approval = approve_apply(plan_file, run, report, paths)
    declaration = declare(plan_file, run.digest, request, azure)
    writing = WritingRun("apply", again, run, approval, guards, azure, report)
    return carry_out(lambda _: declaration, writing)
