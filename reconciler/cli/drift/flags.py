"""The flags of `uami drift`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.flags.groups import AZURE_PANEL, MANIFEST_PANEL, OUTPUT_PANEL, FlagGroup


class Switch(StrEnum):
    """Whether something is done."""

    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class DriftFlags(FlagGroup):
    """What live is held against, and what else is found out and kept."""

    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            metavar="REF",
            help="Hold live against PATH in this commit of the clone; what the files say beyond it is pending, and no"
            " drift.",
            show_default=False,
            rich_help_panel=MANIFEST_PANEL,
        ),
    ] = None
    attribution: Annotated[
        Switch,
        typer.Option(
            "--attribution",
            help="Ask Resource Graph and the Activity Log who made each difference.",
            rich_help_panel=AZURE_PANEL,
        ),
    ] = Switch.ON
    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics",
            metavar="FILE",
            help="Write numbers for Prometheus to this file, of a failed run too; replaces such a file, and nothing"
            " else.",
            show_default=False,
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = None
