"""The command: parses, dispatches, and turns every ending into an exit code.

Commands import what they need in their own bodies, so that `--version`, `--help` and `validate` start without the HTTP
client and Azure's logins.
"""

import os
import sys
import threading
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from reconciler import __version__
from reconciler.cli.commands.apply import apply
from reconciler.cli.commands.doctor import doctor
from reconciler.cli.commands.drift import drift
from reconciler.cli.commands.plan import plan
from reconciler.cli.commands.sandbox import sandbox_app
from reconciler.cli.commands.schema import schema
from reconciler.cli.commands.show import show
from reconciler.cli.commands.undo import undo
from reconciler.cli.commands.validate import validate
from reconciler.cli.support.flags import report_flags_of
from reconciler.cli.support.output import print_failure, print_report
from reconciler.cli.support.signals import Stopped, raise_on_signals
from reconciler.errors import ExitCode, Interrupted, ReconcilerError, UsageError

COMPLETION_VARIABLE = "_UAMI_COMPLETE"
"""Set by the completion script of a shell; typer makes the name from the program's."""

app = typer.Typer(
    name="uami",
    help="Keep Azure user-assigned managed identities equal to what a manifest says.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
for command in (validate, plan, apply, undo, show, drift, doctor, schema):
    app.command()(command)
app.add_typer(sandbox_app, name="sandbox")


def _print_version(asked: bool) -> None:
    if asked:
        print_report(f"uami {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Keep Azure user-assigned managed identities equal to what a manifest says."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the process's exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its escape instead of a traceback.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    raise_on_signals()
    code = _run(arguments)
    if code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED) and threading.active_count() > 1:
        # Calls that nobody waits for any more must not keep the process: the interpreter would join their threads.
        os._exit(code)
    return code


def _open_missing_streams() -> None:
    """A daemon or a CI runner may have closed a standard stream, and then Python has none."""
    nowhere = Path(os.devnull)
    sys.stdin = sys.stdin or nowhere.open(encoding="utf-8")
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")


def _run(arguments: Sequence[str]) -> int:
    try:
        return _dispatch(arguments)
    except Stopped as stopped:
        return _interrupted(arguments, stopped.exit_code)


def _dispatch(arguments: Sequence[str]) -> int:
    # A shell that asks for completions does so without arguments.
    if not arguments and COMPLETION_VARIABLE not in os.environ:
        with redirect_stdout(sys.stderr):
            app(["--help"], prog_name="uami", standalone_mode=False)
        return ExitCode.USAGE
    try:
        code = app(list(arguments), prog_name="uami", standalone_mode=False)
    except typer.TyperException as error:
        # The library would exit 2, which here means "changes found".
        return _fail(UsageError(error.format_message(), f"See `{_help_command(arguments)}`."), arguments)
    except ReconcilerError as error:
        return _fail(error, arguments)
    return int(code or 0)


def _fail(error: ReconcilerError, arguments: Sequence[str]) -> int:
    """Report an error in the form that was asked for, and return its exit code."""
    print_failure(report_flags_of(arguments), lambda form: form.error(error))
    return error.exit_code


def _help_command(arguments: Sequence[str]) -> str:
    names = [name for name in arguments[:2] if name.isalpha()]
    return " ".join(["uami", *names[: 2 if names[:1] == ["sandbox"] else 1], "--help"])


def _interrupted(arguments: Sequence[str], code: ExitCode) -> int:
    """Nothing had been started: once writes begin, signals are heard elsewhere."""
    _fail(Interrupted("Interrupted; nothing was changed.", "Run the same command again."), arguments)
    return code
