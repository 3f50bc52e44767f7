"""`uami validate`: check manifests offline."""

import os

from reconciler.cli.inputs import parse_variables, read_standard_input
from reconciler.cli.options import Cloud, CloudName, Format, NoColor, Paths, ReportFormat, Strict, Var
from reconciler.cli.output import print_report
from reconciler.errors import ExitCode


def validate(
    paths: Paths,
    var: Var = None,
    strict: Strict = False,
    cloud: Cloud = CloudName.AZURE_CLOUD,
    report_format: ReportFormat = Format.TEXT,
    no_color: NoColor = False,  # noqa: ARG001 - main() reads it, where diagnostics are printed
) -> ExitCode:
    """Check manifests offline: every problem of every file in one run, each with its place and how to mend it.

    What is usually a mistake is warned about: risky trust, and deletions that are not pinned to a principal.
    """
    # Not the workflow: it would import the HTTP client, which nothing offline needs.
    from reconciler.arm.login.clouds import CLOUDS
    from reconciler.manifest.findings import find_doubts
    from reconciler.manifest.load import load_manifest
    from reconciler.report.json_document import render_validate_json
    from reconciler.report.text import render_validate
    from reconciler.report.warnings import render_warnings

    audience = CLOUDS[cloud].exchange_audience
    desired = load_manifest(paths, parse_variables(var), os.environ, read_standard_input, audience=audience)
    findings = find_doubts(desired, audience)
    if report_format is Format.JSON:
        print_report(render_validate_json(desired, findings))
    else:
        print_report(render_validate(desired) + render_warnings(findings, desired, strict=strict))
    return ExitCode.REFUSED if strict and findings else ExitCode.DONE
