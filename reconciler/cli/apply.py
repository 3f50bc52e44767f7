"""`uami apply`: show the plan, ask, carry it out, verify."""

import sys
from typing import Annotated

import typer

from reconciler.cli import options
from reconciler.cli.options import CloudName, CredentialKind, Format, LogLevel
from reconciler.errors import ExitCode

AutoApprove = Annotated[bool, typer.Option("--auto-approve", "--yes", "-y", help="Do not ask for confirmation.")]
SkipRefused = Annotated[
    bool, typer.Option("--skip-refused", help="Apply what no guard refuses; still exits 3.", rich_help_panel="Guards")
]
Digest = Annotated[
    str | None,
    typer.Option(
        "--digest",
        metavar="SHA256",
        help="Refuse a saved plan whose file has another SHA-256; `plan -o` prints it.",
        show_default=False,
    ),
]
NoVerify = Annotated[bool, typer.Option("--no-verify", help="Do not read again what was changed.")]


def apply(
    paths: options.PlanOrPaths,
    var: options.Var = None,
    target: options.Target = None,
    subscription: options.Subscription = None,
    auto_approve: AutoApprove = False,
    no_verify: NoVerify = False,
    digest: Digest = None,
    journal: options.Journal = None,
    allow: options.Allow = None,
    max_deletes: options.MaxDeletes = None,
    strict: options.Strict = False,
    skip_refused: SkipRefused = False,
    endpoint: options.Endpoint = None,
    cloud: options.Cloud = CloudName.AZURE_CLOUD,
    tenant: options.Tenant = None,
    credential: options.Credential = CredentialKind.AUTO,
    sandbox: options.Sandbox = None,
    api_version: options.ApiVersion = options.DEFAULT_API_VERSION,
    parallelism: options.Parallelism = options.DEFAULT_PARALLELISM,
    report_format: options.ReportFormat = Format.TEXT,
    no_color: options.NoColor = False,
    log_level: options.Log = LogLevel.WARNING,
) -> ExitCode:
    """Show the plan, ask (only `yes` approves), carry it out, and read it again to verify.

    A saved plan is not asked about: it is applied if it is still the plan, and refused (exit 4) if it is not.
    """
    from reconciler.cli.applying import ApplyFlags, apply_and_report
    from reconciler.cli.inputs import make_request
    from reconciler.cli.output import configure_logging, stdout_color
    from reconciler.cli.session import SessionFlags

    configure_logging(log_level.value)
    request = make_request(
        paths,
        var=var,
        subscription=subscription,
        target=target,
        allow=allow,
        max_deletes=max_deletes,
        cloud=cloud,
        strict=strict,
    )
    flags = ApplyFlags(
        SessionFlags(endpoint, cloud, tenant, credential, sandbox, api_version, parallelism),
        auto_approve=auto_approve,
        skip_refused=skip_refused,
        verify=not no_verify,
        as_json=report_format is Format.JSON,
        color=stdout_color(no_color=no_color),
        digest=digest,
        command=tuple(sys.argv[1:]),
        journal=journal,
    )
    return apply_and_report(request, flags)
