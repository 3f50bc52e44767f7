"""The mark at the end of a description: read as it was written, by whoever has edited the text before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import MarkedDescription


@pytest.mark.parametrize(
    ("description", "text", "owner"),
    [
        (None, None, None),
        ("", None, None),
        ("why", "why", None),
        ("why [uami-owner team-a]", "why", "team-a"),
        (" [uami-owner team-a]", None, "team-a"),
        ("[uami-owner team-a]", None, "team-a"),
        ("why  [uami-owner team-a]", "why ", "team-a"),
        ("why\n [uami-owner contoso/identities#prod]", "why\n", "contoso/identities#prod"),
        ("a [uami-owner x] b [uami-owner y]", "a [uami-owner x] b", "y"),
        ("why [uami-owner team-a", "why [uami-owner team-a", None),
        ("why [uami-owner team-a] ", "why [uami-owner team-a] ", None),
        ("why [uami-owner team-a] edited", "why [uami-owner team-a] edited", None),
        ("why[uami-owner team-a]", "why[uami-owner team-a]", None),
        ("why [uami-owner ]", "why [uami-owner ]", None),
        ("why [UAMI-OWNER team-a]", "why [UAMI-OWNER team-a]", None),
    ],
)
def test_mark_is_what_a_description_ends_with(description: str | None, text: str | None, owner: str | None) -> None:
    assert MarkedDescription.read(description) == MarkedDescription(text, owner)


_OWNERS = st.text("abz09._/#@:-]", min_size=1, max_size=120)
_TEXTS = st.none() | st.text("ab [uami-owner]\n", min_size=1).filter(lambda text: "[uami-owner " not in text)


@given(_TEXTS, _OWNERS)
def test_what_is_written_is_read_again(text: str | None, owner: str) -> None:
    written = MarkedDescription(text, owner).written

    assert written is not None
    assert written.endswith(f" [uami-owner {owner}]")
    assert MarkedDescription.read(written) == MarkedDescription(text, owner)


@given(_TEXTS)
def test_text_without_an_owner_stays_as_it_is(text: str | None) -> None:
    assert MarkedDescription.read(MarkedDescription(text, None).written) == MarkedDescription(text, None)
