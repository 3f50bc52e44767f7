"""Sentences about what could not be read."""

from reconciler.model.not_read import NotRead, sentences, why_incomplete


def test_places_of_one_thing_and_reason_share_a_sentence() -> None:
    gaps = (NotRead("Locks", "/a", "missing X"), NotRead("Locks", "/b", "429"), NotRead("Locks", "/c", "missing X"))

    assert sentences(gaps) == (
        "Locks were not looked for at /a, /c: missing X.",
        "Locks were not looked for at /b: 429.",
    )


def test_thing_that_says_where_it_is_needs_no_place() -> None:
    assert sentences([NotRead("Roles elsewhere", "", "X is missing there")]) == (
        "Roles elsewhere were not looked for: X is missing there.",
    )


def test_nothing_is_lacking_where_all_was_read() -> None:
    assert (sentences(()), why_incomplete(())) == ((), None)


def test_reason_is_given_once() -> None:
    gaps = (NotRead("Locks", "/a", "missing X"), NotRead("Locks", "/b", "429"), NotRead("Locks", "/c", "missing X"))

    assert why_incomplete(gaps) == "missing X; 429"
