"""Reading of plain data: what is of another type counts as not there."""

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.reading import (
    Located,
    entries_in,
    items,
    key_pos_in,
    keys_in,
    mapping,
    text_at,
    text_in,
    texts_at,
    whole_number,
)
from reconciler.manifest.yaml.document import Document, Path, Plain
from reconciler.manifest.yaml.source import parse_documents
from reconciler.manifest.yaml.text import decode_source

DOCUMENT = Document(
    "a.yaml",
    None,
    {},
    {("a",): (1, 4), ("l", 0): (2, 1), ("l", 1): (2, 5), ("l", 2): (2, 9), ("bad",): (9, 9)},
    {},
    broken_values=frozenset({("bad",), ("l", 2)}),
)
OTHERS: list[Plain] = [None, True, 1, 1.5, ["a"], {"a": "b"}, "a"]


def test_text_has_its_place() -> None:
    assert text_at(DOCUMENT, ("a",), "x") == Located("x", SourcePos("a.yaml", 1, 4))


@pytest.mark.parametrize("value", OTHERS[:-1])
def test_what_is_no_text_is_not_there(value: Plain) -> None:
    assert text_at(DOCUMENT, ("a",), value) is None


def test_text_that_has_a_diagnostic_is_not_there() -> None:
    assert text_at(DOCUMENT, ("bad",), "x") is None


def test_texts_of_a_list_leave_out_what_is_none() -> None:
    assert texts_at(DOCUMENT, ("l",), ["x", 5, "broken"]) == (Located("x", SourcePos("a.yaml", 2, 1)),)
    assert texts_at(DOCUMENT, ("l",), "x") == ()


def test_mapping_and_list_are_empty_where_they_are_none() -> None:
    assert [mapping(one) for one in OTHERS] == [{}, {}, {}, {}, {}, {"a": "b"}, {}]
    assert [items(one) for one in OTHERS] == [[], [], [], [], ["a"], [], []]


@pytest.mark.parametrize(
    ("value", "number"),
    [(0, 0), (10, 10), (10.0, 10), (-1, -1), (10.5, None), (True, None), (False, None), ("10", None), (None, None)],
)
def test_whole_number_is_what_json_schema_takes_for_one(value: Plain, number: int | None) -> None:
    assert whole_number(value) == number


def written(text: str) -> Document:
    source, _ = decode_source("a.yaml", text.encode())
    assert source is not None
    (document,) = parse_documents(source)[0]
    return document


PLACED = written("tags: {a: x, b: y}\nlist:\n- one\n- {two: 2}\n")


@pytest.mark.parametrize("copy", [False, True])
def test_place_is_the_same_whether_a_mapping_knows_it_or_its_path_tells(copy: bool) -> None:
    root, tags = mapping(PLACED.data), mapping(mapping(PLACED.data)["tags"])
    if copy:
        root, tags = dict(root), dict(tags)

    assert text_in(PLACED, ("tags",), tags, "b") == Located("y", SourcePos("a.yaml", 1, 17))
    assert key_pos_in(PLACED, (), root, "list") == SourcePos("a.yaml", 2, 1)
    assert keys_in(PLACED, ("tags",), tags) == [("a", SourcePos("a.yaml", 1, 8)), ("b", SourcePos("a.yaml", 1, 14))]


@pytest.mark.parametrize("copy", [False, True])
def test_entry_has_its_path_and_its_place(copy: bool) -> None:
    entries = items(mapping(PLACED.data)["list"])
    path: Path = ("list",)

    assert list(entries_in(PLACED, path, [*entries] if copy else entries)) == [
        (("list", 0), "one", SourcePos("a.yaml", 3, 3)),
        (("list", 1), {"two": 2}, SourcePos("a.yaml", 4, 3)),
    ]
    assert list(entries_in(PLACED, path, "x")) == []


def test_text_with_a_diagnostic_is_not_there_though_its_mapping_knows_its_place() -> None:
    document = written("a: *b\nc: d\n")

    assert text_in(document, (), {"a": "x", "c": "d"}, "a") is None
    assert text_in(document, (), mapping(document.data), "c") == Located("d", SourcePos("a.yaml", 2, 4))
