"""What a run's record says of itself: its owners, which runs it meets, and which calls nobody knows the end of."""

from dataclasses import replace

import pytest

from reconciler.journal import Call, Outcome, Place, PlaceKind, RunGroup, RunHeader, RunRecord
from tests.builders import group_id
from tests.unit.journal.calls import CREATED, DELETED, HEADER, UPDATED

DONE, FAILED, IN_DOUBT = (Outcome.DONE, Outcome.FAILED, Outcome.IN_DOUBT)


def test_owners_are_known_by_group() -> None:
    assert HEADER.owners == {group_id(): "team-a", group_id("rg-other"): None}


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        (HEADER, True),
        (replace(HEADER, run_id="x", command="undo", groups=(RunGroup(group_id("RG-APP"), "team-b"),)), True),
        (replace(HEADER, groups=(RunGroup(group_id("rg-third"), "team-a"),)), False),
        (replace(HEADER, groups=()), False),
        (replace(HEADER, cloud="AzureChinaCloud"), False),
        (replace(HEADER, tenant=None), False),
        (replace(HEADER, place=Place(PlaceKind.SANDBOX, "/other.json")), False),
        (replace(HEADER, place=Place(PlaceKind.ENDPOINT, HEADER.place.name)), False),
    ],
)
def test_runs_overlap_where_they_are_about_a_same_group_of_the_same_place(other: RunHeader, overlaps: bool) -> None:
    assert HEADER.overlaps(other) is overlaps
    assert other.overlaps(HEADER) is overlaps


@pytest.mark.parametrize(
    ("calls", "numbers"),
    [
        ((), ()),
        ((replace(CREATED, outcome=DONE), replace(UPDATED, outcome=FAILED)), ()),
        ((CREATED, replace(UPDATED, outcome=IN_DOUBT), replace(DELETED, outcome=DONE)), (1, 2)),
        ((CREATED, replace(CREATED, number=2, attempt=2, outcome=DONE)), ()),
        ((replace(CREATED, outcome=DONE), replace(CREATED, number=2, attempt=2)), (2,)),
        ((replace(UPDATED, outcome=IN_DOUBT), replace(DELETED, outcome=DONE)), (2,)),
    ],
)
def test_calls_in_doubt_are_those_that_no_later_attempt_makes_up_for(
    calls: tuple[Call, ...], numbers: tuple[int, ...]
) -> None:
    assert tuple(one.number for one in RunRecord(HEADER, calls, None, torn=False).in_doubt) == numbers
