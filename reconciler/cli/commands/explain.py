"""`uami explain`: tell what a key of a manifest is for, in the words of its schema."""

import shutil
from typing import Annotated

import typer

from reconciler.cli.help.page import OF_ALL, help_notes
from reconciler.cli.support.output import print_report
from reconciler.errors import ExitCode

_LONGEST_LINE = 100


def _complete(incomplete: str) -> list[str]:
    """The paths of keys that begin with what is typed so far."""
    from reconciler.manifest.rules.keys import all_keys

    return [path for path in all_keys() if path and path.startswith(incomplete)]


Asked = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="The keys that lead to it, as `policy.identities`, or the end of that; `guardrails` for those of a"
        " guardrails file.",
        show_default=False,
        autocompletion=_complete,
    ),
]


@help_notes("uami explain", "uami explain federatedCredentials.subject", codes=OF_ALL)
def explain(key: Asked = "") -> ExitCode:
    """Tell what a key of the manifest is for: what it takes, what counts without it, an example, the keys below it."""
    from reconciler.manifest.rules.keys import find_key
    from reconciler.report.key_text import render_key

    print_report(render_key(find_key(key), min(shutil.get_terminal_size().columns, _LONGEST_LINE) - 1))
    return ExitCode.DONE
