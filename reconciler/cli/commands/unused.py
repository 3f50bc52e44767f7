"""`uami unused`: the listed identities that nobody has signed in as for some days, as far as a log tells."""

from dataclasses import replace

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.shared import LoggedAzureFlags, ManifestFlags, Paths
from reconciler.cli.flags.unused import UnusedFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.errors import ExitCode


@help_notes("uami unused manifests/ --days 90 --sign-in-logs WORKSPACE-RESOURCE-ID", codes=OF_AZURE)
@with_flag_groups
def unused(paths: Paths, manifest: ManifestFlags, asked: UnusedFlags, azure: LoggedAzureFlags) -> ExitCode:
    """Show which listed identities had no sign-in for --days, as far as the log of --sign-in-logs tells; reads only.

    Where the log begins later, or has no rows, the report says so, and calls no identity unused.
    """
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.output import configure_logging, is_colored, print_report
    from reconciler.cli.support.session import open_session
    from reconciler.outputs.unused.forms import write_unused
    from reconciler.stop import Stop
    from reconciler.workflow.declare import load_declaration
    from reconciler.workflow.unused import run_unused

    configure_logging(asked.log_level)
    declaration = load_declaration(make_request(paths, manifest, azure.cloud))
    with open_session(azure, Stop(), writes=False) as session:
        found = run_unused(declaration, session.azure, asked.days)
        report = replace(found, header=session.header)
    print_report(write_unused(report, asked.format, color=is_colored(asked.color_choice)))
    return ExitCode.DONE
