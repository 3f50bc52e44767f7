"""`uami orphans`: the role assignments of a subscription whose principal is gone."""

from dataclasses import replace

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.orphans import Journals, OrphansFlags, orphans_request
from reconciler.cli.flags.shared import AzureFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.errors import ExitCode


@help_notes(
    "uami orphans --subscription ID",
    "uami orphans run.jsonl --subscription ID --owner contoso/identities",
    codes=OF_AZURE,
)
@with_flag_groups
def orphans(asked: OrphansFlags, azure: AzureFlags, journals: Journals = None) -> ExitCode:
    """Find role assignments whose principal is gone, say how that is known and which are ours; reads only.

    Whom Microsoft Graph cannot tell for sure, and who is younger than an hour, is not judged, and named.
    """
    from reconciler.cli.support.output import configure_logging, is_colored, print_report
    from reconciler.cli.support.session import open_session
    from reconciler.outputs.orphans.forms import write_orphans
    from reconciler.stop import Stop
    from reconciler.workflow.orphans import run_orphans

    configure_logging(asked.log_level)
    request = orphans_request(journals or (), asked)
    with open_session(azure, Stop(), writes=False) as session:
        found = run_orphans(request, session.azure, session.place, session.retries.sleep)
        report = replace(found, header=session.header)
    print_report(write_orphans(report, asked.format, color=is_colored(asked.color_choice)))
    return ExitCode.DONE
