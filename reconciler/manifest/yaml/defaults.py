"""Defaults at the identities that take them: each gets a copy of its own, filled in with its own names.

A copy stands in the plain data of its identity, under `given`, as a list of layers: what the document gives, then what
the group does. Every place of a copy is that of the default, so the schema and the rules look at what an identity takes
as they look at what it says, and a mistake is told where it is written. A saved plan has `given` too, with what is left
of the layers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.reading import items, mapping
from reconciler.manifest.rules.words import type_hint
from reconciler.manifest.yaml.document import (
    ASSIGNMENTS,
    CREDENTIALS,
    GIVEN,
    Document,
    Mark,
    OwnName,
    Path,
    Plain,
    with_places,
    with_places_of_list,
)
from reconciler.manifest.yaml.marks import Overlaid
from reconciler.manifest.yaml.variables import DEFAULTS, GROUPS, IDENTITIES, Names, filled

MAX_COPIED = 1_000_000
"""Most values that the defaults of a document give: five to each of two hundred thousand identities."""

_KEYS = ("location", "tags", "protect", CREDENTIALS, ASSIGNMENTS)
_LISTS = {CREDENTIALS: "Federated credentials", ASSIGNMENTS: "Role assignments"}
"""Those keys whose value is a list, with the titles that the schema gives them."""


def spread_defaults(document: Document) -> tuple[Document, list[Diagnostic]]:
    """The document, its variables replaced, with what each identity takes of its defaults; and what is wrong there."""
    spreading = _Spreading(document)
    try:
        return spreading.spread(), spreading.diagnostics
    except _TooManyError:
        message = f"what the defaults give comes to more than {MAX_COPIED:,} values"
        pos = document.value_pos((DEFAULTS,) if DEFAULTS in mapping(document.data) else ())
        return document, [Diagnostic("too-many-values", pos, message, "Split the document, or give less to all.")]


class _TooManyError(Exception):
    """The copies come to more than a file may hold."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """The defaults of a document or of a group, and where they are written."""

    path: Path
    defaults: Mapping[str, Plain]


class _Spreading:
    """The places of one document, those of copies added."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.diagnostics: list[Diagnostic] = []
        self.key_marks: dict[Path, Mark] = {}
        self.value_marks: dict[Path, Mark] = {}
        self.spellings: dict[Path, str] = {}
        self.broken_keys: set[Path] = set()
        self.broken_values: set[Path] = set()
        self.copied = 0

    def spread(self) -> Document:
        """The document with all of its copies."""
        root = self.document.data
        groups = mapping(mapping(root).get(GROUPS))
        if not isinstance(root, dict) or not groups:
            return self.document
        whole = {name: self._group(name, group) for name, group in groups.items()}
        return replace(
            self.document,
            data=with_places({**root, GROUPS: whole}, root),
            key_marks=_with(self.document.key_marks, self.key_marks),
            value_marks=_with(self.document.value_marks, self.value_marks),
            spellings=_with(self.document.spellings, self.spellings),
            broken_keys=self.document.broken_keys | self.broken_keys,
            broken_values=self.document.broken_values | self.broken_values,
        )

    def _group(self, name: str, group: Plain) -> Plain:
        identities = mapping(group).get(IDENTITIES)
        if not isinstance(group, dict) or not isinstance(identities, list):
            return group
        path = (GROUPS, name)
        written = (
            _Layer((DEFAULTS,), mapping(mapping(self.document.data).get(DEFAULTS))),
            _Layer((*path, DEFAULTS), mapping(group.get(DEFAULTS))),
        )
        layers = tuple(layer for layer in written if layer.defaults)
        entries = [self._identity((*path, IDENTITIES, index), entry, layers) for index, entry in enumerate(identities)]
        return with_places({**group, IDENTITIES: with_places_of_list(entries, identities)}, group)

    def _identity(self, path: Path, entry: Plain, layers: tuple[_Layer, ...]) -> Plain:
        if isinstance(entry, dict):
            self._check_written(path, entry)
            if not layers and GIVEN not in entry:
                return entry
            own = {key: value for key, value in entry.items() if key != GIVEN}
        elif isinstance(entry, str) and layers:
            own = {"name": entry}
            self._note(path, (*path, "name"))
        else:
            return entry
        given = list(self._layers(path, own, layers))
        whole = {**own, GIVEN: given} if given else own
        return with_places(whole, entry) if isinstance(entry, dict) else whole

    def _check_written(self, path: Path, entry: Mapping[str, Plain]) -> None:
        if GIVEN in entry:
            message = f"`{GIVEN}` is not a key of entry {int(path[-1]) + 1} of `{IDENTITIES}`"
            hint = f"Only a saved plan has it; write what several identities take under `{DEFAULTS}`."
            self._report("unknown-key", self.document.key_pos((*path, GIVEN)), message, hint)
        for key in _LISTS:
            # Lines that were taken out below it would leave it like this, and then nothing there is managed any more.
            if entry.get(key, "") is None and self.document.spellings.get((*path, key)) == "":
                hint = type_hint("array", _LISTS[key], None, "")
                self._report("empty-value", self.document.value_pos((*path, key)), f"`{key}` has no value", hint)

    def _layers(self, path: Path, own: Mapping[str, Plain], layers: tuple[_Layer, ...]) -> Iterator[Plain]:
        """What the identity takes of each layer; the marks of the copies are noted."""
        names = self._names(path, own)
        overridden = self._overridden(own, layers, names)
        for number, (layer, indexes) in enumerate(zip(layers, overridden, strict=True)):
            place = (*path, GIVEN, number)
            self._note(layer.path, place)
            yield {
                key: self._key((*layer.path, key), value, (*place, key), names, indexes)
                for key, value in layer.defaults.items()
                if _takes(own, key)
            }

    def _overridden(self, own: Mapping[str, Plain], layers: tuple[_Layer, ...], names: Names) -> list[frozenset[int]]:
        """Of each layer, the credentials whose name a later layer or the identity itself has."""
        later = {_folded(mapping(one).get("name")) for one in items(own.get(CREDENTIALS))} - {None}
        found: list[frozenset[int]] = []
        for layer in reversed(layers):
            here = {
                index: self._credential_name((*layer.path, CREDENTIALS, index), one, names)
                for index, one in enumerate(items(layer.defaults.get(CREDENTIALS)))
            }
            found.append(frozenset(index for index, name in here.items() if name in later))
            later |= {name for name in here.values() if name is not None}
        return found[::-1]

    def _credential_name(self, path: Path, entry: Plain, names: Names) -> str | None:
        template = self.document.templates.get((*path, "name"))
        return _folded(mapping(entry).get("name") if template is None else filled(template, names))

    def _key(self, origin: Path, value: Plain, target: Path, names: Names, overridden: frozenset[int]) -> Plain:
        if origin[-1] != CREDENTIALS or not isinstance(value, list):
            return self._copy(value, origin, target, names)
        self._note(origin, target)
        left = [index for index in range(len(value)) if index not in overridden]
        return [
            self._copy(value[index], (*origin, index), (*target, number), names) for number, index in enumerate(left)
        ]

    def _names(self, path: Path, own: Mapping[str, Plain]) -> Names:
        subscription = mapping(self.document.data).get(OwnName.SUBSCRIPTION)
        return {
            OwnName.IDENTITY: self._known(own.get("name"), (*path, "name")),
            OwnName.GROUP: None if path[:2] in self.document.broken_keys else str(path[1]),
            OwnName.SUBSCRIPTION: self._known(subscription, (OwnName.SUBSCRIPTION,)),
        }

    def _known(self, value: Plain, path: Path) -> str | None:
        return value if isinstance(value, str) and value and path not in self.broken_values else None

    def _copy(self, value: Plain, origin: Path, target: Path, names: Names) -> Plain:
        self.copied += 1
        if self.copied > MAX_COPIED:
            raise _TooManyError
        self._note(origin, target)
        template = self.document.templates.get(origin)
        if template is not None:
            text = filled(template, names)
            if text is None:
                self.broken_values.add(target)
            return value if text is None else text
        if isinstance(value, list):
            return [self._copy(one, (*origin, index), (*target, index), names) for index, one in enumerate(value)]
        if isinstance(value, dict):
            return {key: self._copy(one, (*origin, key), (*target, key), names) for key, one in value.items()}
        return value

    def _note(self, origin: Path, target: Path) -> None:
        """The place of a copy, and what is already known to be wrong with it."""
        self.value_marks[target] = self.document.value_marks[origin]
        if origin in self.document.key_marks:
            self.key_marks[target] = self.document.key_marks[origin]
        if origin in self.document.spellings:
            self.spellings[target] = self.document.spellings[origin]
        if origin in self.document.broken_keys:
            self.broken_keys.add(target)
        if origin in self.document.broken_values:
            self.broken_values.add(target)

    def _report(self, code: str, pos: SourcePos, message: str, hint: str) -> None:
        self.diagnostics.append(Diagnostic(code, pos, message, hint))


_Place = TypeVar("_Place")


def _with(written: Mapping[Path, _Place], copied: Mapping[Path, _Place]) -> Mapping[Path, _Place]:
    """The places of a document with those of the copies; most documents have none."""
    return Overlaid(written, copied) if copied else written


def _takes(own: Mapping[str, Plain], key: str) -> bool:
    """Whether an identity takes a default of this key, given what it says itself."""
    if key not in _KEYS or (key in ("location", "protect") and key in own):
        return False
    return key not in _LISTS or key not in own or own[key] not in (None, [])


def _folded(name: Plain) -> str | None:
    return name.casefold() if isinstance(name, str) else None
