"""Runs, drift and errors as documents: what did not go well comes first."""

from reconciler.errors import Diagnostic, ManifestError, PlanStale, SourcePos, StaleDetail, UsageError
from reconciler.model.violation import PlanRefused
from reconciler.report.formats.markdown import MarkdownFormat
from reconciler.report.markdown.outcomes import error_head, error_sections, refused_head, result_head
from reconciler.report.rows import Header
from tests.unit.reporting import (
    CORRELATION_ID,
    complete_result,
    plan_of_everything,
    refused_plan,
    result_of_everything,
)

MARKDOWN = MarkdownFormat("apply-x")


def test_run_that_went_badly_says_first_what_is_not_done_and_how_to_go_on() -> None:
    plan = plan_of_everything()

    text = MARKDOWN.result(plan, result_of_everything(plan), journal="run.jsonl", continue_with="uami apply x")

    order = ["**Apply incomplete: ", "journal `run.jsonl`", "**Failed**", "**Skipped**", "**Did not hold**"]
    places = [text.index(one) for one in (*order, "**To continue**\n\n`uami apply x`", "<summary>Done: 2</summary>")]
    assert places == sorted(places)
    assert "  - correlation id `corr-of-the-call`" in text


def test_run_that_is_complete_is_its_numbers_and_what_is_done_folded() -> None:
    plan = plan_of_everything()

    head = result_head(plan, complete_result(plan), None)

    assert head[0] == "**Apply complete! Resources: 1 added, 2 changed, 1 destroyed.**"
    assert head[2] == f"Correlation id `{CORRELATION_ID}`"


def test_drift_is_three_lists_under_its_numbers() -> None:
    text = MARKDOWN.drift(plan_of_everything(), Header("", ""))

    assert text.split("\n")[1] == "**Drift: 1 missing, 1 unexpected, 2 changed.**"
    places = [text.index(f"**{one}: ") for one in ("Unexpected", "Missing", "Changed")]
    assert places == sorted(places)


def test_refused_run_says_that_nothing_was_started() -> None:
    plan = refused_plan()

    (line,) = refused_head(plan, PlanRefused(plan.violations))

    assert line.startswith("**Error: The plan is refused by ")


def test_errors_are_told_with_their_hint_and_each_problem_at_its_place() -> None:
    problem = Diagnostic("unknown-key", SourcePos("a.yaml", 3, 5), "no such key", "Fix it.", "  nme: x")
    (section,) = error_sections(ManifestError((problem,)))

    assert error_head(UsageError(("One.", "two"), "Do x.")) == ("**Error:** One.", "", "two", "", "Hint: Do x.")
    assert section.entries[0].brief == ("- `a.yaml:3:5` no such key (`unknown-key`)",)
    assert section.entries[0].more == ("  - `nme: x`", "  - Fix it.")
    (stale,) = error_sections(PlanStale((StaleDetail("", "", "is gone"),), "Plan again."))
    assert stale.entries[0].brief == ("- `this run`: is gone",)
