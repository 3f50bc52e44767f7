"""Which characters of two texts differ."""

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.logins.spans import Span, differing_spans, likeness

_TEXT = st.text("ab:/", max_size=20)


def kept(text: str, spans: tuple[Span, ...]) -> str:
    """What is left of a text without its spans."""
    marked = {at for start, stop in spans for at in range(start, stop)}
    return "".join(char for at, char in enumerate(text) if at not in marked)


def test_spans_are_of_what_differs_alone() -> None:
    spans = differing_spans("repo:contoso@12/app@34:x", "repo:contoso/app:x")

    assert spans == (((12, 15), (19, 22)), ((12, 12), (16, 16)))


def test_equal_texts_have_no_spans() -> None:
    assert differing_spans("same", "same") == ((), ())


def test_texts_that_are_long_differ_between_their_ends() -> None:
    one, other = f"a{'x' * 2000}z", f"a{'y' * 2000}z"

    assert differing_spans(one, other) == (((1, 2001),), ((1, 2001),))


@settings(max_examples=15)
@given(one=_TEXT, other=_TEXT)
def test_what_is_not_marked_is_the_same_in_both(one: str, other: str) -> None:
    first, second = differing_spans(one, other)

    assert kept(one, first) == kept(other, second)


def test_likeness_is_the_share_of_both_ends() -> None:
    assert (likeness("", ""), likeness("ab", "ab"), likeness("abcd", "axxd"), likeness("a", "b")) == (
        1.0,
        1.0,
        0.5,
        0.0,
    )
