"""`uami drift`: tell in what the live side differs, and who did it."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.cli.drift.flags import DriftFlags
from reconciler.cli.flags.report import ChangesRunReportFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.cli.support.flag_groups import with_flag_groups
from reconciler.cli.support.flags import AzureFlags, GuardrailFlags, ManifestFlags, Paths
from reconciler.errors import ExitCode

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
    from reconciler.cli.support.output import chosen_format, configure_logging, print_report
    from reconciler.guardrails import guardrail_files

    configure_logging(report.log_level)
    with metrics_file(asked.metrics, [*paths, *filter(None, [azure.sandbox])]) as metrics:
        files = guardrail_files(bounds.guardrails, os.environ)
        request = replace(make_request(paths, manifest, azure.cloud), guardrails=files)
        plan, header = compare_drift(request, asked, azure, metrics.watch)
        metrics.plan = plan
    print_report(chosen_format(report).drift(plan, header))
    return _exit_code(plan)


def _exit_code(plan: "Plan") -> ExitCode:
    from reconciler.report.rows import beyond_guardrails, drift_rows

    if drift_rows(plan).count:
        return ExitCode.CHANGES_FOUND
    return ExitCode.REFUSED if beyond_guardrails(plan) else ExitCode.DONE
