"""One YAML document as plain data, with the place of every key and value.

A mapping and a list of a document have the places of what they hold, and are what any JSON tool understands all the
same. Places are found by path as well, the form in which jsonschema reports, so that what replaces or copies data
cannot lose them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from reconciler.errors import SourcePos

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
"""What JSON can say; the form that a JSON Schema is applied to."""

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the root of a document down."""

Mark: TypeAlias = tuple[int, int]
"""Line and column from 1."""


CREDENTIALS, ASSIGNMENTS = "federatedCredentials", "roleAssignments"
"""The keys of lists that an identity and defaults can have."""

GIVEN = "given"
"""The key of what defaults give an identity; nobody writes it in a manifest."""


class OwnName(StrEnum):
    """What a variable inside an identity can name without anybody giving it a value."""

    IDENTITY = "identity.name"
    GROUP = "resourceGroup.name"
    SUBSCRIPTION = "subscription"


SHIFT = 32
"""Bits of a line or a column: more than a file has characters."""

LOW = (1 << SHIFT) - 1
"""The bits of one of them."""

BOTH = 2 * SHIFT
"""Bits of a place: in the places of a mapping that of the key stands above that of its value."""


class PlacedMapping(dict[str, Plain]):
    """A mapping as somebody wrote it: `places` has those of each key and of its value as one number, by the key."""

    __slots__ = ("places",)
    places: dict[str, int]


class PlacedList(list[Plain]):
    """A list as somebody wrote it: `places` has that of each entry."""

    __slots__ = ("places",)
    places: list[int]


def with_places(value: dict[str, Plain], written: dict[str, Plain]) -> dict[str, Plain]:
    """A mapping with the places of the one that it is made of; it may have less of its keys, and more."""
    if not isinstance(written, PlacedMapping):
        return value
    placed = PlacedMapping(value)
    placed.places = written.places
    return placed


def with_places_of_list(value: list[Plain], written: list[Plain]) -> list[Plain]:
    """The same of a list, whose entries are in the same order."""
    if not isinstance(written, PlacedList):
        return value
    placed = PlacedList(value)
    placed.places = written.places
    return placed


Template: TypeAlias = tuple[str | OwnName, ...]
"""A text of which some parts are known only at an identity; all of its other variables are replaced."""


def json_pointer(path: Path) -> str:
    """A path in the form of RFC 6901, in which a saved plan writes it."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document of a file.

    Attributes:
        key_marks: where the key of a path stands; list items and the root have none.
        value_marks: where the value of a path begins; a value that is not written is at its key.
        spellings: as written, the unquoted scalars that are not text (`007` for 7).
        broken_keys: paths whose key already has a diagnostic and stands for nothing.
        broken_values: the same of values.
        templates: texts of defaults that each identity fills in with names of its own; they are looked at there.
        may_have_variables: no text and no key of it can hold `${` where this is false.
    """

    file: str
    data: Plain
    key_marks: Mapping[Path, Mark]
    value_marks: Mapping[Path, Mark]
    spellings: Mapping[Path, str]
    broken_keys: frozenset[Path] = frozenset()
    broken_values: frozenset[Path] = frozenset()
    templates: Mapping[Path, Template] = field(default_factory=dict)
    may_have_variables: bool = field(default=True, repr=False, compare=False)

    is_all_known: bool = field(init=False, repr=False, compare=False)
    """Whether every value stands for itself; so it is in most documents, and then no path has to be made to ask."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_all_known", not self.broken_values and not self.templates)

    def key_pos(self, path: Path) -> SourcePos:
        """Where the key of a path stands; for an item or the root, where its value does."""
        return SourcePos(self.file, *(self.key_marks.get(path) or self.value_marks[path]))

    def value_pos(self, path: Path) -> SourcePos:
        """Where the value of a path begins."""
        return SourcePos(self.file, *self.value_marks[path])

    def is_known(self, path: Path) -> bool:
        """Whether the value of a path stands for itself."""
        return self.is_all_known or (path not in self.broken_values and path not in self.templates)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is written, not even `null`."""
        return self.data is None and self.spellings.get(()) == ""


OWN_KEYS = "x-"
"""The beginning of keys at the top of a document that only its author reads, such as those that hold anchors."""


def without_own_keys(document: Document) -> Document:
    """The document as a manifest says it; what its aliases repeat stands in its place already."""
    if not isinstance(document.data, dict) or not any(key.startswith(OWN_KEYS) for key in document.data):
        return document
    return replace(document, data={key: value for key, value in document.data.items() if not key.startswith(OWN_KEYS)})
