"""`uami export`: what is live, as manifests."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.flags.report import Log, LogLevel
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.cli.support.flag_groups import FlagGroup, with_flag_groups
from reconciler.cli.support.flags import OUTPUT_PANEL, AzureFlags

if TYPE_CHECKING:
    from reconciler.workflow.export import ExportRequest

_PANEL = "Export"
_Subscription = Annotated[
    str, typer.Option("--subscription", metavar="ID", help="The subscription to export.", rich_help_panel=_PANEL)
]


@dataclass(frozen=True, slots=True)
class ExportFlags(FlagGroup):
    """What to export, and how the manifests are to be."""

    resource_group: Annotated[
        tuple[str, ...],
        typer.Option(
            "--resource-group",
            "-g",
            metavar="GROUP",
            help="Export only this group of the subscription. Repeatable.",
            rich_help_panel=_PANEL,
        ),
    ] = ()
    owner: Annotated[
        str | None,
        typer.Option(
            "--owner",
            metavar="OWNER",
            help="Write manifests of this owner, whose first apply adopts everything; without it, they delete nothing.",
            show_default=False,
            rich_help_panel=_PANEL,
        ),
    ] = None
    exclude: Annotated[
        tuple[str, ...],
        typer.Option(
            "--exclude",
            metavar="GLOB",
            help="Leave out identities of such names, and have the manifests ignore them. Repeatable.",
            rich_help_panel=_PANEL,
        ),
    ] = ()
    no_role_assignments: Annotated[
        bool,
        typer.Option("--no-role-assignments", help="Export no roles: they are not managed.", rich_help_panel=_PANEL),
    ] = False
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Write DIR/SUBSCRIPTION/GROUP.yaml for each group; DIR exists, and the files do not.",
            show_default=False,
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = None


@help_notes(
    "uami export --subscription ID",
    "uami export --subscription ID --owner contoso/identities -o manifests",
    codes=OF_AZURE,
)
@with_flag_groups
def export(
    subscription: _Subscription,
    *,
    asked: ExportFlags,
    azure: AzureFlags,
    log_level: Log = LogLevel.WARNING,
) -> None:
    """Write what is live as manifests: identities with credentials and roles; needs Reader, and changes nothing.

    It is complete or an error. Without --owner, plan finds no changes then; with it, nothing but adopts.
    """
    from reconciler.cli.support.exported import check_out, write_out
    from reconciler.cli.support.output import configure_logging, print_note
    from reconciler.cli.support.session import open_session
    from reconciler.stop import Stop
    from reconciler.workflow.export import run_export

    configure_logging(log_level)
    request = _request(subscription, asked, azure)
    folder = None if asked.out is None else check_out(asked.out)
    with open_session(azure, Stop(), writes=False) as session:
        exported = run_export(request, session.azure)
    write_out(exported, folder)
    print_note(*exported.notes)


def _request(subscription: str, asked: ExportFlags, azure: AzureFlags) -> "ExportRequest":
    from reconciler.arm.login.clouds import CLOUDS
    from reconciler.cli.support.session import check_guid
    from reconciler.export.choose import Terms
    from reconciler.workflow.export import ExportRequest, check_terms

    check_guid("--subscription", subscription, "a subscription", "`az account show --query id` prints it.")
    audience = CLOUDS[azure.cloud].exchange_audience
    terms = Terms(asked.owner, asked.exclude, audience, role_assignments=not asked.no_role_assignments)
    check_terms(terms)
    return ExportRequest(subscription, asked.resource_group, terms)
