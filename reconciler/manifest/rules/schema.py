"""Holds a document against the manifest's JSON Schema and words what it finds.

One schema serves editors and this module. Editors see `${NAME}` where a GUID belongs and must admit it; here variables
are already replaced, so every "or a variable" is taken out before the schema is compiled, and what a variable brings is
held to the same rules. Of a document that does not keep it jsonschema finds the problems; place, code, message and hint
are ours.
"""

import difflib
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.errors import Diagnostic, SourcePos
from reconciler.files.compiled_schema import CompiledSchema
from reconciler.manifest.rules.choices import CHOICES
from reconciler.manifest.rules.words import (
    EMPTY_ENTRY_HINT,
    MISSING_HINTS,
    RULES,
    SUBJECT_WILDCARD,
    Rule,
    broken_rule,
    found_type,
    issuer_not_ascii,
    quoted,
    type_hint,
    type_name,
)
from reconciler.manifest.yaml.document import Document, Path, Plain
from reconciler.schemas import EDITOR_KEYWORDS, schema_text

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MANIFEST_SCHEMA = "manifest.v1.schema.json"

_DEFINITIONS = "#/$defs/"
_VARIABLE = {"$ref": f"{_DEFINITIONS}variable"}
_ALIKE = 0.7
"""From here on one word is taken for a slip of the other; `permissions` is not `version`."""
_LEFT_OUT = ("$ref", "$defs", "anyOf", *EDITOR_KEYWORDS)

_MOST_NAMED = 8
"""Values of a choice that a message names; of more, the hint alone does, or names the one that is meant."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How messages speak of a kind of file: `whole` is its name, `rules` go by the title of the part that is broken."""

    whole: str = "the manifest"
    rules: Mapping[str, Rule] = field(default_factory=lambda: RULES)
    missing: Mapping[str, str] = field(default_factory=lambda: MISSING_HINTS)


_OF_MANIFESTS = Vocabulary()


@functools.cache
def manifest_schema(*, saved: bool = False) -> CompiledSchema:
    """The compiled schema, for documents whose variables are replaced; it refers to nothing outside itself.

    At identities it admits `given`: what defaults give, in layers or, in a saved plan, put together.

    Args:
        saved: the document is of a saved plan, whose tags and protection stand at the identity itself.
    """
    schema = json.loads(schema_text(MANIFEST_SCHEMA))
    keys = schema["$defs"]["identityMapping"]["properties"]
    given = schema["$defs"]["defaults"]
    if saved:
        del schema["patternProperties"]  # nothing is left of keys that only an author reads
        kept = {key: given["properties"][key] for key in ("location", "federatedCredentials", "roleAssignments")}
        keys["given"] = {"type": "object", "additionalProperties": False, "properties": kept}
    else:
        keys["given"] = {"type": "array", "items": {"type": "object", "properties": given["properties"]}}
    return CompiledSchema(_strict_form(schema, schema["$defs"]))


@functools.cache
def top_keys() -> frozenset[str]:
    """The keys at the top of a manifest, those apart that only its author reads."""
    return frozenset(json.loads(schema_text(MANIFEST_SCHEMA))["properties"])


@functools.cache
def variables_schema() -> CompiledSchema:
    """The compiled schema of a map of variables, that of a file as that under `vars`."""
    schema = json.loads(schema_text(MANIFEST_SCHEMA))
    return CompiledSchema(_strict_form(schema["properties"]["vars"], schema["$defs"]))


@functools.cache
def schema_of(name: str) -> CompiledSchema:
    """The compiled schema of a kind of file that has no variables, by its name in `schemas/`."""
    schema = json.loads(schema_text(name))
    return CompiledSchema(_strict_form(schema, schema["$defs"]))


def _strict_form(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its references written out and every "or a variable" taken away.

    Following references is half of jsonschema's work on a long manifest.
    """
    if isinstance(schema, list):
        return [_strict_form(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict_form(value, definitions) for key, value in schema.items() if key not in _LEFT_OUT}
    if "$ref" in schema:
        strict |= _strict_form(definitions[schema["$ref"].removeprefix(_DEFINITIONS)], definitions)
    if "anyOf" in schema:
        strict |= _strict_form(next(item for item in schema["anyOf"] if item != _VARIABLE), definitions)
    return strict


def check_schema(document: Document, *, saved: bool = False) -> list[Diagnostic]:
    """Every way in which a document breaks the schema; what already has a diagnostic is passed over.

    Args:
        saved: the document is of a saved plan.
    """
    return check_document(document, manifest_schema(saved=saved), _OF_MANIFESTS)


def check_document(document: Document, schema: CompiledSchema, vocabulary: Vocabulary) -> list[Diagnostic]:
    """Every way in which a document breaks a schema, in the words of its kind of file."""
    return [
        diagnostic
        for error in schema.errors(document.data)
        for diagnostic in _describe(document, _failure(error, vocabulary))
    ]


@dataclass(frozen=True, slots=True)
class _Failure:
    """One broken keyword of the schema.

    Attributes:
        schema: the part of the schema that holds the keyword.
        of_key: it is a key that is wrong; `value` is that key and `path` leads to its mapping.
    """

    keyword: str
    schema: dict[str, Any]
    path: Path
    value: Any
    of_key: bool
    vocabulary: Vocabulary

    @property
    def label(self) -> str:
        """How a message names the place."""
        return _label(self.path, self.vocabulary.whole)

    @property
    def expected(self) -> Any:
        """What the schema says beside the keyword."""
        return self.schema[self.keyword]

    @property
    def title(self) -> str:
        """What kind of value the schema speaks of."""
        return str(self.schema.get("title", ""))


def _failure(error: "ValidationError", vocabulary: Vocabulary) -> _Failure:
    schema: Any = error.schema
    return _Failure(
        keyword=str(error.validator),
        schema=schema,
        path=tuple(error.absolute_path),
        value=error.instance,
        of_key="propertyNames" in error.absolute_schema_path,
        vocabulary=vocabulary,
    )


def _describe(document: Document, failure: _Failure) -> Iterator[Diagnostic]:
    if failure.of_key:
        path = (*failure.path, failure.value)
        if path not in document.broken_keys:
            yield broken_rule(failure.vocabulary.rules[failure.title], failure.value, document.key_pos(path))
    elif document.is_known(failure.path):
        yield from _WORDINGS[failure.keyword](document, failure)


def _unknown_keys(document: Document, failure: _Failure) -> Iterator[Diagnostic]:
    known = tuple(failure.schema["properties"])
    for key in failure.value:
        if key not in known:
            message = f"{quoted(key)} is not a key of {failure.label}"
            yield Diagnostic("unknown-key", document.key_pos((*failure.path, key)), message, _did_you_mean(key, known))


def _missing(document: Document, failure: _Failure, keys: list[str]) -> Iterator[Diagnostic]:
    for key in keys:
        if key not in failure.value and not _is_misspelled(failure, key):
            message = f"{failure.label} has no `{key}`"
            yield Diagnostic("missing-key", document.key_pos(failure.path), message, failure.vocabulary.missing[key])


def _is_misspelled(failure: _Failure, key: str) -> bool:
    """Whether another key is meant for this one: that is one mistake, and is already reported as the key that it is."""
    known = failure.schema.get("properties", failure.vocabulary.missing)
    unknown = [other.lower() for other in failure.value if other not in known]
    return bool(difflib.get_close_matches(key.lower(), unknown, cutoff=_ALIKE))


def _wrong_type(document: Document, failure: _Failure) -> Iterator[Diagnostic]:
    value: Plain = failure.value
    expected = failure.expected if isinstance(failure.expected, str) else failure.expected[0]
    spelling = document.spellings.get(failure.path, "")
    is_entry = bool(failure.path) and isinstance(failure.path[-1], int)
    hint = EMPTY_ENTRY_HINT if value is None and is_entry else type_hint(expected, failure.title, value, spelling)
    pos, label = _place(document, failure), failure.label
    if value is None:
        yield Diagnostic("empty-value", pos, f"{label} has no value", hint)
    else:
        message = f"{label} must be {type_name(expected, failure.title)}, not {found_type(value, spelling)}"
        yield Diagnostic("wrong-type", pos, message, hint)


def _wrong_text(document: Document, failure: _Failure) -> Iterator[Diagnostic]:
    pos = document.value_pos(failure.path)
    if failure.title == "Issuer" and not failure.value.isascii():
        yield issuer_not_ascii(failure.value, pos)
    else:
        yield broken_rule(failure.vocabulary.rules[failure.title], failure.value, pos)


def _not_one_of(document: Document, failure: _Failure) -> Iterator[Diagnostic]:
    allowed = tuple(failure.expected)
    *others, last = (f"`{value}`" for value in allowed)
    either = f"{', '.join(others)} or {last}" if others else last
    many = len(allowed) > _MOST_NAMED
    rule = "cannot be" if many else f"must be {either}, not"
    message = f"{failure.label} {rule} {_found(document, failure)}"
    hint = _did_you_mean(str(failure.value), allowed)
    yield Diagnostic("unknown-value", _place(document, failure), message, hint)


def _wrong_constant(document: Document, failure: _Failure) -> Iterator[Diagnostic]:
    if failure.expected is True:
        message = f"{failure.label} can only be `true`, not {_found(document, failure)}"
        yield Diagnostic("unknown-value", _place(document, failure), message, "Write `true`, or remove the key.")
        return
    message = f"{failure.label} must be the number 1, not {_found(document, failure)}"
    hint = f"Write `version: 1`; {failure.vocabulary.whole} of a later version needs a later uami."
    yield Diagnostic("unknown-version", _place(document, failure), message, hint)


def _out_of_range(document: Document, failure: _Failure) -> Iterator[Diagnostic]:
    if failure.title in failure.vocabulary.rules:
        spelling = document.spellings[failure.path]
        yield broken_rule(failure.vocabulary.rules[failure.title], spelling, document.value_pos(failure.path))
        return
    least, most = failure.schema["minimum"], failure.schema.get("maximum")
    allowed = f"{least} or more" if most is None else f"from {least} to {most}"
    message = f"{failure.label} must be {allowed}, not {document.spellings[failure.path]}"
    yield Diagnostic("limit-out-of-range", _place(document, failure), message, f"Write a whole number, {allowed}.")


def _nothing_declared(document: Document, failure: _Failure) -> Iterator[Diagnostic]:
    hint = "List a group; to remove all identities of one, list it with `identities: []`."
    message = f"{failure.label} lists no resource group"
    yield Diagnostic("empty-manifest", _place(document, failure), message, hint)


def _nothing_listed(document: Document, failure: _Failure) -> Iterator[Diagnostic]:
    hint = "List at least one, or remove the whole entry."
    yield Diagnostic("empty-list", _place(document, failure), f"{failure.label} lists nothing", hint)


def _wildcard(document: Document, failure: _Failure) -> Iterator[Diagnostic]:
    yield broken_rule(SUBJECT_WILDCARD, failure.value, document.value_pos(failure.path))


def _wrong_choice(document: Document, failure: _Failure) -> Iterator[Diagnostic]:
    """Sets of keys of which exactly one may be there: some of one set, of several, or of none."""
    if not isinstance(failure.value, dict):
        return
    choice, label, pos = CHOICES[failure.title], failure.label, document.key_pos(failure.path)
    sets = [one["required"] for one in failure.expected]
    begun = [keys for keys in sets if any(key in failure.value for key in keys)]
    if len(begun) == 1:
        yield from _missing(document, failure, begun[0])
    elif begun:
        written = [f"`{key}`" for keys in begun for key in keys if key in failure.value]
        message = f"{label} has {', '.join(written[:-1])} and {written[-1]}, which exclude each other"
        yield Diagnostic(choice.code, pos, message, choice.several)
    elif not any(_is_misspelled(failure, key) for keys in sets for key in keys):
        yield Diagnostic(choice.code, pos, f"{label} {choice.none}", choice.hint)


_WORDINGS: dict[str, Callable[[Document, _Failure], Iterator[Diagnostic]]] = {
    "additionalProperties": _unknown_keys,
    # jsonschema fails once for each missing key and names it only in its message: each failure reports all of them
    # here, and the loader drops what is said twice.
    "required": lambda document, failure: _missing(document, failure, failure.expected),
    "type": _wrong_type,
    "pattern": _wrong_text,
    "minLength": _wrong_text,
    "maxLength": _wrong_text,
    "enum": _not_one_of,
    "const": _wrong_constant,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "minProperties": _nothing_declared,
    "minItems": _nothing_listed,
    "not": _wildcard,
    "oneOf": _wrong_choice,
}


def _label(path: Path, whole: str) -> str:
    """How a message names a place of the document; `whole` is its root."""
    if not path:
        return whole
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of `{path[-2]}`"
    return quoted(path[-1])


def _place(document: Document, failure: _Failure) -> SourcePos:
    """A scalar's own place; a list or mapping is shown at its key, not at whatever it begins with."""
    is_scalar = not isinstance(failure.value, list | dict)
    return document.value_pos(failure.path) if is_scalar else document.key_pos(failure.path)


def _found(document: Document, failure: _Failure) -> str:
    return found_type(failure.value, document.spellings.get(failure.path, ""))


def _did_you_mean(word: str, known: tuple[str, ...]) -> str:
    by_lower_case = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower()[:100], by_lower_case, n=1, cutoff=_ALIKE)
    if close:
        return f"Did you mean `{by_lower_case[close[0]]}`?"
    return f"Known: {', '.join(f'`{name}`' for name in known)}."
