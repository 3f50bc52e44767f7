"""Who works on what while a plan is carried out: identities side by side, the steps of each one after another, and
roles on other new identities once all of those have been made.

ARM refuses overlapping writes to the credentials of an identity, and a role can only be given to a principal that
exists; so one thread does all that concerns an identity. Nothing here makes a call that changes anything. It decides
what is started, what is skipped because of what happened to another change, and when nobody waits any longer.
"""

import math
import threading
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from reconciler.apply.before_delete import look_before_delete
from reconciler.apply.checks import Stale, check_parent
from reconciler.apply.failures import Failures, no_login
from reconciler.apply.give_back import Taken, give_back, not_given_back, taken_by, tools_to_finish
from reconciler.apply.identity import check_identity
from reconciler.apply.result import ApplyEvent, ChangeResult, Moment
from reconciler.apply.step import AnyStepRun, ApplyTools, child_step, identity_step
from reconciler.errors import CallFailed, Interrupted, LoginError, Throttled
from reconciler.journal import Outcome
from reconciler.model import AnyId, Identity, Orphan, call_error
from reconciler.plan import (
    AccessChange,
    Action,
    AssignmentChange,
    Change,
    CredentialChange,
    IdentityChange,
    Step,
    Work,
    marks_only,
)

POLL_S = 0.1
"""How often the main thread looks up from waiting, so that a second Ctrl-C is heard."""

GRACE_S = 90.0
"""How long calls in flight may take to finish after the run was asked to stop: a little over a call's own timeout."""


def carry_out(works: Iterable[Work], tools: ApplyTools, failures: Failures) -> dict[AnyId, ChangeResult]:
    """Do pieces of work side by side until all have ended or the run was asked to stop; waiting steps come last."""
    begun = [IdentityWork(work, tools, failures) for work in works]
    patience = _Patience(tools)
    for run, taken in (
        (IdentityWork.run, begun),
        (partial(IdentityWork.run, waiting=True), [one for one in begun if one.waits]),
    ):
        with tools.resources.pool.window(run, taken, IdentityWork.lane_of) as window:
            while not (window.wait(POLL_S) or patience.is_over()):
                pass
        for error in window.errors:
            raise error
    return {change_id: result for one in begun for change_id, result in one.results().items()}


class _Patience:
    """How long calls in flight are waited for once the run was asked to stop."""

    def __init__(self, tools: ApplyTools) -> None:
        self._stop, self._clock = tools.stop, tools.retries.clock
        self._ends_s = math.inf

    def is_over(self) -> bool:
        """Whether nobody waits any longer."""
        if self._stop.requested:
            self._ends_s = min(self._ends_s, self._clock() + GRACE_S)
        return self._stop.at_once or self._clock() > self._ends_s


class IdentityWork:
    """The work on one identity; `results` may be asked while it is still under way."""

    def __init__(self, work: Work, tools: ApplyTools, failures: Failures) -> None:
        self._work = work
        self._steps = work.all_steps
        self._identity: Identity | None = None
        self._is_seen_gone = False
        self._tools = tools
        self._failures = failures
        self._lock = threading.Lock()
        self._begun: set[AnyId] = set()
        self._deleted: set[AnyId] = set()
        self._taken: dict[AnyId, Taken] = {}
        self._results: dict[AnyId, ChangeResult] = {}

    def results(self) -> dict[AnyId, ChangeResult]:
        """How each change has ended, or what is known of it where nobody waits for its end any more."""
        with self._lock:
            ended, begun, deleted = dict(self._results), set(self._begun), set(self._deleted)
            if not self._is_gone():
                # Nobody waits any longer for the roles that are still to be given back.
                ended |= {key: not_given_back(one, "the run ended before") for key, one in self._taken.items()}
        changes = {step.change.resource_id: step.change for step in self._steps}

        def unfinished(change: Change) -> ChangeResult:
            if change.resource_id in begun:
                return ChangeResult(change, Outcome.IN_DOUBT, "the run ended before ARM answered")
            result = self._not_tried(change)
            return _half_done(result) if change.resource_id in deleted else result

        return {key: ended.get(key) or unfinished(change) for key, change in changes.items()}

    def _not_tried(self, change: Change) -> ChangeResult:
        if self._failures.signed_out and not self._tools.over:
            return no_login(change)
        return self._tools.not_tried(change)

    def lane_of(self) -> str:
        """Which works wait for the same of Azure's rates: those of one kind in one subscription."""
        return f"{self._work.identity.subscription_id.casefold()} {type(self._steps[0].change).__name__}"

    @property
    def waits(self) -> bool:
        """Whether some steps wait until all other works have ended theirs."""
        return bool(self._work.waiting)

    def run(self, *, waiting: bool = False) -> None:
        """Take the steps that wait for nobody, or the others, in turn; what needs a change that failed is skipped."""
        first_waiting = len(self._work.steps)
        for index in range(first_waiting, len(self._steps)) if waiting else range(first_waiting):
            step = self._steps[index]
            if step.change.resource_id in self._results:
                continue  # the first of two steps of a change has failed
            if self._tools.over or self._failures.signed_out:
                break
            because = self._failures.why_skip(self._work, step) or self._why_skip(index, step)
            if because:
                self._end(ChangeResult(step.change, Outcome.SKIPPED, because), shown=False)
                continue
            self._begin(step)
            run = self._step_run(step)
            if isinstance(run, ChangeResult):
                self._end_all(run)
                break
            result, made = run.run()
            self._identity = made or self._identity
            if run.called:
                self._note_taken(result)
            else:
                result = self._failures.said_once(result)
            self._end_step(index, result)
        self._give_back()

    def _step_run(self, step: Step) -> AnyStepRun | ChangeResult:
        """How a step is taken; a result where the identity of a credential or role assignment is not as planned, or the
        principal of an orphan not gone."""
        match step.change:
            case IdentityChange() as change:
                return identity_step(step, change, self._tools)
            case AssignmentChange(orphan=Orphan() as orphan) as change:
                return self._why_no_orphan(change, orphan) or child_step(step, change, None, self._tools)
            case change:
                identity = self._identity or self._read_identity(change)
                if isinstance(identity, ChangeResult):
                    return identity
                self._identity = identity
                return child_step(step, change, identity, self._tools)

    def _note_taken(self, result: ChangeResult) -> None:
        """Remember a role that is gone, or may be, before its identity is."""
        taken = taken_by(result)
        if taken is not None and self._work.is_deletion:
            with self._lock:
                self._taken[taken.change.resource_id] = taken

    def _give_back(self) -> None:
        """Give back, the last one first, what was taken from an identity that was to be deleted and was not."""
        if not self._taken or self._is_gone():
            return
        tools = tools_to_finish(self._tools)
        for change_id, taken in reversed(tuple(self._taken.items())):
            self._end(give_back(taken, tools))
            with self._lock:
                del self._taken[change_id]

    def _is_gone(self) -> bool:
        """Whether the work's identity has been deleted by it."""
        own = self._work.own
        ended = None if own is None else self._results.get(own.resource_id)
        return ended is not None and ended.outcome is Outcome.DONE

    def _begin(self, step: Step) -> None:
        with self._lock:
            first = step.change.resource_id not in self._deleted
            self._begun.add(step.change.resource_id)
        if first:
            self._tools.on_event(ApplyEvent(step.change, Moment.STARTED))

    def _end_step(self, index: int, result: ChangeResult) -> None:
        """End a step's change, unless a second step of it follows, which creates again what this one has deleted."""
        change_id = result.change.resource_id
        follows = any(later.change.resource_id == change_id for later in self._steps[index + 1 :])
        if not follows or result.outcome is not Outcome.DONE:
            self._end(result)
            return
        with self._lock:
            self._begun.discard(change_id)
            self._deleted.add(change_id)

    def _end(self, result: ChangeResult, *, shown: bool = True) -> None:
        change_id = result.change.resource_id
        if change_id in self._deleted and result.outcome is not Outcome.DONE:
            result, shown = _half_done(result), True
        with self._lock:
            self._results[change_id] = result
        self._failures.note(result)
        if shown:
            reason = "given back" if result.given_back is not None else ""
            self._tools.on_event(ApplyEvent(result.change, Moment.ENDED, result.outcome, reason))

    def _end_all(self, first: ChangeResult) -> None:
        """End the change that has begun and all those after it with one result: they are of one identity.

        Where the run is no longer signed in, the others are not tried, like all else.
        """
        if first.signed_out:
            self._end(self._failures.said_once(first))
            return
        for change in dict.fromkeys(step.change for step in self._steps):
            if change.resource_id not in self._results:
                self._end(replace(first, change=change), shown=change.resource_id in self._begun)

    def _why_skip(self, index: int, step: Step) -> str:
        """Why a step is skipped: its identity failed, a role that could not be removed still needs the identity, or
        what is exchanged with it could not be written."""
        own, failed = self._work.own, [one for one in self._results.values() if one.outcome is not Outcome.DONE]
        if own is not None and step.change is own:
            return "a role that it has could not be taken away before" if failed else ""
        if own is not None and any(one.change is own for one in failed):
            return f"its identity could not be {_PAST[own.action]}"
        return _why_trust_is_taken(step, failed) or self._why_stay(index, failed)

    def _why_stay(self, index: int, failed: Iterable[ChangeResult]) -> str:
        """What is exchanged must not be missing: it stays until what may replace it is there, unless it makes way."""
        change, later = self._steps[index].change, self._steps[index + 1 :]
        kind = type(change)
        if change.action is not Action.DELETE or any(_is_put(one.change, kind) for one in later):
            return ""
        for one in failed:
            if _is_put(one.change, kind) and one.outcome is not Outcome.SKIPPED:
                name = one.change.resource_id.below_identity
                return f"it stays, since what may replace it could not be written ({name})"
        return ""

    def _read_identity(self, change: AccessChange) -> Identity | ChangeResult:
        """The identity of a credential or role assignment, as it is now; a result where it is not as planned."""
        try:
            live = self._tools.resources.identities.get(self._work.identity)
            found = self._why_kept(live) or check_parent(change, live)
        except (CallFailed, Interrupted) as error:
            return self._unread(change, error)
        return ChangeResult(change, Outcome.STALE, found.why) if isinstance(found, Stale) else found

    def _unread(self, change: Change, error: CallFailed | Interrupted) -> ChangeResult:
        """The end of a change of which no call went out, since what it is about could not be read."""
        if isinstance(error, Interrupted | Throttled):
            return self._tools.not_tried(change)
        signed_out = isinstance(error, LoginError)
        return ChangeResult(change, Outcome.FAILED, error.message, call_error(error), signed_out=signed_out)

    def _why_no_orphan(self, change: Change, orphan: Orphan) -> ChangeResult | None:
        """How an orphan's change ends where its principal is not known to be gone; looked at once for all its roles."""
        try:
            why = None if self._is_seen_gone else self._tools.why_not_gone(orphan)
        except (CallFailed, Interrupted) as error:
            return self._unread(change, error)
        self._is_seen_gone = why is None
        return None if why is None else ChangeResult(change, Outcome.STALE, why)

    def _why_kept(self, live: Identity | None) -> Stale | None:
        """Why an identity that was to be deleted stays after all, and so keeps its roles."""
        match self._work.own:
            case IdentityChange(action=Action.DELETE) as own:
                found = check_identity(own, live)
                return found if isinstance(found, Stale) else look_before_delete(own, self._tools.resources).surprise
        return None


_PAST = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted", Action.NO_OP: "kept"}


def _why_trust_is_taken(step: Step, failed: Iterable[ChangeResult]) -> str:
    """Issuer and subject are unique within an identity: a credential that failed may still hold those of a step."""
    if not isinstance(step.change, CredentialChange) or step.change.after is None:
        return ""
    for holder in (one.change for one in failed if isinstance(one.change, CredentialChange)):
        held = holder.before.trust if holder.before else None
        if held is not None and held.who == step.change.after.who:
            return f"{holder.resource_id.name}, which states this trust, could not be changed before"
    return ""


def _is_put(change: Change, kind: type[Change]) -> bool:
    return type(change) is kind and change.action in (Action.CREATE, Action.UPDATE) and not marks_only(change)


def _half_done(result: ChangeResult) -> ChangeResult:
    """The end of a change of which the first step, the delete, was done and the second was not."""
    because = f"it was deleted, to be created again with another trust, and was not: {result.because}"
    outcome = Outcome.IN_DOUBT if result.outcome is Outcome.IN_DOUBT else Outcome.FAILED
    return replace(result, outcome=outcome, because=because)
