"""Days of a manifest: one form, and only days that exist."""

from datetime import date

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.reading import Located
from reconciler.manifest.rules.dates import check_days, parse_day

HERE = SourcePos("a.yaml", 3, 7)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2027-01-31", date(2027, 1, 31)),
        ("2028-02-29", date(2028, 2, 29)),
        ("0001-01-01", date(1, 1, 1)),
        ("9999-12-31", date(9999, 12, 31)),
        ("2027-02-29", None),
        ("2027-13-01", None),
        ("0000-01-01", None),
        ("2027-1-31", None),
        ("20270131", None),
        ("2027-W05-7", None),
        ("2027-01-31T00:00:00Z", None),
        (" 2027-01-31", None),
        ("2027-01-31\n", None),
        ("\u0662\u0660\u0662\u0667-01-31", None),
        ("", None),
    ],
)
def test_day_is_year_month_and_day_of_the_calendar(text: str, day: date | None) -> None:
    assert parse_day(text) == day


def test_every_day_that_does_not_exist_is_told_at_its_place() -> None:
    days = (None, Located("2027-01-31", HERE), Located("2027-02-30", HERE))

    (found,) = check_days(days)

    assert (found.code, found.pos) == ("date-invalid", HERE)
    assert found.message == "`2027-02-30` is not a day of the calendar"
    assert found.hint == "Write it as `2027-01-31`: year, month and day, in UTC."
