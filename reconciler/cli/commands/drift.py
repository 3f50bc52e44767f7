"""`uami drift`: tell in what the live side differs."""

from reconciler.cli.support.flag_groups import with_flag_groups
from reconciler.cli.support.flags import AzureFlags, ManifestFlags, Paths, RunReportFlags
from reconciler.errors import ExitCode


@with_flag_groups
def drift(paths: Paths, manifest: ManifestFlags, azure: AzureFlags, report: RunReportFlags) -> ExitCode:
    """Tell what is missing, unexpected or changed in Azure; exits 2 where anything is, and writes nothing."""
    from reconciler.cli.support.compare import compare
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.output import chosen_format, configure_logging, print_report
    from reconciler.report.rows import drift_rows

    configure_logging(report.log_level)
    plan, header = compare(make_request(paths, manifest, azure.cloud), azure)
    print_report(chosen_format(report).drift(plan, header))
    return ExitCode.CHANGES_FOUND if drift_rows(plan).count else ExitCode.DONE
