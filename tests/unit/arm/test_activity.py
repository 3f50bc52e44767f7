"""What a run is doing, as whoever looks sees it: parts with counts, calls in flight, waits."""

import pytest

from reconciler.arm.activity import Activity, Doing


def test_who_does_nothing_has_nothing_to_show() -> None:
    activity = Activity()

    with activity.part("Reading"):
        pass

    assert (activity.look(), activity.in_flight) == (None, 0)


def test_part_is_shown_with_what_is_done_of_it_and_the_answers_since_it_began() -> None:
    activity = Activity()
    with activity.call():
        pass

    with activity.part("Reading", 3) as one_more, activity.call():
        one_more()
        with activity.call():
            pass
        seen = activity.look()

    assert seen == Doing(1, "Reading", 1, 3, 1, 1, "")


def test_of_parts_within_parts_the_outermost_is_shown_and_the_next_has_another_number() -> None:
    activity = Activity()

    with activity.part("Applying", 2), activity.part("Reading children", 1):
        inner = activity.look()
    with activity.part("Applying", 2):
        again = activity.look()

    assert inner is not None
    assert again is not None
    assert (inner.what, inner.number < again.number) == ("Applying", True)


def test_call_outside_of_every_part_is_shown_all_the_same() -> None:
    activity = Activity()

    with activity.call():
        seen = activity.look()

    assert seen == Doing(0, "Waiting for Azure", 0, None, 0, 1, "")


def test_newest_wait_is_shown_until_it_is_over() -> None:
    activity = Activity()

    with activity.waiting("first"):
        with activity.waiting("second"):
            newest = activity.look()
        older = activity.look()

    assert [seen.waits for seen in (newest, older) if seen is not None] == ["second", "first"]
    assert activity.look() is None


def test_what_fails_is_over_too() -> None:
    activity = Activity()

    with pytest.raises(OSError), activity.part("Reading"), activity.call(), activity.waiting("long"):
        raise OSError

    assert (activity.look(), activity.in_flight) == (None, 0)
