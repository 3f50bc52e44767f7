"""What an entry of `remove` means on a day."""

from datetime import date, timedelta

import pytest

from reconciler.manifest.desired import RemovalAllowance
from tests.builders import TODAY, removed

DAY = timedelta(days=1)
IN_USE, TRUSTED = RemovalAllowance.IN_USE, RemovalAllowance.TRUSTED


@pytest.mark.parametrize(
    ("after", "is_due"), [(None, True), (TODAY - DAY, True), (TODAY, True), (TODAY + DAY, False), (date.max, False)]
)
def test_removal_is_due_from_its_day_on(after: date | None, is_due: bool) -> None:
    assert removed("id-a", after=after).is_due(TODAY) is is_due


@pytest.mark.parametrize(
    ("end", "lifts"), [(TODAY + DAY, (IN_USE, TRUSTED)), (TODAY, (TRUSTED,)), (TODAY - DAY, (TRUSTED,))]
)
def test_allowance_lifts_nothing_from_the_day_on_that_it_names(end: date, lifts: tuple[RemovalAllowance, ...]) -> None:
    entry = removed("id-a", IN_USE, TRUSTED, expires={IN_USE: end})

    on_the_day = entry.on(TODAY)

    assert (on_the_day.allow, on_the_day.expires) == (lifts, entry.expires)
