"""`uami explain-login`: which credential a job's own token matches, or what keeps it from the nearest one."""

from typing import Annotated

import typer

from reconciler.cli.flags.explain_login import LoginFlags
from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.shared import AzureFlags, ManifestFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.errors import ExitCode

_Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH...",
        help="Manifest files, directories of them, or - for standard input; none with --claims.",
        show_default=False,
    ),
]


@help_notes(
    "uami explain-login --claims > claims.json",
    "uami explain-login manifests/ --claims-file claims.json",
    codes=OF_AZURE,
)
@with_flag_groups
def explain_login(manifest: ManifestFlags, asked: LoginFlags, azure: AzureFlags, *, paths: _Paths = None) -> ExitCode:
    """Tell which federated credential this job's or pod's own token matches, or what keeps it from the nearest one.

    The token is decoded here, sent nowhere and never printed. Exits 0 where a login would succeed, else 1.
    """
    from reconciler.cli.support.output import configure_logging, print_report
    from reconciler.cli.support.token import check_combination, find_login
    from reconciler.report.login.document import claims_text

    configure_logging(asked.log_level)
    check_combination(paths or (), asked)
    if asked.claims:
        print_report(claims_text(find_login(asked, azure).claims))
        return ExitCode.DONE
    return _compare(paths or [], manifest, asked, azure)


def _compare(paths: list[str], manifest: ManifestFlags, asked: LoginFlags, azure: AzureFlags) -> ExitCode:
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.output import is_colored, print_report
    from reconciler.cli.support.token import connection, find_login
    from reconciler.model import AddressBook
    from reconciler.report.login.form import render_login_report
    from reconciler.workflow.declare import load_declaration
    from reconciler.workflow.subjects.explain_login import explain_login as run

    declaration = load_declaration(make_request(paths, manifest, azure.cloud))
    report = run(declaration, find_login(asked, azure), connection(asked, azure))
    book = AddressBook(group.group_id for group in declaration.desired.groups)
    print_report(render_login_report(report, book, asked.format, color=is_colored(asked.color_choice)))
    return ExitCode.DONE if report.succeeds else ExitCode.ERROR
