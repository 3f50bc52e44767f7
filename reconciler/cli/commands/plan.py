"""`uami plan`: show what apply would do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.flags.groups import GUARDS_PANEL, OUTPUT_PANEL, FlagGroup, with_flag_groups
from reconciler.cli.flags.report import ChangesRunReportFlags
from reconciler.cli.flags.shared import GuardFlags, LoggedAzureFlags, Paths, StrictManifestFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.cli.reporting.reports import open_reports
from reconciler.cli.reporting.subject import Subject
from reconciler.cli.support.output import configure_logging, note_refused
from reconciler.errors import ExitCode
from reconciler.report.formats import ReportKind

if TYPE_CHECKING:
    from reconciler.plan import Plan


@dataclass(frozen=True, slots=True)
class PlanFlags(FlagGroup):
    """What becomes of the plan, and who will apply it."""

    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Save the plan in this file, for `apply` and `show`; replaces a saved plan, and nothing else.",
            show_default=False,
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = None
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 where there are changes, 0 only where there are none.")
    ] = False
    applier: Annotated[
        str | None,
        typer.Option(
            "--applier",
            metavar="PRINCIPAL-ID",
            help="Who will apply the plan, where that is another principal: the guard `self` is for its identity.",
            show_default=False,
            rich_help_panel=GUARDS_PANEL,
        ),
    ] = None


@help_notes(
    "uami plan manifests/",
    "uami plan manifests/ -o plan.json",
    codes=(*OF_AZURE, ExitCode.CHANGES_FOUND, ExitCode.REFUSED),
)
@with_flag_groups
def plan(
    paths: Paths,
    manifest: StrictManifestFlags,
    asked: PlanFlags,
    guards: GuardFlags,
    azure: LoggedAzureFlags,
    report: ChangesRunReportFlags,
) -> ExitCode:
    """Show what apply would do, and what the guards would refuse; changes nothing. -o saves it for `apply`."""
    from reconciler.cli.support.compare import compare
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.saved_plan import plan_output, show_what_was_saved

    configure_logging(report.log_level)
    subject = Subject("plan", paths, (manifest, guards, azure), (asked.out,))
    with open_reports(report, ReportKind.PLAN, subject) as reports:
        request = make_request(paths, manifest, azure.cloud, guards)
        with plan_output(asked.out, subject.inputs) as save:
            result, header, lasts_s = compare(request, azure, asked.applier)
            digest = save(result)  # before the report: a file that cannot be written is an error instead of it
        reports.end(lambda form: form.plan(result, header))
    _note(result, lasts_s)
    if asked.out is not None:
        show_what_was_saved(asked.out, digest, result, _needed(result, manifest, guards, azure))
    return _exit_code(result, asked)


def _needed(
    result: "Plan", manifest: StrictManifestFlags, guards: GuardFlags, azure: LoggedAzureFlags
) -> tuple[FlagGroup, ...]:
    """With other flags than these, apply would find the plan stale, or look elsewhere."""
    return azure, guards.without(result.unused_allowances), StrictManifestFlags(strict=manifest.strict)


def _note(plan: "Plan", lasts_s: float) -> None:
    """Say beside the report what its last lines are about: that nothing can be applied, or how long it will take."""
    from reconciler.cli.support.compare import note_apply_time

    note_refused(plan)
    note_apply_time(lasts_s)


def _exit_code(result: "Plan", asked: PlanFlags) -> ExitCode:
    if result.violations:
        return ExitCode.REFUSED
    return ExitCode.CHANGES_FOUND if asked.detailed_exitcode and result.applicable else ExitCode.DONE
