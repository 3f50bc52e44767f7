"""`uami undo`: plan the way back from a run, ask, and carry it out like an apply."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import options
from reconciler.cli.apply import AutoApprove, NoVerify, SkipRefused
from reconciler.cli.options import CloudName, CredentialKind, Format, LogLevel
from reconciler.errors import ExitCode

File = Annotated[Path, typer.Argument(metavar="FILE", help="The journal of the run.", show_default=False)]


def undo(
    file: File,
    auto_approve: AutoApprove = False,
    no_verify: NoVerify = False,
    journal: options.Journal = None,
    allow: options.Allow = None,
    max_deletes: options.MaxDeletes = None,
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
    """Take a run back as far as Azure allows: show the way back, ask (only `yes` approves), carry it out, verify."""
    from reconciler.cli.applying import ApplyFlags, carry_out, check_somebody_to_ask
    from reconciler.cli.output import configure_logging, stdout_color
    from reconciler.cli.session import SessionFlags
    from reconciler.guards import parse_allowances
    from reconciler.journal.read_file import read_journal
    from reconciler.workflow.undo import declare_undo

    configure_logging(log_level.value)
    allowances = parse_allowances(tuple(allow or ()), tuple(max_deletes or ()))
    flags = ApplyFlags(
        SessionFlags(endpoint, cloud, tenant, credential, sandbox, api_version, parallelism),
        auto_approve=auto_approve,
        skip_refused=skip_refused,
        verify=not no_verify,
        as_json=report_format is Format.JSON,
        color=stdout_color(no_color=no_color),
        command=tuple(sys.argv[1:]),
        journal=journal,
        name="undo",
    )
    check_somebody_to_ask(flags)
    record = read_journal(file)
    return carry_out(lambda azure: declare_undo(record, str(file), azure, allowances), flags)
