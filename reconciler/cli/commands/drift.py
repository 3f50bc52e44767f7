"""`uami drift`: tell in what the live side differs, and who did it."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.cli.drift.flags import DriftFlags
from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.report import ChangesRunReportFlags
from reconciler.cli.flags.shared import AzureFlags, GuardrailFlags, ManifestFlags, Paths
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.cli.reporting.reports import open_reports
from reconciler.cli.reporting.subject import Subject
from reconciler.cli.support.output import configure_logging
from reconciler.errors import ExitCode
from reconciler.report.formats import ReportKind

if TYPE_CHECKING:
    from reconciler.plan import Plan


@help_notes(
    "uami drift manifests/",
    "uami drift manifests/ --base origin/main",
    codes=(*OF_AZURE, ExitCode.CHANGES_FOUND, ExitCode.REFUSED),
)
@with_flag_groups
def drift(
    paths: Paths,
    manifest: ManifestFlags,
    asked: DriftFlags,
    bounds: GuardrailFlags,
    azure: AzureFlags,
    report: ChangesRunReportFlags,
) -> ExitCode:
    """Tell what is missing, unexpected or changed in Azure, and who did it; exits 2 where anything is."""
    from reconciler.cli.drift.compare import compare_drift
    from reconciler.cli.drift.metrics_file import metrics_file
    from reconciler.cli.support.inputs import make_request
    from reconciler.guardrails import guardrail_files

    configure_logging(report.log_level)
    subject = Subject("drift", paths, (manifest, bounds, azure), (asked.metrics,))
    with open_reports(report, ReportKind.DRIFT, subject) as reports:
        with metrics_file(asked.metrics, subject.inputs) as metrics:
            files = guardrail_files(bounds.guardrails, os.environ)
            request = replace(make_request(paths, manifest, azure.cloud), guardrails=files)
            plan, header = compare_drift(request, asked, azure, metrics.watch)
            metrics.plan = plan
        reports.end(lambda form: form.drift(plan, header))
    return _exit_code(plan)


def _exit_code(plan: "Plan") -> ExitCode:
    from reconciler.report.rows import beyond_guardrails, drift_rows

    if drift_rows(plan).count:
        return ExitCode.CHANGES_FOUND
    return ExitCode.REFUSED if beyond_guardrails(plan) else ExitCode.DONE
