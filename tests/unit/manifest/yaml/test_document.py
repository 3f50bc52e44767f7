"""A document's places, and the pointers under which a saved plan writes them."""

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.yaml.document import (
    Document,
    Path,
    PlacedList,
    PlacedMapping,
    Plain,
    json_pointer,
    with_places,
    with_places_of_list,
)


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ((), ""),
        (("a", 0, "b"), "/a/0/b"),
        (("a/b", "c~d", "~1"), "/a~1b/c~0d/~01"),
        (("",), "/"),
    ],
)
def test_pointer_is_that_of_rfc_6901(path: Path, pointer: str) -> None:
    assert json_pointer(path) == pointer


DOCUMENT = Document(
    "a.yaml",
    {"a": ["x"]},
    {("a",): (2, 1)},
    {(): (1, 1), ("a",): (2, 4), ("a", 0): (3, 5)},
    {},
)


@pytest.mark.parametrize(
    ("path", "key", "value"), [(("a",), (2, 1), (2, 4)), (("a", 0), (3, 5), (3, 5)), ((), (1, 1), (1, 1))]
)
def test_place_without_a_key_is_that_of_its_value(path: Path, key: tuple[int, int], value: tuple[int, int]) -> None:
    assert DOCUMENT.key_pos(path) == SourcePos("a.yaml", *key)
    assert DOCUMENT.value_pos(path) == SourcePos("a.yaml", *value)


@pytest.mark.parametrize(
    ("data", "spellings", "empty"),
    [(None, {(): ""}, True), (None, {(): "null"}, False), (None, {}, False), ("", {(): ""}, False)],
)
def test_document_is_empty_only_where_nothing_is_written(data: Plain, spellings: dict[Path, str], empty: bool) -> None:
    assert Document("a.yaml", data, {}, {(): (1, 1)}, spellings).is_empty is empty


def test_what_is_made_of_something_with_places_has_them_too() -> None:
    mapping, entries = PlacedMapping({"a": "x"}), PlacedList(["x"])
    mapping.places, entries.places = {"a": 7}, [9]

    changed, replaced = with_places({"a": "y", "given": []}, mapping), with_places_of_list(["y"], entries)

    assert isinstance(changed, PlacedMapping)
    assert isinstance(replaced, PlacedList)
    assert (changed, changed.places, replaced, replaced.places) == ({"a": "y", "given": []}, {"a": 7}, ["y"], [9])


def test_what_is_made_of_something_without_places_has_none() -> None:
    assert type(with_places({"a": "y"}, {"a": "x"})) is dict
    assert type(with_places_of_list(["y"], ["x"])) is list


@pytest.mark.parametrize(
    ("document", "known"),
    [
        (Document("a.yaml", {}, {}, {}, {}), True),
        (Document("a.yaml", {}, {}, {}, {}, broken_values=frozenset({("a",)})), False),
        (Document("a.yaml", {}, {}, {}, {}, templates={("a",): ("x",)}), False),
    ],
)
def test_every_value_is_known_but_where_one_is_broken_or_differs_by_identity(document: Document, known: bool) -> None:
    assert document.is_all_known is known
    assert document.is_known(("a",)) is known
    assert document.is_known(("b",))
