"""`uami show`: render again what an earlier run has left in a file."""

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.options import Format, NoColor, ReportFormat
from reconciler.cli.output import print_report
from reconciler.errors import ExitCode

File = Annotated[Path, typer.Argument(metavar="FILE", help="A run's journal.", show_default=False)]


def show(
    file: File,
    report_format: ReportFormat = Format.TEXT,
    no_color: NoColor = False,  # noqa: ARG001 - main() reads it, where errors are printed
) -> ExitCode:
    """Show what a run did, from its journal: each call, what failed, what is in doubt, when, and by whom."""
    from reconciler.read_journal import read_journal
    from reconciler.report.journal_text import render_journal
    from reconciler.report.json_document import render_journal_json

    record = read_journal(file)
    print_report(render_journal_json(record) if report_format is Format.JSON else render_journal(record))
    return ExitCode.DONE
