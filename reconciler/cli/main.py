"""The process: hears signals from its first moment on, and has a thread do what the command line asks for.

It imports next to nothing by itself, so that little time passes before signals are heard.
"""

import os
import sys
import threading
from pathlib import Path
from typing import NoReturn

from reconciler.cli.collector import pause_collector
from reconciler.cli.support.signals import Signals, leave


def main() -> NoReturn:
    """Run the command line of this process, and end it with the exit code of that."""
    pause_collector()
    signals = Signals()
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its escape instead of a traceback.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.excepthook = lambda _kind, error, _trace: _print_bug(error)
    threading.excepthook = lambda args: _print_bug(args.exc_value)
    leave(signals.supervise(_run, _interrupted))


def _open_missing_streams() -> None:
    """A daemon or a CI runner may have closed a standard stream, and then Python has none."""
    nowhere = Path(os.devnull)
    sys.stdin = sys.stdin or nowhere.open(encoding="utf-8")
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")


def _run() -> int:
    from reconciler.cli.app import run

    return run(sys.argv[1:])


def _print_bug(error: BaseException | None) -> None:
    """Instead of Python's own, which prints what the error says as it is."""
    from reconciler.cli.support.output import print_bug

    if error is not None:
        print_bug(error)


def _interrupted() -> None:
    from reconciler.cli.app import INTERRUPTED, report_interrupted
    from reconciler.cli.reporting.reports import keep_interrupted
    from reconciler.files.replace import remove_temporaries

    keep_interrupted(INTERRUPTED)
    remove_temporaries()
    report_interrupted(sys.argv[1:])
