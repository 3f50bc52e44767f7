"""Reading of plain data: what is of another type counts as not there."""

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.reading import Located, items, mapping, text_at, texts_at, whole_number
from reconciler.manifest.yaml.document import Document, Plain

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
