"""`uami show`: render what an earlier run left in a file, offline."""

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.journal import Last, choose_journal
from reconciler.cli.flags.report import ChangesReportFlags
from reconciler.cli.help.page import OF_FILES, help_notes
from reconciler.cli.reporting.reports import open_reports
from reconciler.cli.reporting.subject import Subject
from reconciler.errors import ExitCode
from reconciler.report.formats import ReportKind

File = Annotated[
    str | None,
    typer.Argument(metavar="FILE", help="A plan that `plan -o` saved, or a run's journal.", show_default=False),
]


@help_notes("uami show plan.json", "uami show --last", codes=OF_FILES)
@with_flag_groups
def show(report: ChangesReportFlags, file: File = None, last: Last = False) -> ExitCode:
    """Show a saved plan again, or what a run did, from its journal: each call, what failed, what is in doubt."""
    # Not the workflow: it would import the HTTP client, which nothing offline needs.
    from reconciler.files.kinds import FileKind
    from reconciler.journal import read_journal
    from reconciler.saved_plan.content import parse_plan
    from reconciler.saved_plan.file import kind_of_file, read_input

    file = choose_journal(file, last=last, kind="a saved plan or a journal")
    is_journal = kind_of_file(file) is FileKind.JOURNAL
    kind = ReportKind.JOURNAL if is_journal else ReportKind.SAVED_PLAN
    with open_reports(report, kind, Subject("show", [file])) as reports:
        if is_journal:
            record = read_journal(Path(file))
            reports.end(lambda form: form.journal(record))
        else:
            saved = parse_plan(file, read_input(file))
            reports.end(lambda form: form.saved_plan(saved))
    return ExitCode.DONE
