"""A JSON Schema as one function that says whether a document keeps it, and nothing else.

Nearly every document is valid, and to say so takes a tenth of the time that a report of each problem takes: jsonschema
is asked only about what this pass does not accept, to word it. Every keyword of our schemas is compiled into a closure
once; a keyword that is not known here is an error at once, so that no rule can be passed over.

Source: JSON Schema draft 2020-12, Core and Validation; where these leave a choice, what `jsonschema` does.
"""

import functools
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sized
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

Check: TypeAlias = Callable[[Any], bool]
"""Whether a value, as `json` or the YAML reader gives it, keeps a part of a schema."""

_ANNOTATIONS = frozenset(("$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples"))
"""Keywords that no value can break."""

_OF_ANOTHER = frozenset(("then", "else", "patternProperties", "additionalProperties"))
"""Keywords that are compiled with the one that they belong to: `if`, and `properties` or what stands for it."""

_DEFINITIONS = "#/$defs/"


class CompiledSchema:
    """A schema that a kind of file is held against: this pass says yes, and jsonschema what is wrong otherwise."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises ValueError where the schema has a keyword that is not known here."""
        self.schema = schema
        self._keeps = compile_schema(schema)

    def is_kept_by(self, document: object) -> bool:
        """Whether a document breaks nothing of the schema."""
        return self._keeps(document)

    def errors(self, document: object) -> "Iterator[ValidationError]":
        """What jsonschema finds wrong with a document; nothing of one that keeps the schema."""
        if not self._keeps(document):
            yield from self._validator.iter_errors(document)

    @functools.cached_property
    def _validator(self) -> "Draft202012Validator":
        # Not at the top: a run whose files are in order needs none of it, and it takes long to import.
        from jsonschema import Draft202012Validator

        return Draft202012Validator(self.schema)


def compile_schema(schema: Mapping[str, Any], definitions: Mapping[str, Any] | None = None) -> Check:
    """The function of a schema whose references all lead to definitions of its own.

    Args:
        definitions: what references lead to; None for the schema's own `$defs`.

    Raises:
        ValueError: the schema has a keyword that is not known here.
    """
    return _Compiler(schema.get("$defs", {}) if definitions is None else definitions).check_of(schema)


class _Compiler:
    """Compiles the parts of one schema; a definition that several refer to, or that refers to itself, once."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._of_definitions: dict[str, Check] = {}

    def check_of(self, schema: Mapping[str, Any] | bool) -> Check:
        """The function of a part; `true` and `false` stand for any value and for none."""
        if isinstance(schema, bool):
            return lambda _: schema
        unknown = schema.keys() - _ANNOTATIONS - _OF_ANOTHER - _KEYWORDS.keys()
        if unknown:
            raise ValueError(f"the keyword `{min(unknown)}` of a schema is not compiled")
        keys = schema.keys() - _ANNOTATIONS - _OF_ANOTHER
        if schema.get("type") == "string":
            return _all_of([_text(schema), *(_KEYWORDS[key](self, schema) for key in sorted(keys - _TEXT_KEYS))])
        if not _OBJECT_KEYS.isdisjoint(schema):
            keys.add(_OBJECT)
        # What a value is decides most often, and costs least.
        return _all_of([_KEYWORDS[key](self, schema) for key in sorted(keys, key=lambda key: (key != "type", key))])

    def definition(self, name: str) -> Check:
        """The function of a definition; compiled when a value first needs it, since it may refer to itself."""

        def check(value: Any) -> bool:
            known = self._of_definitions.get(name)
            if known is None:
                known = self._of_definitions[name] = self.check_of(self._definitions[name])
            return known(value)

        return check


def _all_of(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks
        return lambda value: first(value) and second(value)

    def check(value: Any) -> bool:
        for one in checks:  # noqa: SIM110 - a generator costs as much as most of the checks
            if not one(value):
                return False
        return True

    return check


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


_NUMBERS: dict[str, Check] = {"integer": _is_whole, "number": _is_number}

_CLASSES: dict[str, type] = {"string": str, "object": dict, "array": list, "boolean": bool, "null": type(None)}
"""Those types of JSON of which every value, and no other, is of a class; `True` is a whole number to Python."""


def _type(_: _Compiler, schema: Mapping[str, Any]) -> Check:
    expected = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    numbers = [_NUMBERS[one] for one in expected if one in _NUMBERS]
    classes = tuple(_CLASSES[one] for one in expected if one not in _NUMBERS)
    return _any_of([*numbers, lambda value: isinstance(value, classes)]) if numbers else _instance_of(classes)


def _instance_of(classes: tuple[type, ...]) -> Check:
    return lambda value: isinstance(value, classes)


_TEXT_KEYS = frozenset(("type", "pattern", "minLength", "maxLength"))


def _text(schema: Mapping[str, Any]) -> Check:
    """A text of this length and pattern, in one: most values are."""
    pattern: str | None = schema.get("pattern")
    least, most = schema.get("minLength", 0), schema.get("maxLength", sys.maxsize)
    search: Callable[[str], object] | None = None

    def check(value: Any) -> bool:
        nonlocal search
        if not isinstance(value, str) or not least <= len(value) <= most:
            return False
        if pattern is None:
            return True
        if search is None:
            # Not before it is needed: of all patterns of a schema, a short document needs few.
            search = re.compile(pattern).search
        return search(value) is not None

    return check


def _any_of(checks: list[Check]) -> Check:
    if len(checks) == 2:
        first, second = checks
        return lambda value: first(value) or second(value)
    return lambda value: any(one(value) for one in checks)


def _pattern(_: _Compiler, schema: Mapping[str, Any]) -> Check:
    matches = _text({"pattern": schema["pattern"]})
    return lambda value: not isinstance(value, str) or matches(value)


def _length(
    kind: type[Sized], *, at_least: str = "", at_most: str = ""
) -> Callable[[_Compiler, Mapping[str, Any]], Check]:
    def compiled(_: _Compiler, schema: Mapping[str, Any]) -> Check:
        if at_least:
            least: int = schema[at_least]
            return lambda value: not isinstance(value, kind) or len(value) >= least
        most: int = schema[at_most]
        return lambda value: not isinstance(value, kind) or len(value) <= most

    return compiled


def _minimum(_: _Compiler, schema: Mapping[str, Any]) -> Check:
    # So that what is no number at all, `.nan`, is neither too small nor too large.
    minimum = schema["minimum"]
    return lambda value: not (_is_number(value) and value < minimum)


def _maximum(_: _Compiler, schema: Mapping[str, Any]) -> Check:
    maximum = schema["maximum"]
    return lambda value: not (_is_number(value) and value > maximum)


def _is_same(value: Any, constant: Any) -> bool:
    """Whether a value is a constant of a schema: `1.0` is 1 and `true` is not."""
    return isinstance(value, bool) is isinstance(constant, bool) and bool(value == constant)


def _const(_: _Compiler, schema: Mapping[str, Any]) -> Check:
    constant = _scalar(schema["const"])
    return lambda value: _is_same(value, constant)


def _enum(_: _Compiler, schema: Mapping[str, Any]) -> Check:
    values = [_scalar(one) for one in schema["enum"]]
    if all(isinstance(one, str) for one in values):
        texts = frozenset(values)
        return lambda value: isinstance(value, str) and value in texts
    return lambda value: any(_is_same(value, one) for one in values)


def _scalar(constant: Any) -> Any:
    if isinstance(constant, list | dict):
        raise ValueError("a constant of a schema that is a list or a mapping is not compiled")  # noqa: TRY004
    return constant


def _items(compiler: _Compiler, schema: Mapping[str, Any]) -> Check:
    item = compiler.check_of(schema["items"])

    def check(value: Any) -> bool:
        if isinstance(value, list):
            for one in value:
                if not item(one):
                    return False
        return True

    return check


def _required(_: _Compiler, schema: Mapping[str, Any]) -> Check:
    required: list[str] = schema["required"]

    def check(value: Any) -> bool:
        if isinstance(value, dict):
            for key in required:
                if key not in value:
                    return False
        return True

    return check


def _property_names(compiler: _Compiler, schema: Mapping[str, Any]) -> Check:
    name = compiler.check_of(schema["propertyNames"])
    return lambda value: not isinstance(value, dict) or all(map(name, value))


def _object(compiler: _Compiler, schema: Mapping[str, Any]) -> Check:
    """`properties`, `patternProperties` and `additionalProperties`, of which each key meets those that are for it."""
    named = {key: compiler.check_of(part) for key, part in schema.get("properties", {}).items()}
    patterns = {re.compile(key): compiler.check_of(part) for key, part in schema.get("patternProperties", {}).items()}
    others = schema.get("additionalProperties", True)
    other = compiler.check_of(others)
    if patterns:
        return lambda value: (
            not isinstance(value, dict)
            or all(_keeps_patterns(key, inner, named, patterns, other) for key, inner in value.items())
        )
    if others is True and all(part is False for part in schema.get("properties", {}).values()):
        return lambda value: not isinstance(value, dict) or named.keys().isdisjoint(value)
    find = named.get

    def check(value: Any) -> bool:
        if isinstance(value, dict):
            for key, inner in value.items():
                if not find(key, other)(inner):
                    return False
        return True

    return check


def _keeps_patterns(
    key: str, value: Any, named: Mapping[str, Check], patterns: Mapping[re.Pattern[str], Check], other: Check
) -> bool:
    meant = [check for pattern, check in patterns.items() if pattern.search(key)]
    if key in named:
        meant.append(named[key])
    return all(check(value) for check in meant or (other,))


def _ref(compiler: _Compiler, schema: Mapping[str, Any]) -> Check:
    reference: str = schema["$ref"]
    if not reference.startswith(_DEFINITIONS):
        raise ValueError(f"the reference `{reference}` of a schema is not compiled")
    return compiler.definition(reference.removeprefix(_DEFINITIONS))


def _one_of(compiler: _Compiler, schema: Mapping[str, Any]) -> Check:
    choices = [compiler.check_of(one) for one in schema["oneOf"]]

    def check(value: Any) -> bool:
        kept = 0
        for one in choices:
            if one(value):
                kept += 1
        return kept == 1

    return check


def _not(compiler: _Compiler, schema: Mapping[str, Any]) -> Check:
    refused = compiler.check_of(schema["not"])
    return lambda value: not refused(value)


def _if(compiler: _Compiler, schema: Mapping[str, Any]) -> Check:
    condition = compiler.check_of(schema["if"])
    then, otherwise = (compiler.check_of(schema.get(key, {})) for key in ("then", "else"))
    return lambda value: then(value) if condition(value) else otherwise(value)


_OBJECT = "properties"
_OBJECT_KEYS = frozenset((_OBJECT, "patternProperties", "additionalProperties"))

_KEYWORDS: dict[str, Callable[[_Compiler, Mapping[str, Any]], Check]] = {
    "type": _type,
    "const": _const,
    "enum": _enum,
    "pattern": _pattern,
    "minLength": _length(str, at_least="minLength"),
    "maxLength": _length(str, at_most="maxLength"),
    "minimum": _minimum,
    "maximum": _maximum,
    "minItems": _length(list, at_least="minItems"),
    "maxItems": _length(list, at_most="maxItems"),
    "minProperties": _length(dict, at_least="minProperties"),
    "maxProperties": _length(dict, at_most="maxProperties"),
    "required": _required,
    "propertyNames": _property_names,
    _OBJECT: _object,
    "items": _items,
    "$ref": _ref,
    "allOf": lambda compiler, schema: _all_of([compiler.check_of(one) for one in schema["allOf"]]),
    "anyOf": lambda compiler, schema: _any_of([compiler.check_of(one) for one in schema["anyOf"]]),
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
}
