"""The places of a document, found by path though none of them has one."""

import pytest

from reconciler.manifest.yaml.document import Path, PlacedList, PlacedMapping, Plain
from reconciler.manifest.yaml.marks import KeyMarks, Overlaid, ValueMarks, joined, key_place, mark_of, packed


def placed(value: dict[str, Plain], **places: int) -> PlacedMapping:
    """A mapping with its places."""
    mapping = PlacedMapping(value)
    mapping.places = places
    return mapping


_LIST = PlacedList(["x", placed({"c": "y"}, c=joined(packed(3, 5), packed(3, 8)))])
_LIST.places = [packed(2, 5), packed(3, 5)]
ROOT = placed(
    {"a": _LIST, "1": 1}, **{"a": joined(packed(1, 1), packed(2, 3)), "1": joined(packed(4, 1), packed(4, 4))}
)
KEYS = KeyMarks(ROOT)
VALUES = ValueMarks(ROOT, packed(1, 1))


@pytest.mark.parametrize("mark", [(1, 1), (70_000, 12), (2**25, 2**25)])
def test_place_is_a_number_and_back(mark: tuple[int, int]) -> None:
    assert mark_of(packed(*mark)) == mark
    assert mark_of(key_place(joined(packed(*mark), packed(7, 9)))) == mark
    assert mark_of(joined(packed(7, 9), packed(*mark))) == mark


def test_every_key_has_its_place() -> None:
    assert dict(KEYS) == {("a",): (1, 1), ("1",): (4, 1), ("a", 1, "c"): (3, 5)}
    assert len(KEYS) == 3


def test_every_value_has_its_place() -> None:
    assert dict(VALUES) == {
        (): (1, 1),
        ("a",): (2, 3),
        ("1",): (4, 4),
        ("a", 0): (2, 5),
        ("a", 1): (3, 5),
        ("a", 1, "c"): (3, 8),
    }
    assert len(VALUES) == 6


@pytest.mark.parametrize("path", [(), ("a", 0), ("b",), ("a", 1, "d"), ("b", "c"), (1,)])
def test_what_is_no_key_has_no_place_as_one(path: Path) -> None:
    assert path not in KEYS
    assert KEYS.get(path) is None


@pytest.mark.parametrize("path", [("b",), ("a", 2), ("a", -1), ("a", "0"), ("a", 1, "d"), ("b", "c"), (1,)])
def test_what_is_no_value_has_no_place(path: Path) -> None:
    assert path not in VALUES


def test_what_lies_above_counts() -> None:
    overlaid = Overlaid(VALUES, {("a",): (9, 9), ("new",): (8, 8)})

    assert (overlaid["a",], overlaid["new",], overlaid["a", 0]) == ((9, 9), (8, 8), (2, 5))
    assert dict(overlaid) == {**VALUES, ("a",): (9, 9), ("new",): (8, 8)}
    assert len(overlaid) == 7
    assert ("b",) not in overlaid
