"""`uami validate`: check manifests offline."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.report import ReportFlags
from reconciler.cli.flags.shared import Cloud, CloudName, GuardrailFlags, Paths, Strict, VariableFlags
from reconciler.cli.help.page import OF_FILES, help_notes
from reconciler.cli.reporting.reports import open_reports
from reconciler.cli.reporting.subject import Subject
from reconciler.cli.support.inputs import note_skipped, read_standard_input, read_variables
from reconciler.errors import ExitCode
from reconciler.report.formats import ReportKind

if TYPE_CHECKING:
    from reconciler.manifest.desired import Desired


@help_notes(
    "uami validate manifests/",
    "uami validate manifests/ --strict --var SUBSCRIPTION_ID=...",
    codes=(*OF_FILES, ExitCode.REFUSED),
)
@with_flag_groups
def validate(
    paths: Paths,
    variables: VariableFlags,
    *,
    strict: Strict = False,
    cloud: Cloud = CloudName.AZURE_CLOUD,
    bounds: GuardrailFlags,
    report: ReportFlags,
) -> ExitCode:
    """Check manifests offline: every problem of every file in one run, each with its place and how to fix it.

    What is usually a mistake is warned about: risky trust, broad roles, deletions without a pinned principal.
    """
    # Not the workflow: it would import the HTTP client, which nothing offline needs.
    from reconciler.arm.login.clouds import CLOUDS
    from reconciler.guardrails import judge_offline
    from reconciler.manifest.findings import find_doubts_and_accepted

    with open_reports(report, ReportKind.VALIDATION, Subject("validate", paths, (variables, bounds))) as reports:
        audience = CLOUDS[cloud].exchange_audience
        desired = _load(paths, variables, audience)
        verdict = judge_offline(bounds.guardrails, os.environ, paths, desired)
        findings, accepted = find_doubts_and_accepted(desired, audience)
        reports.end(lambda form: form.validated(desired, findings, accepted, verdict, strict=strict))
    return ExitCode.REFUSED if verdict.violations or (strict and findings) else ExitCode.DONE


def _load(paths: Sequence[str], variables: VariableFlags, audience: str) -> "Desired":
    from reconciler.manifest.load import load_manifest

    given = read_variables(variables)
    return load_manifest(paths, given, os.environ, read_standard_input, audience=audience, on_skipped=note_skipped)
