"""Reads plain data leniently: what is not of the type that is asked for counts as not there.

The schema has a diagnostic for it already, and everything else can still be looked at in the same run.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.errors import SourcePos
from reconciler.manifest.yaml.document import BOTH, LOW, SHIFT, Document, Path, PlacedList, PlacedMapping, Plain

# A manifest has a place for each of its values, and a named tuple's own way to make one takes twice as long.
_new = tuple.__new__


class Located(NamedTuple):
    """A text and where it stands; a tuple for the reason that its place is one."""

    text: str
    pos: SourcePos


def text_at(document: Document, path: Path, value: Plain) -> Located | None:
    """A text with its place; None where it is none, or already has a diagnostic."""
    if not isinstance(value, str) or not document.is_known(path):
        return None
    return Located(value, document.value_pos(path))


def text_in(document: Document, path: Path, holder: Mapping[str, Plain], key: str) -> Located | None:
    """The text at a key of the mapping at `path`; as `text_at`, without a path where none is needed."""
    value = holder.get(key)
    if not isinstance(value, str):
        return None
    if not isinstance(holder, PlacedMapping) or not document.is_all_known:
        return text_at(document, (*path, key), value)
    place = holder.places[key]
    return _new(Located, (value, _new(SourcePos, (document.file, place >> SHIFT & LOW, place & LOW))))


def known_text_in(document: Document, path: Path, holder: Mapping[str, Plain], key: str) -> str | None:
    """The text at a key of the mapping at `path`, where nobody needs its place."""
    value = holder.get(key)
    return value if isinstance(value, str) and (document.is_all_known or document.is_known((*path, key))) else None


def key_pos_in(document: Document, path: Path, holder: Mapping[str, Plain], key: str) -> SourcePos:
    """Where a key of the mapping at `path` stands."""
    if not isinstance(holder, PlacedMapping) or key not in holder.places:
        return document.key_pos((*path, key))
    place = holder.places[key]
    return _new(SourcePos, (document.file, place >> BOTH + SHIFT, place >> BOTH & LOW))


def keys_in(document: Document, path: Path, holder: Mapping[str, Plain]) -> list[tuple[str, SourcePos]]:
    """Every key of the mapping at `path`, and where it stands."""
    if not isinstance(holder, PlacedMapping) or holder.keys() != holder.places.keys():
        return [(key, document.key_pos((*path, key))) for key in holder]
    places, file = holder.places, document.file
    return [(key, _new(SourcePos, (file, places[key] >> BOTH + SHIFT, places[key] >> BOTH & LOW))) for key in holder]


def entries_in(document: Document, path: Path, value: Plain) -> Iterator[tuple[Path, Plain, SourcePos]]:
    """Every entry of a list, none where it is no list, with its path and where it begins."""
    places = value.places if isinstance(value, PlacedList) else None
    for index, entry in enumerate(items(value)):
        at = (*path, index)
        if places is None:
            yield at, entry, document.value_pos(at)
        else:
            yield at, entry, _new(SourcePos, (document.file, places[index] >> SHIFT, places[index] & LOW))


def texts_at(document: Document, path: Path, value: Plain) -> tuple[Located, ...]:
    """The texts of a list."""
    texts = (text_at(document, (*path, index), item) for index, item in enumerate(items(value)))
    return tuple(text for text in texts if text is not None)


def mapping(value: Plain) -> dict[str, Plain]:
    """A mapping; empty where it is none."""
    return value if isinstance(value, dict) else {}


def items(value: Plain) -> list[Plain]:
    """The entries of a list; none where it is no list."""
    return value if isinstance(value, list) else []


def whole_number(value: Plain) -> int | None:
    """A whole number; `10.0` is one to JSON Schema too."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value)
