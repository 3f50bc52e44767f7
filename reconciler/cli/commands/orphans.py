"""`uami orphans`: the role assignments of a subscription whose principal is gone, and the removal of ours."""

from dataclasses import replace

from reconciler.cli.flags.groups import command_line, with_flag_groups
from reconciler.cli.flags.orphans import Journals, OrphansFlags, check_for_reading, orphans_request
from reconciler.cli.flags.shared import ApplyGuardFlags, AzureFlags, RunFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.errors import ExitCode


@help_notes(
    "uami orphans --subscription ID",
    "uami orphans run.jsonl --subscription ID --owner contoso/identities --remove",
    codes=(*OF_AZURE, ExitCode.REFUSED, ExitCode.PARTIAL),
)
@with_flag_groups
def orphans(
    asked: OrphansFlags, run: RunFlags, guards: ApplyGuardFlags, azure: AzureFlags, journals: Journals = None
) -> ExitCode:
    """Find role assignments whose principal is gone, say how that is known and which are ours, and remove these.

    Whom Microsoft Graph cannot tell for sure, and who is younger than an hour, is not judged, and named. Without
    --remove it reads only; with it, only `yes` approves what it shows.
    """
    from reconciler.cli.support.output import configure_logging

    configure_logging(asked.log_level)
    named = tuple(journals or ())
    if asked.remove:
        from reconciler.cli.orphans.remove import remove_orphans

        return remove_orphans(named, asked, run, guards, azure)
    check_for_reading(asked, run, guards)
    return _report(named, asked, azure)


def _report(journals: tuple[str, ...], asked: OrphansFlags, azure: AzureFlags) -> ExitCode:
    from reconciler.cli.support.output import is_colored, print_report
    from reconciler.cli.support.session import open_session
    from reconciler.outputs.orphans.forms import write_orphans
    from reconciler.stop import Stop
    from reconciler.workflow.orphans import run_orphans

    form, request = asked.form, orphans_request(journals, asked)
    with open_session(azure, Stop(), writes=False) as session:
        found = run_orphans(request, session.azure, session.place, session.retries.sleep)
        remove_with = command_line("orphans", journals, replace(asked, remove=True), azure)
        report = replace(found, header=session.header, remove_with=remove_with)
    print_report(write_orphans(report, form, color=is_colored(asked.color_choice)))
    return ExitCode.DONE
