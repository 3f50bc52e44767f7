"""The command line: parses, dispatches, and turns every ending into an exit code.

Commands import what they need in their own bodies, so that `--version`, `--help` and `validate` start without the HTTP
client and Azure's logins. Of the commands, that one alone is read which a command line begins with: to make flags of
all of them would take longer than to check a manifest.
"""

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from importlib import import_module
from typing import Annotated, Any

import typer

from reconciler import __version__
from reconciler.cli.flags.report import report_flags_of
from reconciler.cli.help.page import PlainCommand, PlainGroup, help_notes
from reconciler.cli.help.usage import check_dashes, describe_usage_error
from reconciler.cli.support.output import ReportNotWritten, not_written, print_failure, print_report, silence
from reconciler.errors import ExitCode, Interrupted, ReconcilerError, UsageError
from reconciler.report.visible import safe_line

COMPLETION_VARIABLE = "_UAMI_COMPLETE"
"""Set by the completion script of a shell; typer makes the name from the program's."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

COMMANDS = (
    *("validate", "plan", "apply", "undo", "show", "drift", "export", "output", "trust", "explain-login", "unused"),
    *("orphans", "doctor", "explain", "schema", "sandbox"),
)
"""In the order in which help lists them; each is a module in `commands/`, with a function of its name or, of several
commands below it, `NAME_app`; `-` is `_` there."""


def command_line(names: Sequence[str] = COMMANDS) -> Any:
    """The command `uami` as the library runs it, with these of its commands."""
    app = typer.Typer(
        name="uami",
        cls=PlainGroup,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )
    for name in names:
        known_as = name.replace("-", "_")
        module = import_module(f"reconciler.cli.commands.{known_as}")
        if hasattr(module, f"{known_as}_app"):
            app.add_typer(getattr(module, f"{known_as}_app"), name=name)
        else:
            app.command(cls=PlainCommand)(getattr(module, known_as))
    app.callback()(root)
    return typer.main.get_command(app)


def _meant(arguments: Sequence[str]) -> Any:
    """The command line with as much as these arguments need; with all of it where they begin with no command."""
    first = arguments[0] if arguments else ""
    if first in COMMANDS and COMPLETION_VARIABLE not in os.environ:
        return command_line((first,))
    return command_line(() if first == "--version" else COMMANDS)


def _print_version(asked: bool) -> None:
    if asked:
        print_report(safe_line(f"uami {__version__}"))
        raise typer.Exit


@help_notes("uami plan manifests/", "uami plan -h", codes=ExitCode)
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Keep Azure user-assigned managed identities equal to what a manifest says."""


def run(arguments: Sequence[str]) -> int:
    """Do what a command line asks for, and return the exit code."""
    command = _meant(arguments)
    # A shell that asks for completions does so without arguments.
    if not arguments and COMPLETION_VARIABLE not in os.environ:
        try:
            with redirect_stdout(sys.stderr):
                command(["--help"], prog_name="uami", standalone_mode=False)
        except OSError:
            silence(sys.stderr)
        return ExitCode.USAGE
    try:
        check_dashes(arguments, _command_of(command, arguments)[0])
        code = command(list(arguments), prog_name="uami", standalone_mode=False)
    except typer.TyperException as error:
        # The library would exit 2, which here means "changes found".
        return _fail(UsageError(describe_usage_error(error), _usage_hint(command, arguments)), arguments)
    except ReconcilerError as error:
        return _fail(error, arguments)
    except OSError as error:
        # The library's help, written past `print_report`. What commands read and write makes errors of our own.
        if error.errno not in _FULL or error.filename is not None:
            raise
        return _fail(not_written(error), arguments)
    return int(code or 0)


def _fail(error: ReconcilerError, arguments: Sequence[str]) -> int:
    """Report an error in the form that was asked for, and return its exit code."""
    flags = report_flags_of(arguments)
    if isinstance(error, ReportNotWritten):
        # On stderr: stdout takes nothing any more.
        flags = replace(flags, format=())
    print_failure(flags, lambda form: form.error(error))
    return error.exit_code


_FLAGS_OF_WORDS = {"version": "--version", "help": "--help"}
"""What is a command elsewhere and a flag here."""


def _usage_hint(command: Any, arguments: Sequence[str]) -> str:
    """Which help there is: of the command, or of whatever its name was looked for in."""
    _, names, word = _command_of(command, arguments)
    flag = _FLAGS_OF_WORDS.get(word)
    return f"It is a flag: `{' '.join(names)} {flag}`." if flag and len(names) == 1 else _see(names)


def _command_of(command: Any, arguments: Sequence[str]) -> tuple[Any, list[str], str]:
    """The command that is meant, as far as there is one, its names, and the word behind them that is no command."""
    names = ["uami"]
    for word in arguments:
        known = getattr(command, "commands", {})
        if not known or word.startswith("-"):
            continue
        if word not in known:
            return command, names, word
        command = known[word]
        names.append(word)
    return command, names, ""


def _see(names: Sequence[str]) -> str:
    return f"See `{' '.join(names)} --help`."


INTERRUPTED = Interrupted("Interrupted; nothing was changed.", "Run the same command again.")
"""What is said where a signal came before anything was done."""


def report_interrupted(arguments: Sequence[str]) -> None:
    """Say so."""
    _fail(INTERRUPTED, arguments)
