"""`uami show`: render what an earlier run left in a file, offline."""

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.journal import Last, choose_journal
from reconciler.cli.flags.report import ChangesReportFlags
from reconciler.cli.help.page import OF_FILES, help_notes
from reconciler.cli.support.output import chosen_format, print_report
from reconciler.errors import ExitCode

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
    if kind_of_file(file) is FileKind.JOURNAL:
        text = chosen_format(report).journal(read_journal(Path(file)))
    else:
        text = chosen_format(report).saved_plan(parse_plan(file, read_input(file)))
    print_report(text)
    return ExitCode.DONE
