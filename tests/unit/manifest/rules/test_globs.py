"""Patterns of `ignore`, compared as ARM compares names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.manifest.rules.globs import matches_pattern


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("aks-*", "AKS-pool", True),
        ("AKS-*", "aks-pool", True),
        ("aks-*", "my-aks-pool", False),
        ("id-?", "id-1", True),
        ("id-?", "id-12", False),
        ("id-[A-C]", "id-b", True),
        ("id-[!a-c]", "id-B", False),
        ("id-[1", "id-[1", True),
        ("a.c", "abc", False),
        ("", "a", False),
    ],
)
def test_pattern_matches_the_whole_name_without_case(pattern: str, name: str, matches: bool) -> None:
    assert matches_pattern(pattern, name) is matches


@settings(deadline=None)
@given(st.text(), st.text())
def test_any_text_is_a_pattern(pattern: str, name: str) -> None:
    assert matches_pattern(pattern, name) in (True, False)


def test_pattern_of_many_stars_is_matched_at_once() -> None:
    assert not matches_pattern("*a" * 40 + "b", "a" * 128)
