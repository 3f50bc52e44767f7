"""From Swagger 2.0 to JSON Schema: what a documented response may hold.

Two things are made stricter than they are written. An object holds only what its schema knows, since a field that no
document has is one that Azure's clients would never see. And an object with properties is an object, since Swagger
leaves that out as often as not.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator

from tests.conformance.documents import Specification, document_of

_KEPT = (
    "type", "format", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
    "uniqueItems",
)  # fmt: skip
"""Keywords that mean the same in both."""

formats = FormatChecker(())
"""The formats of the documents; jsonschema's own would need packages that nothing else here does."""


@formats.checks("uuid", ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or str(UUID(value)) == value.lower()


@formats.checks("date-time", ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


@formats.checks("uri", ValueError)
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or all(urlsplit(value)[:2])


@formats.checks("arm-id")
def _is_resource_id(value: object) -> bool:
    return not isinstance(value, str) or (value.startswith("/") and "//" not in value and value[-1] != "/")


@formats.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


@formats.checks("int64")
def _is_int64(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def validator_of(specification: Specification, schema: Mapping[str, Any], document: str) -> Validator:
    """What judges a body by a Swagger schema that stands in a document."""
    conversion = _Conversion(specification)
    root = conversion.convert(schema, document)
    return Draft202012Validator({**root, "$defs": conversion.definitions}, format_checker=formats)


class _Conversion:
    """Converts a schema with all that it refers to; what is referred to is converted once, so that it may recur."""

    def __init__(self, specification: Specification) -> None:
        self.definitions: dict[str, dict[str, Any]] = {}
        self._specification = specification
        self._names: dict[str, str] = {}

    def convert(self, schema: Mapping[str, Any], document: str) -> dict[str, Any]:
        """The same in JSON Schema; a reference stands alone, as Swagger has it."""
        if "$ref" not in schema:
            return self._convert_whole(schema, document)
        meant, target = self._specification.resolve(schema["$ref"], document)
        if target not in self._names:
            name = self._names[target] = f"{target.rpartition('/')[2]}-{len(self._names)}"
            self.definitions[name] = self._convert_whole(meant, document_of(target))
        return {"$ref": f"#/$defs/{self._names[target]}"}

    def _convert_whole(self, schema: Mapping[str, Any], document: str) -> dict[str, Any]:
        result = {keyword: schema[keyword] for keyword in _KEPT if keyword in schema}
        if "items" in schema:
            result["items"] = self.convert(schema["items"], document)
        properties: dict[str, Any] = {}
        required: list[str] = []
        others: object = None
        for part, home in self._parts(schema, document):
            properties |= {name: self.convert(one, home) for name, one in part.get("properties", {}).items()}
            required += part.get("required", ())
            if isinstance(part.get("additionalProperties"), Mapping):
                others = self.convert(part["additionalProperties"], home)
        if properties:
            # A base with a discriminator is seen with the fields of what is derived from it.
            closed = "discriminator" not in schema
            result |= {"type": "object", "properties": properties, "required": required}
            result["additionalProperties"] = others if others is not None else not closed
        elif others is not None:
            result["additionalProperties"] = others
        return result

    def _parts(self, schema: Mapping[str, Any], document: str) -> Iterator[tuple[Mapping[str, Any], str]]:
        """What a schema is made of: those that it builds upon, and itself."""
        for base in schema.get("allOf", ()):
            meant, target = self._specification.resolve(base["$ref"], document)
            yield from self._parts(meant, document_of(target))
        yield schema, document
