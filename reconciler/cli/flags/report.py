"""The flags of reports: their form, their colours, how much they put together; and of the log beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Annotated

import typer

from reconciler.cli.support.flag_groups import OUTPUT_PANEL, FlagGroup
from reconciler.report.formats import Format


class LogLevel(StrEnum):
    """How much is logged on stderr."""

    WARNING = "warning"
    INFO = "info"
    DEBUG = "debug"


class ColorChoice(StrEnum):
    """When reports are coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


Log = Annotated[
    LogLevel, typer.Option("--log-level", help="How much is logged on stderr.", rich_help_panel=OUTPUT_PANEL)
]
Color = Annotated[
    ColorChoice,
    typer.Option(
        "--color",
        help="When to colour; auto heeds NO_COLOR, then FORCE_COLOR, then the terminal.",
        rich_help_panel=OUTPUT_PANEL,
    ),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="The same as --color never.", rich_help_panel=OUTPUT_PANEL)]


@dataclass(frozen=True, slots=True)
class ReportFlags(FlagGroup):
    """The form of a report."""

    format: Annotated[
        Format, typer.Option("--format", help="How the report is written.", rich_help_panel=OUTPUT_PANEL)
    ] = Format.TEXT
    color: Color = ColorChoice.AUTO
    no_color: NoColor = False

    @property
    def color_choice(self) -> ColorChoice:
        """What both flags for colour come to."""
        return ColorChoice.NEVER if self.no_color else self.color

    @property
    def tells_equal_changes_once(self) -> bool:
        """Whether changes that are the same but for their identity are told together."""
        return True


@dataclass(frozen=True, slots=True)
class ChangesReportFlags(ReportFlags):
    """The same, for reports of changes."""

    no_group: Annotated[
        bool,
        typer.Option(
            "--no-group",
            help="Tell each change by itself, also where several differ in nothing but their identity.",
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = False

    @property
    def tells_equal_changes_once(self) -> bool:
        """Whether changes that are the same but for their identity are told together."""
        return not self.no_group


@dataclass(frozen=True, slots=True)
class RunReportFlags(ReportFlags):
    """The form of a report, for commands that make calls and write a log of them."""

    log_level: Log = LogLevel.WARNING


@dataclass(frozen=True, slots=True)
class ChangesRunReportFlags(ChangesReportFlags):
    """Both, for reports of changes by commands that make calls."""

    log_level: Log = LogLevel.WARNING


def report_flags_of(arguments: Sequence[str]) -> ReportFlags:
    """The form in which to report what is wrong with a command line, as far as it can be known from it."""
    given = {}
    for word, following in pairwise([*arguments, ""]):
        flag, equals, value = word.partition("=")
        given[flag] = value if equals else following
    return ReportFlags(
        {one.value: one for one in Format}.get(given.get("--format", ""), Format.TEXT),
        {one.value: one for one in ColorChoice}.get(given.get("--color", ""), ColorChoice.AUTO),
        "--no-color" in given,
    )
