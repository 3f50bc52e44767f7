"""`uami plan`: show what apply would do."""

from typing import Annotated

import typer

from reconciler.cli import options
from reconciler.cli.options import CredentialKind, Format, LogLevel
from reconciler.errors import ExitCode

DetailedExitcode = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit 2 where there are changes, 0 only where there are none.")
]


def plan(
    paths: options.Paths,
    var: options.Var = None,
    target: options.Target = None,
    subscription: options.Subscription = None,
    detailed_exitcode: DetailedExitcode = False,
    allow: options.Allow = None,
    max_deletes: options.MaxDeletes = None,
    endpoint: options.Endpoint = None,
    credential: options.Credential = CredentialKind.AUTO,
    sandbox: options.Sandbox = None,
    api_version: options.ApiVersion = options.DEFAULT_API_VERSION,
    parallelism: options.Parallelism = options.DEFAULT_PARALLELISM,
    report_format: options.ReportFormat = Format.TEXT,
    no_color: options.NoColor = False,
    log_level: options.Log = LogLevel.WARNING,
) -> ExitCode:
    """Show what apply would do, and what the guards would refuse; writes nothing."""
    from reconciler.cli.inputs import make_request
    from reconciler.cli.output import configure_logging, print_report, stdout_color
    from reconciler.cli.session import SessionFlags, open_session
    from reconciler.report.json_document import render_plan_json
    from reconciler.report.text import render_plan
    from reconciler.stop import Stop
    from reconciler.workflow import run_plan

    configure_logging(log_level.value)
    request = make_request(
        paths, var=var, subscription=subscription, target=target, allow=allow, max_deletes=max_deletes
    )
    flags = SessionFlags(endpoint, credential, sandbox, api_version, parallelism)
    with open_session(flags, Stop(), writes=False) as session:
        result = run_plan(request, session.azure)
        if report_format is Format.JSON:
            report = render_plan_json(result)
        else:
            report = render_plan(result, session.header, color=stdout_color(no_color=no_color))
    print_report(report)
    if result.violations:
        return ExitCode.REFUSED
    return ExitCode.CHANGES_FOUND if detailed_exitcode and result.applicable else ExitCode.DONE
