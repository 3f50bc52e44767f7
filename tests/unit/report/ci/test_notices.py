"""Notices: on the right line, the worst first, and no more than are shown."""

import pytest

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.errors import Diagnostic, ManifestError, SourcePos, UsageError
from reconciler.journal import Outcome
from reconciler.report.ci.notices import (
    Level,
    Notice,
    bounded,
    checkup_notices,
    drift_notices,
    error_notices,
    journal_notices,
    plan_notices,
    result_notices,
)
from tests.orphans import orphan, removal_of
from tests.unit.report.hostile import checkup, record
from tests.unit.reporting import CORRELATION_ID, plan_of_everything, refused_plan, result_of_everything


@pytest.mark.parametrize("number", [0, 1, 10, 11, 2_000])
def test_no_more_are_given_than_are_shown_and_the_last_counts_the_others(number: int) -> None:
    many = [Notice(level, "t", f"{level.value} {at}") for at in range(number) for level in (Level.WARNING, Level.ERROR)]

    shown = bounded(many)

    for level in Level:
        same = [one.text for one in shown if one.level is level]
        assert len(same) == min(number, 10)
        assert same[:9] == [f"{level.value} {at}" for at in range(min(number, 9))]
        if number > 10:
            assert same[9] == f"and {number - 9} more like these; the report has all of them"
    assert [one.level for one in shown] == sorted((one.level for one in shown), key=[*Level].index)


def test_long_text_is_cut() -> None:
    (notice,) = bounded([Notice(Level.ERROR, "t", "x" * 5_000)])

    assert notice.text == f"{'x' * 1_000}..."


def test_refusals_are_errors_and_deletes_warnings_on_the_line_that_asks_for_them() -> None:
    refused = [*plan_notices(refused_plan())]
    (deleted,) = plan_notices(plan_of_everything())

    assert {one.level for one in refused if "refused by" in one.title} == {Level.ERROR}
    assert all(one.pos is not None and one.pos.file == "identities.yaml" for one in refused)
    assert (deleted.level, deleted.pos) == (Level.WARNING, SourcePos("identities.yaml", 3, 1))
    assert deleted.text.startswith("rg-app/id-old will be destroyed")


def test_each_difference_is_a_warning() -> None:
    assert [one.level for one in drift_notices(plan_of_everything())] == [Level.WARNING] * 4


def test_run_tells_what_failed_and_what_did_not_hold() -> None:
    plan = plan_of_everything()

    assert [one.title for one in result_notices(plan, result_of_everything(plan))] == [
        "uami: failed",
        "uami: did not hold",
    ]


def test_problems_of_a_manifest_are_on_their_lines_and_other_errors_on_none() -> None:
    pos = SourcePos("a.yaml", 3, 5)

    assert [*error_notices(ManifestError((Diagnostic("x", pos, "no", "Fix."),)))] == [
        Notice(Level.ERROR, "uami: x", "no. Fix.", pos)
    ]
    assert [*error_notices(UsageError("No.", "Do x."))] == [Notice(Level.ERROR, "uami: usage", "No. Do x.")]


def test_what_a_caller_lacks_and_what_a_journal_leaves_open_are_errors() -> None:
    assert len([*checkup_notices(checkup())]) == 2
    assert [one.title for one in journal_notices(record())] == ["uami: in doubt"]


def test_what_no_manifest_asks_for_is_on_no_line() -> None:
    plan = removal_of(*(orphan(principal_id=f"0b2c0000-0000-0000-0000-0000000001{number:02}") for number in range(21)))
    change = plan.changes[0]
    failed = ApplyResult((ChangeResult(change, Outcome.STALE, "it is back"),), CORRELATION_ID)

    notices = [*plan_notices(plan), *result_notices(plan, failed), *plan_notices(removal_of(orphan()))]

    assert {one.in_file for one in notices} == {None}
    assert any("of principal 0b2c" in one.text for one in notices)
