"""Which characters of two texts differ, as spans of each."""

import difflib

Span = tuple[int, int]
"""From this character on, and up to that one, counted from 0."""

_LARGEST = 1_000_000
"""Product of two lengths up to which texts are compared piece by piece, which takes about a second per million."""


def differing_spans(one: str, other: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Where two texts differ, in each of them; an empty span says that the other has more at that place."""
    begin, end = _common_ends(one, other)
    first, second = one[begin : len(one) - end], other[begin : len(other) - end]
    if not first and not second:
        return (), ()
    if len(first) * len(second) > _LARGEST:
        return ((begin, begin + len(first)),), ((begin, begin + len(second)),)
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return (
        tuple((begin + start, begin + stop) for _, start, stop, _, _ in changed),
        tuple((begin + start, begin + stop) for _, _, _, start, stop in changed),
    )


def likeness(one: str, other: str) -> float:
    """How much of the longer text both begin and end with, 0 to 1."""
    longest = max(len(one), len(other))
    return 1.0 if longest == 0 else sum(_common_ends(one, other)) / longest


def _common_ends(one: str, other: str) -> tuple[int, int]:
    """How many characters both begin with, and how many of the rest both end with."""
    shortest = min(len(one), len(other))
    begin = next((at for at in range(shortest) if one[at] != other[at]), shortest)
    left = shortest - begin
    end = next((at for at in range(left) if one[-1 - at] != other[-1 - at]), left)
    return begin, end
