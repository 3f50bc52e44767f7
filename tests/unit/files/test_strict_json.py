"""JSON from outside: read once, one way, or refused with a reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.files.strict_json import MAX_DEPTH, parse_object

WHOLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), WHOLE, max_size=4))
def test_object_comes_back_as_it_was_written(document: dict[str, object]) -> None:
    assert parse_object(json.dumps(document).encode()) == document


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is not JSON: Expecting value at line 1, column 1"),
        (b'{"a": 1', "it is not JSON: Expecting ',' delimiter at line 1, column 8"),
        (b"[]", "it is not a JSON object"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' is given twice in one object"),
        (b'{"a": NaN}', "the number NaN is not a whole one"),
        (b'{"a": 1e999}', "the number 1e999 is not a whole one"),
        (b'{"a": 1.0}', "the number 1.0 is not a whole one"),
        (b'{"a": "\xff"}', "byte 8 is not UTF-8"),
        (b'{"a": "\\ud800"}', "it holds half a character (a lone surrogate)"),
        (b'{"a": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "it is nested more than 50 levels deep"),
        (b'{"a": ' + b"[" * 100_000, "it is nested more than 50 levels deep"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_can_be_read_in_two_ways_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_object(content)

    assert str(refusal.value) == reason


def test_number_too_long_for_python_is_refused() -> None:
    with pytest.raises(ValueError, match="integer string conversion"):
        parse_object(b'{"a": ' + b"9" * 10_000 + b"}")


def test_fractions_are_read_where_the_caller_takes_them() -> None:
    assert parse_object(b'{"a": [1.5, 2e3, 7]}', fractions=True) == {"a": [1.5, 2000.0, 7]}


def test_depth_is_the_callers_where_it_says_one() -> None:
    nested = b'{"a": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}"

    assert parse_object(nested, max_depth=MAX_DEPTH + 1)
    with pytest.raises(ValueError, match="nested more than 3 levels deep"):
        parse_object(b'{"a": [[[]]]}', max_depth=3)
