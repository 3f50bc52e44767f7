"""An apply as its caller meets it: the plan, the question, progress, the end."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from reconciler.apply.result import ApplyEvent, ApplyResult, Moment
from reconciler.apply.step import ApplyTools
from reconciler.cli.support.flags import AzureFlags, ReportFlags, RunFlags, RunReportFlags
from reconciler.cli.support.inputs import STANDARD_INPUT
from reconciler.cli.support.output import (
    chosen_format,
    configure_logging,
    note_unused_allowances,
    print_failure,
    print_note,
    print_report,
)
from reconciler.cli.support.run_journal import RunJournal, check_journal_flag, open_run_journal
from reconciler.cli.support.session import Session, open_session
from reconciler.cli.support.signals import OrderlyStop, orderly_stop
from reconciler.errors import ExitCode, ReconcilerError, UsageError
from reconciler.journal import Outcome
from reconciler.live.azure import Azure
from reconciler.live.children import children_of
from reconciler.live.may_read import MayRead
from reconciler.model import PlanRefused
from reconciler.plan import Action, IdentityChange, Plan
from reconciler.report.rows import addresses_of
from reconciler.report.visible import visible
from reconciler.stop import Stop
from reconciler.workflow.apply import ApplyOptions, run_apply
from reconciler.workflow.declare import Declaration


class Declined(ReconcilerError):
    """The answer was no, or there was nobody to ask."""

    code = "declined"


@dataclass(frozen=True, slots=True)
class WritingRun:
    """A run that writes: the name of its command, the command that would continue it, and its flags."""

    name: str
    continue_with: str
    flags: RunFlags
    skip_refused: bool
    azure: AzureFlags
    report: RunReportFlags


def check_somebody_to_ask(flags: RunFlags, report: ReportFlags, paths: Sequence[str] = ()) -> None:
    """Raises UsageError, or Declined without a terminal, where the run could not ask for confirmation."""
    if flags.auto_approve:
        return
    if not chosen_format(report).streams:
        what = f"--format {report.format}"
    elif STANDARD_INPUT in paths:
        what = "a manifest from standard input"
    else:
        return
    if not sys.stdin.isatty():
        raise _nobody_to_ask()
    raise UsageError(f"{what} leaves no way to ask for confirmation", "Add --auto-approve.")


def carry_out(declare: Callable[[Azure], Declaration], run: WritingRun) -> ExitCode:
    """From a declaration to the exit code; `declare` may look at the live side first."""
    configure_logging(run.report.log_level)
    check_journal_flag(run.flags.journal)
    stop = Stop()
    # Outermost: a signal that came while the sandbox's file is saved or the result printed must not undo either.
    with orderly_stop(stop) as signals:
        with (
            open_session(run.azure, stop, writes=True) as session,
            open_run_journal(run.flags.journal, run.name, session) as journal,
        ):
            reports = _Reports(run, session, journal)
            try:
                plan, result = run_apply(
                    declare(session.azure),
                    session.azure,
                    reports.tools(stop),
                    ApplyOptions(run.skip_refused, verify=not run.flags.no_verify),
                    show=reports.show,
                    confirm=lambda plan: reports.confirm(plan, signals),
                )
            except PlanRefused as refused:
                reports.refused(refused)
                return refused.exit_code
            journal.end(result)
        reports.ended(plan, result)
    if signals.exit_code is not None and result.interrupted:
        return signals.exit_code
    if not result.complete:
        return result.exit_code
    return ExitCode.REFUSED if plan.violations else ExitCode.DONE


class _Reports:
    """What is said along the way: the plan, the question, progress, the end."""

    def __init__(self, run: WritingRun, session: Session, journal: RunJournal) -> None:
        self._run = run
        self._session = session
        self._journal = journal
        self._format = chosen_format(run.report)
        self._plan: Plan | None = None

    def tools(self, stop: Stop) -> ApplyTools:
        """What apply needs, with progress on stderr; permissions are asked again, as after a confirmation."""
        resources = self._session.azure.resources
        return ApplyTools(
            resources,
            self._journal.file,
            stop,
            self._session.retries,
            self._progress,
            self._session.correlation_id,
            partial(children_of, resources=resources, may_read=MayRead(resources.client)),
        )

    def show(self, plan: Plan) -> None:
        """The plan, before anything is asked or refused."""
        self._plan = plan
        if plan.applicable and (self._run.skip_refused or not plan.violations):
            self._journal.check_place()
        self._journal.show_cut_short(plan)
        if self._format.streams:
            print_report(self._format.plan(plan, self._session.header))
        note_unused_allowances(plan)

    def confirm(self, plan: Plan, signals: OrderlyStop) -> None:
        """Ask; return only where the answer is `yes`. From then on a signal ends the run in order."""
        if not self._run.flags.auto_approve:
            with self._session.retries.paused():
                _ask(plan)
        self._journal.begin(plan)
        signals.begin()

    def refused(self, refused: PlanRefused) -> None:
        """Say that nothing was started, and why."""
        plan = self._shown()
        print_failure(self._run.report, lambda form: form.refused(plan, refused))

    def ended(self, plan: Plan, result: ApplyResult) -> None:
        """Say what was done and what was not."""
        print_report(
            self._format.result(plan, result, journal=self._journal.path, continue_with=self._run.continue_with)
        )

    def _shown(self) -> Plan:
        if self._plan is None:
            raise AssertionError("no plan was shown yet")
        return self._plan

    def _progress(self, event: ApplyEvent) -> None:
        address = visible(addresses_of(self._shown()).short(event.change.resource_id))
        if event.moment is Moment.STARTED:
            print_note(f"{address}: {_DOING[event.change.action]}...\n")
        elif event.moment is Moment.WAITING:
            minutes = round(event.at_most_s / 60)
            print_note(f"{address}: Azure is not ready yet ({event.reason}); trying for {minutes} minutes at most...\n")
        else:
            done = event.outcome is Outcome.DONE
            print_note(f"{address}: {_DONE[event.change.action] if done else event.outcome}\n")


_DOING = {Action.CREATE: "creating", Action.UPDATE: "updating", Action.DELETE: "destroying", Action.NO_OP: "keeping"}
_DONE = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "destroyed", Action.NO_OP: "kept"}


def _nobody_to_ask() -> Declined:
    return Declined("There is no terminal to ask for confirmation on; nothing was changed.", "Add --auto-approve.")


def _ask(plan: Plan) -> None:
    if not sys.stdin.isatty():
        raise _nobody_to_ask()
    deletes = sum(isinstance(one, IdentityChange) and one.action is Action.DELETE for one in plan.applicable)
    if deletes:
        what = "1 identity" if deletes == 1 else f"{deletes} identities"
        print_note(f"\n{what} will be destroyed. A deleted identity cannot be restored.\n")
    print_note("\nDo you want to apply this plan? Only 'yes' is accepted.\n\n  Answer: ")
    answer = sys.stdin.readline()
    print_note("\n")
    if answer.strip() != "yes":
        raise Declined("Apply cancelled; nothing was changed.")
