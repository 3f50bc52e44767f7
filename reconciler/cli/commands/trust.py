"""`uami trust`: who can become the identities of a manifest, and what that lets them do."""

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.shared import AzureFlags, ManifestFlags, Paths
from reconciler.cli.flags.trust import TrustFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.errors import ExitCode


@help_notes("uami trust manifests/", "uami trust manifests/ --format mermaid > trust.mmd", codes=OF_AZURE)
@with_flag_groups
def trust(paths: Paths, manifest: ManifestFlags, asked: TrustFlags, azure: AzureFlags) -> ExitCode:
    """Tell who is trusted to become each listed identity as it lives, what that lets them do, and what is risky.

    Reads only, and exits 0 whatever it finds.
    """
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.output import configure_logging, is_colored, print_note, print_report
    from reconciler.cli.support.session import open_session
    from reconciler.report.trust_format import remark, render_report
    from reconciler.stop import Stop
    from reconciler.workflow.declare import load_declaration
    from reconciler.workflow.trust import run_trust

    configure_logging(asked.log_level)
    request = make_request(paths, manifest, azure.cloud)
    declaration = load_declaration(request)
    with open_session(azure, Stop(), writes=False) as session:
        report = run_trust(declaration, session.azure, request.audience)
        text = render_report(report, session.header, asked.format, color=is_colored(asked.color_choice))
    print_note(*remark(text, asked.format))
    print_report(text)
    return ExitCode.DONE
