"""The flags of `uami output`: the form, which is none of a report's, and what to do about missing identities."""

from dataclasses import dataclass
from typing import Annotated

import typer

from reconciler.cli.flags.groups import OUTPUT_PANEL
from reconciler.cli.flags.report import OwnFormFlags
from reconciler.outputs.formats import OutputFormat

_FORMATS = (
    "How the outputs are written. text: for people. json, yaml: one document; `uami schema output` describes it."
    " dotenv: variables of a shell; of id-payments-api they are ID_PAYMENTS_API_CLIENT_ID, and the same with"
    " PRINCIPAL_ID, TENANT_ID and RESOURCE_ID. configmap: these as data of a Kubernetes ConfigMap `uami-outputs`, in"
    " the namespace of `kubectl -n`. tfvars: one variable of Terraform, `uami_identities`, a map by name."
    " service-accounts: a Kubernetes ServiceAccount for each that a federated credential trusts, annotated for Azure"
    " Workload Identity."
)


@dataclass(frozen=True, slots=True)
class OutputFlags(OwnFormFlags):
    """How outputs are written."""

    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing",
            help="Leave out identities that are not live yet, each with a note; text, json and yaml keep them, without"
            " ids.",
        ),
    ] = False
    format: Annotated[
        OutputFormat,
        typer.Option("--format", help=_FORMATS, rich_help_panel=OUTPUT_PANEL),
    ] = OutputFormat.TEXT
