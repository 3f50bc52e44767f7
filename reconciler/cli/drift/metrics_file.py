"""`drift --metrics FILE`: the file is written by every run that begins, also by one that fails."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from reconciler.arm.activity import Activity
from reconciler.cli.support.output import check_no_token, print_note
from reconciler.errors import ReconcilerError, UsageError
from reconciler.files.kinds import FileKind, kind_of
from reconciler.files.read import NotReadError, read_resolved
from reconciler.files.replace import output_file
from reconciler.plan import Plan

_FLAG = "--metrics"
_MOST = 16 * 1024 * 1024


class Metrics:
    """What a run leaves for its file."""

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self.activity = Activity()

    def watch(self, activity: Activity) -> None:
        """Take the numbers of requests from there."""
        self.activity = activity


@contextmanager
def metrics_file(file: str | None, inputs: Sequence[str]) -> Iterator[Metrics]:
    """Yields what takes the plan of the run; the file is written at the end of the block, also where it fails.

    Raises:
        UsageError: before the block: the place is refused, as whatever is no such file is.
        OutputError: the file cannot be written.
    """
    metrics = Metrics()
    if file is None:
        yield metrics
        return
    if file == "-":
        raise UsageError(f"{_FLAG} -: {_FLAG} needs a file name", "For a file of this name: --metrics ./-.")
    from reconciler.report.drift.metrics import Traffic, metrics_of_failure, metrics_of_success

    path, began_s = Path(file), time.monotonic()

    def traffic() -> Traffic:
        counted = metrics.activity
        return Traffic(time.time(), time.monotonic() - began_s, counted.requests, counted.throttled)

    with output_file(
        path, flag=_FLAG, replaces=FileKind.METRICS, inputs=inputs, subject="the metrics", for_everybody=True
    ) as write:
        earlier_s = _last_success(path)
        try:
            yield metrics
        except BaseException:
            _try(lambda: write(metrics_of_failure(traffic(), earlier_s)))
            raise
        if metrics.plan is not None:
            content = metrics_of_success(metrics.plan, traffic())
            check_no_token(content.decode("utf-8"), "the metrics")
            write(content)


def _last_success(path: Path) -> float | None:
    """What the file of an earlier run says; None where there is none, or it says nothing."""
    from reconciler.report.drift.metrics import last_success

    try:
        content = read_resolved(path, _MOST)
    except NotReadError:
        return None
    return last_success(content) if kind_of(content) is FileKind.METRICS else None


def _try(write: Callable[[], None]) -> None:
    """Write; where that fails too, the error of the run says more."""
    try:
        write()
    except ReconcilerError as error:
        print_note(f"Note: {error.message}")
