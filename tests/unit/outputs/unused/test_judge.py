"""Which identities are unused: never more than the log tells, over generated histories."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.arm.logs.sign_ins import SignInRow
from reconciler.live.sign_ins.read import SignInLog
from reconciler.model import LastSignIn
from reconciler.outputs.unused.judge import JudgedIdentity, Verdict, judge, judge_all
from tests.builders import listed, live_identity, resource_id

TODAY = date(2026, 11, 30)
IDENTITY = live_identity("id-a")

AGES = st.sets(st.integers(0, 60), max_size=6)
"""Days ago."""


def known(own: set[int], others: set[int]) -> LastSignIn:
    """What a log says of `id-a` that has signed in on some days, and others on others."""
    days = tuple(sorted(TODAY - timedelta(days=age) for age in own | others))
    rows = tuple(
        SignInRow(IDENTITY.principal_id.lower(), "", "", datetime.combine(TODAY - timedelta(days=age), time(12), UTC))
        for age in own
    )
    return SignInLog(TODAY, days, {IDENTITY.principal_id.lower(): rows}).of_identity(IDENTITY)


def words(last: LastSignIn, days: int) -> str:
    return JudgedIdentity("rg-app/id-a", IDENTITY, judge(last, days), last).words(days)


@given(AGES, AGES, st.integers(1, 60))
def test_identity_that_signed_in_within_the_days_is_used(own: set[int], others: set[int], days: int) -> None:
    verdict = judge(known(own, others), days)

    assert (verdict is Verdict.USED) is any(age <= days for age in own)


@given(AGES, AGES, st.integers(2, 60))
def test_log_that_begins_within_the_days_calls_nothing_unused_and_names_no_days(
    own: set[int], others: set[int], days: int
) -> None:
    last = known(own, others)

    if max(own | others, default=0) <= days:
        assert judge(last, days) is not Verdict.UNUSED
        assert f"no sign-in for {days} days" not in words(last, days)


def test_log_that_begins_yesterday_never_says_30_days() -> None:
    last = known(set(), {1})

    assert judge(last, 30) is Verdict.UNKNOWN
    assert words(last, 30) == "none since 29 November 2026, as far as the log reaches"


def test_log_that_is_older_than_the_days_and_has_rows_in_them_tells() -> None:
    assert judge(known(set(), {31, *range(1, 31)}), 30) is Verdict.UNUSED
    assert words(known({40}, set(range(1, 50))), 30) == "no sign-in for 30 days; the last one 40 days ago"
    assert judge(known(set(), set(range(31))), 30) is Verdict.UNKNOWN


def test_log_without_a_row_within_the_days_does_not_tell() -> None:
    last = known({45}, {40, 60})

    assert judge(last, 30) is Verdict.UNKNOWN
    assert words(last, 30) == (
        "last sign-in 45 days ago; the log has no row of any identity on 2 October 2026 to 15 October 2026,"
        " 17 October 2026 to 20 October 2026, 22 October 2026 to 29 November 2026"
    )


@pytest.mark.parametrize(
    ("others", "verdict"),
    [
        ({60, 1}, Verdict.UNKNOWN),
        ({60, *range(31)}, Verdict.UNKNOWN),
        ({60, *range(32)}, Verdict.UNUSED),
        ({60, *range(1, 12), *range(18, 61)}, Verdict.UNUSED),
        ({60, *range(1, 12), *range(19, 61)}, Verdict.UNKNOWN),
    ],
)
def test_log_begins_anew_after_a_week_without_rows(others: set[int], verdict: Verdict) -> None:
    assert judge(known(set(), others), 30) is verdict


def test_days_without_rows_are_named() -> None:
    assert words(known(set(), {31, *range(1, 29)}), 30) == (
        "no sign-in for 30 days; none since 30 October 2026, as far as the log reaches;"
        " the log has no row of any identity on 31 October 2026 to 1 November 2026"
    )


def test_log_that_was_not_read_or_is_empty_tells_nothing() -> None:
    assert judge(LastSignIn(TODAY, not_read="missing a/b"), 1) is Verdict.UNKNOWN
    assert judge(LastSignIn(TODAY), 1) is Verdict.UNKNOWN


def test_listed_identities_are_judged_in_order_and_those_that_do_not_live_are_named() -> None:
    last = known({1}, set())

    judged, not_live = judge_all([listed("id-z"), listed("id-a")], {IDENTITY.resource_id: (IDENTITY, last)}, 30)

    assert judged == (JudgedIdentity("rg-app/id-a", IDENTITY, Verdict.USED, last),)
    assert not_live == {resource_id("id-z"): "rg-app/id-z"}
