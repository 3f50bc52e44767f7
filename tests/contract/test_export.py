"""Exports of generated subscriptions: what is written says what is live, and says it again once it was applied."""

import os

from hypothesis import given, settings

from reconciler.plan import Action, Reason
from reconciler.sandbox.state.state import Contents
from tests.contract.applying import Run, outcomes
from tests.contract.arm import in_process
from tests.contract.exporting import (
    OWNER,
    allow_all,
    brownfields,
    export_now,
    plan_text,
    said,
    text_of,
    without_listed,
)
from tests.strategies import FEW_EXAMPLES

EXAMPLES = settings(FEW_EXAMPLES, max_examples=int(os.environ.get("UAMI_EXPORT_EXAMPLES", "15")))
"""A subscription takes half a second; 300 of them are worth their time once, and not in every run."""


@EXAMPLES
@given(brownfields())
def test_export_without_owner_has_an_empty_plan(start: Contents) -> None:
    with in_process(start) as arm:
        exported = export_now(arm)
        text = text_of(exported)
        plan = plan_text(arm, text) if exported.groups else None

    assert plan is None or [one for one in plan.changes if one.action is not Action.NO_OP] == []
    assert plan is None or plan.violations == ()
    assert max(map(len, text.split("\n"))) <= 120


@EXAMPLES
@given(brownfields())
def test_export_with_owner_only_adopts_and_then_has_an_empty_plan(start: Contents) -> None:
    with in_process(start) as arm:
        exported = export_now(arm, OWNER)
        text = text_of(exported)
        if not exported.groups:
            return
        planned = plan_text(arm, text)
        allowed = plan_text(arm, text, allow_all(planned))
        result = Run(arm).apply(allowed)
        after = plan_text(arm, text)

    changes = [one for one in planned.changes if one.action is not Action.NO_OP]
    assert {(one.action, one.reason) for one in changes} <= {(Action.UPDATE, Reason.ADOPT)}
    assert allowed.violations == ()
    assert {outcome for _, outcome in outcomes(result)} <= {"done"}
    assert [one for one in after.changes if one.action is not Action.NO_OP] == []


@EXAMPLES
@given(brownfields(listable=True))
def test_export_that_is_applied_to_the_rest_is_exported_as_the_same_text(start: Contents) -> None:
    with in_process(start) as arm:
        exported = export_now(arm)
    if not any(group.identities for group in exported.groups):
        return
    with in_process(without_listed(start, exported)) as arm:
        planned = plan_text(arm, text_of(exported))
        result = Run(arm).apply(plan_text(arm, text_of(exported), allow_all(planned)))
        again = export_now(arm)

    assert {outcome for _, outcome in outcomes(result)} <= {"done"}
    assert said(text_of(again)) == said(text_of(exported))
