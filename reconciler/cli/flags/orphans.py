"""The flags of `uami orphans`, and what they ask for."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.flags.groups import OUTPUT_PANEL, FlagGroup
from reconciler.cli.flags.report import ChangesRunReportFlags, complete_format
from reconciler.errors import JournalError, UsageError
from reconciler.outputs.orphans.forms import OrphansFormat

if TYPE_CHECKING:
    from reconciler.workflow.orphans import OrphansRequest

Journals = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="JOURNAL...",
        help="Journals of earlier runs, to be read beside those of the user's state folder: they say which identity a"
        " principal was, and not what is ours.",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class OrphansFlags(ChangesRunReportFlags):
    """Where to look, what is ours, whether that is removed, and how the report is written.

    A removal is reported in whatever form a run is, and has the flags for that; without it, the report has two forms,
    and takes no others.
    """

    subscription: Annotated[
        str | None,
        typer.Option("--subscription", metavar="ID", help="The subscription to look through.", show_default=False),
    ] = None
    owner: Annotated[
        tuple[str, ...],
        typer.Option(
            "--owner",
            metavar="OWNER",
            help="Role assignments that uami gave for this owner are ours, beside those of the owners in the state"
            " folder's journals. Repeatable.",
        ),
    ] = ()
    pause: Annotated[
        str,
        typer.Option(
            "--pause",
            metavar="DURATION",
            help="How long to wait before a second look at whom Microsoft Graph does not know: 0s, 30s, 5m.",
        ),
    ] = "30s"
    remove: Annotated[
        bool,
        typer.Option("--remove", help="Show a plan that deletes those that are ours, ask, and carry it out."),
    ] = False
    format: Annotated[
        tuple[str, ...],
        typer.Option(
            "--format",
            metavar="FORMAT[=FILE]",
            help="text: for people. json: one document; `uami schema orphans` describes it. With --remove as of `uami"
            " apply`, and in files too.",
            autocompletion=complete_format,
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = ()

    @property
    def form(self) -> OrphansFormat:
        """How the report is written where nothing is removed.

        Raises:
            UsageError: a form that it does not have.
        """
        served = {one.value: one for one in OrphansFormat}
        for word in self.format:
            if word not in served:
                raise UsageError(
                    f"--format {word}: without --remove, the report is {' or '.join(served)}, on stdout",
                    "Leave it out, or add --remove.",
                )
        return served[self.on_stdout.value]


def check_for_reading(asked: OrphansFlags, *groups: FlagGroup) -> None:
    """Raises UsageError for a flag that only a removal obeys."""
    words = [word for group in groups for word in group.words()]
    words += ["--comment-key"] * (asked.comment_key is not None) + ["--no-group"] * asked.no_group
    if words:
        raise UsageError(f"{words[0]} is for --remove", "Add --remove, or leave it out.")


def orphans_request(journals: Sequence[str], asked: OrphansFlags) -> "OrphansRequest":
    """What the command line asks for; raises UsageError where it does not say where to look, or says it wrongly."""
    from reconciler.arm.http.budget import parse_duration
    from reconciler.cli.support.session import check_guid
    from reconciler.workflow.orphans import OrphansRequest
    from reconciler.workflow.preflight import check_owner

    if asked.subscription is None:
        raise UsageError("--subscription is missing: nothing says where to look", "Name one with --subscription ID.")
    check_guid("--subscription", asked.subscription, "a subscription", "`az account show --query id` prints it.")
    for owner in asked.owner:
        check_owner(owner)
    pause_s = parse_duration(asked.pause, "--pause", least_s=0)
    return OrphansRequest(asked.subscription, asked.owner, tuple(map(Path, journals)), _journal_folder(), pause_s)


def _journal_folder() -> Path | None:
    from reconciler.journal import default_folder

    try:
        return default_folder(os.environ, sys.platform)
    except JournalError:
        return None
