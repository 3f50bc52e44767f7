"""`uami drift`: tell in what the live side differs."""

import os
from dataclasses import replace

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.report import ChangesRunReportFlags
from reconciler.cli.flags.shared import AzureFlags, GuardrailFlags, ManifestFlags, Paths
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.cli.reporting.reports import open_reports
from reconciler.cli.reporting.subject import Subject
from reconciler.cli.support.output import configure_logging
from reconciler.errors import ExitCode
from reconciler.report.formats import ReportKind


@help_notes(
    "uami drift manifests/",
    "uami drift manifests/ --format json",
    codes=(*OF_AZURE, ExitCode.CHANGES_FOUND, ExitCode.REFUSED),
)
@with_flag_groups
def drift(
    paths: Paths, manifest: ManifestFlags, bounds: GuardrailFlags, azure: AzureFlags, report: ChangesRunReportFlags
) -> ExitCode:
    """Tell what is missing, unexpected or changed in Azure; exits 2 where anything is, and writes nothing."""
    from reconciler.cli.support.compare import compare
    from reconciler.cli.support.inputs import make_request
    from reconciler.guardrails import guardrail_files
    from reconciler.report.rows import beyond_guardrails, drift_rows

    configure_logging(report.log_level)
    with open_reports(report, ReportKind.DRIFT, Subject("drift", paths, (manifest, bounds, azure))) as reports:
        files = guardrail_files(bounds.guardrails, os.environ)
        plan, header = compare(replace(make_request(paths, manifest, azure.cloud), guardrails=files), azure)
        reports.end(lambda form: form.drift(plan, header))
    if drift_rows(plan).count:
        return ExitCode.CHANGES_FOUND
    return ExitCode.REFUSED if beyond_guardrails(plan) else ExitCode.DONE
