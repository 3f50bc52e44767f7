"""What an apply says of its changes while it goes on: a line for each that has ended, and how far the run is.

Where a terminal counts, only what is not done has a line. With requests in the log, each change also has one where it
begins, so that what a request is for can be seen.
"""

import logging
import threading

from reconciler.apply.result import ApplyEvent, Moment
from reconciler.cli.support.output import print_note
from reconciler.cli.support.progress import counts_on_terminal
from reconciler.journal import Outcome
from reconciler.model import AnyId
from reconciler.plan import Action, Plan
from reconciler.report.names import names_of

_WAITS = {Moment.WAITING: "Azure is not ready yet", Moment.BUSY: "somebody else is writing to this identity"}
_DOING = {Action.CREATE: "creating", Action.UPDATE: "updating", Action.DELETE: "destroying", Action.NO_OP: "keeping"}
_DONE = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "destroyed", Action.NO_OP: "kept"}


class ChangeLines:
    """Writes these lines on stderr, from several threads, for the changes of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._names = names_of(plan)
        self._total = len(plan.applicable)
        self._counts = counts_on_terminal()
        self._logs = logging.getLogger("reconciler").isEnabledFor(logging.INFO)
        self._ended: set[AnyId] = set()
        # Held while a line is written: otherwise the numbers in a log would not rise.
        self._lock = threading.Lock()

    def show(self, event: ApplyEvent) -> None:
        """Say what an event is worth saying."""
        name = self._names.describe(event.change.resource_id)
        if event.moment is Moment.STARTED:
            if self._logs:
                print_note(f"{name}: {_DOING[event.change.action]}...")
        elif event.moment in _WAITS:
            what, minutes = _WAITS[event.moment], round(event.at_most_s / 60)
            print_note(f"{name}: {what} ({event.reason}); trying for {minutes} minutes at most...")
        else:
            self._end(name, event)

    def _end(self, name: str, event: ApplyEvent) -> None:
        done = event.outcome is Outcome.DONE
        what = _DONE[event.change.action] if done else event.reason or event.outcome
        with self._lock:
            # A role that is given back ends twice.
            self._ended.add(event.change.resource_id)
            if not (self._counts and done):
                print_note(f"{name}: {what} ({len(self._ended)} of {self._total})")
