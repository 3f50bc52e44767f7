"""Giving back the roles of an identity that was to be deleted and stays.

Its roles go first, since nobody finds them afterwards. Where the look right before the delete, or whatever else, keeps
the identity, the roles that are gone by then would be missing to whoever uses it. They return under their own names,
with everything that they had, or not at all; and what does not return is said, with the command that gives it back.

It is the end of what has begun: it goes on where the run was asked to stop or its time is over, within bounds.
"""

from dataclasses import dataclass, replace

from reconciler.apply.assignment import gives_the_same
from reconciler.apply.checks import ANOTHER_PRINCIPAL, Done, Stale, Write
from reconciler.apply.result import ChangeResult
from reconciler.apply.step import ApplyTools, StepRun
from reconciler.arm.http.budget import RunBudget
from reconciler.arm.http.retry import Retries
from reconciler.arm.resources import Resources
from reconciler.arm.role_assignments import assignment_path, put_command
from reconciler.errors import ArmError, Interrupted
from reconciler.journal import Outcome
from reconciler.model import CallError, RoleAssignment
from reconciler.plan import Action, AssignmentChange, Step, detail_differences, field_text, value_text
from reconciler.stop import Stop

GIVE_BACK_S = 60.0
"""Seconds that giving back the roles of one identity may take where the run ends: less than such a run waits."""

GIVEN_BACK = "its identity stays, so it was given back"

_NOT_GIVEN_BACK = "it was taken away before its identity, which stays, and has not returned as it was"


@dataclass(frozen=True, slots=True)
class Taken:
    """A role that is gone, or may be, before its identity is, and how its change has ended."""

    result: ChangeResult
    change: AssignmentChange
    role: RoleAssignment


def taken_by(result: ChangeResult) -> Taken | None:
    """What a change has taken away, or may have; None where that is no role, or it is still there for certain."""
    match result:
        case ChangeResult(
            change=AssignmentChange(before=RoleAssignment() as role) as change,
            outcome=Outcome.DONE | Outcome.IN_DOUBT,
        ):
            return Taken(result, change, role)
    return None


class ReturnCalls:
    """The calls that give a role back; `moot` says that its identity is gone, and `returned` what ARM then has."""

    def __init__(self, taken: Taken, resources: Resources, retries: Retries) -> None:
        self.taken = taken.role
        self.moot = False
        self.returned = taken.role
        self._change = taken.change
        self._resources = resources
        self._retries = retries

    @property
    def target(self) -> tuple[str, str]:
        """Method and path of the call."""
        return "PUT", assignment_path(self.taken.scope, self.taken.name)

    def read(self) -> RoleAssignment | None:
        """The assignment as it is now, and whether its identity is still that of the plan."""
        attempts = self._retries.begin()
        while True:
            try:
                return self._read()
            except (ArmError, Interrupted) as error:
                # The wire's own wait for another try ends with the run; this one does not.
                waits = isinstance(error, Interrupted) or error.transient
                operation = f"reading {self._change.resource_id.address}"
                if not waits or not attempts.wait_for_next(operation, error.code, None):
                    raise

    def _read(self) -> RoleAssignment | None:
        identity = self._resources.identities.get(self._change.resource_id.identity)
        self.moot = identity is None or identity.principal_id != self.taken.principal_id
        return self._resources.assignments.get(self.taken.scope, self.taken.name)

    def check(self, live: RoleAssignment | None) -> Done | Stale | Write[RoleAssignment | None]:
        """What the read means for the call."""
        if self.moot:
            return Stale(ANOTHER_PRINCIPAL)
        if self.taken.details is None:
            return Stale("nothing says whether it had a condition")
        if live is None:
            return Write(self.taken)
        self.returned = live
        return Done() if gives_the_same(live, self.taken) else Stale("another role assignment has its name by now")

    def write(self, after: RoleAssignment | None, *, is_first: bool) -> None:  # noqa: ARG002 - as every kind of call
        """Make the call."""
        self.returned = self._resources.assignments.write(self.taken)

    def settles(self, _: ArmError) -> bool:
        """An identity that stays is known everywhere."""
        return False


def give_back(taken: Taken, tools: ApplyTools) -> ChangeResult:
    """Give the role of a change back; how the change has ended then.

    Raises nothing: what could not be given back is a result that says so.
    """
    calls = ReturnCalls(taken, tools.resources, tools.retries)
    result, _ = StepRun(Step(taken.change, Action.CREATE), calls, tools).run()
    if calls.moot:
        # Nobody is left to have it.
        return taken.result
    if result.outcome is not Outcome.DONE:
        return not_given_back(taken, result.because, result)
    differing = _differing(calls.taken, calls.returned)
    if differing:
        return not_given_back(taken, f"it came back otherwise: {differing}")
    return replace(taken.result, outcome=Outcome.SKIPPED, because=GIVEN_BACK, given_back=taken.role)


def not_given_back(taken: Taken, why: str, attempt: ChangeResult | None = None) -> ChangeResult:
    """How a change ends whose role is gone though its identity stays; `attempt` is how giving it back ended."""
    command = "" if taken.role.details is None else f"Give it back with: {put_command(taken.role)}"
    error = attempt.error if attempt is not None else None
    known = error or CallError(None, "not-given-back", why, "", "")
    hint = " ".join(part for part in (known.hint, command) if part)
    doubtful = attempt is not None and attempt.outcome is Outcome.IN_DOUBT
    return ChangeResult(
        taken.change,
        Outcome.IN_DOUBT if doubtful else Outcome.FAILED,
        f"{_NOT_GIVEN_BACK}: {why}",
        replace(known, hint=hint),
    )


def tools_to_finish(tools: ApplyTools) -> ApplyTools:
    """Tools that go on where the run was asked to stop, and for a while where its time is over."""
    left_s = 0.0 if tools.stop.requested else tools.retries.left_s
    budget = RunBudget(max(GIVE_BACK_S, left_s))
    budget.start(tools.retries.clock())
    return replace(tools, stop=Stop(), retries=replace(tools.retries, sleep=tools.sleep_to_finish, budget=budget))


def _differing(taken: RoleAssignment, returned: RoleAssignment) -> str:
    """In which details a role that was given back is not as it was, in words."""
    return ", ".join(
        f"{field_text(one)} is {value_text(one.after)}, and was {value_text(one.before)}"
        for one in detail_differences(taken.details, returned.details)
    )
