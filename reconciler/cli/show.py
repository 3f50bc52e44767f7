"""`uami show`: render what an earlier run left in a file, offline."""

from typing import Annotated

import typer

from reconciler.cli import options
from reconciler.cli.options import Format
from reconciler.errors import ExitCode

File = Annotated[str, typer.Argument(metavar="FILE", help="A plan that `plan -o` saved.", show_default=False)]


def show(file: File, report_format: options.ReportFormat = Format.TEXT, no_color: options.NoColor = False) -> ExitCode:
    """Show a saved plan again; asks Azure nothing."""
    # Not the workflow: it would import the HTTP client, which nothing offline needs.
    from reconciler.cli.output import print_report, stdout_color
    from reconciler.plan_file import read_input
    from reconciler.report.text import Header, render_plan
    from reconciler.saved_plan import parse_plan

    saved = parse_plan(file, read_input(file))
    if report_format is Format.JSON:
        print_report(saved.text)
    else:
        header = Header(f"Saved plan {file}, made {saved.created_at}", principal="")
        print_report(render_plan(saved.plan, header, color=stdout_color(no_color=no_color)))
    return ExitCode.DONE
