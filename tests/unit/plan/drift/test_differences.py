"""What counts as a difference: every change, and a location that no update can bring about."""

from reconciler.plan.drift.differences import claimed_location, differs, is_changed
from reconciler.plan.fields import Field, FieldChange
from tests.builders import compare, desired_group, listed, live_group, live_identity


def test_claimed_location_is_a_difference_though_nothing_would_be_done() -> None:
    desired = desired_group(listed("id-a", location="North Europe"), listed("id-b", location="westeurope"), "id-c")
    elsewhere, same, unnamed = compare(desired, live_group("id-a", "id-b", "id-c"))

    assert claimed_location(elsewhere) == FieldChange(Field.LOCATION, "westeurope", "northeurope")
    assert (differs(elsewhere), is_changed(elsewhere)) == (True, True)
    assert [claimed_location(one) for one in (same, unnamed)] == [None, None]
    assert [differs(one) or is_changed(one) for one in (same, unnamed)] == [False, False]


def test_what_is_missing_differs_and_has_not_changed() -> None:
    missing, changed = compare(
        desired_group("id-a", listed("id-b", tags={"x": "1"})), live_group(live_identity("id-b", tags={"x": "2"}))
    )

    assert [(differs(one), is_changed(one)) for one in (missing, changed)] == [(True, False), (True, True)]
