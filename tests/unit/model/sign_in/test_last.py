"""What a sign-in log says, in words: never more than the log holds."""

from datetime import UTC, date, datetime, timedelta

import pytest

from reconciler.model.sign_in.last import LastSignIn, SignIn, day_text, days_text

TODAY = date(2026, 11, 30)


def at(days: int) -> datetime:
    return datetime(2026, 11, 30, 23, tzinfo=UTC) - timedelta(days=days)


@pytest.mark.parametrize(
    ("last", "text"),
    [
        (SignIn(at(0), "Azure Key Vault"), "today, for Azure Key Vault"),
        (SignIn(at(1), ""), "1 day ago"),
        (
            SignIn(at(3), "Azure Storage", True, "main"),
            "3 days ago, for Azure Storage, through the federated credential main",
        ),
        (SignIn(at(3), "", True), "3 days ago, through a federated credential that the log does not name"),
        (SignIn(at(-1), ""), "today"),
    ],
)
def test_last_sign_in_says_when_and_what_for_and_through_what(last: SignIn, text: str) -> None:
    assert LastSignIn(TODAY, last, date(2026, 9, 1)).text == text


def test_none_stands_beside_the_first_day_of_the_log_and_its_gaps() -> None:
    gaps = (date(2026, 11, 5), date(2026, 11, 7), date(2026, 11, 8))

    assert LastSignIn(TODAY, None, date(2026, 11, 2)).text == "none since 2 November 2026, as far as the log reaches"
    assert LastSignIn(TODAY, None, date(2026, 11, 2), gaps).text == (
        "none since 2 November 2026, as far as the log reaches; the log has no row of any identity on"
        " 5 November 2026, 7 November 2026 to 8 November 2026"
    )


def test_empty_log_and_one_that_was_not_read_say_so() -> None:
    assert LastSignIn(TODAY).text == "not known: the log has no row of any identity"
    assert LastSignIn(TODAY, not_read="missing a/b").text == "not read, because missing a/b"


def test_sign_in_is_within_its_own_number_of_days_and_nothing_is_where_none_is_known() -> None:
    known = LastSignIn(TODAY, SignIn(at(30), ""))

    assert (known.is_within(30), known.is_within(29)) == (True, False)
    assert not LastSignIn(TODAY, None, date(2026, 1, 1)).is_within(10_000)


def test_many_runs_of_days_are_counted() -> None:
    days = [date(2026, 1, 1) + timedelta(days=2 * n) for n in range(6)]

    assert days_text(days) == "1 January 2026, 3 January 2026, 5 January 2026 and 3 more days"
    assert day_text(days[0]) == "1 January 2026"
