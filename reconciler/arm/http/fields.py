"""Reads ARM's JSON one field at a time; what is not there or not of its kind is an error that names the field.

ARM's answers are checked where they come in, so that nothing further in has to ask whether a field is there.
"""

import json
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

from reconciler.model import same_name

T = TypeVar("T")
AnyKey = TypeVar("AnyKey", bound=Hashable)

JsonObject: TypeAlias = Mapping[str, object]
"""A JSON object as `json` gives it; its values are checked by the functions of this module."""


class FieldError(ValueError):
    """A field of an answer is missing or of another kind than ARM's documents say."""


def parse_object(content: bytes) -> JsonObject:
    """Decode a body that must be one JSON object; ValueError says what it is instead."""
    if not content.strip():
        raise FieldError("the body is empty")
    try:
        value: object = json.loads(content.decode("utf-8"))
        if b"\\u" in content:
            # A lone surrogate is legal as a JSON escape and breaks whatever writes it as UTF-8 later.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise FieldError("the body is nested too deeply") from None
    except UnicodeError:
        raise FieldError("the body is not UTF-8 text") from None
    except ValueError:
        raise FieldError("the body is not JSON") from None
    return _as_object(value, "the body")


def text(data: JsonObject, name: str) -> str:
    """A string that must be there and say something."""
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise FieldError(f"`{name}` is not a text")
    return value


def optional_text(data: JsonObject, name: str) -> str | None:
    """A string, or None where the field is absent, null or empty."""
    return None if data.get(name) in (None, "") else text(data, name)


def optional_time_s(data: JsonObject, name: str) -> float | None:
    """A time in ISO 8601 as epoch seconds; None where the field is absent or is no such time."""
    value = data.get(name)
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if when is None else (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def section(data: JsonObject, name: str) -> JsonObject:
    """An object that must be there."""
    return _as_object(data.get(name), f"`{name}`")


def text_map(data: JsonObject, name: str) -> dict[str, str]:
    """Names and their string values; empty where the field is absent or null."""
    if data.get(name) is None:
        return {}
    result = {}
    for key, value in section(data, name).items():
        if not isinstance(value, str):
            raise FieldError(f"`{name}.{key}` is not a text")
        result[key] = value
    return result


def text_list(data: JsonObject, name: str) -> tuple[str, ...]:
    """Strings in ARM's order; empty where the field is absent or null."""
    items = data.get(name)
    if items is None:
        return ()
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise FieldError(f"`{name}` is not a list of texts")
    return tuple(items)


def object_list(data: JsonObject, name: str) -> tuple[JsonObject, ...]:
    """Objects in ARM's order, of a list that must be there."""
    items = data.get(name)
    if not isinstance(items, list):
        raise FieldError(f"`{name}` is not a list")
    return tuple(_as_object(item, f"an item of `{name}`") for item in items)


def about(read: Callable[[JsonObject], T], id_of: Callable[[T], object], asked: object) -> Callable[[JsonObject], T]:
    """Reads an answer that must be about what was asked; ids and names compare without case, as ARM compares them."""

    def read_checked(body: JsonObject) -> T:
        found = read(body)
        if not same_name(str(id_of(found)), str(asked)):
            raise FieldError(f"the answer is about {id_of(found)}")
        return found

    return read_checked


def each_once(
    read: Callable[[JsonObject], T], id_of: Callable[[T], AnyKey], is_within: Callable[[AnyKey], bool]
) -> Callable[[JsonObject], T]:
    """Reads the items of one list: an item from outside the asked scope, or that comes twice, is an error."""
    seen: set[AnyKey] = set()

    def read_checked(item: JsonObject) -> T:
        found = read(item)
        own_id = id_of(found)
        if not is_within(own_id):
            raise FieldError(f"{own_id} is outside the scope that was asked")
        if own_id in seen:
            raise FieldError(f"{own_id} is listed twice")
        seen.add(own_id)
        return found

    return read_checked


def _as_object(value: object, what: str) -> JsonObject:
    if not isinstance(value, dict):
        raise FieldError(f"{what} is not an object")
    return value
