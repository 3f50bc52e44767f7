"""Roles whose scope is an identity that the same run makes: given after it, and skipped because of it."""

import pytest

from reconciler.journal.call import Outcome
from reconciler.manifest.desired import DesiredGroup
from reconciler.plan.changes import AssignmentChange
from tests.builders import desired_group, listed, resource_id
from tests.contract.access import full_plan, role
from tests.contract.applying import apply_now, endings
from tests.contract.arm import OpenArm, contents
from tests.contract.faults import ALWAYS, Fault, answer

OPERATOR = "Managed Identity Operator"
LAST = str(resource_id("id-z"))


def chain(count: int = 6) -> DesiredGroup:
    """New identities, each of which gets a role on the next one, and the last one on the first: a circle."""
    names = [f"id-{number}" for number in range(count)]
    after = [*names[1:], names[0]]
    entries = [
        listed(name, role_assignments=[role(OPERATOR, str(resource_id(following)))])
        for name, following in zip(names, after, strict=True)
    ]
    return desired_group(*entries)


def two() -> DesiredGroup:
    """Two new identities; the first by name gets a role on the second."""
    return desired_group(listed("id-a", role_assignments=[role(OPERATOR, LAST)]), "id-z")


@pytest.mark.parametrize("parallelism", [1, 10])
def test_role_on_an_identity_of_the_same_run_is_given_after_it(arm: OpenArm, parallelism: int) -> None:
    opened = arm(contents())

    result = apply_now(opened, full_plan(opened, two()), parallelism)

    assert result.complete
    assert [status for _, _, status in opened.writes] == [201, 201, 201]


@pytest.mark.parametrize("parallelism", [1, 2, 10])
def test_roles_in_a_circle_are_all_given(arm: OpenArm, parallelism: int) -> None:
    opened = arm(contents())

    result = apply_now(opened, full_plan(opened, chain()), parallelism)

    assert result.complete
    assert opened.time.slept_s == []


def test_role_is_skipped_because_its_scope_could_not_be_created(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("PUT", "id-z", answer(400, "BadRequest", "No."), times=ALWAYS))

    result = apply_now(opened, full_plan(opened, two()))

    assert [ending[1:] for ending in endings(result)][2] == (Outcome.SKIPPED, "its scope could not be created (id-z)")
    assert [one.outcome for one in result.results] == [Outcome.DONE, Outcome.FAILED, Outcome.SKIPPED]
    assert [name for _, name, _ in opened.writes] == ["id-a"]


def test_role_whose_scope_is_not_known_everywhere_yet_is_tried_again(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("PUT", "", answer(404, "ResourceNotFound", "Not yet."), passes=2, times=3))

    result = apply_now(opened, full_plan(opened, two()))

    assert result.complete
    (assignment,) = [one.change for one in result.results if isinstance(one.change, AssignmentChange)]
    assert assignment.resource_id.scope == LAST


def test_plan_shows_a_role_behind_the_identity_that_it_is_given_on(arm: OpenArm) -> None:
    opened = arm(contents())

    plan = full_plan(opened, two())

    assert [type(one).__name__ for one in plan.applicable] == ["IdentityChange", "IdentityChange", "AssignmentChange"]


def test_second_run_finds_nothing_to_do(arm: OpenArm) -> None:
    opened = arm(contents())
    apply_now(opened, full_plan(opened, chain()))

    assert full_plan(opened, chain()).applicable == ()
