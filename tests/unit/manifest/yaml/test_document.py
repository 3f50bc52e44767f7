"""A document's places, and the pointers under which a saved plan writes them."""

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.yaml.document import Document, Path, Plain, json_pointer


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
