"""`uami drift`: tell in what the live side differs."""

from reconciler.cli import options
from reconciler.cli.options import CloudName, CredentialKind, Format, LogLevel
from reconciler.errors import ExitCode


def drift(
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
    """Tell what is missing, unexpected or changed in Azure; exits 2 where anything is, and writes nothing."""
    from reconciler.cli.comparing import compare
    from reconciler.cli.inputs import make_request
    from reconciler.cli.output import configure_logging, print_report, stdout_color
    from reconciler.cli.session import SessionFlags
    from reconciler.report.json_document import render_drift_json
    from reconciler.report.rows import drift_rows
    from reconciler.report.text import render_drift

    configure_logging(log_level.value)
    request = make_request(paths, var=var, subscription=subscription, target=target, cloud=cloud)
    result, header = compare(
        request, SessionFlags(endpoint, cloud, tenant, credential, sandbox, api_version, parallelism)
    )
    if report_format is Format.JSON:
        print_report(render_drift_json(result))
    else:
        print_report(render_drift(result, header, color=stdout_color(no_color=no_color)))
    return ExitCode.CHANGES_FOUND if drift_rows(result).count else ExitCode.DONE
