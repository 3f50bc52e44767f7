"""Where text goes: the report to stdout, everything else to stderr."""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TextIO, assert_never

from reconciler.cli.support.flags import ColorChoice, LogLevel, ReportFlags
from reconciler.errors import ReconcilerError
from reconciler.files.secrets import hide_secrets
from reconciler.report.formats import ReportFormat, report_format
from reconciler.report.visible import visible

if TYPE_CHECKING:
    from reconciler.plan import Plan
    from reconciler.report.rows import Header


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


def chosen_format(report: ReportFlags, stream: TextIO | None = None) -> ReportFormat:
    """The form that was asked for, coloured as is right for the stream; for stdout where none is given."""
    return report_format(report.format, color=use_color(report.color_choice, stream or sys.stdout, os.environ))


def print_failure(report: ReportFlags, text_of: Callable[[ReportFormat], str]) -> None:
    """Say why there is no report: on stderr, or, where stdout gets one document, in that."""
    form = chosen_format(report, sys.stderr)
    (print_note if form.streams else print_report)(text_of(form))


def print_report(text: str) -> None:
    """Write a report to stdout; a reader that has gone away (`| head -1`) is no error and changes no exit code."""
    try:
        sys.stdout.write(hide_secrets(text, os.environ))
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        raise ReconcilerError(
            f"The report could not be written: {error.strerror}.", "What the run did stays done; `uami plan` shows it."
        ) from error


def print_plan(plan: "Plan", header: "Header", report: ReportFlags) -> None:
    """Write the report of a plan, and to stderr which of the caller's allowances it had no use for."""
    print_report(chosen_format(report).plan(plan, header))
    note_unused_allowances(plan)


def note_unused_allowances(plan: "Plan") -> None:
    """Say on stderr which of the caller's allowances lifted nothing; after an interrupted run that is no mistake."""
    for text in plan.unused_allowances:
        print_note(f"Note: --allow {visible(text)} lifted nothing: its address is wrong, or what it names is gone.\n")


def print_note(text: str) -> None:
    """Write to stderr; where it cannot be written, go on: a run must not end half-way for want of an audience."""
    try:
        sys.stderr.write(hide_secrets(text, os.environ))
        sys.stderr.flush()
    except OSError:
        _silence(sys.stderr)


def _silence(stream: TextIO) -> None:
    """Python would otherwise complain once more when it flushes the stream at exit."""
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
        return hide_secrets(visible(super().format(record)), os.environ)
