"""Who works on what while a plan is carried out: identities side by side, the steps of each in turn.

Nothing here makes a call that changes anything. It decides what is begun, what is skipped because of what happened to
another change, and when nobody waits any longer.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from reconciler.apply.before_delete import surprise_before_delete
from reconciler.apply.checks import check_host, check_identity
from reconciler.arm.http.budget import duration_text
from reconciler.arm.http.retry import Retries
from reconciler.arm.resources import Resources
from reconciler.errors import ArmError, AuthError, Interrupted, JournalError, Throttled
from reconciler.journal.file import Journal
from reconciler.journal.outcome import ApplyEvent, ChangeResult, Moment, Outcome, call_error, not_tried
from reconciler.model.access import AnyId, Hanging, identity_of
from reconciler.model.identity import Identity, ResourceGroupId
from reconciler.plan.apply_order import Step, Work
from reconciler.plan.changes import Action, Change, CredentialChange, IdentityChange
from reconciler.stop import Stop

POLL_S = 0.1
"""How often the main thread looks up from waiting, so that a second Ctrl-C is heard."""

GRACE_S = 90.0
"""How long calls in flight may take to finish after the run was asked to stop: a little over a call's own timeout."""


def nothing_read(_: Identity) -> Hanging:
    """For a run whose journal nobody will undo."""
    return Hanging(unread=("nothing was asked",))


@dataclass(frozen=True, slots=True)
class ApplyTools:
    """What apply needs besides the plan; none of it decides anything.

    `retries` waits between attempts by the same rules as the reads do; `on_event` is called from several threads, and
    so is `read_hanging`, which tells for the journal what goes with an identity that is about to be deleted.
    """

    resources: Resources
    journal: Journal
    stop: Stop
    retries: Retries
    on_event: Callable[[ApplyEvent], None]
    parallelism: int
    correlation_id: str
    read_hanging: Callable[[Identity], Hanging] = nothing_read

    @property
    def over(self) -> bool:
        """Whether nothing new may begin: the run was asked to stop, or its time is over."""
        return self.stop.requested or self.retries.left_s <= 0

    def not_tried(self, change: Change) -> ChangeResult:
        """The end of a change that was not begun because the run ends."""
        if self.stop.requested:
            return not_tried(change)
        limit = duration_text(self.retries.budget.limit_s)
        return not_tried(change, f"the run's time ({limit}) was over, or shorter than ARM asked to wait")


TakeStep = Callable[[Step, Identity | None], tuple[ChangeResult, Identity | None]]
"""Makes the call of a step, given the identity that it hangs on; tells how it ended, and of what identity ARM spoke."""


@dataclass(slots=True)
class _Failures:
    """Which groups something failed in, and which ARM forbade to write in."""

    _failed: dict[ResourceGroupId, str] = field(default_factory=dict)
    _forbidden: dict[ResourceGroupId, str] = field(default_factory=dict)
    _unrecorded: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, result: ChangeResult, *, forbidden: bool) -> None:
        if result.outcome in (Outcome.DONE, Outcome.NOT_TRIED, Outcome.SKIPPED):
            return
        resource_id = result.change.resource_id
        name = "/".join(part for part in (identity_of(resource_id).name, resource_id.below_identity) if part)
        with self._lock:
            self._failed.setdefault(resource_id.group_id, name)
            if result.error is not None and result.error.code == JournalError.code:
                self._unrecorded = result.because
            if forbidden:
                self._forbidden.setdefault(resource_id.group_id, name)

    def why_skip(self, work: Work) -> str:
        group_id = work.identity.group_id
        with self._lock:
            if self._unrecorded:
                return self._unrecorded
            if group_id in self._forbidden:
                return f"ARM refused the right to write in this group (at {self._forbidden[group_id]})"
            if work.is_deletion and group_id in self._failed:
                return f"nothing is deleted in a group where a change failed ({self._failed[group_id]})"
        return ""


class Run:
    """The workers' common ground."""

    def __init__(self, tools: ApplyTools, take_step: TakeStep) -> None:
        self._tools = tools
        self._take_step = take_step
        self._failures = _Failures()

    def carry_out(self, works: Iterable[Work]) -> dict[AnyId, ChangeResult]:
        """Do pieces of work side by side until all have ended or the run was asked to stop."""
        pool = ThreadPoolExecutor(max_workers=self._tools.parallelism)
        begun = [_OneIdentity(work, self._tools, self._take_step, self._failures) for work in works]
        futures = {pool.submit(one.run): one for one in begun}
        try:
            self._wait(set(futures))
            for future in futures:
                if future.done() and not future.cancelled():
                    future.result()
            return {change_id: result for one in begun for change_id, result in one.results().items()}
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _wait(self, futures: "set[Future[None]]") -> None:
        stop, clock = self._tools.stop, self._tools.retries.clock
        deadline: float | None = None
        while futures:
            _, futures = wait(futures, timeout=POLL_S, return_when=FIRST_COMPLETED)
            if stop.requested and deadline is None:
                deadline = clock() + GRACE_S
            if stop.at_once or (deadline is not None and clock() > deadline):
                for future in futures:
                    future.cancel()
                return


class _OneIdentity:
    """The work on one identity; `results` may be asked while it is still under way."""

    def __init__(self, work: Work, tools: ApplyTools, take_step: TakeStep, failures: _Failures) -> None:
        self._work = work
        self._tools = tools
        self._take_step = take_step
        self._failures = failures
        self._lock = threading.Lock()
        self._begun: set[AnyId] = set()
        self._deleted: set[AnyId] = set()
        self._results: dict[AnyId, ChangeResult] = {}

    def results(self) -> dict[AnyId, ChangeResult]:
        """How each change has ended, or what is known of it where nobody waits for its end any more."""
        with self._lock:
            ended, begun, deleted = dict(self._results), set(self._begun), set(self._deleted)
        changes = {step.change.resource_id: step.change for step in self._work.steps}

        def unfinished(change: Change) -> ChangeResult:
            if change.resource_id in begun:
                return ChangeResult(change, Outcome.IN_DOUBT, "the run ended before ARM answered")
            result = self._tools.not_tried(change)
            return _half_done(result) if change.resource_id in deleted else result

        return {key: ended.get(key) or unfinished(change) for key, change in changes.items()}

    def run(self) -> None:
        """Take the steps in turn; what needs a change that failed is skipped."""
        host: Identity | None = None
        for index, step in enumerate(self._work.steps):
            change_id = step.change.resource_id
            if change_id in self._results:
                continue  # the first of two steps of a change has failed
            if self._tools.over:
                return
            because = self._failures.why_skip(self._work) or self._why_skip(index, step)
            if because:
                self._end(ChangeResult(step.change, Outcome.SKIPPED, because), told=False)
                continue
            self._begin(step)
            if host is None and not isinstance(step.change, IdentityChange):
                found = self._read_host(step)
                if isinstance(found, ChangeResult):
                    self._end_all(found)
                    return
                host = found
            result, identity = self._take_step(step, host)
            host = identity or host
            follows = any(later.change.resource_id == change_id for later in self._work.steps[index + 1 :])
            if not follows or result.outcome is not Outcome.DONE:
                self._end(result)
            else:
                self._end_first_of_two(change_id)

    def _begin(self, step: Step) -> None:
        with self._lock:
            first = step.change.resource_id not in self._deleted
            self._begun.add(step.change.resource_id)
        if first:
            self._tools.on_event(ApplyEvent(step.change, Moment.STARTED))

    def _end_first_of_two(self, change_id: AnyId) -> None:
        """Keep that a credential has been deleted, to be created again: from now on nothing is "not begun" of it."""
        with self._lock:
            self._begun.discard(change_id)
            self._deleted.add(change_id)

    def _end(self, result: ChangeResult, *, told: bool = True) -> None:
        change_id = result.change.resource_id
        if change_id in self._deleted and result.outcome is not Outcome.DONE:
            result, told = _half_done(result), True
        with self._lock:
            self._results[change_id] = result
        self._failures.note(result, forbidden=result.error is not None and result.error.status == 403)
        if told:
            self._tools.on_event(ApplyEvent(result.change, Moment.ENDED, result.outcome))

    def _end_all(self, first: ChangeResult) -> None:
        """End what has begun and all that would come after it alike: they hang on one identity."""
        for change in dict.fromkeys(step.change for step in self._work.steps):
            if change.resource_id not in self._results:
                self._end(replace(first, change=change), told=change.resource_id in self._begun)

    def _why_skip(self, index: int, step: Step) -> str:
        """An identity that is not as planned takes what hangs on it along, and roles that stay keep their identity."""
        own, failed = self._work.own, [one for one in self._results.values() if one.outcome is not Outcome.DONE]
        if own is not None and step.change is own:
            return "a role that it has could not be taken away before" if failed else ""
        if own is not None and any(one.change is own for one in failed):
            return f"its identity could not be {_PAST[own.action]}"
        if isinstance(step.change, CredentialChange) and step.change.after is not None:
            holders = (one.change for one in failed if isinstance(one.change, CredentialChange))
            for holder in holders:
                stated = holder.before.trust if holder.before else None
                if stated is not None and stated.who == step.change.after.who:
                    return f"{holder.resource_id.name}, which states this trust, could not be changed before"
        return self._why_stay(index, failed) if step.change.action is Action.DELETE else ""

    def _why_stay(self, index: int, failed: Iterable[ChangeResult]) -> str:
        """What is exchanged must not be missing: it stays until what may replace it is there, unless it makes way."""
        kind = type(self._work.steps[index].change)
        if any(_is_put(later.change, kind) for later in self._work.steps[index + 1 :]):
            return ""
        for one in failed:
            if _is_put(one.change, kind) and one.outcome is not Outcome.SKIPPED:
                name = one.change.resource_id.below_identity
                return f"it stays, since what may replace it could not be written ({name})"
        return ""

    def _read_host(self, step: Step) -> Identity | ChangeResult | None:
        """The identity that a step hangs on, as it is now; a result where it is not the one of the plan."""
        own = self._work.own
        try:
            fresh = self._tools.resources.identities.get(self._work.identity)
            if own is not None and own.resource_id not in self._results:
                surprise = check_identity(own, own.action, fresh).surprise
            else:
                surprise = check_host(step.change, fresh)
            if own is not None and self._work.is_deletion:
                # An identity that is to stay after all keeps its roles.
                surprise = surprise or surprise_before_delete(own, self._tools.resources)
        except (Interrupted, Throttled):
            return self._tools.not_tried(step.change)
        except (ArmError, AuthError) as error:
            return ChangeResult(step.change, Outcome.FAILED, error.message, call_error(error))
        return ChangeResult(step.change, Outcome.STALE, surprise) if surprise else fresh


_PAST = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted", Action.NO_OP: "kept"}


def _is_put(change: Change, kind: type[Change]) -> bool:
    return type(change) is kind and change.action in (Action.CREATE, Action.UPDATE)


def _half_done(result: ChangeResult) -> ChangeResult:
    """The end of a change of which the first step, the delete, was done and the second was not."""
    because = f"it was deleted, to be created again with another trust, and was not: {result.because}"
    outcome = Outcome.IN_DOUBT if result.outcome is Outcome.IN_DOUBT else Outcome.FAILED
    return replace(result, outcome=outcome, because=because)
