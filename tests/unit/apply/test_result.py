"""The end of a run in numbers: what counts as done, what as complete."""

from dataclasses import replace

import pytest

from reconciler.apply.result import ApplyResult, ChangeResult, not_tried
from reconciler.errors import ExitCode
from reconciler.journal import Outcome
from reconciler.plan import Action
from tests.unit.reporting import complete_result, plan_of_everything, result_of_everything

PLAN = plan_of_everything()
MIXED = result_of_everything(PLAN)


def test_only_what_is_done_counts() -> None:
    assert [MIXED.count(action) for action in Action] == [1, 1, 0, 0]


def test_results_are_found_by_their_outcome_in_order() -> None:
    adopt, update, create, delete = MIXED.results

    assert [MIXED.ended(outcome) for outcome in Outcome] == [(adopt, create), (update,), (), (delete,), (), ()]
    assert MIXED.counts == (
        (Outcome.DONE, 2),
        (Outcome.FAILED, 1),
        (Outcome.STALE, 0),
        (Outcome.SKIPPED, 1),
        (Outcome.NOT_TRIED, 0),
        (Outcome.IN_DOUBT, 0),
    )


@pytest.mark.parametrize(
    ("results", "complete"),
    [
        ((), True),
        (complete_result(PLAN).results, True),
        (MIXED.results, False),
        ((replace(MIXED.results[0], not_held=("x",)),), False),
        (MIXED.results[:1], True),
    ],
)
def test_run_is_complete_where_all_is_done_and_held(results: tuple[ChangeResult, ...], complete: bool) -> None:
    result = ApplyResult(results, "id")

    assert result.complete is complete
    assert result.exit_code is (ExitCode.DONE if complete else ExitCode.PARTIAL)


def test_change_that_was_not_begun_says_why() -> None:
    change = PLAN.applicable[0]

    assert not_tried(change) == ChangeResult(change, Outcome.NOT_TRIED, "the run was asked to stop")
