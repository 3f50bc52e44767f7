"""`uami plan`: show what apply would do."""

from collections.abc import Sequence
from typing import Annotated

import typer

from reconciler.cli import options
from reconciler.cli.options import CloudName, CredentialKind, Format, LogLevel
from reconciler.errors import ExitCode

DetailedExitcode = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit 2 where there are changes, 0 only where there are none.")
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help="Save the plan in this file, for `apply` and `show`; replaces a saved plan, and nothing else.",
        show_default=False,
        rich_help_panel=options.OUTPUT_PANEL,
    ),
]


def plan(
    paths: options.Paths,
    var: options.Var = None,
    target: options.Target = None,
    subscription: options.Subscription = None,
    out: Out = None,
    detailed_exitcode: DetailedExitcode = False,
    allow: options.Allow = None,
    max_deletes: options.MaxDeletes = None,
    strict: options.Strict = False,
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
    """Show what apply would do, and what the guards would refuse; changes nothing. -o saves it for `apply`."""
    from reconciler.cli.comparing import compare
    from reconciler.cli.inputs import make_request
    from reconciler.cli.output import configure_logging, print_report, stdout_color
    from reconciler.cli.saving import plan_output, tell_saved
    from reconciler.cli.session import SessionFlags
    from reconciler.report.json_document import render_plan_json
    from reconciler.report.text import render_plan

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
    with plan_output(out, [*paths, *([sandbox] if sandbox else [])]) as save:
        result, header = compare(
            request, SessionFlags(endpoint, cloud, tenant, credential, sandbox, api_version, parallelism)
        )
        # Before anything is printed: a file that cannot be written is an error instead of a report, not behind one.
        digest = save(result)
    if report_format is Format.JSON:
        print_report(render_plan_json(result))
    else:
        print_report(render_plan(result, header, color=stdout_color(no_color=no_color)))
    if out is not None:
        # Without these, the command that is told would find the plan stale, or look elsewhere.
        given: dict[str, Sequence[str] | None] = {
            "--endpoint": endpoint and [endpoint],
            "--cloud": None if cloud is CloudName.AZURE_CLOUD else [cloud],
            "--tenant": tenant and [tenant],
            "--credential": None if credential is CredentialKind.AUTO else [credential],
            "--sandbox": sandbox and [sandbox],
            "--api-version": None if api_version == options.DEFAULT_API_VERSION else [api_version],
            "--allow": allow,
            "--max-deletes": max_deletes,
        }
        flags = [word for flag, values in given.items() for value in values or () for word in (flag, value)]
        tell_saved(out, digest, [*flags, *(["--strict"] if strict else [])])
    if result.violations:
        return ExitCode.REFUSED
    return ExitCode.CHANGES_FOUND if detailed_exitcode and result.applicable else ExitCode.DONE
