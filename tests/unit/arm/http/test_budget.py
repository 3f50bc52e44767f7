"""How long a whole run may take, and how that is written."""

import pytest

from reconciler.arm.http.budget import RunBudget, duration_text, parse_duration, rough_duration
from reconciler.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1h", 3600), ("1h30m", 5400), ("2h0m5s", 7205), (" 5s ", 5)]
)
def test_duration_is_whole_numbers_with_their_units(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "90", "0s", "0h0m", "1.5h", "-1h", "1d", "1 h", "30m1h", "1h 30m", "inf", "\u0663s"]
)
def test_duration_that_is_none_is_wrong_usage_and_says_how_to_write_it(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_duration(text)

    assert raised.value.message == f"--timeout {text}: not a duration"
    assert raised.value.hint == "Write whole numbers with their units: 90s, 30m, 1h or 1h30m."


@pytest.mark.parametrize("text", ["90s", "1h", "1h30m", "2h5s", "100h"])
def test_duration_is_shown_as_it_can_be_read(text: str) -> None:
    assert parse_duration(duration_text(parse_duration(text))) == parse_duration(text)


def test_budget_is_whole_until_it_starts_and_starts_once() -> None:
    budget = RunBudget(100.0)

    before = budget.left_s(5000.0)
    budget.start(10.0)
    budget.start(60.0)

    assert (before, budget.left_s(60.0), budget.left_s(110.0), budget.left_s(500.0)) == (100.0, 50.0, 0.0, 0.0)


def test_time_that_a_person_was_waited_for_is_not_counted() -> None:
    budget = RunBudget(100.0)

    budget.add(50.0)
    budget.start(0.0)
    budget.add(1000.0)

    assert budget.left_s(1050.0) == 50.0


def test_budget_that_is_spent_refuses_reads_until_writes_have_begun() -> None:
    budget = RunBudget(100.0)
    budget.start(0.0)

    refused = [budget.refuses_reads(now_s) for now_s in (99.0, 100.0)]
    budget.finish_calls()

    assert (refused, budget.refuses_reads(100.0)) == ([False, True], False)


def test_budget_can_be_spent_at_once() -> None:
    budget = RunBudget(100.0)
    budget.start(0.0)

    budget.end(20.0)

    assert budget.left_s(20.0) == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(11.0, "10 s"), (37.0, "40 s"), (95.0, "2 min"), (184.0, "3 min"), (7200.0, "2 h"), (9000.0, "2.5 h")],
)
def test_rough_duration_is_what_somebody_who_waits_needs(seconds: float, text: str) -> None:
    assert rough_duration(seconds) == text


def test_end_of_the_time_is_known_once_it_is_counted_and_ends_no_read_after_writes_began() -> None:
    budget = RunBudget(60.0)
    before = budget.ends_s()
    budget.start(100.0)
    while_reading = (budget.ends_s(), budget.reads_end_s())
    budget.finish_calls()

    assert (before, while_reading) == (float("inf"), (160.0, 160.0))
    assert (budget.ends_s(), budget.reads_end_s()) == (160.0, float("inf"))
