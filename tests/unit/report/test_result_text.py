"""The end of an apply as text: whole pages for each way in which it can end."""

from dataclasses import replace

import pytest

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.journal import Outcome
from reconciler.model import CallError, identity_of
from reconciler.plan import Plan
from reconciler.report.result_text import render_result
from tests.builders import desired_group, listed, live_group, plan_of, resource_id
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
        "Skipped:\n"
        "  delete rg-app/id-old: nothing is deleted in a group where a change failed\n"
        "      (id-api)\n"
        "Failed:\n"
        "  update rg-app/id-api: updating id-api: 409 Conflict (Busy.)\n"
        "      correlation id corr-of-the-call\n"
        "      hint: Wait.\n"
        "Did not hold: rg-app/id-new\n"
        "    tags.env came back as 'x', not 'prod'\n"
        f"Correlation id of this run, for the Activity Log: {CORRELATION_ID}\n"
        "To continue: uami apply x\n"
        "Apply incomplete: 1 added, 1 changed, 0 destroyed, 1 failed, 1 skipped, 0 not tried, 1 did not hold.\n"
    )


@pytest.mark.parametrize(
    ("outcome", "heading", "counts"),
    [
        (Outcome.FAILED, "Failed", "1 failed, 0 not tried"),
        (
            Outcome.IN_DOUBT,
            "In doubt: a call went out, and no answer says whether it took effect",
            "0 failed, 1 in doubt, 0 not tried",
        ),
        (
            Outcome.STALE,
            "Not applied, because the live side has changed since the plan",
            "0 failed, 1 stale, 0 not tried",
        ),
        (Outcome.SKIPPED, "Skipped", "0 failed, 1 skipped, 0 not tried"),
        (Outcome.NOT_TRIED, "Not tried", "0 failed, 1 not tried"),
    ],
)
def test_change_that_is_not_done_stands_under_its_outcome(outcome: Outcome, heading: str, counts: str) -> None:
    result = ApplyResult((ChangeResult(PLAN.applicable[0], outcome, "why"),), "id")

    assert render_result(PLAN, result, "again", color=False).splitlines() == [
        "",
        f"{heading}:",
        "  update rg-app/id-adopt: why",
        "Correlation id of this run, for the Activity Log: id",
        "To continue: again",
        f"Apply incomplete: 0 added, 0 changed, 0 destroyed, {counts}.",
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


def failures(number: int, *, code: str = "ResourceNotFound") -> ApplyResult:
    """As many changes that failed for one cause, each told of its own identity by ARM."""
    plan = plan_of_many(number)
    results = []
    for change in plan.applicable:
        identity = identity_of(change.resource_id)
        message = f"updating {identity}: 404 {code} (The resource '{identity.name}' was not found.)"
        error = CallError(404, code, message, "Plan again.", "run")
        results.append(ChangeResult(change, Outcome.FAILED, message, error))
    return ApplyResult(tuple(results), "run")


def plan_of_many(number: int) -> Plan:
    """So many equal updates."""
    names = [f"id-{one}" for one in range(number)]
    return plan_of(desired_group(*(listed(one, tags={"x": "1"}) for one in names)), live_group(*names))


def test_failures_of_one_cause_are_told_once_with_all_their_identities() -> None:
    assert render_result(plan_of_many(3), failures(3), "again", color=False) == (
        "\n"
        "Failed:\n"
        "  update 3 identities:\n"
        "      rg-app: id-0, id-1, id-2\n"
        "      404 ResourceNotFound; the first of them: updating\n"
        f"      {resource_id('id-0')}:\n"
        "      404 ResourceNotFound (The resource 'id-0' was not found.)\n"
        "      hint: Plan again.\n"
        "Correlation id of this run, for the Activity Log: run\n"
        "To continue: again\n"
        "Apply incomplete: 0 added, 0 changed, 0 destroyed, 3 failed, 0 not tried.\n"
    )


def test_failures_of_two_causes_are_told_apart() -> None:
    one, other = failures(4), failures(4, code="Gone")
    both = replace(one, results=(*one.results[:2], *other.results[2:]))

    lines = render_result(plan_of_many(4), both, "again", color=False).splitlines()

    assert [line for line in lines if line.startswith("      rg-app: ")] == [
        "      rg-app: id-0, id-1",
        "      rg-app: id-2, id-3",
    ]


def test_calls_that_have_other_ids_than_the_run_name_one_and_count_the_others() -> None:
    result = failures(2)
    results = [
        replace(one, error=replace(one.error, correlation_id=f"c-{number}")) if one.error else one
        for number, one in enumerate(result.results)
    ]

    text = render_result(plan_of_many(2), replace(result, results=tuple(results)), "again", color=False)

    assert "\n      correlation id c-0, and 1 more\n" in text


def test_many_failures_are_told_once_more_in_short_above_the_last_line() -> None:
    last = render_result(plan_of_many(300), failures(300), "again", color=False).splitlines()[-5:]

    assert last == [
        "To continue: again",
        "In short:",
        "  failed, 404 ResourceNotFound: 300 (rg-app/id-0, rg-app/id-1, rg-app/id-10,",
        "    rg-app/id-100, rg-app/id-101 and 295 more)",
        "Apply incomplete: 0 added, 0 changed, 0 destroyed, 300 failed, 0 not tried.",
    ]
