"""An apply as its caller meets it: the plan, the question, progress, the end."""

import re
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reconciler.apply.step import ApplyTools
from reconciler.cli.inputs import STANDARD_INPUT
from reconciler.cli.journaling import Journaling, check_journal_flag, journaling
from reconciler.cli.output import print_note, print_report
from reconciler.cli.session import Session, SessionFlags, open_session
from reconciler.cli.signals import OrderlyStop, orderly_stop
from reconciler.errors import ExitCode, PlanRefused, ReconcilerError, UsageError
from reconciler.journal.outcome import ApplyEvent, ApplyResult, Moment, Outcome
from reconciler.live.azure import Azure
from reconciler.live.hanging import HangingReader
from reconciler.plan.changes import Action, IdentityChange
from reconciler.plan.plan import Plan
from reconciler.report.json_document import render_apply_json
from reconciler.report.rows import addresses_of
from reconciler.report.text import render_error, render_plan, render_result
from reconciler.report.visible import visible
from reconciler.saved_plan.file import find_plan_file, read_plan_file
from reconciler.stop import Stop
from reconciler.workflow import Declaration, Request, declare_saved, load_declaration, run_apply

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class Declined(ReconcilerError):
    """The answer was no, or there was nobody to ask."""

    code = "declined"


@dataclass(frozen=True, slots=True)
class ApplyFlags:
    """The flags of an apply; `command` is the command line, for telling how to continue.

    `digest` is what a saved plan must have, `journal` the file that the caller chooses; `name` is the command's.
    """

    session: SessionFlags
    auto_approve: bool
    skip_refused: bool
    verify: bool
    as_json: bool
    color: bool
    command: tuple[str, ...]
    digest: str | None = None
    journal: str | None = None
    name: str = "apply"


def apply_and_report(request: Request, flags: ApplyFlags) -> ExitCode:
    """Run the whole of `uami apply`; reports go out as the story goes on, or as one JSON document at its end."""
    plan_file = _find_plan_file(request, flags)
    if plan_file is None:
        check_somebody_to_ask(flags, request.paths)
        declaration = load_declaration(request)
    else:
        declaration = _declare_plan_file(plan_file, request, flags)
        flags = replace(flags, auto_approve=True, command=("plan", "PATH...", "-o", plan_file))
    return carry_out(lambda _: declaration, flags)


def check_somebody_to_ask(flags: ApplyFlags, paths: Sequence[str] = ()) -> None:
    """Raises UsageError, or Declined without a terminal, where the run could not ask for confirmation."""
    if not flags.auto_approve and (flags.as_json or STANDARD_INPUT in paths):
        what = "--format json" if flags.as_json else "a manifest from standard input"
        if not sys.stdin.isatty():
            raise _nobody_to_ask()
        raise UsageError(f"{what} leaves no way to ask for confirmation", "Add --auto-approve.")


def carry_out(declare: Callable[[Azure], Declaration], flags: ApplyFlags) -> ExitCode:
    """From a declaration to the exit code; `declare` may look at the live side first."""
    check_journal_flag(flags.journal)
    stop = Stop()
    # Outermost: a signal that came while the sandbox's file is saved or the result told must not undo either.
    with orderly_stop(stop) as signals:
        with (
            open_session(flags.session, stop, writes=True) as session,
            journaling(flags.journal, flags.name, session) as journal,
        ):
            telling = _Telling(flags, session, journal)
            try:
                plan, result = run_apply(
                    declare(session.azure),
                    session.azure,
                    telling.tools(stop),
                    show=telling.show,
                    confirm=lambda plan: telling.confirm(plan, signals),
                    skip_refused=flags.skip_refused,
                    verify=flags.verify,
                )
            except PlanRefused as refused:
                telling.refused(refused)
                return refused.exit_code
            journal.end(result)
        telling.ended(plan, result)
    if signals.exit_code is not None and result.interrupted:
        return signals.exit_code
    if not result.complete:
        return result.exit_code
    return ExitCode.REFUSED if plan.violations else ExitCode.DONE


def _find_plan_file(request: Request, flags: ApplyFlags) -> str | None:
    """The saved plan that is to be applied; with a digest, nothing else can be meant, whatever has become of it."""
    if flags.digest is None:
        return find_plan_file(request.paths)
    if len(request.paths) > 1:
        raise UsageError("--digest is that of one saved plan, and these are several paths", "Name the plan alone.")
    return request.paths[0]


def _declare_plan_file(plan_file: str, request: Request, flags: ApplyFlags) -> Declaration:
    """What a saved plan declares; raises UsageError for flags that say what the plan says already."""
    given = {"--var": request.variables, "--target": request.targets, "--subscription": request.subscriptions}
    for flag in (flag for flag, value in given.items() if value):
        raise UsageError(f"{flag} belongs to `uami plan`: a saved plan holds what it was given", f"Leave {flag} out.")
    if flags.digest is not None and _SHA256.fullmatch(flags.digest) is None:
        raise UsageError(f"--digest {flags.digest}: not a SHA-256", "It has 64 digits, as `plan -o` prints it.")
    saved = read_plan_file(plan_file, flags.digest)
    return declare_saved(saved.plan, request, cloud=flags.session.cloud.value, tenant=flags.session.tenant)


class _Telling:
    """What is said along the way, in text as it happens or kept for one JSON document."""

    def __init__(self, flags: ApplyFlags, session: Session, journal: Journaling) -> None:
        self._flags = flags
        self._session = session
        self._journal = journal
        self._plan: Plan | None = None

    def tools(self, stop: Stop) -> ApplyTools:
        """What apply needs, with progress told on stderr."""
        return ApplyTools(
            self._session.azure.resources,
            self._journal.file,
            stop,
            self._session.retries,
            self._progress,
            self._session.azure.parallelism,
            self._session.correlation_id,
            HangingReader(self._session.azure.resources).read,
        )

    def show(self, plan: Plan) -> None:
        """The plan, before anything is asked or refused."""
        self._plan = plan
        if plan.applicable and (self._flags.skip_refused or not plan.violations):
            self._journal.check_place()
        self._journal.tell_cut_short(plan)
        if not self._flags.as_json:
            print_report(render_plan(plan, self._session.header, color=self._flags.color))

    def confirm(self, plan: Plan, signals: OrderlyStop) -> None:
        """Ask; return only where the answer is `yes`. From then on a signal ends the run in order."""
        if not self._flags.auto_approve:
            _ask(plan)
        self._journal.begin(plan)
        signals.begin()

    def refused(self, refused: PlanRefused) -> None:
        """Say that nothing was begun, and why."""
        if self._flags.as_json and self._plan is not None:
            print_report(render_apply_json(self._plan, None, refused))
        else:
            print_note(render_error(refused, color=False))

    def ended(self, plan: Plan, result: ApplyResult) -> None:
        """Say what was done and what was not."""
        if self._flags.as_json:
            print_report(render_apply_json(plan, result, journal=self._journal.path))
        elif plan.applicable or plan.violations:
            continue_with = shlex.join(["uami", *_without_journal(self._flags.command)])
            print_report(render_result(plan, result, continue_with, color=self._flags.color))

    def _progress(self, event: ApplyEvent) -> None:
        plan = self._plan
        if plan is None:
            raise AssertionError("an event before the plan")
        address = visible(addresses_of(plan).short(event.change.resource_id))
        if event.moment is Moment.STARTED:
            print_note(f"{address}: {_DOING[event.change.action]}...\n")
        elif event.moment is Moment.WAITING:
            minutes = round(event.at_most_s / 60)
            print_note(f"{address}: Azure is not ready yet ({event.reason}); trying for {minutes} minutes at most...\n")
        else:
            done = event.outcome is Outcome.DONE
            print_note(f"{address}: {_DONE[event.change.action] if done else event.outcome}\n")


def _without_journal(command: Sequence[str]) -> list[str]:
    """A command line that can be run again: the next run has a journal of its own."""
    previous = ("", *command)
    return [
        argument
        for argument, before in zip(command, previous, strict=False)
        if not argument.startswith("--journal") and before != "--journal"
    ]


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
