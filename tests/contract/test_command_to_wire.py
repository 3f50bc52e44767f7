"""How far it is from a command to the wire: a reader follows each of these calls."""

from tests.builders import desired_group, listed
from tests.contract.applying import Run, plan_now
from tests.contract.arm import OpenArm, contents, there
from tests.contract.stacks import watched

MOST = 7
"""Functions from `apply_plan` to the client's method, both included: ten from the command, of which three precede."""


def test_update_is_seven_functions_from_apply_plan_to_the_wire(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"})))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"})))

    with watched(opened.client.http) as stacks:
        Run(opened).apply(plan)

    stack = stacks.by_method["PATCH"]
    assert (stack[0], stack[-1]) == ("apply_plan", "ArmClient.patch")
    assert len(stack) <= MOST, " -> ".join(stack)


def test_create_and_delete_are_no_farther_from_the_wire_than_an_update(arm: OpenArm) -> None:
    opened = arm(contents("id-old"))
    plan = plan_now(opened, desired_group("id-new"))

    with watched(opened.client.http) as stacks:
        Run(opened).apply(plan)

    lengths = {method: len(stack) for method, stack in stacks.by_method.items() if method != "GET"}
    assert lengths.keys() == {"PUT", "DELETE"}
    assert max(lengths.values()) <= MOST
