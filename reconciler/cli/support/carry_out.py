"""An apply as its caller meets it: the plan, the question, progress, the end."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from reconciler.apply.forecast import apply_time_s
from reconciler.apply.result import ApplyEvent, ApplyResult
from reconciler.apply.step import ApplyTools
from reconciler.apply.workers import GRACE_S
from reconciler.cli.flags.groups import command_line
from reconciler.cli.flags.shared import (
    ApplyGuardFlags,
    AzureFlags,
    GuardrailFlags,
    RunFlags,
    UndoRunFlags,
)
from reconciler.cli.reporting.reports import Reports
from reconciler.cli.support.approval import Approval, ask
from reconciler.cli.support.change_lines import ChangeLines
from reconciler.cli.support.compare import note_apply_time
from reconciler.cli.support.output import (
    begin_line,
    note_unused_allowances,
    print_note,
)
from reconciler.cli.support.run_journal import RunJournal, check_journal_flag, open_run_journal
from reconciler.cli.support.session import Session, open_session
from reconciler.cli.support.signals import end_in_order, exit_code
from reconciler.errors import ExitCode
from reconciler.live.children import children_of
from reconciler.live.may_read import MayRead
from reconciler.live.orphans.again import why_not_gone
from reconciler.model import PlanRefused
from reconciler.plan import Plan
from reconciler.stop import Stop
from reconciler.workflow.apply import ApplyOptions, Planner, planned, run_apply
from reconciler.workflow.declare import Declaration


@dataclass(frozen=True, slots=True)
class WritingRun:
    """A run that writes: the name of its command, the command that would continue it, its flags and its approval.

    `returns` says whether any of it can be taken back.
    """

    name: str
    continue_with: str
    flags: RunFlags
    approval: Approval
    guards: ApplyGuardFlags
    azure: AzureFlags
    returns: bool = True

    def take_back(self, journal: str, digest: str) -> str:
        """The command that undoes this run where it was made, within the same guardrails."""
        rails = GuardrailFlags(self.guards.guardrails)
        return command_line("undo", [journal], self.azure, rails, UndoRunFlags(digest=digest))


def declared(declare: Callable[[Session], Declaration]) -> Callable[[Session], Planner]:
    """What plans by what is declared; `declare` may look at the live side first."""
    return lambda session: planned(declare(session), session.azure)


def carry_out(planner_of: Callable[[Session], Planner], run: WritingRun, out: Reports) -> ExitCode:
    """From a plan to the exit code."""
    check_journal_flag(run.flags.journal)
    stop = Stop()
    with (
        open_session(run.azure, stop, writes=True) as session,
        open_run_journal(run.flags.journal, run.name, session) as journal,
    ):
        course = _Course(run, session, journal, out)
        try:
            plan, result = run_apply(
                planner_of(session),
                session.azure,
                course.tools(stop),
                ApplyOptions(run.guards.skip_refused, verify=not run.flags.no_verify),
                show=course.show,
                confirm=lambda plan: course.confirm(plan, stop),
            )
        except PlanRefused as refused:
            last_words = partial(course.refused, refused)
        else:
            journal.end(result, run.take_back if run.returns else None)
            last_words = partial(course.ended, plan, result)
    # Once all is closed, and the sandbox's file saved: whatever fails there is said instead.
    return last_words()


class _Course:
    """What is said along the way: the plan, the question, progress, the end."""

    def __init__(self, run: WritingRun, session: Session, journal: RunJournal, out: Reports) -> None:
        self._run = run
        self._session = session
        self._journal = journal
        self._out = out
        self._plan: Plan | None = None
        self._lines: ChangeLines | None = None

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
            partial(why_not_gone, resources=resources),
            sleep_to_finish=stop.sleep_to_finish,
        )

    def show(self, plan: Plan) -> None:
        """The plan, before anything is asked or refused."""
        self._plan = plan
        if plan.applicable and (self._run.guards.skip_refused or not plan.violations):
            self._journal.check_place()
        self._journal.show_cut_short(plan)
        if self._out.stream:
            header = replace(self._session.header, is_undo=self._run.name == "undo")
            self._out.part(lambda form: form.plan(plan, header))
        note_unused_allowances(plan)
        if self._run.guards.skip_refused or not plan.violations:
            note_apply_time(apply_time_s(plan, self._session.retries))

    def confirm(self, plan: Plan, stop: Stop) -> None:
        """Ask; return only where the answer is `yes`. From then on a signal ends the run in order."""
        if not self._run.approval.given:
            with self._session.retries.paused():
                ask(plan, self._run.approval)
        self._lines = ChangeLines(plan)
        # Before the journal: where a signal ends the process, no file is left behind.
        end_in_order(stop, self._answer_signal)
        self._journal.begin(plan)

    def refused(self, refused: PlanRefused) -> ExitCode:
        """Say that nothing was started, and why."""
        plan = self._shown()
        self._out.fail(lambda form: form.refused(plan, refused))
        return refused.exit_code

    def ended(self, plan: Plan, result: ApplyResult) -> ExitCode:
        """Say what was done and what was not."""
        journal, again = self._journal.path, self._run.continue_with
        self._out.end(lambda form: form.result(plan, result, journal=journal, continue_with=again))
        interrupted = exit_code() if result.interrupted else None
        if interrupted is not None or not result.complete:
            return interrupted or result.exit_code
        if plan.violations:
            return ExitCode.REFUSED
        # What an undo has to leave is no failure of a change, and yet the run is not undone.
        return ExitCode.PARTIAL if plan.not_undone else ExitCode.DONE

    def _progress(self, event: ApplyEvent) -> None:
        if self._lines is None:
            raise AssertionError("nothing was confirmed yet")
        self._lines.show(event)

    def _shown(self) -> Plan:
        if self._plan is None:
            raise AssertionError("no plan was shown yet")
        return self._plan

    def _answer_signal(self, again: bool) -> None:
        """Say that a signal was heard, and what another one does."""
        calls = self._session.retries.activity.in_flight
        number = f"{calls} {'call' if calls == 1 else 'calls'} in flight"
        # A terminal shows `^C` where the cursor is.
        begin_line()
        if again:
            print_note(f"Interrupted again: not waiting for {number}; what they were to do is reported as in doubt.")
        else:
            print_note(
                f"Interrupted: no further change is started; waiting for {number}, {GRACE_S:.0f} s at most. Press"
                " Ctrl-C again to stop waiting, and leave them in doubt."
            )
