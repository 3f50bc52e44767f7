"""`uami doctor`: tell whether plan and apply would have what they need."""

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.report import RunReportFlags
from reconciler.cli.flags.shared import AzureFlags, ManifestFlags, Paths
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.cli.reporting.reports import open_reports
from reconciler.cli.reporting.subject import Subject
from reconciler.cli.support.output import configure_logging
from reconciler.errors import ExitCode
from reconciler.report.formats import ReportKind


@help_notes("uami doctor manifests/", codes=OF_AZURE)
@with_flag_groups
def doctor(paths: Paths, manifest: ManifestFlags, azure: AzureFlags, report: RunReportFlags) -> ExitCode:
    """Tell who would run this and whether every right is there that plan and apply need; exits 77 where one is not."""
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.session import open_session
    from reconciler.doctor.doctor import run_doctor
    from reconciler.stop import Stop
    from reconciler.workflow.declare import load_declaration

    configure_logging(report.log_level)
    with open_reports(report, ReportKind.CHECKUP, Subject("doctor", paths, (manifest, azure))) as reports:
        declaration = load_declaration(make_request(paths, manifest, azure.cloud))
        with open_session(azure, Stop(), writes=False) as session:
            checkup = run_doctor(declaration.desired, declaration.targets, session.azure, session.caller)
        reports.end(lambda form: form.checkup(checkup))
    return checkup.exit_code
