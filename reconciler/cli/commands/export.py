"""`uami export`: what is live, as manifests."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.flags.groups import OUTPUT_PANEL, FlagGroup, with_flag_groups
from reconciler.cli.flags.report import Log, LogLevel
from reconciler.cli.flags.shared import AzureFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.export.choose import Terms
    from reconciler.live.azure import Azure
    from reconciler.workflow.export import ExportRequest
    from reconciler.workflow.hand_over import HandOverRequest

_PANEL = "Export"


@dataclass(frozen=True, slots=True)
class ExportFlags(FlagGroup):
    """What to export, and how the manifests are to be."""

    subscription: Annotated[
        str | None,
        typer.Option(
            "--subscription",
            metavar="ID",
            help="The subscription to export; with --tfstate, take only its identities.",
            show_default=False,
            rich_help_panel=_PANEL,
        ),
    ] = None
    tfstate: Annotated[
        str | None,
        typer.Option(
            "--tfstate",
            metavar="FILE",
            help="Take over the identities of this Terraform state (a v4 file, or `terraform show -json`), and write"
            " `removed` blocks for it to DIR/removed.tf.",
            show_default=False,
            rich_help_panel=_PANEL,
        ),
    ] = None
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
    "uami export --tfstate state.json --owner contoso/identities -o manifests",
    codes=OF_AZURE,
)
@with_flag_groups
def export(*, asked: ExportFlags, azure: AzureFlags, log_level: Log = LogLevel.WARNING) -> None:
    """Write what is live as manifests: identities with credentials and roles; needs Reader, and changes nothing.

    It is complete or an error. Without --owner, plan finds no changes then; with it, nothing but adopts.
    """
    from reconciler.cli.support.exported import check_out
    from reconciler.cli.support.output import configure_logging, print_note
    from reconciler.cli.support.session import open_session
    from reconciler.stop import Stop

    configure_logging(log_level)
    request = _request(asked, azure)
    folder = None if asked.out is None else check_out(asked.out)
    with open_session(azure, Stop(), writes=False) as session:
        notes = _run(request, session.azure, folder)
    print_note(*notes)


def _run(request: "ExportRequest | HandOverRequest", azure: "Azure", folder: Path | None) -> tuple[str, ...]:
    """Read, write, and return what is still to be said."""
    from reconciler.cli.support.exported import write_hand_over, write_out
    from reconciler.workflow.export import ExportRequest, run_export
    from reconciler.workflow.hand_over import run_hand_over

    if isinstance(request, ExportRequest):
        exported = run_export(request, azure)
        write_out(exported, folder)
    else:
        exported, found = run_hand_over(request, azure)
        write_hand_over(exported, found, folder)
    return exported.notes


def _request(asked: ExportFlags, azure: AzureFlags) -> "ExportRequest | HandOverRequest":
    from reconciler.arm.login.clouds import CLOUDS
    from reconciler.cli.support.session import check_guid
    from reconciler.export.choose import Terms
    from reconciler.workflow.export import ExportRequest, check_terms

    if asked.subscription is not None:
        hint = "`az account show --query id` prints it."
        check_guid("--subscription", asked.subscription, "a subscription", hint)
    audience = CLOUDS[azure.cloud].exchange_audience
    terms = Terms(asked.owner, asked.exclude, audience, role_assignments=not asked.no_role_assignments)
    check_terms(terms)
    if asked.tfstate is not None:
        return _hand_over(asked.tfstate, asked, terms)
    if asked.subscription is None:
        raise UsageError("--subscription is missing: nothing says what to export", "Name one, or a --tfstate.")
    return ExportRequest(asked.subscription, asked.resource_group, terms)


def _hand_over(file: str, asked: ExportFlags, terms: "Terms") -> "HandOverRequest":
    from reconciler.terraform import read_state
    from reconciler.workflow.hand_over import HandOverRequest, check_hand_over

    if asked.out is None:
        raise UsageError(
            "--tfstate without -o: a hand-over is manifests and `removed` blocks, which are files of their own",
            "Name a directory that exists with -o DIR.",
        )
    if asked.resource_group:
        raise UsageError(
            "--tfstate and --resource-group cannot be combined: the state says which groups", "Leave one of them out."
        )
    request = HandOverRequest(read_state(Path(file)), asked.subscription, terms)
    check_hand_over(request)
    return request
