"""The keys of a file, one by one, as its JSON Schema describes them: what `uami explain` shows, and editors too.

A key is named by the keys that lead to it, with dots between them. What has no name of its own is not in it: a list's
entries and what `resourceGroups` has under the names of groups. So the subject of a federated credential is
`resourceGroups.identities.federatedCredentials.subject`.
"""

import difflib
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.errors import UsageError
from reconciler.schemas import schema_text

_DEFINITIONS = "#/$defs/"
_VARIABLE = {"$ref": f"{_DEFINITIONS}variable"}
_FILES = {"": "manifest.v1.schema.json", "guardrails": "guardrails.v1.schema.json"}
"""The files whose keys can be asked for, by what their keys begin with."""

_TYPES = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
    "null": "`null`",
}
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a manifest or of a guardrails file; the file as a whole has the path "" or `guardrails`.

    Attributes:
        path: with dots.
        description: what it is for, in one or more paragraphs.
        kind: what its value is, as the end of a sentence.
        required: it must be there wherever the mapping is that holds it.
        default: what counts without it, None where nothing does; a value as JSON has it.
        values: what it can be where that is one of a few, each with what it means.
        rules: what a value must be like, and which keys exclude each other.
        example: a value as JSON has it; None where the schema has none.
        children: the keys below it.
    """

    path: str
    description: str
    kind: str
    required: bool
    default: Any
    values: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    example: Any
    children: tuple["Key", ...]

    @property
    def name(self) -> str:
        """The last part of its path; "" for a file as a whole."""
        return "" if self.path in _FILES else self.path.rpartition(".")[2]

    @property
    def summary(self) -> str:
        """The first sentence of what it is for."""
        sentence, _, rest = self.description.split("\n\n")[0].partition(". ")
        return f"{sentence}." if rest else sentence


@functools.cache
def all_keys() -> Mapping[str, Key]:
    """Every key that can be explained, by its path, in the order of the schemas."""
    found: dict[str, Key] = {}
    for prefix, file in _FILES.items():
        schema = json.loads(schema_text(file))
        whole = _key(prefix, schema, schema["$defs"], required=True)
        found |= {one.path: one for one in _with_children(whole)}
    return found


def find_key(asked: str) -> Key:
    """The key that is meant by a path, or by the end of one that no other path has; compared without case.

    Raises:
        UsageError: no key is called that, or several are.
    """
    keys = {path.lower(): key for path, key in all_keys().items()}
    path = asked.strip(".").lower()
    if path in keys:
        return keys[path]
    matching = [key for other, key in keys.items() if other.endswith(f".{path}")]
    # Those of guardrails have the file's name before them, and so never stand in the way of a manifest's.
    matching = [key for key in matching if not key.path.startswith("guardrails.")] or matching
    matching = [key for key in matching if not _is_default(key.path)] or matching
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise UsageError(f"{len(matching)} keys are called {asked!r}.", f"Write one of {_named(matching)}.")
    raise UsageError(f"No key is called {asked!r}.", _did_you_mean(path, keys))


def _is_default(path: str) -> bool:
    """Whether a key is one of a default, and so described where an identity has the same."""
    return "defaults" in path.casefold().split(".")[:-1]


def _named(keys: list[Key]) -> str:
    named = ", ".join(f"`{key.path}`" for key in keys[:_MOST_NAMED])
    return f"{named}, ..." if len(keys) > _MOST_NAMED else named


def _did_you_mean(asked: str, keys: Mapping[str, Key]) -> str:
    close = difflib.get_close_matches(asked, [path for path in keys if not _is_default(path)], n=3)
    names = {key.name.lower(): key.name for key in keys.values()}
    close_names = difflib.get_close_matches(asked.rpartition(".")[2], names, n=1)
    if close:
        return f"Did you mean {' or '.join(f'`{keys[path].path}`' for path in close)}?"
    if close_names:
        ending = [key for path, key in keys.items() if f".{path}".endswith(f".{close_names[0]}")]
        ending = [key for key in ending if not _is_default(key.path)] or ending
        return f"Did you mean {_named(ending)}?"
    return "`uami explain` lists the first keys of a manifest; `uami explain guardrails` those of guardrails."


def _with_children(key: Key) -> Iterator[Key]:
    yield key
    for child in key.children:
        yield from _with_children(child)


def _key(path: str, schema: dict[str, Any], definitions: dict[str, Any], *, required: bool) -> Key:
    whole = _whole(schema, definitions)
    mapping = _mapping_below(whole, definitions)
    children = tuple(
        _key(f"{path}.{name}".lstrip("."), child, definitions, required=name in mapping.get("required", ()))
        for name, child in mapping.get("properties", {}).items()
    )
    return Key(
        path,
        whole.get("markdownDescription", whole["description"]).replace("**", ""),
        _kind(schema, whole, definitions),
        required,
        whole.get("default"),
        _values(whole),
        tuple(dict.fromkeys(_rules(whole, mapping))),
        _example(whole),
        children,
    )


def _whole(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A part of the schema with what it refers to written out; what it says itself goes before that."""
    below: dict[str, Any] = {}
    if "$ref" in schema:
        below = _whole(definitions[schema["$ref"].removeprefix(_DEFINITIONS)], definitions)
    elif "anyOf" in schema:
        below = _whole(next(one for one in schema["anyOf"] if one != _VARIABLE), definitions)
    elif "else" in schema:
        below = _whole(schema["else"], definitions)
    return {**below, **schema}


def _mapping_below(whole: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The mapping whose keys are named next: this one, that of an entry of a list, or that under any name."""
    for step in ("items", "additionalProperties"):
        if "properties" not in whole and isinstance(whole.get(step), dict):
            return _mapping_below(_whole(whole[step], definitions), definitions)
    return whole


def _kind(schema: dict[str, Any], whole: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "const" in whole:
        kind = f"`{json.dumps(whole['const'])}`"
    elif "enum" in whole:
        kind = "one of the values below"
    elif "then" in whole:
        kind = f"text, or {_TYPES[whole['type']]}"
    else:
        kind = " or ".join(_TYPES[one] for one in _types(whole))
    if "array" in _types(whole):
        kind += f"; each entry is {_kind(whole['items'], _whole(whole['items'], definitions), definitions)}"
    return f"{kind}; may have variables" if _VARIABLE in schema.get("anyOf", ()) else kind


def _types(whole: dict[str, Any]) -> list[str]:
    types = whole.get("type", [])
    return types if isinstance(types, list) else [types]


def _values(whole: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    meanings = [one.replace("**", "") for one in whole.get("markdownEnumDescriptions", ())]
    return tuple(zip(whole.get("enum", ()), meanings, strict=True))


def _rules(whole: dict[str, Any], mapping: dict[str, Any]) -> Iterator[str]:
    if "patternErrorMessage" in whole:
        yield whole["patternErrorMessage"].partition(". ")[2]
    if "minimum" in whole:
        most = whole.get("maximum")
        yield f"{whole['minimum']} or more." if most is None else f"From {whole['minimum']} to {most}."
    for choice in (mapping, *mapping.get("allOf", ())):
        yield from (one["errorMessage"] for one in choice.get("oneOf", ()))


def _example(whole: dict[str, Any]) -> Any:
    """The first example; where editors are offered a mapping, that one."""
    if "array" in _types(whole) and "defaultSnippets" in whole:
        return [whole["defaultSnippets"][0]["body"]]
    for snippet in whole.get("defaultSnippets", ()):
        if "body" in snippet:
            return snippet["body"]
    examples = whole.get("examples", ())
    return examples[0] if examples else whole.get("default")
