"""Options that several commands share, each described once."""

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


class CloudName(StrEnum):
    """The Azure clouds, as az spells them."""

    AZURE_CLOUD = "AzureCloud"
    AZURE_US_GOVERNMENT = "AzureUSGovernment"
    AZURE_CHINA_CLOUD = "AzureChinaCloud"


class CredentialKind(StrEnum):
    """Where the token comes from."""

    AUTO = "auto"
    CLI = "cli"
    ENVIRONMENT = "environment"
    WORKLOAD_IDENTITY = "workload-identity"
    MANAGED_IDENTITY = "managed-identity"
    AZURE_PIPELINES = "azure-pipelines"
    GITHUB = "github"
    TOKEN = "token"  # noqa: S105  the name of a source, not a secret


class LogLevel(StrEnum):
    """How much is told on stderr."""

    WARNING = "warning"
    INFO = "info"
    DEBUG = "debug"


_MANIFEST = "Manifest"
_AZURE = "Azure"
OUTPUT_PANEL = "Output"
_GUARDS = "Guards"

Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...", help="Manifest files, directories of them, or - for standard input.", show_default=False
    ),
]
Var = Annotated[
    list[str] | None,
    typer.Option(
        "--var",
        metavar="NAME=VALUE",
        help="Value of ${NAME}; else the environment's UAMI_VAR_NAME.",
        rich_help_panel=_MANIFEST,
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Refuse what is otherwise only warned about: exit 3.", rich_help_panel=_MANIFEST),
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="GROUP[/IDENTITY]",
        help="Look at this group or identity only. Repeatable.",
        rich_help_panel=_MANIFEST,
    ),
]
Subscription = Annotated[
    list[str] | None,
    typer.Option(
        "--subscription", metavar="ID", help="Look at this subscription only. Repeatable.", rich_help_panel=_MANIFEST
    ),
]
Endpoint = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        metavar="URL",
        help="ARM's address, if not the cloud's own.",
        show_default=False,
        rich_help_panel=_AZURE,
    ),
]
Cloud = Annotated[
    CloudName,
    typer.Option("--cloud", help="The Azure cloud: ARM's address, and where to sign in.", rich_help_panel=_AZURE),
]
Tenant = Annotated[
    str | None,
    typer.Option(
        "--tenant",
        metavar="ID",
        help="Sign in to this tenant, and refuse a token of another one.",
        show_default=False,
        rich_help_panel=_AZURE,
    ),
]
Credential = Annotated[
    CredentialKind,
    typer.Option(
        "--credential", help="Where the token comes from; `token` reads UAMI_ACCESS_TOKEN.", rich_help_panel=_AZURE
    ),
]
Sandbox = Annotated[
    str | None,
    typer.Option(
        "--sandbox",
        metavar="FILE",
        help="Use the embedded ARM emulator over this state file instead of Azure.",
        show_default=False,
        rich_help_panel=_AZURE,
    ),
]
ApiVersion = Annotated[
    str, typer.Option("--api-version", help="api-version of Microsoft.ManagedIdentity.", rich_help_panel=_AZURE)
]
Parallelism = Annotated[
    int, typer.Option("--parallelism", min=1, max=100, help="Requests under way at once.", rich_help_panel=_AZURE)
]
PlanOrPaths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...",
        help="Manifest files, directories of them, or - for standard input; or one plan that `plan -o` saved.",
        show_default=False,
    ),
]
ReportFormat = Annotated[
    Format, typer.Option("--format", help="How the report is written.", rich_help_panel=OUTPUT_PANEL)
]
NoColor = Annotated[
    bool, typer.Option("--no-color", help="No colour; NO_COLOR does the same.", rich_help_panel=OUTPUT_PANEL)
]
Log = Annotated[LogLevel, typer.Option("--log-level", help="How much is told on stderr.", rich_help_panel=OUTPUT_PANEL)]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow", metavar="CODE=ADDRESS", help="Lift one guard at one address. Repeatable.", rich_help_panel=_GUARDS
    ),
]
MaxDeletes = Annotated[
    list[str] | None,
    typer.Option(
        "--max-deletes",
        metavar="N|N%",
        help="Raise the limit of deletes in the run (N) or in each group (N%). Repeatable.",
        rich_help_panel=_GUARDS,
    ),
]
Journal = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="FILE",
        help="Record the run's calls in this new file rather than in the user's state folder.",
        show_default=False,
        rich_help_panel=OUTPUT_PANEL,
    ),
]

DEFAULT_API_VERSION = "2024-11-30"
DEFAULT_PARALLELISM = 10
