"""The flags of `uami unused`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from reconciler.cli.flags.groups import OUTPUT_PANEL, FlagGroup
from reconciler.cli.flags.report import Color, ColorChoice, Log, LogLevel, NoColor
from reconciler.outputs.unused.forms import UnusedFormat


@dataclass(frozen=True, slots=True)
class UnusedFlags(FlagGroup):
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
    color: Color = ColorChoice.AUTO
    no_color: NoColor = False
    log_level: Log = LogLevel.WARNING

    @property
    def color_choice(self) -> ColorChoice:
        """What both flags for colour come to."""
        return ColorChoice.NEVER if self.no_color else self.color
