"""The flags of `uami explain-login`: which token, when its login is tried, and how the answer is written."""

from dataclasses import dataclass
from typing import Annotated

import typer

from reconciler.cli.flags.groups import OUTPUT_PANEL
from reconciler.cli.flags.report import OwnFormFlags
from reconciler.report.login.form import LoginFormat

TOKEN_PANEL = "Token"  # noqa: S105  a heading


@dataclass(frozen=True, slots=True)
class LoginFlags(OwnFormFlags):
    """Which token, and how it is compared."""

    claims: Annotated[
        bool,
        typer.Option(
            "--claims",
            help="Print iss, sub, aud and exp of the token, and the ids of its repository, as JSON; compare nothing.",
            rich_help_panel=TOKEN_PANEL,
        ),
    ] = False
    claims_file: Annotated[
        str | None,
        typer.Option(
            "--claims-file",
            metavar="FILE",
            help="Compare what --claims has printed elsewhere, in place of a token.",
            show_default=False,
            rich_help_panel=TOKEN_PANEL,
        ),
    ] = None
    token_file: Annotated[
        str | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="The token is in this file; otherwise it is looked for where GitHub Actions, Kubernetes, GitLab CI and"
            " Azure Pipelines keep it.",
            show_default=False,
            rich_help_panel=TOKEN_PANEL,
        ),
    ] = None
    token_variable: Annotated[
        str | None,
        typer.Option(
            "--token-variable",
            metavar="NAME",
            help="The token is in this variable, such as one of GitLab's `id_tokens`.",
            show_default=False,
            rich_help_panel=TOKEN_PANEL,
        ),
    ] = None
    audience: Annotated[
        str | None,
        typer.Option(
            "--audience",
            metavar="TEXT",
            help="The audience that the login asks for: GitHub is asked for it, and claims without one are taken to"
            " have it. Otherwise the cloud's.",
            show_default=False,
            rich_help_panel=TOKEN_PANEL,
        ),
    ] = None
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="When the login was tried, as 2026-01-31T12:00:00Z; otherwise now.",
            show_default=False,
            rich_help_panel=TOKEN_PANEL,
        ),
    ] = None
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Sign in, and compare with the credentials that live; --sandbox does so by itself. Nothing else of"
            " this command signs in.",
        ),
    ] = False
    format: Annotated[
        LoginFormat,
        typer.Option(
            "--format",
            help="How it is written. text: for people. json: one document; `uami schema explain-login` describes it.",
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = LoginFormat.TEXT
