"""YAML text to documents, straight from libyaml's events.

Events cost half the time of PyYAML's node tree and are the only level at which duplicate keys, tags, merge keys,
alias bombs and nesting can all be seen before they cost anything. What can be passed over is reported and the walk
goes on; what cannot (a syntax error, nesting, size) ends its file, but not the documents before it.
"""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Protocol

import yaml

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.yaml.document import Document, Mark, Path, Plain
from reconciler.manifest.yaml.scalars import resolve_plain
from reconciler.manifest.yaml.syntax import MAX_DEPTH, TOO_DEEP, describe_syntax_error
from reconciler.manifest.yaml.text import SourceText

MAX_VALUES = 500_000
"""Most values of one file, each alias counted as what it stands for."""

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
    composer = _Composer(source.file, parser.get_event)
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

    def __init__(self, file: str, next_event: Callable[[], Any]) -> None:
        self._file = file
        self._next_event = next_event
        self._values = 0
        self.diagnostics: list[Diagnostic] = []
        self._start_document()

    def documents(self) -> Iterator[Document]:
        """Each document as soon as its last value is read."""
        self._next_event()
        while isinstance(event := self._next_event(), yaml.DocumentStartEvent):
            self._start_document()
            if event.version is not None and event.version != (1, 2):
                self._report("yaml-version", _mark(event), *_OLD_YAML)
            data = self._value(self._next_event(), (), _mark(event))
            yield Document(
                file=self._file,
                data=data,
                key_marks=self._key_marks,
                value_marks=self._value_marks,
                spellings=self._spellings,
                broken_values=frozenset(self._broken_values),
            )
            self._next_event()

    def _start_document(self) -> None:
        self._key_marks: dict[Path, Mark] = {}
        self._value_marks: dict[Path, Mark] = {}
        self._spellings: dict[Path, str] = {}
        self._broken_values: set[Path] = set()
        # None while the anchored value is still being read.
        self._anchors: dict[str, tuple[Path, Plain] | None] = {}
        # Keys that are text as they stand: the same few stand at every identity, and one text serves them all.
        self._keys: dict[str, str] = {}

    def _value(self, event: Any, path: Path, owner: Mark) -> Plain:
        """The value that an event begins; `owner` is where an unwritten value is shown."""
        self._check_size(path, event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        self._value_marks[path] = _mark(event)
        self._check_tag(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        data: Plain
        if isinstance(event, yaml.ScalarEvent):
            data = self._scalar(event, path, owner)
        elif isinstance(event, yaml.SequenceStartEvent):
            data = self._sequence(path)
        else:
            data = self._mapping(path)
        if event.anchor is not None:
            self._anchors[event.anchor] = (path, data)
        return data

    def _bare(self, event: Any, path: Path, owner: Mark) -> Plain:
        """The value of a scalar without anchor and tag, within the bound of depth: nearly every value is one."""
        self._values += 1
        if self._values > MAX_VALUES:
            self._refuse_more(event)
        mark = event.start_mark
        self._value_marks[path] = (mark.line + 1, mark.column + 1)
        return self._scalar(event, path, owner) if event.implicit[0] else event.value

    def _scalar(self, event: Any, path: Path, owner: Mark) -> Plain:
        text: str = event.value
        if not event.implicit[0]:
            return text
        if not text:
            self._value_marks[path] = owner
        value = resolve_plain(text)
        if not isinstance(value, str):
            self._spellings[path] = text
        return value

    def _sequence(self, path: Path) -> Plain:
        items: list[Plain] = []
        is_shallow = len(path) < MAX_DEPTH
        while (event := self._next_event()).__class__ is not yaml.SequenceEndEvent:
            # An unwritten item is marked right after its dash; the dash is what can be pointed at.
            mark = event.start_mark
            dash = (mark.line + 1, max(mark.column, 1))
            is_bare = event.__class__ is yaml.ScalarEvent and event.anchor is None and event.tag is None and is_shallow
            items.append((self._bare if is_bare else self._value)(event, (*path, len(items)), dash))
        return items

    def _mapping(self, path: Path) -> Plain:
        items: dict[str, Plain] = {}
        is_shallow = len(path) < MAX_DEPTH
        while (event := self._next_event()).__class__ is not yaml.MappingEndEvent:
            start = event.start_mark
            mark = (start.line + 1, start.column + 1)
            key = self._key(event, path)
            at = (*path, key) if key is not None else (*path, _DISCARDED)
            if key is not None and key in items:
                self._report_duplicate(key, mark, self._key_marks[at])
                key, at = None, (*path, _DISCARDED)
            event = self._next_event()
            if key is None:
                self._value(event, at, mark)
                continue
            self._key_marks[at] = mark
            is_bare = event.__class__ is yaml.ScalarEvent and event.anchor is None and event.tag is None and is_shallow
            items[key] = (self._bare if is_bare else self._value)(event, at, mark)
        return items

    def _key(self, event: Any, path: Path) -> str | None:
        """The text of a key; None where the pair cannot be kept."""
        if event.__class__ is yaml.ScalarEvent and event.anchor is None and event.tag is None:
            known = self._keys.get(event.value)
            if known is not None:
                return known
        return self._new_key(event, path)

    def _new_key(self, event: Any, path: Path) -> str | None:
        """The text of a key that was not met before, or has an anchor or a tag."""
        if not isinstance(event, yaml.ScalarEvent):
            self._report(
                "key-type", _mark(event), "a key must be text", "Write the name itself, between quotes if need be."
            )
            self._value(event, (*path, _DISCARDED), _mark(event))
            return None
        self._check_tag(event)
        text: str = event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = ((*path, text), text)
        if not event.implicit[0]:
            return text
        if text == "<<":
            self._report("merge-key", _mark(event), *_MERGE_KEY)
            return None
        if text and isinstance(resolve_plain(text), str):
            self._keys[text] = text
        else:
            message = f"the key `{text}` is not text" if text else "a key is missing before the colon"
            self._report("key-type", _mark(event), message, f'Quote it: "{text}".' if text else "Write the key.")
        return text or None

    def _alias(self, event: Any, path: Path) -> Plain:
        """What an alias repeats; the places inside it stay those of the anchored text."""
        name, mark = event.anchor, _mark(event)
        anchored = self._anchors.get(name)
        if anchored is not None:
            origin, data = anchored
            self._copy_places(data, origin, path, event)
            self._value_marks[path] = mark
            return data
        self._value_marks[path] = mark
        self._broken_values.add(path)
        if name in self._anchors:
            message, hint = f"the alias `*{name}` stands inside what it repeats", "Write the value out."
            self._report("alias-recursive", mark, message, hint)
        else:
            message = f"no anchor `&{name}` comes before the alias `*{name}`"
            self._report(
                "alias-undefined", mark, message, f'If it is text that begins with a star, quote it: "*{name}".'
            )
        return None

    def _copy_places(self, data: Plain, origin: Path, path: Path, alias: Any) -> None:
        self._check_size(path, alias)
        self._value_marks[path] = self._value_marks[origin]
        if origin in self._spellings:
            self._spellings[path] = self._spellings[origin]
        if origin in self._broken_values:
            self._broken_values.add(path)
        if isinstance(data, list):
            for index, item in enumerate(data):
                self._copy_places(item, (*origin, index), (*path, index), alias)
        elif isinstance(data, dict):
            for key, value in data.items():
                self._key_marks[*path, key] = self._key_marks[*origin, key]
                self._copy_places(value, (*origin, key), (*path, key), alias)

    def _check_size(self, path: Path, event: Any) -> None:
        self._values += 1
        if len(path) > MAX_DEPTH:
            self._report("nested-too-deep", _mark(event), *TOO_DEEP)
            raise _FileEnded
        if self._values > MAX_VALUES:
            self._refuse_more(event)

    def _refuse_more(self, event: Any) -> NoReturn:
        message = f"the file holds more than {MAX_VALUES:,} values, counting what its aliases repeat"
        self._report("too-many-values", _mark(event), message, "Split the file, or repeat less.")
        raise _FileEnded

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None:
            hint = 'Remove it; to make a value text, quote it: "4711".'
            self._report("yaml-tag", _mark(event), "a manifest has no YAML tags (`!`, `!!str`)", hint)

    def _report_duplicate(self, key: str, mark: Mark, first: Mark) -> None:
        place = SourcePos(self._file, *first)
        self._report("duplicate-key", mark, f"the key `{key}` is already at {place}", "Keep one of the two.")

    def _report(self, code: str, mark: Mark, message: str, hint: str) -> None:
        self.diagnostics.append(Diagnostic(code, SourcePos(self._file, *mark), message, hint))


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1
