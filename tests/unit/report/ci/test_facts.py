"""Values for the steps that follow: one word, and numbers."""

import re

from reconciler.guardrails import DeclaredVerdict
from reconciler.report.ci.facts import (
    Facts,
    checkup_facts,
    drift_facts,
    error_facts,
    journal_facts,
    plan_facts,
    result_facts,
    validated_facts,
)
from tests.builders import desired_group, live_group, plan_of
from tests.unit.report.hostile import checkup, plan, record, result
from tests.unit.reporting import complete_result, plan_of_everything, refused_plan, result_of_everything

EVERYTHING = plan_of_everything()


def test_plan_says_how_it_came_out_and_how_much_it_would_do() -> None:
    assert plan_facts(EVERYTHING) == {
        "outcome": "changes",
        "changes": "4",
        "creates": "1",
        "updates": "2",
        "deletes": "1",
        "refused": "0",
        "refusals": "0",
        "warnings": "0",
    }
    assert plan_facts(refused_plan())["outcome"] == "refused"
    assert plan_facts(plan_of(desired_group(), live_group()))["outcome"] == "no_changes"


def test_drift_says_how_much_differs() -> None:
    facts = drift_facts(EVERYTHING)

    assert (facts["outcome"], facts["changes"], facts["unexpected"]) == ("drift", "4", "1")
    assert drift_facts(plan_of(desired_group(), live_group()))["outcome"] == "no_drift"


def test_run_says_what_it_did() -> None:
    bad, good = (result_facts(EVERYTHING, make(EVERYTHING)) for make in (result_of_everything, complete_result))

    assert (bad["outcome"], bad["failed"], bad["did_not_hold"], bad["added"]) == ("incomplete", "1", "1", "1")
    assert (good["outcome"], good["failed"], good["destroyed"]) == ("complete", "0", "1")


def test_others_say_how_they_came_out() -> None:
    assert journal_facts(record()) == {"outcome": "cut_short", "calls": "1", "in_doubt": "1"}
    assert checkup_facts(checkup()) == {"outcome": "missing", "missing": "1", "failed": "1"}
    assert validated_facts((), DeclaredVerdict((), ()), strict=True)["outcome"] == "valid"
    assert error_facts() == {"outcome": "error"}


def test_no_value_is_anybody_s_text() -> None:
    bad = plan()
    every: list[Facts] = [plan_facts(bad), drift_facts(bad), result_facts(bad, result(bad)), journal_facts(record())]

    assert all(re.fullmatch(r"[a-z_]+|\d+", one) for facts in every for pair in facts.items() for one in pair)
