"""The calls on a role assignment: what is read before each, what must not have changed since the plan, what is sent."""

from collections.abc import Callable
from dataclasses import replace

from reconciler.apply.checks import Done, Stale, Write, appeared_meanwhile
from reconciler.arm.resources import Resources
from reconciler.arm.role_assignments import assignment_path
from reconciler.errors import ArmError, NotFound, Throttled
from reconciler.model import (
    Identity,
    PlannedAssignment,
    RoleAssignment,
    assignment_name,
    normalize_scope,
    same_name,
)
from reconciler.plan import Action, AssignmentChange, detail_differences, field_text, value_text


class AssignmentCalls:
    """The calls of one step.

    Attributes:
        identity: the assignment's, as it is now; None for an orphan, which has none.
        arm_time: ARM's own, as epoch seconds; None where it is not known.
        is_scope_new: whether this run has made the identity at which the role is given.
    """

    def __init__(
        self,
        change: AssignmentChange,
        identity: Identity | None,
        resources: Resources,
        arm_time: Callable[[], float | None],
        *,
        is_scope_new: bool,
    ) -> None:
        self._is_scope_new = is_scope_new
        self._change = change
        self._assignment = change.before or _new_assignment(change, identity)
        self._assignments = resources.assignments
        self._arm_time = arm_time
        self._first_attempt_s: float | None = None

    @property
    def target(self) -> tuple[str, str]:
        """Method and path of the call."""
        given = self._assignment
        return "PUT" if self._change.after is not None else "DELETE", assignment_path(given.scope, given.name)

    def read(self) -> RoleAssignment | None:
        """The assignment as it is now, by the name that it has or that this tool gives it."""
        return self._assignments.get(self._assignment.scope, self._assignment.name)

    def check(self, live: RoleAssignment | None) -> Done | Stale | Write[RoleAssignment | None]:
        """What the read means for the call."""
        found = check_assignment(self._change, self._assignment, live)
        match found, live:
            case Stale(), RoleAssignment() if self._was_there(live):
                return replace(found, as_planned=False, not_ours=True)
        return found

    def write(self, after: RoleAssignment | None, *, is_first: bool) -> Stale | None:
        """Make the call."""
        if after is None:
            self._assignments.delete(self._assignment.scope, self._assignment.name)
            return None
        if is_first:
            self._first_attempt_s = self._arm_time()
        given = self._assignments.write(after)
        is_create = self._change.action is Action.CREATE
        return appeared_meanwhile("it is now") if is_create and self._was_updated(given) else None

    def settles(self, error: ArmError) -> bool:
        """Whether a new identity may still be unknown where the role is given."""
        if self._is_scope_new and isinstance(error, NotFound):
            return True
        if self._change.identity is not None or self._change.orphan is not None:
            return False
        # A principal that is new may still be missing anywhere. Source: azure-rest-api-specs pull request 43555.
        lagging = error.transient and not isinstance(error, Throttled)
        return lagging or (isinstance(error, NotFound) and self._is_given_on_its_identity())

    def _was_there(self, live: RoleAssignment) -> bool:
        """Whether ARM made an assignment before the first attempt to give it; one that is updated was there."""
        first_s, created_s = self._first_attempt_s, live.created_s
        is_create = self._change.action is Action.CREATE
        return is_create and first_s is not None and created_s is not None and created_s < first_s

    def _was_updated(self, given: RoleAssignment) -> bool:
        """Whether a call met an assignment of another run that was not there when this one looked, by its answer.

        The answer itself is that of a create either way; only a read tells. Where none can be had, the look before the
        call stands.
        """
        try:
            live = self.read()
        except ArmError:
            return False
        if live is None or live.created_s is None or given.updated_s is None:
            return False
        return live.created_s < given.updated_s

    def _is_given_on_its_identity(self) -> bool:
        """Whether a 404 can be about the new identity; if it is about the scope of the role, waiting does not help."""
        assignment = self._change.resource_id
        scope, identity = (normalize_scope(one) for one in (assignment.scope, str(assignment.identity)))
        return f"{scope}/".startswith(f"{identity}/")


def check_assignment(
    change: AssignmentChange, assignment: RoleAssignment, live: RoleAssignment | None
) -> Done | Stale | Write[RoleAssignment | None]:
    """Hold a role assignment, as it is now, against what its change was planned for.

    `assignment` is the planned one: the live one of the plan, or the one that a create makes, without its details.
    """
    if change.after is None:
        if live is None:
            return Done()
        if not gives_the_same(live, assignment):
            return Stale("the role assignment of this name is another one now")
        return _other_details(assignment, live) or Write(None)
    if change.before is not None:
        return _check_update(change.after, assignment, live)
    after = replace(assignment, details=change.after.details)
    if live is None:
        return Write(after)
    as_planned = gives_the_same(live, after) and live.details == after.details
    return Stale("a role assignment of this name has appeared since the plan was made", as_planned)


def _check_update(
    planned_after: PlannedAssignment, planned: RoleAssignment, live: RoleAssignment | None
) -> Done | Stale | Write[RoleAssignment | None]:
    if live is None:
        return Stale("the role assignment has been deleted since the plan was made")
    if not gives_the_same(live, planned):
        return Stale("the role assignment of this name is another one now")
    after = replace(live, details=planned_after.details)
    return Done() if live == after else _other_details(planned, live) or Write(after)


def gives_the_same(one: RoleAssignment, other: RoleAssignment) -> bool:
    """Whether two assignments of one name give the same role to the same principal."""
    return same_name(one.role_guid, other.role_guid) and same_name(one.principal_id, other.principal_id)


def _other_details(planned: RoleAssignment, live: RoleAssignment) -> Stale | None:
    """What came to an assignment since the plan was made, or went from it: a condition, for one."""
    news = [
        f"{field_text(one)} is now {value_text(one.after)}" for one in detail_differences(planned.details, live.details)
    ]
    return Stale(f"changed since the plan was made: {', '.join(news)}") if news else None


def _new_assignment(change: AssignmentChange, identity: Identity | None) -> RoleAssignment:
    if identity is None:
        raise AssertionError("a role is given to an identity")
    scope, role_guid, principal_id = change.resource_id.scope, change.resource_id.role_guid, identity.principal_id
    return RoleAssignment(assignment_name(scope, principal_id, role_guid), scope, role_guid, principal_id)
