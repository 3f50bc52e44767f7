"""The end of an apply as text: whole pages for each way in which it can end."""

from dataclasses import replace

import pytest

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.journal import Outcome
from reconciler.report.result_text import render_result
from tests.unit.reporting import (
    CORRELATION_ID,
    complete_result,
    plan_of_everything,
    refused_plan,
    result_of_everything,
)

PLAN = plan_of_everything()


def test_run_that_went_badly_tells_what_is_done_then_each_reason_then_how_to_go_on() -> None:
    assert render_result(PLAN, result_of_everything(PLAN), "uami apply x", color=False) == (
        "\n"
        "Done:\n"
        "  update rg-app/id-adopt\n"
        "  create rg-app/id-new\n"
        "Failed:\n"
        "  update rg-app/id-api: updating id-api: 409 Conflict (Busy.)\n"
        "      correlation id corr-of-the-call\n"
        "      hint: Wait.\n"
        "Skipped:\n"
        "  delete rg-app/id-old: nothing is deleted in a group where a change failed (id-api)\n"
        "Did not hold: rg-app/id-new\n"
        "    tags.env came back as 'x', not 'prod'\n"
        "Apply incomplete. Resources: 1 added, 1 changed, 0 destroyed.\n"
        f"Correlation id of this run, for the Activity Log: {CORRELATION_ID}\n"
        "To continue: uami apply x\n"
    )


@pytest.mark.parametrize(
    ("outcome", "heading"),
    [
        (Outcome.FAILED, "Failed"),
        (Outcome.IN_DOUBT, "In doubt: a call went out, and no answer says whether it took effect"),
        (Outcome.STALE, "Not applied, because the live side has changed since the plan"),
        (Outcome.SKIPPED, "Skipped"),
        (Outcome.NOT_TRIED, "Not tried"),
    ],
)
def test_change_that_is_not_done_stands_under_its_outcome(outcome: Outcome, heading: str) -> None:
    result = ApplyResult((ChangeResult(PLAN.applicable[0], outcome, "why"),), "id")

    assert render_result(PLAN, result, "again", color=False).splitlines() == [
        "",
        f"{heading}:",
        "  update rg-app/id-adopt: why",
        "Apply incomplete. Resources: 0 added, 0 changed, 0 destroyed.",
        "Correlation id of this run, for the Activity Log: id",
        "To continue: again",
    ]


def test_complete_run_is_one_line_of_counts() -> None:
    result = complete_result(PLAN)

    pages = [
        render_result(PLAN, result, "again", color=False),
        render_result(PLAN, replace(result, interrupted=True), "again", color=False),
        render_result(refused_plan(), complete_result(refused_plan()), "again", color=False),
    ]

    assert pages == [
        "\nApply complete! Resources: 1 added, 2 changed, 1 destroyed.\n",
        "\nApply interrupted before it was verified. Resources: 1 added, 2 changed, 1 destroyed.\n",
        "\nApplied what no guard refuses. Resources: 1 added, 0 changed, 0 destroyed.\n",
    ]
