"""Fields of an answer, one at a time: each is what ARM promises, or an error that names it."""

from collections.abc import Callable

import pytest

from reconciler.arm.http.fields import (
    FieldError,
    object_list,
    optional_text,
    parse_object,
    section,
    text,
    text_list,
    text_map,
)

DATA: dict[str, object] = {
    "text": "x",
    "empty": "",
    "null": None,
    "number": 5,
    "object": {"a": "b"},
    "mixed": {"a": "b", "c": 5},
    "texts": ["a", "b"],
    "odd": ["a", 5],
    "objects": [{"a": 1}, {}],
}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b"{", "the body is not JSON"),
        (b"[]", "the body is not an object"),
        (b"null", "the body is not an object"),
        (b'{"a": "\xff"}', "the body is not UTF-8 text"),
        (b'{"a": "\\ud800"}', "the body is not UTF-8 text"),
        (b"[" * 100_000, "the body is nested too deeply"),
    ],
)
def test_body_that_is_no_object_is_said_what_it_is(content: bytes, problem: str) -> None:
    with pytest.raises(FieldError, match=f"^{problem}$"):
        parse_object(content)


def test_body_is_decoded() -> None:
    assert parse_object(' {"a": ["é", 1]}'.encode()) == {"a": ["é", 1]}


@pytest.mark.parametrize(
    ("read", "name", "value"),
    [
        (text, "text", "x"),
        (optional_text, "text", "x"),
        (optional_text, "empty", None),
        (optional_text, "null", None),
        (optional_text, "absent", None),
        (section, "object", {"a": "b"}),
        (text_map, "object", {"a": "b"}),
        (text_map, "null", {}),
        (text_map, "absent", {}),
        (text_list, "texts", ("a", "b")),
        (text_list, "null", ()),
        (text_list, "absent", ()),
        (object_list, "objects", ({"a": 1}, {})),
    ],
)
def test_field_is_what_arm_promises(read: Callable[[dict[str, object], str], object], name: str, value: object) -> None:
    assert read(DATA, name) == value


@pytest.mark.parametrize(
    ("read", "name", "problem"),
    [
        (text, "empty", "`empty` is not a text"),
        (text, "absent", "`absent` is not a text"),
        (text, "number", "`number` is not a text"),
        (optional_text, "number", "`number` is not a text"),
        (section, "text", "`text` is not an object"),
        (section, "absent", "`absent` is not an object"),
        (text_map, "texts", "`texts` is not an object"),
        (text_map, "mixed", "`mixed.c` is not a text"),
        (text_list, "text", "`text` is not a list of texts"),
        (text_list, "odd", "`odd` is not a list of texts"),
        (object_list, "absent", "`absent` is not a list"),
        (object_list, "texts", "an item of `texts` is not an object"),
    ],
)
def test_field_of_another_kind_is_an_error_that_names_it(
    read: Callable[[dict[str, object], str], object], name: str, problem: str
) -> None:
    with pytest.raises(FieldError, match=f"^{problem}$"):
        read(DATA, name)
