"""The flags that several commands share, each described once, in the groups in which commands take them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.flags.groups import AZURE_PANEL, GUARDS_PANEL, MANIFEST_PANEL, OUTPUT_PANEL, FlagGroup


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


class Only(StrEnum):
    """What a run is confined to."""

    EXPIRED = "expired"


Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...", help="Manifest files, directories of them, or - for standard input.", show_default=False
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict", help="Refuse what is otherwise only warned about: exit 3.", rich_help_panel=MANIFEST_PANEL
    ),
]
Cloud = Annotated[
    CloudName,
    typer.Option("--cloud", help="The Azure cloud: ARM's address, and where to sign in.", rich_help_panel=AZURE_PANEL),
]


@dataclass(frozen=True, slots=True)
class VariableFlags(FlagGroup):
    """The values of a manifest's variables."""

    var: Annotated[
        tuple[str, ...],
        typer.Option(
            "--var",
            metavar="NAME=VALUE",
            help="Value of ${NAME}; else that of --var-file, the environment's UAMI_VAR_NAME or the manifest's `vars`.",
            rich_help_panel=MANIFEST_PANEL,
        ),
    ] = ()
    var_file: Annotated[
        tuple[str, ...],
        typer.Option(
            "--var-file",
            metavar="FILE",
            help="YAML map of variables and their values. Repeatable; the last wins.",
            rich_help_panel=MANIFEST_PANEL,
        ),
    ] = ()


@dataclass(frozen=True, slots=True)
class ManifestFlags(VariableFlags):
    """How much of a manifest is looked at."""

    target: Annotated[
        tuple[str, ...],
        typer.Option(
            "--target",
            metavar="GROUP[/IDENTITY]",
            help="Look at this group or identity only. Repeatable.",
            rich_help_panel=MANIFEST_PANEL,
        ),
    ] = ()
    subscription: Annotated[
        tuple[str, ...],
        typer.Option(
            "--subscription",
            metavar="ID",
            help="Look at this subscription only. Repeatable.",
            rich_help_panel=MANIFEST_PANEL,
        ),
    ] = ()


@dataclass(frozen=True, slots=True)
class StrictManifestFlags(ManifestFlags):
    """The same, for commands that refuse."""

    strict: Strict = False
    only: Annotated[
        Only | None,
        typer.Option(
            "--only",
            help="Delete what has expired, credentials, roles and removals whose day has come, and leave all else.",
            show_default=False,
            rich_help_panel=MANIFEST_PANEL,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class GuardrailFlags(FlagGroup):
    """What a run may do at most."""

    guardrails: Annotated[
        str | None,
        typer.Option(
            "--guardrails",
            metavar="FILE",
            help="Refuse whatever this file does not let through; nothing lifts that. UAMI_GUARDRAILS names one more.",
            show_default=False,
            rich_help_panel=GUARDS_PANEL,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class GuardFlags(GuardrailFlags):
    """The same, and what the caller lifts of all other guards."""

    allow: Annotated[
        tuple[str, ...],
        typer.Option(
            "--allow",
            metavar="CODE=ADDRESS",
            help="Lift one guard at one address or in one group. Repeatable.",
            rich_help_panel=GUARDS_PANEL,
        ),
    ] = ()
    max_deletes: Annotated[
        tuple[str, ...],
        typer.Option(
            "--max-deletes",
            metavar="N|N%",
            help="Raise the limit of deletes in the run (N) or in each group (N%). Repeatable.",
            rich_help_panel=GUARDS_PANEL,
        ),
    ] = ()
    max_revokes: Annotated[
        int | None,
        typer.Option(
            "--max-revokes",
            metavar="N",
            min=0,
            help="Raise the limit of credentials and role assignments deleted in the run while their identities stay.",
            show_default=False,
            rich_help_panel=GUARDS_PANEL,
        ),
    ] = None

    def without(self, allow: Collection[str]) -> "GuardFlags":
        """The same without some of its allowances."""
        return replace(self, allow=tuple(one for one in self.allow if one not in allow))


@dataclass(frozen=True, slots=True)
class ApplyGuardFlags(GuardFlags):
    """The same, for commands that carry a plan out."""

    skip_refused: Annotated[
        bool,
        typer.Option(
            "--skip-refused", help="Apply what no guard refuses; still exits 3.", rich_help_panel=GUARDS_PANEL
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class AzureFlags(FlagGroup):
    """Which ARM, and as whom."""

    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint",
            metavar="URL",
            help="ARM's address, if not the cloud's own.",
            show_default=False,
            rich_help_panel=AZURE_PANEL,
        ),
    ] = None
    cloud: Cloud = CloudName.AZURE_CLOUD
    tenant: Annotated[
        str | None,
        typer.Option(
            "--tenant",
            metavar="ID",
            help="Sign in to this tenant, and refuse a token of another one.",
            show_default=False,
            rich_help_panel=AZURE_PANEL,
        ),
    ] = None
    credential: Annotated[
        CredentialKind,
        typer.Option(
            "--credential",
            help="Where the token comes from; `token` reads UAMI_ACCESS_TOKEN.",
            rich_help_panel=AZURE_PANEL,
        ),
    ] = CredentialKind.AUTO
    sandbox: Annotated[
        str | None,
        typer.Option(
            "--sandbox",
            metavar="FILE",
            help="Use the embedded ARM emulator over this state file instead of Azure.",
            show_default=False,
            rich_help_panel=AZURE_PANEL,
        ),
    ] = None
    api_version: Annotated[
        str,
        typer.Option("--api-version", help="api-version of Microsoft.ManagedIdentity.", rich_help_panel=AZURE_PANEL),
    ] = "2024-11-30"
    timeout: Annotated[
        str,
        typer.Option(
            "--timeout",
            metavar="DURATION",
            help="How long the run may wait and read, from its first request on: 90s, 30m, 1h.",
            rich_help_panel=AZURE_PANEL,
        ),
    ] = "1h"
    parallelism: Annotated[
        int,
        typer.Option("--parallelism", min=1, max=100, help="Requests under way at once.", rich_help_panel=AZURE_PANEL),
    ] = 10


@dataclass(frozen=True, slots=True)
class LoggedAzureFlags(AzureFlags):
    """The same, and where the sign-ins of its identities are logged."""

    sign_in_logs: Annotated[
        str | None,
        typer.Option(
            "--sign-in-logs",
            metavar="RESOURCE-ID",
            help="Say when what is deleted was last signed in with, by this Log Analytics workspace; a sign-in of the"
            " last 30 days refuses the delete (recently-used).",
            show_default=False,
            rich_help_panel=AZURE_PANEL,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class RunFlags(FlagGroup):
    """How a plan is carried out."""

    auto_approve: Annotated[
        bool, typer.Option("--auto-approve", "--yes", "-y", help="Do not ask for confirmation.")
    ] = False
    no_verify: Annotated[bool, typer.Option("--no-verify", help="Do not read again what was changed.")] = False
    journal: Annotated[
        str | None,
        typer.Option(
            "--journal",
            metavar="FILE",
            help="Record the run's calls in this new file rather than in the user's state folder.",
            show_default=False,
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class ApplyRunFlags(RunFlags):
    """The same, for what may come from a file: a saved plan."""

    digest: Annotated[
        str | None,
        typer.Option(
            "--digest",
            metavar="SHA256",
            help="Refuse a saved plan whose file has another SHA-256 than `plan -o` printed, and do not ask.",
            show_default=False,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class UndoRunFlags(RunFlags):
    """The same, for what a journal says."""

    digest: Annotated[
        str | None,
        typer.Option(
            "--digest",
            metavar="SHA256",
            help="Refuse a journal whose file has another SHA-256 than its run printed; -y needs it.",
            show_default=False,
        ),
    ] = None
