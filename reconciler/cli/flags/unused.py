"""The flags of `uami unused`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from reconciler.cli.flags.groups import OUTPUT_PANEL
from reconciler.cli.flags.report import OwnFormFlags
from reconciler.outputs.unused.forms import UnusedFormat


@dataclass(frozen=True, slots=True)
class UnusedFlags(OwnFormFlags):
    """How far back to look, and how the report is written."""

    days: Annotated[
        int,
        typer.Option("--days", metavar="N", min=1, max=4383, help="Name identities without a sign-in for N days."),
    ] = 30
    format: Annotated[
        UnusedFormat,
        typer.Option(
            "--format",
            help="text: for people. json: one document; `uami schema unused` describes it.",
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = UnusedFormat.TEXT
