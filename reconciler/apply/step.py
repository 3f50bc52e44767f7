"""Carrying out a plan: the only caller of whatever changes something in ARM.

Nothing is written blind. Every attempt at a write begins with a read that must show what the plan was made for, a
repeated attempt included: after a call whose outcome is unknown, that read is also what tells whether the call had
taken effect. So the HTTP layer never repeats a write by itself, and a change is done, not done, or in doubt, but never
done twice.

Identities are worked on side by side, and what hangs on one of them in turn: ARM refuses overlapping writes to the
credentials of an identity, and a role can only be given to a principal that is there.
"""

from dataclasses import replace
from itertools import count
from typing import assert_never

from reconciler.apply.before_delete import surprise_before_delete
from reconciler.apply.checks import Verdict, check_assignment, check_credential, check_identity
from reconciler.apply.workers import ApplyTools as ApplyTools  # part of what this module offers
from reconciler.apply.workers import Run
from reconciler.arm.http.retry import Attempts, RetryPolicy
from reconciler.arm.identities import Identities
from reconciler.errors import (
    ArmError,
    AuthError,
    Conflict,
    Interrupted,
    JournalError,
    NotFound,
    ReconcilerError,
    Throttled,
)
from reconciler.journal.outcome import (
    ApplyEvent,
    ApplyResult,
    ChangeResult,
    JournalEntry,
    JournalStep,
    Moment,
    Outcome,
    Wanted,
    call_error,
)
from reconciler.model.access import (
    FederatedCredential,
    Fresh,
    Hanging,
    RoleAssignment,
    Trust,
    assignment_name,
    normalize_scope,
)
from reconciler.model.identity import Identity
from reconciler.model.impact import UNREAD, Impact
from reconciler.plan.apply_order import Step, order_work
from reconciler.plan.changes import Action, AssignmentChange, CredentialChange, IdentityChange, PlannedIdentity
from reconciler.plan.diff_identities import diff_identity
from reconciler.plan.plan import Plan

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


def apply_plan(plan: Plan, tools: ApplyTools) -> ApplyResult:
    """Carry out what no guard refuses: first whatever is made or changed, then deletes, each group's only where nothing
    failed.

    Returns:
        One result for each applicable change, whatever happened; failures are results, not exceptions.
    """
    tools.retries.budget.finish_calls()
    works = order_work(plan.changes, plan.refused, plan.kept_credentials)
    run = Run(tools, lambda step, host: _OneStep(step, host, tools).run())
    results = {
        **run.carry_out([work for work in works if not work.is_deletion]),
        **run.carry_out([work for work in works if work.is_deletion]),
    }
    ordered = tuple(results[change.resource_id] for change in plan.applicable)
    return ApplyResult(ordered, tools.correlation_id, interrupted=tools.stop.requested, verified=False)


class _OneStep:
    """One call from its first read to its end."""

    def __init__(self, step: Step, host: Identity | None, tools: ApplyTools) -> None:
        self._change = step.change
        self._action = step.action
        self._host = host
        self._tools = tools
        self._may_have_happened = False
        self._settling: Attempts | None = None
        self._hanging: Hanging | None = None
        self._doubtful: JournalEntry | None = None

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
                # Before the identity itself, so that nothing lies between that read and the call.
                self._read_hanging()
                would_break = self._look_at_use()
                fresh = self._read()
            except (Interrupted, Throttled):
                return self._failed(error) if error else (self._tools.not_tried(self._change), None)
            except (ArmError, AuthError) as unreadable:
                return self._failed(error or unreadable)
            verdict = self._check(fresh)
            ended = self._ended_by(verdict if verdict.surprise or verdict.done else Verdict(would_break))
            if ended is not None:
                if ended.outcome is Outcome.DONE:
                    self._resolve(Outcome.DONE, fresh)
                return ended, None
            if error is not None and (not again or self._tools.over):
                # The read has shown that the call left no trace.
                self._may_have_happened = False
                self._resolve(Outcome.FAILED, None)
                return self._failed(error)
            if self._tools.over:
                return self._tools.not_tried(self._change), None
            answer = self._write(fresh, attempt)
            if not isinstance(answer, ReconcilerError):
                return ChangeResult(self._change, Outcome.DONE), answer
            error = answer
            if not isinstance(error, ArmError) or not self._is_worth_another_look(error):
                return self._failed(error)
            again = self._pause(attempts, error)
        raise AssertionError("attempts do not end by themselves")

    def _look_at_use(self) -> str:
        """What the delete of an identity would break that the plan did not show; empty for any other call."""
        if isinstance(self._change, IdentityChange) and self._action is Action.DELETE:
            return surprise_before_delete(self._change, self._tools.resources)
        return ""

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

    def _read_hanging(self) -> None:
        """Before the last look at an identity that goes, so that little time passes between that look and the call."""
        change = self._change
        if isinstance(change, IdentityChange) and change.action is Action.DELETE and change.before is not None:
            self._hanging = self._hanging or _with_attached(self._tools.read_hanging(change.before), change.impact)

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
        wanted = self._wanted(fresh)
        entry = JournalEntry(
            JournalStep.INTENT, self._change, self._action, attempt, fresh, after=wanted, hanging=self._hanging
        )
        try:
            self._tools.journal.record(entry)
        except JournalError as error:
            return error
        try:
            identity = self._call(wanted)
        except (ArmError, AuthError) as error:
            if isinstance(error, ArmError) and error.arm_code == _GIVEN_ALREADY:
                self._note(entry, Outcome.DONE, error=error)
                return None
            in_doubt = isinstance(error, ArmError) and error.in_doubt
            self._may_have_happened = self._may_have_happened or in_doubt
            self._doubtful = entry if in_doubt else self._doubtful
            self._note(entry, Outcome.IN_DOUBT if in_doubt else Outcome.FAILED, error=error)
            return error
        self._note(entry, Outcome.DONE, made=identity)
        return identity

    def _resolve(self, outcome: Outcome, fresh: Fresh) -> None:
        """What a read has shown of a call that was in doubt."""
        if self._doubtful is not None:
            self._note(self._doubtful, outcome, made=fresh if isinstance(fresh, Identity) else None)

    def _note(
        self,
        entry: JournalEntry,
        outcome: Outcome,
        *,
        error: ReconcilerError | None = None,
        made: Identity | None = None,
    ) -> None:
        told = None if error is None else call_error(error)
        try:
            self._tools.journal.record(replace(entry, step=JournalStep.OUTCOME, outcome=outcome, error=told, made=made))
        except JournalError:
            # What the call did is known all the same; the next one finds the journal closed to it.
            return

    def _wanted(self, fresh: Fresh) -> Wanted:
        """What the step's call is to leave behind, given what is there; None where it deletes."""
        if self._action is Action.DELETE:
            return None
        match self._change:
            case IdentityChange(action=Action.UPDATE) as change:
                if change.desired is None or not isinstance(fresh, Identity):
                    raise AssertionError("an update of nothing")
                return diff_identity(change.group, change.desired, fresh).after
            case IdentityChange(after=after):
                return after
            case CredentialChange(after=trust):
                return trust
            case AssignmentChange() as change:
                scope, name = self._assignment(change)
                return RoleAssignment(name, scope, change.resource_id.role_guid, self._principal_id(change))
        assert_never(self._change)

    def _call(self, wanted: Wanted) -> Identity | None:
        """Make the step's one call; the identity that a write of one answers with."""
        match self._change, wanted:
            case IdentityChange() as change, _:
                after = wanted if isinstance(wanted, PlannedIdentity) else None
                return _write_identity(self._tools.resources.identities, change, after)
            case CredentialChange(resource_id=credential_id), Trust() as trust:
                self._tools.resources.credentials.write(credential_id, trust)
            case CredentialChange(resource_id=credential_id), _:
                self._tools.resources.credentials.delete(credential_id)
            case AssignmentChange(), RoleAssignment() as role:
                self._tools.resources.assignments.create(role.scope, role.name, role.role_guid, role.principal_id)
            case AssignmentChange() as change, _:
                self._tools.resources.assignments.delete(*self._assignment(change))
        return None

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
        transient = error.transient and not isinstance(error, Throttled)
        return is_new and (transient or (isinstance(error, NotFound) and self._is_of_its_identity()))

    def _is_of_its_identity(self) -> bool:
        """Whether a 404 can be about the new identity; about the scope of a role, waiting would be for nothing."""
        match self._change:
            case AssignmentChange(resource_id=assignment):
                scope, identity = (normalize_scope(one) for one in (assignment.scope, str(assignment.identity)))
                return f"{scope}/".startswith(f"{identity}/")
            case _:
                return True

    def _pause(self, attempts: Attempts, error: ArmError) -> bool:
        """Wait until another attempt is due; False where there is to be none."""
        operation = f"{self._action} {self._change.resource_id.address}"
        throttled = isinstance(error, Throttled)
        reason = " ".join(dict.fromkeys(str(part) for part in (error.status, error.arm_code) if part)) or "no answer"
        if self._settles(error):
            if self._settling is None:
                # It can take minutes, and whoever looks on should know what for.
                self._settling = replace(self._tools.retries, policy=SETTLING).begin()
                waiting = ApplyEvent(self._change, Moment.WAITING, reason=reason, at_most_s=SETTLING.budget_s)
                self._tools.on_event(waiting)
            attempts = self._settling
        try:
            return attempts.wait_for_next(operation, reason, error.retry_after_s, throttled=throttled)
        except Interrupted:
            return False

    def _failed(self, error: ReconcilerError) -> tuple[ChangeResult, None]:
        if isinstance(error, Throttled) and not self._may_have_happened:
            # ARM only said when, and the run ends before that.
            return self._tools.not_tried(self._change), None
        outcome = Outcome.IN_DOUBT if self._may_have_happened else Outcome.FAILED
        return ChangeResult(self._change, outcome, error.message, call_error(error)), None


def _with_attached(hanging: Hanging, impact: Impact | None) -> Hanging:
    """What hangs on an identity, with what the plan found attached: a new use would have kept it from being deleted."""
    attachments = (impact or UNREAD).attachments
    gap = () if attachments.not_checked is None else (f"attached resources: {attachments.not_checked}",)
    known = None if gap and not attachments.found else tuple(one.resource_id for one in attachments.found)
    return replace(hanging, attached=known, unread=(*hanging.unread, *gap))


def _write_identity(identities: Identities, change: IdentityChange, after: PlannedIdentity | None) -> Identity | None:
    """Make an identity's call; what an update leaves was worked out from fresh tags, which may hold what others
    wrote."""
    match change.action:
        case Action.CREATE:
            if after is None or after.location is None:
                raise AssertionError("a create without a location")
            wanted = change.desired.isolation_scope if change.desired else None
            return identities.create(change.resource_id, after.location, after.tags, wanted)
        case Action.UPDATE:
            if change.desired is None or after is None:
                raise AssertionError("an update of nothing")
            fields = {one.field.partition(".")[0] for one in change.differences}
            return identities.update(
                change.resource_id,
                tags=after.tags if "tags" in fields else None,
                isolation_scope=change.desired.isolation_scope if "isolation_scope" in fields else None,
            )
        case Action.DELETE:
            identities.delete(change.resource_id)
            return None
        case Action.NO_OP:
            raise AssertionError("a no-op makes no call")
