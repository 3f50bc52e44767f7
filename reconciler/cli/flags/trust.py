"""The flags of `uami trust`: its form, which can be a diagram too."""

from dataclasses import dataclass
from typing import Annotated

import typer

from reconciler.cli.flags.groups import OUTPUT_PANEL
from reconciler.cli.flags.report import OwnFormFlags
from reconciler.report.trust_format import TrustFormat


@dataclass(frozen=True, slots=True)
class TrustFlags(OwnFormFlags):
    """How it is written."""

    format: Annotated[
        TrustFormat,
        typer.Option(
            "--format",
            help="How it is written. text: for people. json: one document; `uami schema trust` describes it. mermaid: a"
            " diagram of subjects, identities and roles, for a Markdown file.",
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = TrustFormat.TEXT
    migrate_github: Annotated[
        str | None,
        typer.Option(
            "--migrate-github",
            metavar="FILE",
            help="Print instead, as a diff for `git apply`, how the manifest comes to GitHub's subjects with ids: first"
            " both side by side, then without the old ones. The file has the ids of repositories and owners.",
            show_default=False,
        ),
    ] = None
