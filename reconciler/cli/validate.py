"""`uami validate`: check manifests offline."""

import os

from reconciler.cli.inputs import parse_variables, read_standard_input
from reconciler.cli.options import Format, NoColor, Paths, ReportFormat, Var
from reconciler.cli.output import print_report
from reconciler.errors import ExitCode


def validate(
    paths: Paths,
    var: Var = None,
    report_format: ReportFormat = Format.TEXT,
    no_color: NoColor = False,  # noqa: ARG001 - main() reads it, where diagnostics are printed
) -> ExitCode:
    """Check manifests offline: every problem of every file in one run, each with its place and how to mend it."""
    # Not the workflow: it would import the HTTP client, which nothing offline needs.
    from reconciler.manifest.load import load_manifest
    from reconciler.report.json_document import render_validate_json
    from reconciler.report.text import render_validate

    desired = load_manifest(paths, parse_variables(var), os.environ, read_standard_input)
    print_report(render_validate_json(desired) if report_format is Format.JSON else render_validate(desired))
    return ExitCode.DONE
