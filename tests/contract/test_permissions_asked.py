"""What the caller may do is asked once for each scope in a phase: for the plan, and again after the confirmation."""

from collections import Counter
from dataclasses import replace

from reconciler.workflow.apply import ApplyOptions, planned, run_apply
from reconciler.workflow.declare import load_declaration
from reconciler.workflow.plan import run_plan
from tests.contract import saved
from tests.contract.access import IN_SUBSCRIPTION
from tests.contract.applying import Run
from tests.contract.arm import Arm, OpenArm
from tests.contract.journaling import IN_USE_TOO, children_reader

PERMISSIONS = "/providers/microsoft.authorization/permissions"


def permissions_asked(arm: Arm) -> dict[str, int]:
    """How often the permissions of each scope were asked for."""
    asked = (path.casefold() for _, path in arm.asked)
    return Counter(path.removesuffix(PERMISSIONS) for path in asked if path.endswith(PERMISSIONS))


def test_plan_of_one_group_asks_for_permissions_once_at_each_scope(arm: OpenArm) -> None:
    opened = arm(saved.live())

    run_plan(load_declaration(saved.request()), opened.azure)

    assert permissions_asked(opened) == {IN_SUBSCRIPTION.casefold(): 1}
    assert len(opened.asked) == 14


def test_apply_asks_for_permissions_again_after_the_confirmation(arm: OpenArm) -> None:
    opened = arm(saved.live())
    tools = replace(Run(opened).tools(), read_children=children_reader(opened))
    before: list[dict[str, int]] = []

    run_apply(
        planned(load_declaration(saved.request(allowances=IN_USE_TOO)), opened.azure),
        opened.azure,
        tools,
        ApplyOptions(),
        show=lambda _: None,
        confirm=lambda _: before.append(permissions_asked(opened)),
    )

    assert before == [{IN_SUBSCRIPTION.casefold(): 1}]
    assert permissions_asked(opened) == {IN_SUBSCRIPTION.casefold(): 2}
    assert len(opened.asked) == 40
