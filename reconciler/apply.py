"""Carrying out a plan: the only caller of whatever changes something in ARM.

Nothing is written blind. Every attempt at a write begins with a read that must show what the plan was made for, a
repeated attempt included: after a call whose outcome is unknown, that read is also what tells whether the call had
taken effect. So the HTTP layer never repeats a write by itself, and a change is done, not done, or in doubt, but never
done twice.

Identities are worked on side by side, and what hangs on one of them in turn: ARM refuses overlapping writes to the
credentials of an identity, and a role can only be given to a principal that is there.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from itertools import count
from typing import assert_never

from reconciler.access import AnyId, FederatedCredential, RoleAssignment, assignment_name, identity_of
from reconciler.apply_order import Step, Work, order_work
from reconciler.arm.identities import Identities
from reconciler.arm.resources import Resources
from reconciler.arm.retry import Attempts, Retries, RetryPolicy
from reconciler.changes import Action, AssignmentChange, Change, CredentialChange, IdentityChange
from reconciler.diff import diff_identity
from reconciler.errors import ArmError, AuthError, Conflict, Interrupted, NotFound, ReconcilerError
from reconciler.events import (
    ApplyEvent,
    ApplyResult,
    CallError,
    ChangeResult,
    JournalEntry,
    JournalStep,
    Moment,
    Outcome,
)
from reconciler.freshness import Fresh, Verdict, check_assignment, check_credential, check_host, check_identity
from reconciler.journal import Journal
from reconciler.model import Identity, ResourceGroupId
from reconciler.plan import Plan
from reconciler.stop import Stop

POLL_S = 0.1
"""How often the main thread looks up from waiting, so that a second Ctrl-C is heard."""

GRACE_S = 90.0
"""How long calls in flight may take to finish after the run was asked to stop: a little over a call's own timeout."""

SETTLING = RetryPolicy(attempts=60, budget_s=420.0, base_s=2.0, cap_s=15.0)
"""For what only time mends: a directory that does not know a new principal yet, another writer at the same identity.

Source: recorded traffic (a new principal became visible after 6 to 269 seconds).
"""

_UNKNOWN_PRINCIPAL = ("PrincipalNotFound", "MsGraphResourceNotFoundOnFederatedIdentityCredentialCreation")
"""Source: recorded traffic; azure-rest-api-specs pull request 43555 for the second."""

_CONCURRENT_WRITES = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
"""Source: public issues of several tools that write credentials (terraform-provider-azurerm 19968 and others)."""

_GIVEN_ALREADY = "RoleAssignmentExists"
"""The role is given under another name. Source: recorded traffic (azure-cli, AKS tests)."""


@dataclass(frozen=True, slots=True)
class ApplyTools:
    """What apply needs besides the plan; none of it decides anything.

    `retries` waits between attempts by the same rules as the reads do; `on_event` is called from several threads.
    """

    resources: Resources
    journal: Journal
    stop: Stop
    retries: Retries
    on_event: Callable[[ApplyEvent], None]
    parallelism: int
    correlation_id: str


def apply_plan(plan: Plan, tools: ApplyTools) -> ApplyResult:
    """Carry out what no guard refuses: first whatever is made or changed, then deletes, each group's only where nothing
    failed.

    Returns:
        One result for each applicable change, whatever happened; failures are results, not exceptions.
    """
    works = order_work(plan.changes, plan.refused, plan.kept_credentials)
    run = _Run(tools)
    results = {
        **run.carry_out([work for work in works if not work.is_deletion]),
        **run.carry_out([work for work in works if work.is_deletion]),
    }
    ordered = tuple(results[change.resource_id] for change in plan.applicable)
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
        resource_id = result.change.resource_id
        name = "/".join(part for part in (identity_of(resource_id).name, resource_id.below_identity) if part)
        with self._lock:
            self._failed.setdefault(resource_id.group_id, name)
            if forbidden:
                self._forbidden.setdefault(resource_id.group_id, name)

    def why_skip(self, work: Work) -> str:
        group_id = work.identity.group_id
        with self._lock:
            if group_id in self._forbidden:
                return f"ARM refused the right to write in this group (at {self._forbidden[group_id]})"
            if work.is_deletion and group_id in self._failed:
                return f"nothing is deleted in a group where a change failed ({self._failed[group_id]})"
        return ""


class _Run:
    """The workers' common ground."""

    def __init__(self, tools: ApplyTools) -> None:
        self._tools = tools
        self._failures = _Failures()

    def carry_out(self, works: Iterable[Work]) -> dict[AnyId, ChangeResult]:
        """Do pieces of work side by side until all have ended or the run was asked to stop."""
        pool = ThreadPoolExecutor(max_workers=self._tools.parallelism)
        begun = [_OneIdentity(work, self._tools, self._failures) for work in works]
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

    def __init__(self, work: Work, tools: ApplyTools, failures: _Failures) -> None:
        self._work = work
        self._tools = tools
        self._failures = failures
        self._lock = threading.Lock()
        self._begun: set[AnyId] = set()
        self._results: dict[AnyId, ChangeResult] = {}

    def results(self) -> dict[AnyId, ChangeResult]:
        """How each change has ended, or what is known of it where nobody waits for its end any more."""
        with self._lock:
            ended, begun = dict(self._results), set(self._begun)
        changes = {step.change.resource_id: step.change for step in self._work.steps}
        return {key: ended.get(key) or _unfinished(change, key in begun) for key, change in changes.items()}

    def run(self) -> None:
        """Take the steps in turn; what needs a change that failed is skipped."""
        host: Identity | None = None
        for index, step in enumerate(self._work.steps):
            change_id = step.change.resource_id
            if change_id in self._results:
                continue  # the first of two steps of a change has failed
            if self._tools.stop.requested:
                return
            because = self._failures.why_skip(self._work) or self._why_skip(step)
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
            result, identity = _OneStep(step, host, self._tools).run()
            host = identity or host
            follows = any(later.change.resource_id == change_id for later in self._work.steps[index + 1 :])
            if not follows or result.outcome is not Outcome.DONE:
                self._end(result)

    def _begin(self, step: Step) -> None:
        with self._lock:
            first = step.change.resource_id not in self._begun
            self._begun.add(step.change.resource_id)
        if first:
            self._tools.on_event(ApplyEvent(step.change, Moment.STARTED))

    def _end(self, result: ChangeResult, *, told: bool = True) -> None:
        with self._lock:
            self._results[result.change.resource_id] = result
        self._failures.note(result, forbidden=result.error is not None and result.error.status == 403)
        if told:
            self._tools.on_event(ApplyEvent(result.change, Moment.ENDED, result.outcome))

    def _end_all(self, first: ChangeResult) -> None:
        """End what has begun and all that would come after it alike: they hang on one identity."""
        for change in dict.fromkeys(step.change for step in self._work.steps):
            if change.resource_id not in self._results:
                self._end(replace(first, change=change), told=change.resource_id in self._begun)

    def _why_skip(self, step: Step) -> str:
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
        return ""

    def _read_host(self, step: Step) -> Identity | ChangeResult | None:
        """The identity that a step hangs on, as it is now; a result where it is not the one of the plan."""
        try:
            fresh = self._tools.resources.identities.get(self._work.identity)
        except Interrupted:
            return _not_tried(step.change)
        except (ArmError, AuthError) as error:
            return ChangeResult(step.change, Outcome.FAILED, error.message, _call_error(error))
        own = self._work.own
        if own is not None and own.resource_id not in self._results:
            surprise = check_identity(own, own.action, fresh).surprise
        else:
            surprise = check_host(step.change, fresh)
        return ChangeResult(step.change, Outcome.STALE, surprise) if surprise else fresh


class _OneStep:
    """One call from its first read to its end."""

    def __init__(self, step: Step, host: Identity | None, tools: ApplyTools) -> None:
        self._change = step.change
        self._action = step.action
        self._host = host
        self._tools = tools
        self._may_have_happened = False
        self._settling: Attempts | None = None

    def run(self) -> tuple[ChangeResult, Identity | None]:
        """Read, check, write, until the step has ended; after the last attempt one more read resolves a doubt.

        Returns:
            How it ended, and the identity where the call was about one and has shown it.
        """
        attempts = self._tools.retries.begin()
        error: ReconcilerError | None = None
        again = True
        for attempt in count(1):
            try:
                fresh = self._read()
            except Interrupted:
                return self._failed(error) if error else (_not_tried(self._change), None)
            except (ArmError, AuthError) as unreadable:
                return self._failed(error or unreadable)
            ended = self._ended_by(self._check(fresh))
            if ended is not None:
                return ended, None
            if error is not None and (not again or self._tools.stop.requested):
                # The read has shown that the call left no trace.
                self._may_have_happened = False
                return self._failed(error)
            if self._tools.stop.requested:
                return _not_tried(self._change), None
            answer = self._write(fresh, attempt)
            if not isinstance(answer, ReconcilerError):
                return ChangeResult(self._change, Outcome.DONE), answer
            error = answer
            if not isinstance(error, ArmError) or not self._is_worth_another_look(error):
                return self._failed(error)
            again = self._pause(attempts, error)
        raise AssertionError("attempts do not end by themselves")

    def _read(self) -> Fresh:
        resources = self._tools.resources
        match self._change:
            case IdentityChange(resource_id=resource_id):
                return resources.identities.get(resource_id)
            case CredentialChange(resource_id=credential_id):
                return resources.credentials.get(credential_id)
            case AssignmentChange():
                return resources.assignments.get(*self._assignment(self._change))
        assert_never(self._change)

    def _check(self, fresh: Fresh) -> Verdict:
        match self._change, fresh:
            case IdentityChange() as change, Identity() | None as identity:
                return check_identity(change, self._action, identity)
            case CredentialChange() as change, FederatedCredential() | None as credential:
                return check_credential(change, self._action, credential)
            case AssignmentChange() as change, RoleAssignment() | None as assignment:
                return check_assignment(change, self._action, assignment)
        raise AssertionError("a read of another kind than its change")

    def _ended_by(self, verdict: Verdict) -> ChangeResult | None:
        """How a fresh read ends the step without a call; None to go on."""
        if verdict.done and (self._may_have_happened or not verdict.surprise):
            return ChangeResult(self._change, Outcome.DONE)
        if not verdict.surprise:
            return None
        # Stale would say that nothing was changed, and after a call in doubt that is not known.
        outcome = Outcome.IN_DOUBT if self._may_have_happened else Outcome.STALE
        return ChangeResult(self._change, outcome, verdict.surprise)

    def _write(self, fresh: Fresh, attempt: int) -> ReconcilerError | Identity | None:
        """Make the call between its two journal entries; the error where ARM did not say that it is done."""
        entry = JournalEntry(JournalStep.INTENT, self._change, self._action, attempt, fresh)
        journal = self._tools.journal
        journal.record(entry)
        try:
            identity = self._call(fresh)
        except (ArmError, AuthError) as error:
            if isinstance(error, ArmError) and error.arm_code == _GIVEN_ALREADY:
                journal.record(replace(entry, step=JournalStep.OUTCOME, outcome=Outcome.DONE, error=_call_error(error)))
                return None
            in_doubt = isinstance(error, ArmError) and error.in_doubt
            self._may_have_happened = self._may_have_happened or in_doubt
            outcome = Outcome.IN_DOUBT if in_doubt else Outcome.FAILED
            journal.record(replace(entry, step=JournalStep.OUTCOME, outcome=outcome, error=_call_error(error)))
            return error
        journal.record(replace(entry, step=JournalStep.OUTCOME, outcome=Outcome.DONE))
        return identity

    def _call(self, fresh: Fresh) -> Identity | None:
        """Make the step's one call; the identity that a write of one answers with."""
        match self._change:
            case IdentityChange() as change:
                identity = fresh if isinstance(fresh, Identity) else None
                return _write_identity(self._tools.resources.identities, change, identity)
            case CredentialChange(resource_id=credential_id, after=after):
                if self._action is Action.DELETE:
                    self._tools.resources.credentials.delete(credential_id)
                elif after is not None:
                    self._tools.resources.credentials.write(credential_id, after)
                return None
            case AssignmentChange() as change:
                scope, name = self._assignment(change)
                if self._action is Action.DELETE:
                    self._tools.resources.assignments.delete(scope, name)
                else:
                    guid, principal_id = change.resource_id.role_guid, self._principal_id(change)
                    self._tools.resources.assignments.create(scope, name, guid, principal_id)
                return None
        assert_never(self._change)

    def _assignment(self, change: AssignmentChange) -> tuple[str, str]:
        """Scope and name of an assignment: the live one's, or what this tool calls the one that it makes."""
        if change.before is not None:
            return change.before.scope, change.before.name
        scope, principal_id = change.resource_id.scope, self._principal_id(change)
        return scope, assignment_name(change.group.owner, scope, principal_id, change.resource_id.role_guid)

    def _principal_id(self, change: AssignmentChange) -> str:
        known = self._host or change.identity
        if known is None:
            raise AssertionError("a role for an identity that nobody has seen")
        return known.principal_id

    def _is_worth_another_look(self, error: ArmError) -> bool:
        # A conflict after a call in doubt may be that very call, still being carried out.
        doubtful = error.in_doubt or (self._may_have_happened and isinstance(error, Conflict))
        gone = self._action is Action.DELETE and isinstance(error, NotFound)
        return error.transient or doubtful or gone or self._settles(error)

    def _settles(self, error: ArmError) -> bool:
        """Whether nothing is wrong but that others have not caught up, or are at work."""
        if error.arm_code in (*_UNKNOWN_PRINCIPAL, _CONCURRENT_WRITES):
            return True
        # A principal that is new may still be missing anywhere. Source: azure-rest-api-specs pull request 43555.
        is_new = self._change.identity is None and not isinstance(self._change, IdentityChange)
        return is_new and (isinstance(error, NotFound) or error.transient)

    def _pause(self, attempts: Attempts, error: ArmError) -> bool:
        """Wait until another attempt is due; False where there is to be none."""
        if self._settles(error):
            self._settling = self._settling or replace(self._tools.retries, policy=SETTLING).begin()
            attempts = self._settling
        operation = f"{self._action} {self._change.resource_id.address}"
        reason = " ".join(str(part) for part in (error.status, error.arm_code) if part) or "no answer"
        try:
            return attempts.wait_for_next(operation, reason, error.retry_after_s)
        except Interrupted:
            return False

    def _failed(self, error: ReconcilerError) -> tuple[ChangeResult, None]:
        outcome = Outcome.IN_DOUBT if self._may_have_happened else Outcome.FAILED
        return ChangeResult(self._change, outcome, error.message, _call_error(error)), None


_PAST = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted", Action.NO_OP: "kept"}


def _unfinished(change: Change, begun: bool) -> ChangeResult:
    if begun:
        return ChangeResult(change, Outcome.IN_DOUBT, "the run ended before ARM answered")
    return _not_tried(change)


def _not_tried(change: Change) -> ChangeResult:
    return ChangeResult(change, Outcome.NOT_TRIED, "the run was asked to stop")


def _write_identity(identities: Identities, change: IdentityChange, fresh: Identity | None) -> Identity | None:
    """Make an identity's call; an update starts from the fresh tags, which may hold what others wrote meanwhile."""
    match change.action:
        case Action.CREATE:
            if change.after is None or change.after.location is None:
                raise AssertionError("a create without a location")
            wanted = change.desired.isolation_scope if change.desired else None
            return identities.create(change.resource_id, change.after.location, change.after.tags, wanted)
        case Action.UPDATE:
            if change.desired is None or fresh is None:
                raise AssertionError("an update of nothing")
            after = diff_identity(change.group, change.desired, fresh).after
            fields = {one.field.partition(".")[0] for one in change.differences}
            return identities.update(
                change.resource_id,
                tags=after.tags if after is not None and "tags" in fields else None,
                isolation_scope=change.desired.isolation_scope if "isolation_scope" in fields else None,
            )
        case Action.DELETE:
            identities.delete(change.resource_id)
            return None
        case Action.NO_OP:
            raise AssertionError("a no-op makes no call")


def _call_error(error: ReconcilerError) -> CallError:
    if isinstance(error, ArmError):
        return CallError(error.status, error.arm_code, error.message, error.hint, error.correlation_id)
    # No token was to be had, so no call went out.
    return CallError(None, error.code, error.message, error.hint, "")
