"""Which characters are simply drawn."""

import pytest

from reconciler.files.drawn import is_drawn


@pytest.mark.parametrize("char", ["a", " ", "#", "ü", "中", "€", "\U0001f600"])
def test_what_everybody_sees_is_drawn(char: str) -> None:
    assert is_drawn(char)


@pytest.mark.parametrize("char", ["\n", "\t", "\x1b", "\u200b", "\u202e", "\u3164", "\u2800", "\ufe0f", "\ue000"])
def test_what_moves_the_cursor_or_shows_nothing_is_not_drawn(char: str) -> None:
    assert not is_drawn(char)
