"""One step of a plan, from its first read to its end: attempts, calls in doubt, and waits for what others must finish.

What a step reads, checks and sends is in the module of its kind (`identity`, `credential`, `assignment`); how often,
and what an answer means for the change, is decided here, for all kinds alike.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import Generic, Protocol, TypeVar

from reconciler.apply.assignment import AssignmentCalls
from reconciler.apply.checks import Done, Stale, WhyNotGone, Write, nobody_looks
from reconciler.apply.credential import CredentialCalls
from reconciler.apply.identity import IdentityCalls, ReadChildren
from reconciler.apply.result import ApplyEvent, ChangeResult, Moment, not_tried
from reconciler.arm.activity import Outages
from reconciler.arm.http.budget import duration_text
from reconciler.arm.http.retry import Attempts, Retries, RetryPolicy
from reconciler.arm.resources import Resources
from reconciler.errors import (
    ArmError,
    AuthError,
    CallFailed,
    Conflict,
    Interrupted,
    JournalError,
    LoginError,
    NotFound,
    ReconcilerError,
    Throttled,
)
from reconciler.journal import After, Before, Call, Journal, Outcome
from reconciler.model import (
    FederatedCredential,
    Identity,
    PlannedIdentity,
    RoleAssignment,
    Trust,
    call_error,
    same_name,
)
from reconciler.plan import (
    AccessChange,
    Action,
    AssignmentChange,
    Change,
    CredentialChange,
    IdentityChange,
    Need,
    Step,
    live_expires_on,
    needs_of_step,
)
from reconciler.stop import Stop

SETTLING = RetryPolicy(attempts=60, budget_s=420.0, base_s=2.0, cap_s=15.0)
"""For errors that pass by themselves: a directory that does not know a new principal yet, another writer at the same
identity.

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

    `retries` waits between attempts by the same rules as the reads do; `on_event` is called from several threads;
    `arm_time` is ARM's own, as epoch seconds, None where it is not known; `sleep_to_finish` waits where `retries`
    would not any more, for what must not be left half done.
    """

    resources: Resources
    journal: Journal
    stop: Stop
    retries: Retries
    on_event: Callable[[ApplyEvent], None]
    correlation_id: str
    read_children: ReadChildren
    why_not_gone: WhyNotGone = nobody_looks
    arm_time: Callable[[], float | None] = lambda: None
    sleep_to_finish: Callable[[float], None] = time.sleep

    @property
    def over(self) -> bool:
        """Whether nothing new may start: the run was asked to stop, or its time is over."""
        return self.stop.requested or self.retries.left_s <= 0

    def not_tried(self, change: Change) -> ChangeResult:
        """The end of a change that was not started because the run ends."""
        if self.stop.requested:
            return not_tried(change)
        limit = duration_text(self.retries.budget.limit_s)
        return not_tried(change, f"the run's time ({limit}) was over, or shorter than ARM asked to wait")


L = TypeVar("L", bound=Before)
A = TypeVar("A", bound=After)


class Calls(Protocol[L, A]):
    """A kind of resource, for one step: `L` is what a read shows, `A` what a call leaves behind."""

    @property
    def target(self) -> tuple[str, str]:
        """Method and path of the call, as `write` makes it."""

    def read(self) -> L:
        """What is there now; raises ArmError, AuthError, Interrupted."""

    def check(self, live: L) -> Done | Stale | Write[A]:
        """What that means for the call, and what the call is to leave behind."""

    def write(self, after: A, *, is_first: bool) -> Identity | Stale | None:
        """Make the call; raises ArmError, AuthError.

        Args:
            is_first: no earlier call of the step may have taken effect.

        Returns:
            The identity that ARM returned, if any; Stale where a create has met something that is not this run's.
        """

    def settles(self, error: ArmError) -> bool:
        """Whether the call failed only because a new identity is not known everywhere yet."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why the last call failed, and whether no other one follows it."""

    error: ArmError
    is_final: bool


class StepRun(Generic[L, A]):
    """The attempts of one step; `called` says that a call went out."""

    def __init__(self, step: Step, calls: Calls[L, A], tools: ApplyTools) -> None:
        self._step = step
        self._change = step.change
        self._action = step.action
        self._calls = calls
        self._tools = tools
        self._attempts = tools.retries.begin()
        self._settling: Attempts | None = None
        self._last: _Failed | None = None
        self.called = False
        self._may_have_happened = False
        self._doubtful: int | None = None

    def run(self) -> tuple[ChangeResult, Identity | None]:
        """Read, check, write, until the step has ended; after the last attempt one more read resolves a doubt.

        Returns:
            How it ended, and the identity where the call was about one and has shown it.
        """
        for attempt in count(1):
            with self._turn():
                found = self._look()
                if isinstance(found, ChangeResult):
                    return found, None
                live, write = found
                try:
                    number = self._tools.journal.begin(self._call(attempt, live, write))
                except JournalError as error:
                    return self._failed(error), None
                self.called = True
                try:
                    made = self._calls.write(write.after, is_first=not self._may_have_happened)
                except (ArmError, AuthError) as error:
                    ended = self._ended_by(error, number)
                    if ended is not None:
                        return ended, None
                else:
                    return self._confirmed(made, number)
        raise AssertionError("attempts have an end")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the turn of the call: it is waited for before the read, so that nothing old is written on."""
        with ExitStack() as stack:
            # Asked to stop while it waits, the step ends as it does where the read is: `tools.over` says so.
            with suppress(Interrupted):
                stack.enter_context(self._tools.retries.turn_to_write(*self._calls.target))
            yield

    def _confirmed(self, made: Identity | Stale | None, number: int) -> tuple[ChangeResult, Identity | None]:
        """The end of a step whose call ARM has confirmed."""
        if isinstance(made, Stale):
            self._record(number, Outcome.STALE)
            return self._stale(made), None
        self._record(number, Outcome.DONE, made=made)
        return ChangeResult(self._change, Outcome.DONE), made

    def _look(self) -> ChangeResult | tuple[L, Write[A]]:
        """What is there, and the write that it still needs; or how the step has ended without another call."""
        change, last, tools = self._change, self._last, self._tools
        if tools.over and last is None:
            return tools.not_tried(change)
        try:
            live = self._calls.read()
        except (Interrupted, Throttled):
            return self._failed(last.error) if last else tools.not_tried(change)
        except CallFailed as unreadable:
            ended = self._failed(last.error if last else unreadable)
            return replace(ended, signed_out=isinstance(unreadable, LoginError))
        found = self._calls.check(live)
        if isinstance(found, Stale) and not (found.as_planned and self._may_have_happened):
            return self._stale(found)
        if not isinstance(found, Write):
            self._resolve(Outcome.DONE, live)
            return ChangeResult(change, Outcome.DONE)
        if last is not None and (last.is_final or tools.over):
            # The read has shown that the call left no trace.
            self._may_have_happened = False
            self._resolve(Outcome.FAILED, None)
            return self._failed(last.error)
        return tools.not_tried(change) if tools.over else (live, found)

    def _call(self, attempt: int, live: L, write: Write[A]) -> Call:
        change = self._change
        call = Call(change.resource_id, self._action, attempt, change.source, live, write.after, write.children)
        return replace(call, expires=live_expires_on(change))

    def _ended_by(self, error: ArmError | AuthError, number: int) -> ChangeResult | None:
        """How a call that ARM did not confirm ends the step; None where another attempt is to be made, or a read."""
        if isinstance(error, AuthError):
            self._record(number, Outcome.FAILED, error)
            # A token that ARM refused may be followed by another one; where there was none to send, it is not.
            no_token = isinstance(error, LoginError) and not isinstance(error, ArmError)
            return replace(self._failed(error), signed_out=no_token)
        if error.arm_code == _GIVEN_ALREADY:
            self._record(number, Outcome.STALE, error)
            return self._stale(Stale("it appeared meanwhile, under another name", not_ours=True))
        if error.in_doubt:
            self._may_have_happened, self._doubtful = True, number
        self._record(number, Outcome.IN_DOUBT if error.in_doubt else Outcome.FAILED, error)
        if not self._is_worth_another_look(error):
            return self._failed(error)
        self._last = _Failed(error, is_final=not self._pause(error))
        return None

    def _stale(self, found: Stale) -> ChangeResult:
        """The end of a step that has met something else than its change was planned for."""
        if self._may_have_happened and not found.not_ours:
            # Stale would say that nothing was changed, and after a call in doubt that is not known.
            return ChangeResult(self._change, Outcome.IN_DOUBT, found.why)
        self._resolve(Outcome.STALE, None)
        return ChangeResult(self._change, Outcome.STALE, found.why)

    def _resolve(self, outcome: Outcome, live: Before) -> None:
        """Record what a read has shown of a call that was in doubt."""
        if self._doubtful is not None:
            self._record(self._doubtful, outcome, made=live if isinstance(live, Identity) else None)

    def _record(
        self, number: int, outcome: Outcome, error: ReconcilerError | None = None, made: Identity | None = None
    ) -> None:
        try:
            self._tools.journal.end(number, outcome, None if error is None else call_error(error), made)
        except JournalError:
            # What the call did is known all the same; the next one finds the journal closed to it.
            return

    def _is_worth_another_look(self, error: ArmError) -> bool:
        # A conflict after a call in doubt may be that very call, still being carried out.
        doubtful = error.in_doubt or (self._may_have_happened and isinstance(error, Conflict))
        gone = self._action is Action.DELETE and isinstance(error, NotFound)
        return error.transient or doubtful or gone or self._settles(error)

    def _settles(self, error: ArmError) -> bool:
        """Whether only time is needed: something lags behind, or somebody else is writing."""
        return error.arm_code in (*_UNKNOWN_PRINCIPAL, _CONCURRENT_WRITES) or self._calls.settles(error)

    def _pause(self, error: ArmError) -> bool:
        """Wait until another attempt is due; False where there is to be none."""
        operation = f"{self._action} {self._change.resource_id.address}"
        reason = error.said or "no answer"
        attempts = self._attempts
        if self._settles(error):
            if self._settling is None:
                # It can take minutes, and the user should know what for.
                self._settling = replace(
                    self._tools.retries, policy=SETTLING, outages=Outages(is_shown_elsewhere=True)
                ).begin()
                moment = Moment.BUSY if error.arm_code == _CONCURRENT_WRITES else Moment.WAITING
                waiting = ApplyEvent(self._change, moment, reason=reason, at_most_s=SETTLING.budget_s)
                self._tools.on_event(waiting)
            attempts = self._settling
        try:
            throttled = isinstance(error, Throttled)
            return attempts.wait_for_next(operation, reason, error.retry_after_s, throttled=throttled)
        except Interrupted:
            return False

    def _failed(self, error: ReconcilerError) -> ChangeResult:
        if isinstance(error, Throttled) and not self._may_have_happened:
            # ARM only said when, and the run ends before that.
            return self._tools.not_tried(self._change)
        outcome = Outcome.IN_DOUBT if self._may_have_happened else Outcome.FAILED
        refused = refused_right(self._step, error)
        return ChangeResult(self._change, outcome, error.message, call_error(error), refused=refused)


def refused_right(step: Step, error: ReconcilerError) -> Need | None:
    """The right of those that a step needs that the caller lacks; None where the call failed for another reason.

    A policy, a deny assignment, or a condition of the caller's own role forbids one call and says nothing of others.
    """
    action = error.missing_action if isinstance(error, ArmError) else ""
    return next((need for need in needs_of_step(step) if same_name(need.action, action)), None)


AnyStepRun = (
    StepRun[Identity | None, PlannedIdentity | None]
    | StepRun[FederatedCredential | None, Trust | None]
    | StepRun[RoleAssignment | None, RoleAssignment | None]
)
"""A step of any kind."""


def identity_step(step: Step, change: IdentityChange, tools: ApplyTools) -> AnyStepRun:
    """The run of a step on an identity."""
    return StepRun(step, IdentityCalls(change, tools.resources, tools.read_children), tools)


def child_step(step: Step, change: AccessChange, identity: Identity | None, tools: ApplyTools) -> AnyStepRun:
    """The run of a step on a child of an identity, which is given as it is now; None for an orphan, which has none."""
    resources = tools.resources
    match change:
        case CredentialChange():
            return StepRun(step, CredentialCalls(change, step.action, resources), tools)
        case AssignmentChange():
            is_scope_new = step.needs is not None
            calls = AssignmentCalls(change, identity, resources, tools.arm_time, is_scope_new=is_scope_new)
            return StepRun(step, calls, tools)
