"""Reads plain data leniently: what is not of the type that is asked for counts as not there.

The schema has a diagnostic for it already, and everything else can still be looked at in the same run.
"""

from collections.abc import Mapping
from typing import NamedTuple

from reconciler.errors import SourcePos
from reconciler.manifest.yaml.document import BOTH, LOW, SHIFT, Document, Path, Places, Plain

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


def text_in(
    document: Document, path: Path, holder: Mapping[str, Plain], key: str, places: Places | None = None
) -> Located | None:
    """The text at a key of the mapping at `path`; as `text_at`, without the path of a key that is not there.

    Args:
        places: those in the mapping, of whoever asks for several keys; they are found where they are not given.
    """
    value = holder.get(key)
    if not isinstance(value, str):
        return None
    places = places or document.places_at(path)
    if not isinstance(places, dict):
        return text_at(document, (*path, key), value)
    place = places[key]
    return _new(Located, (value, _new(SourcePos, (document.file, place >> SHIFT & LOW, place & LOW))))


def known_text_in(document: Document, path: Path, holder: Mapping[str, Plain], key: str) -> str | None:
    """The text at a key of the mapping at `path`, where nobody needs its place."""
    value = holder.get(key)
    return value if isinstance(value, str) and (document.holder or document.is_known((*path, key))) else None


def keys_in(document: Document, path: Path, holder: Mapping[str, Plain]) -> list[tuple[str, SourcePos]]:
    """Every key of the mapping at `path`, and where it stands."""
    places, file = document.places_at(path), document.file
    if not isinstance(places, dict):
        return [(key, document.key_pos((*path, key))) for key in holder]
    return [(key, _new(SourcePos, (file, places[key] >> BOTH + SHIFT, places[key] >> BOTH & LOW))) for key in holder]


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
