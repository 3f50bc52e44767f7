"""Holds JSON documents against the schemas in `schemas/`, with nothing looked up over a network.

A schema that admits unknown properties, as these do for the sake of later versions, would also admit a property that
somebody forgot to describe. So a document is held against a stricter rule as well: whatever it says is described.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import Schema, SchemaRegistry

SCHEMAS = Path(__file__).parents[2] / "schemas"
ERROR_DOCUMENT = "plan:v1#/$defs/error_document"


def problems(document: Any, schema: str) -> list[str]:
    """What is wrong with a document by a schema (`plan:v1`, or a part of one), nothing where all is well."""
    reference = {"$ref": f"urn:uami-reconciler:{schema}"}
    validator = Draft202012Validator(reference, registry=registry())
    invalid = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    view = _View(reference, base="")
    return invalid + [f"{path}: not described" for path in _undescribed(document, (view,), "$")]


@cache
def registry() -> SchemaRegistry:
    """Every schema of the project by its id."""
    schemas: list[Schema] = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMAS.iterdir())]
    empty: SchemaRegistry = Registry()
    return empty.with_contents((schema["$id"], schema) for schema in schemas if isinstance(schema, dict))


@dataclass(frozen=True, slots=True)
class _View:
    """A schema, and the id that its references begin from."""

    schema: Any
    base: str

    def whole(self) -> Iterator["_View"]:
        """This schema and all that it refers to or is made of, for the same value."""
        yield self
        if "$ref" in self.schema:
            reference = self.schema["$ref"]
            found = registry().resolver(self.base).lookup(reference).contents
            yield from _View(found, reference.partition("#")[0] or self.base).whole()
        for keyword in ("allOf", "anyOf", "oneOf"):
            for part in self.schema.get(keyword, ()):
                yield from _View(part, self.base).whole()

    def below(self, *keys: str) -> Iterator["_View"]:
        """The schema under these keywords, where there is one."""
        schema = self.schema
        for key in keys:
            schema = schema.get(key) if isinstance(schema, dict) else None
        if isinstance(schema, dict):
            yield _View(schema, self.base)


def _undescribed(value: Any, views: tuple[_View, ...], path: str) -> Iterator[str]:
    whole = tuple(part for view in views for part in view.whole())
    if isinstance(value, dict):
        for name, inner in value.items():
            below = tuple(found for view in whole for found in view.below("properties", name)) or tuple(
                found for view in whole for found in view.below("additionalProperties")
            )
            if not any("description" in part.schema for view in below for part in view.whole()):
                yield f"{path}.{name}"
            yield from _undescribed(inner, below, f"{path}.{name}")
    if isinstance(value, list):
        items = tuple(found for view in whole for found in view.below("items"))
        for number, inner in enumerate(value):
            yield from _undescribed(inner, items, f"{path}[{number}]")
