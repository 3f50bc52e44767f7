"""What the tests of least privilege share: a caller who has just the printed roles, and what becomes of its apply."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from reconciler.doctor.least_privilege import LeastAssignment, LeastPrivilege, Task
from reconciler.errors import AuthError
from reconciler.model import PlanRefused
from reconciler.sandbox.state.kinds import Permission, RoleAssignment, RoleDefinition
from reconciler.sandbox.state.state import Contents, Grant
from reconciler.workflow.apply import ApplyOptions, planned, run_apply
from reconciler.workflow.declare import Declaration
from reconciler.workflow.least_privilege import find_least_privilege
from tests.contract.applying import Run
from tests.contract.arm import PIPELINE, Arm, in_process

ROLES_DECIDE = Grant("*", "/", ())
"""A grant of nothing: with it, role assignments alone say who may do what."""

ADMINISTRATOR = Grant("somebody-else", "/", ("*",))

DONE, REFUSED = "done", "refused"

Right = tuple[LeastAssignment, str]
"""An action of an assignment's role."""


def least_of(declaration: Declaration, start: Contents) -> LeastPrivilege:
    """What the doctor prints for whoever may read everything."""
    with in_process(start) as arm:
        return find_least_privilege(declaration, arm.azure)


def of_task(least: LeastPrivilege, task: Task) -> list[LeastAssignment]:
    """The assignments of one task."""
    return [one for one in least.assignments if one.role.task is task]


def rights_of(assignments: Iterable[LeastAssignment]) -> list[Right]:
    """Each action of each assignment."""
    return [(one, action) for one in assignments for action in one.role.actions]


def with_least(start: Contents, assignments: Iterable[LeastAssignment], without: Right | None = None) -> Contents:
    """The same state, in which our client has these assignments and nothing else.

    Args:
        without: a right that is taken away at the scope of its assignment alone.
    """
    roles, given = [], []
    for number, one in enumerate(assignments, start=1):
        guid = str(uuid.UUID(int=number + (1 << 100)))
        taken = {without[1]} if without is not None and without[0] == one else set()
        actions = tuple(sorted(set(one.role.actions) - taken))
        scopes = one.role.assignable_scopes
        roles.append(RoleDefinition(guid, f"{one.role.name} {number}", None, (Permission(actions),), scopes))
        role_id = f"/providers/Microsoft.Authorization/roleDefinitions/{guid}"
        assignment = RoleAssignment(one.scope, guid, role_id, PIPELINE, "ServicePrincipal", condition=one.condition)
        given.append(replace(assignment, condition_version="2.0" if one.condition else None))
    bounded = replace(start, permissions=(ROLES_DECIDE, ADMINISTRATOR))
    bounded = bounded.having(RoleDefinition, (*start.of(RoleDefinition), *roles))
    return bounded.having(RoleAssignment, (*start.of(RoleAssignment), *given))


def apply_as_planned(arm: Arm, declaration: Declaration) -> tuple[str, bool]:
    """How an apply ends, `done`, `refused` before anything, or with its errors, and whether it wrote."""
    try:
        _, result = run_apply(
            planned(declaration, arm.azure),
            arm.azure,
            Run(arm).tools(),
            ApplyOptions(),
            show=lambda _: None,
            confirm=lambda _: None,
        )
    except (AuthError, PlanRefused):
        return REFUSED, bool(arm.writes)
    errors = [f"{one.error.message} {one.error.hint}" for one in result.results if one.error]
    return DONE if result.complete else f"failed: {errors}", bool(arm.writes)


@contextmanager
def bounded(start: Contents, assignments: Iterable[LeastAssignment], without: Right | None = None) -> Iterator[Arm]:
    """An emulator in which our client has these assignments and nothing else."""
    with in_process(with_least(start, assignments, without)) as arm:
        yield arm
