"""`uami show`: render what an earlier run left in a file, offline."""

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import options
from reconciler.cli.options import Format
from reconciler.errors import ExitCode

File = Annotated[
    str, typer.Argument(metavar="FILE", help="A plan that `plan -o` saved, or a run's journal.", show_default=False)
]


def show(file: File, report_format: options.ReportFormat = Format.TEXT, no_color: options.NoColor = False) -> ExitCode:
    """Show a saved plan again, or what a run did, from its journal: each call, what failed, what is in doubt."""
    from reconciler.files.kinds import FileKind
    from reconciler.saved_plan.file import kind_of_file

    if kind_of_file(file) is FileKind.JOURNAL:
        _show_journal(file, as_json=report_format is Format.JSON)
    else:
        _show_plan(file, as_json=report_format is Format.JSON, no_color=no_color)
    return ExitCode.DONE


# Neither imports the workflow, and with it the HTTP client, which nothing offline needs.


def _show_plan(file: str, *, as_json: bool, no_color: bool) -> None:
    from reconciler.cli.output import print_report, stdout_color
    from reconciler.report.text import Header, render_plan
    from reconciler.saved_plan.content import parse_plan
    from reconciler.saved_plan.file import read_input

    saved = parse_plan(file, read_input(file))
    if as_json:
        print_report(saved.text)
    else:
        header = Header(f"Saved plan {file}, made {saved.created_at}", principal="")
        print_report(render_plan(saved.plan, header, color=stdout_color(no_color=no_color)))


def _show_journal(file: str, *, as_json: bool) -> None:
    from reconciler.cli.output import print_report
    from reconciler.journal.read_file import read_journal
    from reconciler.report.journal_text import render_journal
    from reconciler.report.json_document import render_journal_json

    record = read_journal(Path(file))
    print_report(render_journal_json(record) if as_json else render_journal(record))
