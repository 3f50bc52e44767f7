"""Where text goes: the report to stdout, everything else to stderr; nothing else writes to either.

What is printed here is safe text, or becomes so line by line: what others wrote can neither begin a line nor be obeyed.
"""

import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO, assert_never

from reconciler.cli.flags.report import ColorChoice, LogLevel, ReportFlags
from reconciler.cli.support.signals import go_on, settle
from reconciler.errors import ReconcilerError
from reconciler.files.secrets import SHORTEST, hide_secrets
from reconciler.report.formats import Occasion, ReportFormat, report_format
from reconciler.report.visible import SafeText, safe_lines, safe_open_line

if TYPE_CHECKING:
    from reconciler.plan import Plan


_TOKENS: set[str] = set()
"""Tokens that this process has sent: the streams are the process's, and so is what must not be written to them."""


def keep_secret(token: str) -> None:
    """From now on this token is printed nowhere; one as short as an emulator's would garble every text."""
    if len(token) >= SHORTEST:
        _TOKENS.add(token)


def hidden(text: str) -> str:
    """The text without what the environment and this run keep secret, for whatever people read."""
    return hide_secrets(text, os.environ, (*_TOKENS,))


def check_no_token(text: str, what: str) -> None:
    """Raises TokenEchoed where a text that is to be kept in a file holds a token of this run.

    It is not hidden there: what a file says is compared with Azure, and given back to it.
    """
    if _TOKENS and hide_secrets(text, {}, (*_TOKENS,)) != text:
        raise TokenEchoed(
            f"Azure holds the very token of this run where the manifest looks at, so {what} would hold it too; it was"
            " not written, and nothing was changed.",
            "The plan shows [secret] in its place: take it away there, take the token for lost, and sign in again.",
        )


def use_color(choice: ColorChoice, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether a stream is coloured: what the flag says, then NO_COLOR, then FORCE_COLOR, then the terminal.

    Source: no-color.org (`NO_COLOR`) and force-color.org (`FORCE_COLOR`), each where it is not empty.
    """
    match choice:
        case ColorChoice.ALWAYS:
            return True
        case ColorChoice.NEVER:
            return False
        case ColorChoice.AUTO:
            if environment.get("NO_COLOR"):
                return False
            return bool(environment.get("FORCE_COLOR")) or (stream.isatty() and environment.get("TERM") != "dumb")
    assert_never(choice)


def is_colored(choice: ColorChoice) -> bool:
    """Whether stdout is coloured."""
    return use_color(choice, sys.stdout, os.environ)


def chosen_format(report: ReportFlags, stream: TextIO | None = None, occasion: Occasion | None = None) -> ReportFormat:
    """The form that stdout is to have, coloured as is right for the stream; for stdout where none is given."""
    color = use_color(report.color_choice, stream or sys.stdout, os.environ)
    if occasion is None:
        occasion = Occasion(key=report.comment_key or Occasion().key)
    return report_format(report.on_stdout, color=color, group=report.tells_equal_changes_once, occasion=occasion)


class TokenEchoed(ReconcilerError):
    """A token of this run came back as a value, and what would be written to a file has it."""

    code = "token-echoed"


class ReportNotWritten(ReconcilerError):
    """The report could not be written to stdout."""

    code = "report-unwritable"


def print_failure(
    report: ReportFlags, text_of: Callable[[ReportFormat], SafeText], occasion: Occasion | None = None
) -> None:
    """Say why there is no report: on stderr, or, where stdout gets one document, in that, if it can be written."""
    settle()
    form = chosen_format(report, sys.stderr, occasion)
    if not form.streams:
        try:
            _write(text_of(form))
        except ReportNotWritten:
            form = chosen_format(replace(report, format=()), sys.stderr)
        else:
            return
    print_beside(text_of(form))


def print_report(text: SafeText) -> None:
    """Write the report to stdout, as the last words of a command.

    A reader that has gone away (`| head -1`) is no error and changes no exit code.

    Raises:
        ReportNotWritten: for whatever other reason, such as a full disk.
    """
    settle()
    _write(text)


def print_part(text: SafeText) -> None:
    """As `print_report`, for what more will follow: a signal may still end the command."""
    go_on()
    _write(text)


def _write(text: SafeText) -> None:
    try:
        sys.stdout.write(hidden(text))
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        raise not_written(error) from error


def not_written(error: OSError) -> ReportNotWritten:
    """What to say of a stdout that takes nothing any more; whatever else is written to it is lost."""
    silence(sys.stdout)
    return ReportNotWritten(
        f"The report could not be written: {error.strerror}.",
        "Make room, or write it elsewhere. What the run has changed, if anything, stays so; `uami plan` shows what is"
        " left.",
    )


def note_refused(plan: "Plan") -> None:
    """Say on stderr that a plan is refused, and which allowances it had no use for."""
    from reconciler.model import PlanRefused

    if plan.violations:
        print_note(f"Error: {PlanRefused(plan.violations).message}")
    note_unused_allowances(plan)


def note_unused_allowances(plan: "Plan") -> None:
    """Say on stderr which of the caller's allowances lifted nothing; after an interrupted run that is no mistake."""
    for text in plan.unused_allowances:
        print_note(f"Note: --allow {text} lifted nothing: this guard refuses nothing at that address.")


def print_note(*lines: str) -> None:
    """Write lines to stderr."""
    print_beside(safe_lines(lines))


def print_question(text: str) -> None:
    """Write to stderr what an answer is expected behind, on the same line."""
    print_beside(safe_open_line(text))


def print_counter(text: str) -> None:
    """Write over the line of stderr, which is a terminal, that the cursor is in."""
    print_beside(safe_open_line(text, again=True))


def begin_line() -> None:
    """End the line of a terminal in which somebody may have typed, or pressed a key that it shows."""
    if sys.stderr.isatty():
        print_note("")


def print_beside(text: SafeText) -> None:
    """Write to stderr; where it cannot be written, go on: a run must not end half-way for want of an audience."""
    go_on()
    try:
        sys.stderr.write(hidden(text))
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def print_bug(error: BaseException) -> None:
    """Write the traceback of an error that nobody raised on purpose to stderr; what it says is one line, as ever."""
    print_note(*_traceback_lines(error))


def _traceback_lines(error: BaseException) -> Iterator[str]:
    for entry in traceback.format_exception(error):
        text = entry.strip("\n")
        # A frame is its place and its code, two lines of ours; all else is a sentence of Python's, or the error's own.
        yield from text.split("\n") if text.startswith('  File "') else (text,)


def silence(stream: TextIO) -> None:
    """Lose what is still written to a stream; Python would otherwise complain once more when it flushes it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def configure_logging(level: LogLevel) -> None:
    """Send our own log to stderr; libraries' logs stay out, since they do not know what must not be shown."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_VisibleFormatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("reconciler")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(level.upper())
    # Without a handler of its own, Python prints a library's warnings as they come.
    logging.getLogger("azure").addHandler(logging.NullHandler())


class _VisibleFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        # The handler ends the line.
        return hidden(safe_open_line(super().format(record)))
