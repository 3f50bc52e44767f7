"""Where text goes: the report to stdout, everything else to stderr."""

import logging
import os
import sys
from typing import TextIO

from reconciler.errors import ReconcilerError
from reconciler.files.secrets import hide_secrets
from reconciler.report.visible import visible


def use_color(stream: TextIO, *, no_color: bool) -> bool:
    """Whether a stream takes colour. Source: no-color.org (`NO_COLOR`, when not empty)."""
    return stream.isatty() and not no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def stdout_color(*, no_color: bool) -> bool:
    """Whether reports are coloured."""
    return use_color(sys.stdout, no_color=no_color)


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
            f"The report could not be written: {error.strerror}.", "Whatever the run did is done; `uami plan` shows it."
        ) from error


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


def configure_logging(level: str) -> None:
    """Send our own log to stderr; libraries' logs stay out, since they know nothing of what must not be told."""
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
