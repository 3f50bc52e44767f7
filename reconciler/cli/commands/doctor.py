"""`uami doctor`: tell whether plan and apply would have what they need."""

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.report import RunReportFlags
from reconciler.cli.flags.shared import GuardrailFlags, LoggedAzureFlags, ManifestFlags, Paths
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.cli.reporting.reports import open_reports
from reconciler.cli.reporting.subject import Subject
from reconciler.cli.support.output import configure_logging
from reconciler.errors import ExitCode, UsageError
from reconciler.report.formats import ReportKind

if TYPE_CHECKING:
    from reconciler.cli.support.session import Session
    from reconciler.doctor.checkup import Checkup
    from reconciler.workflow.declare import Declaration


@dataclass(frozen=True, slots=True)
class DoctorFlags(GuardrailFlags):
    """Whether to say which rights just suffice, and under which guardrails."""

    least_privilege: Annotated[
        bool,
        typer.Option(
            "--least-privilege",
            help="Print the custom roles and conditions that just suffice for this manifest, within the guardrails.",
        ),
    ] = False


@help_notes("uami doctor manifests/", "uami doctor manifests/ --least-privilege", codes=OF_AZURE)
@with_flag_groups
def doctor(
    paths: Paths, manifest: ManifestFlags, asked: DoctorFlags, azure: LoggedAzureFlags, report: RunReportFlags
) -> ExitCode:
    """Tell who would run this and whether every right is there that plan and apply need; exits 77 where one is not."""
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.session import open_session
    from reconciler.stop import Stop
    from reconciler.workflow.declare import load_declaration

    configure_logging(report.log_level)
    with open_reports(report, ReportKind.CHECKUP, Subject("doctor", paths, (manifest, asked, azure))) as reports:
        request = replace(make_request(paths, manifest, azure.cloud), guardrails=_guardrails(asked))
        declaration = load_declaration(request)
        with open_session(azure, Stop(), writes=False) as session:
            checkup = _look(declaration, session, asked)
        reports.end(lambda form: form.checkup(checkup))
    return checkup.exit_code


def _guardrails(asked: DoctorFlags) -> tuple[str, ...]:
    """The guardrails of the question for the least rights; nothing else that the doctor asks is bounded by any."""
    from reconciler.guardrails import guardrail_files

    if asked.least_privilege:
        return guardrail_files(asked.guardrails, os.environ)
    if asked.guardrails is not None:
        raise UsageError("--guardrails bounds --least-privilege alone", "Pass both, or neither.")
    return ()


def _look(declaration: "Declaration", session: "Session", asked: DoctorFlags) -> "Checkup":
    from reconciler.doctor.doctor import can_read, run_doctor
    from reconciler.workflow.least_privilege import find_least_privilege

    checkup = run_doctor(declaration.desired, declaration.targets, session.azure, session.caller)
    if asked.least_privilege and can_read(checkup):
        return replace(checkup, least_privilege=find_least_privilege(declaration, session.azure))
    return checkup
