"""Patterns of `ignore`, compared as ARM compares names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import SourcePos
from reconciler.manifest.reading import Located
from reconciler.manifest.rules.globs import MAX_PATTERNS, check_count, find_match, matches_any
from tests.steps import steps_of


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
    assert matches_any(name, (pattern,)) is matches


@given(st.text(), st.text())
def test_any_text_is_a_pattern(pattern: str, name: str) -> None:
    assert matches_any(name, (pattern,)) in (True, False)


def test_pattern_of_many_stars_is_matched_at_once() -> None:
    assert not matches_any("a" * 128, ("*a" * 40 + "b",))


@given(st.lists(st.text("ab*?[]!-", max_size=5), max_size=4), st.text("ab*?[]!-", max_size=5))
def test_list_of_patterns_matches_what_one_of_them_matches(patterns: list[str], name: str) -> None:
    assert matches_any(name, tuple(patterns)) is any(matches_any(name, (pattern,)) for pattern in patterns)


@pytest.mark.parametrize("name", ["", "a"])
def test_no_pattern_matches_nothing(name: str) -> None:
    assert not matches_any(name, ())


def test_more_patterns_than_any_cache_holds_are_compiled_once_and_not_for_each_name() -> None:
    patterns = tuple(f"aks-{number}-*" for number in range(1100))

    first = steps_of(lambda: matches_any("id-0", patterns))
    others = steps_of(lambda: [matches_any(f"id-{number}", patterns) for number in range(1, 301)])

    # A name alone takes fewer steps than there are patterns.
    assert (others < 300 * 100, first > 300 * 100) == (True, True)


def located(*patterns: str) -> list[Located]:
    return [Located(text, SourcePos("m.yaml", line, 1)) for line, text in enumerate(patterns, start=1)]


def test_first_pattern_that_matches_is_found() -> None:
    patterns = located("x*", "id-?", "id-*")

    assert find_match("ID-1", patterns) == patterns[1]
    assert find_match("other", patterns) is None


def test_patterns_beyond_the_limit_are_a_mistake_at_the_last_of_them() -> None:
    patterns = located(*["a*"] * (MAX_PATTERNS + 1))

    (problem,) = check_count("tags", patterns)

    assert (problem.code, problem.pos.line) == ("too-many-patterns", MAX_PATTERNS + 1)
    assert check_count("tags", patterns[1:]) == []
