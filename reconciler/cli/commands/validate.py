"""`uami validate`: check manifests offline."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.flags.groups import MANIFEST_PANEL, FlagGroup, with_flag_groups
from reconciler.cli.flags.report import ReportFlags
from reconciler.cli.flags.shared import Cloud, CloudName, GuardrailFlags, Paths, Strict, VariableFlags
from reconciler.cli.help.page import OF_FILES, help_notes
from reconciler.cli.reporting.reports import open_reports
from reconciler.cli.reporting.subject import Subject
from reconciler.cli.support.inputs import note_skipped, read_standard_input, read_variables, today
from reconciler.errors import ExitCode
from reconciler.report.formats import ReportKind

if TYPE_CHECKING:
    from reconciler.manifest.desired import Desired


@dataclass(frozen=True, slots=True)
class ValidateFlags(FlagGroup):
    """What is warned about, whether that is refused, and whose audience a credential has that names none."""

    strict: Strict = False
    expiry_days: Annotated[
        int,
        typer.Option(
            "--expiry-days",
            metavar="N",
            min=0,
            help="Warn about what expires within so many days.",
            rich_help_panel=MANIFEST_PANEL,
        ),
    ] = 14
    cloud: Cloud = CloudName.AZURE_CLOUD


@help_notes(
    "uami validate manifests/",
    "uami validate manifests/ --strict --var SUBSCRIPTION_ID=...",
    codes=(*OF_FILES, ExitCode.REFUSED),
)
@with_flag_groups
def validate(
    paths: Paths,
    variables: VariableFlags,
    asked: ValidateFlags,
    bounds: GuardrailFlags,
    report: ReportFlags,
) -> ExitCode:
    """Check manifests offline: every problem of every file in one run, each with its place and how to fix it.

    Warned about is what is usually a mistake (risky trust, broad roles, unpinned deletions), and what expires soon.
    """
    # Not the workflow: it would import the HTTP client, which nothing offline needs.
    from reconciler.arm.login.clouds import CLOUDS
    from reconciler.guardrails import judge_offline
    from reconciler.manifest.expiry.soon import Ahead
    from reconciler.manifest.findings import find_doubts_and_accepted

    with open_reports(report, ReportKind.VALIDATION, Subject("validate", paths, (variables, bounds))) as reports:
        audience = CLOUDS[asked.cloud].exchange_audience
        desired = _load(paths, variables, audience)
        verdict = judge_offline(bounds.guardrails, os.environ, paths, desired)
        findings, accepted = find_doubts_and_accepted(desired, audience, Ahead(today(), asked.expiry_days))
        reports.end(lambda form: form.validated(desired, findings, accepted, verdict, strict=asked.strict))
    return ExitCode.REFUSED if verdict.violations or (asked.strict and findings) else ExitCode.DONE


def _load(paths: Sequence[str], variables: VariableFlags, audience: str) -> "Desired":
    from reconciler.manifest.load import load_manifest

    given = read_variables(variables)
    return load_manifest(paths, given, os.environ, read_standard_input, audience=audience, on_skipped=note_skipped)
