"""Carrying out a plan: the only caller of create, update and delete.

Nothing is written blind. Every attempt at a write begins with a read that must show what the plan was made for, a
repeated attempt included: after a call whose outcome is unknown, that read is also what tells whether the call had
taken effect. So the HTTP layer never repeats a write by itself, and a change is done, not done, or in doubt, but never
done twice.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count

from reconciler.arm.identities import Identities
from reconciler.arm.retry import Attempts, Retries
from reconciler.diff import Action, Change, diff_identity, value_text
from reconciler.errors import ArmError, AuthError, Conflict, Interrupted, ReconcilerError
from reconciler.events import (
    ApplyEvent,
    ApplyResult,
    CallError,
    ChangeResult,
    JournalEntry,
    JournalStep,
    Outcome,
    Step,
)
from reconciler.journal import Journal
from reconciler.model import OWNER_TAG, Identity, ResourceGroupId, ResourceId, normalize_location
from reconciler.plan import Plan
from reconciler.stop import Stop

POLL_S = 0.1
"""How often the main thread looks up from waiting, so that a second Ctrl-C is heard."""

GRACE_S = 90.0
"""How long calls in flight may take to finish after the run was asked to stop: a little over a call's own timeout."""


@dataclass(frozen=True, slots=True)
class ApplyTools:
    """What apply needs besides the plan; none of it decides anything.

    `retries` waits between attempts by the same rules as the reads do; `on_event` is called from several threads.
    """

    identities: Identities
    journal: Journal
    stop: Stop
    retries: Retries
    on_event: Callable[[ApplyEvent], None]
    parallelism: int
    correlation_id: str


def apply_plan(plan: Plan, tools: ApplyTools) -> ApplyResult:
    """Carry out what no guard refuses: creates and updates first, then deletes, each group's only where nothing failed.

    Returns:
        One result for each applicable change, whatever happened; failures are results, not exceptions.
    """
    changes = plan.applicable
    run = _Run(tools)
    results = {
        **run.carry_out(change for change in changes if change.action is not Action.DELETE),
        **run.carry_out(change for change in changes if change.action is Action.DELETE),
    }
    ordered = tuple(results[change.resource_id] for change in changes)
    return ApplyResult(ordered, tools.correlation_id, interrupted=tools.stop.requested, verified=False)


@dataclass(slots=True)
class _Failures:
    """Which groups something failed in, and which ARM forbade to write in."""

    _failed: dict[ResourceGroupId, str] = field(default_factory=dict)
    _forbidden: dict[ResourceGroupId, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, result: ChangeResult, *, forbidden: bool) -> None:
        if result.outcome in (Outcome.DONE, Outcome.NOT_TRIED, Outcome.SKIPPED):
            return
        group_id, name = result.change.resource_id.group_id, result.change.resource_id.name
        with self._lock:
            self._failed.setdefault(group_id, name)
            if forbidden:
                self._forbidden.setdefault(group_id, name)

    def why_skip(self, change: Change) -> str:
        group_id = change.resource_id.group_id
        with self._lock:
            if group_id in self._forbidden:
                return f"ARM refused the right to write in this group (at {self._forbidden[group_id]})"
            if change.action is Action.DELETE and group_id in self._failed:
                return f"nothing is deleted in a group where a change failed ({self._failed[group_id]})"
        return ""


class _Run:
    """The workers' common ground."""

    def __init__(self, tools: ApplyTools) -> None:
        self._tools = tools
        self._failures = _Failures()

    def carry_out(self, changes: Iterable[Change]) -> dict[ResourceId, ChangeResult]:
        """Run changes side by side until all have ended or the run was asked to stop."""
        pool = ThreadPoolExecutor(max_workers=self._tools.parallelism)
        futures = {pool.submit(self._carry_out_one, change): change for change in changes}
        try:
            unfinished = self._wait(set(futures))
            return {
                change.resource_id: _abandoned(future, change) if future in unfinished else future.result()
                for future, change in futures.items()
            }
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _wait(self, futures: set["Future[ChangeResult]"]) -> set["Future[ChangeResult]"]:
        stop, clock = self._tools.stop, self._tools.retries.clock
        deadline: float | None = None
        while futures:
            _, futures = wait(futures, timeout=POLL_S, return_when=FIRST_COMPLETED)
            if stop.requested and deadline is None:
                deadline = clock() + GRACE_S
            if stop.at_once or (deadline is not None and clock() > deadline):
                break
        return futures

    def _carry_out_one(self, change: Change) -> ChangeResult:
        if self._tools.stop.requested:
            return _not_tried(change)
        because = self._failures.why_skip(change)
        if because:
            return ChangeResult(change, Outcome.SKIPPED, because)
        self._tools.on_event(ApplyEvent(change, Step.STARTED))
        result = _OneChange(change, self._tools).run()
        self._failures.note(result, forbidden=result.error is not None and result.error.status == 403)
        self._tools.on_event(ApplyEvent(change, Step.ENDED, result.outcome))
        return result


class _OneChange:
    """One change from its first read to its end."""

    def __init__(self, change: Change, tools: ApplyTools) -> None:
        self._change = change
        self._tools = tools
        self._may_have_happened = False

    def run(self) -> ChangeResult:
        """Read, check, write, until the change has ended; after the last attempt one more read resolves a doubt."""
        attempts = self._tools.retries.begin()
        error: ReconcilerError | None = None
        again = True
        for attempt in count(1):
            try:
                fresh = self._tools.identities.get(self._change.resource_id)
            except Interrupted:
                return self._failed(error) if error else _not_tried(self._change)
            except (ArmError, AuthError) as unreadable:
                return self._failed(error or unreadable)
            verdict = _check(self._change, fresh, may_have_happened=self._may_have_happened)
            if verdict is not None:
                return verdict
            if error is not None and (not again or self._tools.stop.requested):
                # The read has shown that the call left no trace.
                self._may_have_happened = False
                return self._failed(error)
            if self._tools.stop.requested:
                return _not_tried(self._change)
            error = self._write(fresh, attempt)
            if error is None:
                return ChangeResult(self._change, Outcome.DONE)
            if not isinstance(error, ArmError) or not self._is_worth_another_look(error):
                return self._failed(error)
            again = self._pause(attempts, error)
        raise AssertionError("attempts do not end by themselves")

    def _write(self, fresh: Identity | None, attempt: int) -> ReconcilerError | None:
        """Make the call between its two journal entries; the error where ARM did not say that it is done."""
        journal = self._tools.journal
        journal.record(JournalEntry(JournalStep.INTENT, self._change, attempt, fresh))
        try:
            _call(self._tools.identities, self._change, fresh)
        except (ArmError, AuthError) as error:
            in_doubt = isinstance(error, ArmError) and error.in_doubt
            self._may_have_happened = self._may_have_happened or in_doubt
            outcome = Outcome.IN_DOUBT if in_doubt else Outcome.FAILED
            journal.record(JournalEntry(JournalStep.OUTCOME, self._change, attempt, fresh, outcome, _call_error(error)))
            return error
        journal.record(JournalEntry(JournalStep.OUTCOME, self._change, attempt, fresh, Outcome.DONE))
        return None

    def _is_worth_another_look(self, error: ArmError) -> bool:
        # A conflict after a call in doubt may be that very call, still being carried out.
        return error.transient or error.in_doubt or (self._may_have_happened and isinstance(error, Conflict))

    def _pause(self, attempts: Attempts, error: ArmError) -> bool:
        """Wait until another attempt is due; False where there is to be none."""
        operation = f"{self._change.action} {self._change.resource_id.address}"
        reason = str(error.status or "no answer")
        try:
            return attempts.wait_for_next(operation, reason, error.retry_after_s)
        except Interrupted:
            return False

    def _failed(self, error: ReconcilerError) -> ChangeResult:
        outcome = Outcome.IN_DOUBT if self._may_have_happened else Outcome.FAILED
        return ChangeResult(self._change, outcome, error.message, _call_error(error))


def _abandoned(future: "Future[ChangeResult]", change: Change) -> ChangeResult:
    if future.cancel():
        return _not_tried(change)
    return ChangeResult(change, Outcome.IN_DOUBT, "the run ended before ARM answered")


def _not_tried(change: Change) -> ChangeResult:
    return ChangeResult(change, Outcome.NOT_TRIED, "the run was asked to stop")


def _check(change: Change, fresh: Identity | None, *, may_have_happened: bool) -> ChangeResult | None:
    """Hold a fresh read against the plan: None to go on, else how the change ends without a call.

    `may_have_happened` says that an earlier attempt was in doubt, so that finding its effect means it is done.
    """
    surprise = _SURPRISES[change.action](change, fresh)
    if not surprise:
        return None
    if not may_have_happened:
        return ChangeResult(change, Outcome.STALE, surprise)
    if _is_done(change, fresh):
        return ChangeResult(change, Outcome.DONE)
    # Stale would say that nothing was changed, and that is not known.
    return ChangeResult(change, Outcome.IN_DOUBT, surprise)


def _surprise_at_create(_: Change, fresh: Identity | None) -> str:
    return "" if fresh is None else "an identity of this name has appeared since the plan was made"


def _surprise_at_update(change: Change, fresh: Identity | None) -> str:
    if fresh is None:
        return "the identity has been deleted since the plan was made"
    if _is_another_principal(change, fresh):
        return "the identity has been deleted and created again since the plan was made: it is another principal now"
    if change.desired is None:
        raise AssertionError("an update without a manifest entry")
    owner = _surprising_owner(change, fresh)
    if owner:
        return owner
    differences = diff_identity(change.group, change.desired, fresh).differences
    if differences == change.differences:
        return ""
    news = [f"{one.field} is now {value_text(one.before)}" for one in differences if one not in change.differences]
    still_differing = {one.field for one in differences}
    settled = [one for one in change.differences if one.field not in still_differing]
    gone = [f"{one.field} is {value_text(one.after)} already" for one in settled]
    return f"changed since the plan was made: {', '.join([*news, *gone])}"


def _surprise_at_delete(change: Change, fresh: Identity | None) -> str:
    if fresh is None:
        return "the identity is gone already"
    if _is_another_principal(change, fresh):
        return "the identity has been deleted and created again since the plan was made: it is another principal now"
    return _surprising_owner(change, fresh)


def _surprising_owner(change: Change, fresh: Identity) -> str:
    """Another owner than the plan was made for; at a repeated attempt, our own mark is no surprise."""
    if change.before is None or fresh.owner == change.before.owner:
        return ""
    # A delete leaves no mark of ours: an owner that is gone is another one.
    if change.after is not None and fresh.owner == change.after.tags.get(OWNER_TAG):
        return ""
    planned, found = value_text(change.before.owner), value_text(fresh.owner)
    return f"its owner has changed since the plan was made, from {planned} to {found}"


_SURPRISES: dict[Action, Callable[[Change, Identity | None], str]] = {
    Action.CREATE: _surprise_at_create,
    Action.UPDATE: _surprise_at_update,
    Action.DELETE: _surprise_at_delete,
}


def _is_another_principal(change: Change, fresh: Identity) -> bool:
    return change.before is not None and fresh.principal_id != change.before.principal_id


def _is_done(change: Change, fresh: Identity | None) -> bool:
    """Whether a fresh read shows what the change was to bring about."""
    if change.action is Action.DELETE:
        return fresh is None
    if fresh is None or change.desired is None or change.after is None or _is_another_principal(change, fresh):
        return False
    lives_there = normalize_location(fresh.location) == normalize_location(change.after.location or "")
    return lives_there and not diff_identity(change.group, change.desired, fresh).differences


def _call(identities: Identities, change: Change, fresh: Identity | None) -> None:
    """Make the change's one call; an update starts from the fresh tags, which may hold what others wrote meanwhile."""
    match change.action:
        case Action.CREATE:
            if change.after is None or change.after.location is None:
                raise AssertionError("a create without a location")
            wanted = change.desired.isolation_scope if change.desired else None
            identities.create(change.resource_id, change.after.location, change.after.tags, wanted)
        case Action.UPDATE:
            if change.desired is None or fresh is None:
                raise AssertionError("an update of nothing")
            after = diff_identity(change.group, change.desired, fresh).after
            fields = {one.field.partition(".")[0] for one in change.differences}
            identities.update(
                change.resource_id,
                tags=after.tags if after is not None and "tags" in fields else None,
                isolation_scope=change.desired.isolation_scope if "isolation_scope" in fields else None,
            )
        case Action.DELETE:
            identities.delete(change.resource_id)
        case Action.NO_OP:
            raise AssertionError("a no-op makes no call")


def _call_error(error: ReconcilerError) -> CallError:
    if isinstance(error, ArmError):
        return CallError(error.status, error.arm_code, error.message, error.hint, error.correlation_id)
    # No token was to be had, so no call went out.
    return CallError(None, error.code, error.message, error.hint, "")
