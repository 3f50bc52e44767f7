"""`uami output`: the ids that Azure gave the identities of a manifest, for whatever refers to them."""

from dataclasses import replace

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.output import OutputFlags
from reconciler.cli.flags.shared import AzureFlags, ManifestFlags, Paths
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.errors import ExitCode


@help_notes(
    "uami output manifests/ --format dotenv > ids.env",
    "uami output manifests/ --format service-accounts | kubectl apply -f -",
    codes=OF_AZURE,
)
@with_flag_groups
def output(paths: Paths, manifest: ManifestFlags, asked: OutputFlags, azure: AzureFlags) -> ExitCode:
    """Print the client, principal, tenant and resource ids of the listed identities; reads only.

    An identity that is not live yet is an error, unless --allow-missing.
    """
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.output import configure_logging, is_colored, print_note, print_report
    from reconciler.cli.support.session import open_session
    from reconciler.outputs.formats import output_form
    from reconciler.stop import Stop
    from reconciler.workflow.output import declare_outputs, run_output

    configure_logging(asked.log_level)
    form = output_form(asked.format, color=is_colored(asked.color_choice))
    declaration = declare_outputs(make_request(paths, manifest, azure.cloud), form.check)
    with open_session(azure, Stop(), writes=False) as session:
        found = run_output(declaration, session.azure, allow_missing=asked.allow_missing)
        outputs = replace(found, header=session.header)
        text = form.write(outputs)
    print_note(*(f"Note: {note}" for note in form.notes(outputs)))
    print_report(text)
    return ExitCode.DONE
