"""YAML text to documents, straight from libyaml's events.

Events cost half the time of PyYAML's node tree and are the only level at which duplicate keys, tags, merge keys,
alias bombs and nesting can all be seen before they cost anything. What can be passed over is reported and the walk
goes on; what cannot (a syntax error, nesting, size) ends its file, but not the documents before it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, Protocol

import yaml

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.yaml.document import BOTH, SHIFT, Document, Path, PlacedList, PlacedMapping, Plain
from reconciler.manifest.yaml.marks import KeyMarks, ValueMarks, joined, key_place, mark_of, packed
from reconciler.manifest.yaml.scalars import NOT_TEXT, NUMBER_STARTS, is_text, resolve_plain
from reconciler.manifest.yaml.syntax import MAX_DEPTH, TOO_DEEP, describe_syntax_error
from reconciler.manifest.yaml.text import SourceText

MAX_VALUES = 1_500_000
"""Most values of one file, each alias counted as what it stands for: a hundred thousand identities with their tags."""

MAX_REPEATED = 500_000
"""Most of them that aliases may stand for: a few lines can repeat what no file of that length could say."""

_TOO_MANY = f"the file holds more than {MAX_VALUES:,} values, counting what its aliases repeat"

_DISCARDED = -1
"""Path element below which a value is that is read for its own mistakes and then dropped."""

_MERGE_KEY = (
    "the merge key `<<` does not exist in YAML 1.2",
    "Put what is shared under `defaults`, of the document or of a group; or name the key, as in `tags: *shared`.",
)
_OLD_YAML = ("manifests are read as YAML 1.2 only", "Remove the `%YAML` line.")


class EventParser(Protocol):
    """What is used of a PyYAML loader."""

    def get_event(self) -> Any:
        """The next event; raises yaml.YAMLError where the text is not YAML."""

    def dispose(self) -> None:
        """Let go of the text."""


def libyaml_parser(text: str) -> EventParser:
    """libyaml's parser, or PyYAML's own, about ten times slower, where PyYAML was built without it."""
    parser: EventParser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    return parser


def parse_documents(
    source: SourceText, new_parser: Callable[[str], EventParser] = libyaml_parser
) -> tuple[list[Document], list[Diagnostic]]:
    """Every whole document of a file, and what is wrong with its YAML."""
    parser = new_parser(source.text)
    # An escape between double quotes can stand for either character.
    may_have_variables = "${" in source.text or "\\" in source.text
    composer = _Composer(source.file, parser.get_event, may_have_variables=may_have_variables)
    documents: list[Document] = []
    try:
        for document in composer.documents():
            documents.append(document)  # noqa: PERF402 - an error must leave the documents before it
    except yaml.YAMLError as error:
        composer.diagnostics.append(describe_syntax_error(source, error))
    except _FileEnded:
        pass
    finally:
        parser.dispose()
    return documents, composer.diagnostics


class _FileEnded(Exception):
    """A way out of the recursion; its diagnostic is already with the others."""


class _Composer:
    """Builds one document after the other; the state of the walk is what has to be kept between events."""

    def __init__(self, file: str, next_event: Callable[[], Any], *, may_have_variables: bool) -> None:
        self._file = file
        self._may_have_variables = may_have_variables
        self._next_event = next_event
        self._values = self._repeated = 0
        self.diagnostics: list[Diagnostic] = []
        self._start_document()

    def documents(self) -> Iterator[Document]:
        """Each document as soon as its last value is read."""
        self._next_event()
        while isinstance(event := self._next_event(), yaml.DocumentStartEvent):
            self._start_document()
            if event.version is not None and event.version != (1, 2):
                self._report("yaml-version", _place(event), *_OLD_YAML)
            data = self._value(self._next_event(), (), _place(event))
            yield Document(
                file=self._file,
                data=data,
                key_marks=KeyMarks(data),
                value_marks=ValueMarks(data, self._at),
                spellings=self._spellings,
                broken_values=frozenset(self._broken_values),
                may_have_variables=self._may_have_variables,
            )
            self._next_event()

    def _start_document(self) -> None:
        self._spellings: dict[Path, str] = {}
        self._broken_values: set[Path] = set()
        # None while the anchored value is still being read.
        self._anchors: dict[str, tuple[Path, Plain] | None] = {}
        # Keys that are text as they stand: the same few stand at every identity, and one text serves them all.
        self._keys: dict[str, str] = {}
        # Where the value begins that was read last; whoever asked for it keeps it.
        self._at = 0

    def _value(self, event: Any, path: Path, owner: int) -> Plain:
        """The value that an event begins; `owner` is where an unwritten value is shown."""
        self._values += 1
        if self._values > MAX_VALUES or len(path) > MAX_DEPTH:
            self._refuse_size(path, event)
        kind = event.__class__
        if kind is yaml.AliasEvent:
            return self._alias(event, path)
        mark = event.start_mark
        place = mark.line + 1 << SHIFT | mark.column + 1
        if event.tag is not None:
            self._report_tag(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        data: Plain
        if kind is yaml.MappingStartEvent:
            data = self._mapping(path)
        elif kind is yaml.SequenceStartEvent:
            data = self._sequence(path)
        else:
            data = self._scalar(event, path, owner)
            place = self._at
        if event.anchor is not None:
            self._anchors[event.anchor] = (path, data)
        self._at = place
        return data

    def _scalar(self, event: Any, path: Path, owner: int) -> Plain:
        text: str = event.value
        mark = event.start_mark
        self._at = packed(mark.line + 1, mark.column + 1)
        if not event.implicit[0]:
            return text
        if not text:
            self._at = owner
        value = resolve_plain(text)
        if value.__class__ is not str:
            self._spellings[path] = text
        return value

    def _bare(self, event: Any, path: Path, key: str | int, owner: int) -> Plain:
        """The value of a scalar without anchor and tag, within the bound of depth: nearly every value is one.

        `path` is that of what holds it: one of its own is made only where it is needed.
        """
        self._values += 1
        if self._values > MAX_VALUES:
            self._refuse_more(event)
        text: str = event.value
        if event.implicit[0] and not is_text(text):
            return self._scalar(event, (*path, key), owner)
        mark = event.start_mark
        self._at = mark.line + 1 << SHIFT | mark.column + 1
        return text

    def _sequence(self, path: Path) -> Plain:
        items = PlacedList()
        places: list[int] = []
        items.places = places
        is_shallow = len(path) < MAX_DEPTH
        while (event := self._next_event()).__class__ is not yaml.SequenceEndEvent:
            # An unwritten item is marked right after its dash; the dash is what can be pointed at.
            mark = event.start_mark
            dash = mark.line + 1 << SHIFT | (mark.column or 1)
            number = len(items)
            if event.__class__ is yaml.ScalarEvent and event.anchor is None and event.tag is None and is_shallow:
                items.append(self._bare(event, path, number, dash))
            else:
                items.append(self._value(event, (*path, number), dash))
            places.append(self._at)
        return items

    def _mapping(self, path: Path) -> Plain:
        items = PlacedMapping()
        places: dict[str, int] = {}
        items.places = places
        is_shallow = len(path) < MAX_DEPTH
        # Nearly all of a manifest is pairs of a key that was met before and a bare value: what they need is written
        # out here, since a call of a function would take longer than its work.
        next_event, keys, scalar = self._next_event, self._keys, yaml.ScalarEvent
        event: Any
        mark: Any
        while (event := next_event()).__class__ is not yaml.MappingEndEvent:
            mark = event.start_mark
            place = mark.line + 1 << SHIFT | mark.column + 1
            key = keys.get(event.value) if event.__class__ is scalar and event.anchor is event.tag is None else None
            if key is None or key in items:
                key = self._other_key(event, path, places)
            event = next_event()
            if key is None:
                self._value(event, (*path, _DISCARDED), place)
            elif event.__class__ is scalar and event.anchor is event.tag is None and is_shallow:
                self._values += 1
                if self._values > MAX_VALUES:
                    self._refuse_more(event)
                text = event.value
                if event.implicit[0] and (text in NOT_TEXT or text[0] in NUMBER_STARTS):
                    items[key] = self._scalar(event, (*path, key), place)
                    places[key] = joined(place, self._at)
                else:
                    mark = event.start_mark
                    items[key] = text
                    places[key] = place << BOTH | mark.line + 1 << SHIFT | mark.column + 1
            else:
                items[key] = self._value(event, (*path, key), place)
                places[key] = place << BOTH | self._at
        return items

    def _other_key(self, event: Any, path: Path, places: Mapping[str, int]) -> str | None:
        """The text of a key that is none of those that were met before, or is in its mapping already."""
        key = self._new_key(event, path)
        if key is not None and key in places:
            self._report_duplicate(key, _place(event), key_place(places[key]))
            return None
        return key

    def _new_key(self, event: Any, path: Path) -> str | None:
        """The text of a key that was not met before, or has an anchor or a tag."""
        if not isinstance(event, yaml.ScalarEvent):
            self._report(
                "key-type", _place(event), "a key must be text", "Write the name itself, between quotes if need be."
            )
            self._value(event, (*path, _DISCARDED), _place(event))
            return None
        if event.tag is not None:
            self._report_tag(event)
        text: str = event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = ((*path, text), text)
        if not event.implicit[0]:
            return text
        if text == "<<":
            self._report("merge-key", _place(event), *_MERGE_KEY)
            return None
        if text and isinstance(resolve_plain(text), str):
            self._keys[text] = text
        else:
            message = f"the key `{text}` is not text" if text else "a key is missing before the colon"
            self._report("key-type", _place(event), message, f'Quote it: "{text}".' if text else "Write the key.")
        return text or None

    def _alias(self, event: Any, path: Path) -> Plain:
        """What an alias repeats; the places inside it stay those of the anchored text."""
        name, place = event.anchor, _place(event)
        anchored = self._anchors.get(name)
        if anchored is not None:
            origin, data = anchored
            self._copy_places(data, origin, path, event)
            self._at = place
            return data
        self._at = place
        self._broken_values.add(path)
        if name in self._anchors:
            message, hint = f"the alias `*{name}` stands inside what it repeats", "Write the value out."
            self._report("alias-recursive", place, message, hint)
        else:
            message = f"no anchor `&{name}` comes before the alias `*{name}`"
            self._report(
                "alias-undefined", place, message, f'If it is text that begins with a star, quote it: "*{name}".'
            )
        return None

    def _copy_places(self, data: Plain, origin: Path, path: Path, alias: Any) -> None:
        self._values += 1
        if self._values > MAX_VALUES or len(path) > MAX_DEPTH:
            self._refuse_size(path, alias)
        self._repeated += 1
        if self._repeated > MAX_REPEATED:
            self._refuse_more(alias, f"the aliases of the file repeat more than {MAX_REPEATED:,} values")
        if origin in self._spellings:
            self._spellings[path] = self._spellings[origin]
        if origin in self._broken_values:
            self._broken_values.add(path)
        if isinstance(data, dict | list):
            for key, value in data.items() if isinstance(data, dict) else enumerate(data):
                self._copy_places(value, (*origin, key), (*path, key), alias)

    def _refuse_size(self, path: Path, event: Any) -> NoReturn:
        if len(path) > MAX_DEPTH:
            self._report("nested-too-deep", _place(event), *TOO_DEEP)
            raise _FileEnded
        self._refuse_more(event)

    def _refuse_more(self, event: Any, message: str = _TOO_MANY) -> NoReturn:
        self._report("too-many-values", _place(event), message, "Split the file, or repeat less.")
        raise _FileEnded

    def _report_tag(self, event: Any) -> None:
        hint = 'Remove it; to make a value text, quote it: "4711".'
        self._report("yaml-tag", _place(event), "a manifest has no YAML tags (`!`, `!!str`)", hint)

    def _report_duplicate(self, key: str, place: int, first: int) -> None:
        message = f"the key `{key}` is already at {self._pos(first)}"
        self._report("duplicate-key", place, message, "Keep one of the two.")

    def _report(self, code: str, place: int, message: str, hint: str) -> None:
        self.diagnostics.append(Diagnostic(code, self._pos(place), message, hint))

    def _pos(self, place: int) -> SourcePos:
        return SourcePos(self._file, *mark_of(place))


def _place(event: Any) -> int:
    mark = event.start_mark
    return packed(mark.line + 1, mark.column + 1)
