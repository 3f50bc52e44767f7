"""One YAML document as plain data, with the place of every key and value beside it.

Places are keyed by path tuple, the form in which jsonschema reports, so that replacing or merging data cannot lose
them and the data itself stays what any JSON tool understands.
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


Places: TypeAlias = dict[str, int] | list[int]
"""The places in a mapping, those of each key and its value as one number, or those of a list's entries."""

SHIFT = 32
"""Bits of a line or a column: more than a file has characters."""

LOW = (1 << SHIFT) - 1
"""The bits of one of them."""

BOTH = 2 * SHIFT
"""Bits of a place: in the places of a mapping that of the key stands above that of its value."""


class Holder:
    """The places in a mapping or a list, and in what it holds that holds more; None where nothing does."""

    __slots__ = ("below", "places")

    def __init__(self, places: Places, below: "dict[str | int, Holder] | None" = None) -> None:
        """Take both as they are; whoever reads a document adds to them."""
        self.places = places
        self.below = below

    def find(self, path: Path) -> "Holder | None":
        """What holds the values below a path; None where none does."""
        holder: Holder | None = self
        for part in path:
            holder = holder.below.get(part) if holder is not None and holder.below else None
        return holder


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
        holder: the places in all of it, for a faster look than by way of the marks; None where some of the values do
            not stand for themselves, or their places are not those of the text.
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
    holder: Holder | None = field(default=None, repr=False, compare=False)
    may_have_variables: bool = field(default=True, repr=False, compare=False)

    def places_at(self, path: Path) -> Places | None:
        """The places in the mapping or list at a path; None where they have to be asked for by their marks."""
        holder = None if self.holder is None else self.holder.find(path)
        return None if holder is None else holder.places

    def key_pos(self, path: Path) -> SourcePos:
        """Where the key of a path stands; for an item or the root, where its value does."""
        places = self.places_at(path[:-1]) if path else None
        if isinstance(places, dict):
            place = places[str(path[-1])] >> BOTH
            return SourcePos(self.file, place >> SHIFT, place & LOW)
        return SourcePos(self.file, *(self.key_marks.get(path) or self.value_marks[path]))

    def value_pos(self, path: Path) -> SourcePos:
        """Where the value of a path begins."""
        places = self.places_at(path[:-1]) if path else None
        if isinstance(places, list):
            place = places[int(path[-1])]
            return SourcePos(self.file, place >> SHIFT, place & LOW)
        return SourcePos(self.file, *self.value_marks[path])

    def is_known(self, path: Path) -> bool:
        """Whether the value of a path stands for itself."""
        # Most documents have neither, and then no path has to be hashed.
        if not self.broken_values and not self.templates:
            return True
        return path not in self.broken_values and path not in self.templates

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
