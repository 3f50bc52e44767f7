"""`uami doctor`: tell whether plan and apply would have what they need."""

from reconciler.cli import options
from reconciler.cli.options import CloudName, CredentialKind, Format, LogLevel
from reconciler.errors import ExitCode


def doctor(
    paths: options.Paths,
    var: options.Var = None,
    target: options.Target = None,
    subscription: options.Subscription = None,
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
    """Tell who would run this and whether every right is there that plan and apply need; exits 77 where one is not."""
    from reconciler.cli.inputs import make_request
    from reconciler.cli.output import configure_logging, print_report, stdout_color
    from reconciler.cli.session import SessionFlags, open_session
    from reconciler.doctor.doctor import run_doctor
    from reconciler.report.checkup import render_checkup, render_checkup_json
    from reconciler.stop import Stop
    from reconciler.workflow.declare import load_declaration

    configure_logging(log_level.value)
    request = make_request(paths, var=var, subscription=subscription, target=target, cloud=cloud)
    declaration = load_declaration(request)
    flags = SessionFlags(endpoint, cloud, tenant, credential, sandbox, api_version, parallelism)
    with open_session(flags, Stop(), writes=False) as session:
        checkup = run_doctor(declaration.desired, declaration.targets, session.azure, session.caller)
    if report_format is Format.JSON:
        print_report(render_checkup_json(checkup))
    else:
        print_report(render_checkup(checkup, color=stdout_color(no_color=no_color)))
    return checkup.exit_code
