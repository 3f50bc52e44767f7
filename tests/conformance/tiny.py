"""A specification small enough to read, in files as Microsoft keeps them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conformance.documents import Specification

ERROR = {"$ref": "../common-types/resource-management/v4/types.json#/definitions/ErrorResponse"}
_WORDS = {"code": {"type": "string"}, "message": {"type": "string"}}
_COMMON = {
    "info": {"version": "4.0"},
    "definitions": {
        "ErrorResponse": {"type": "object", "properties": {"error": {"$ref": "#/definitions/ErrorDetail"}}},
        "ErrorDetail": {
            "type": "object",
            "properties": {**_WORDS, "details": {"type": "array", "items": {"$ref": "#/definitions/ErrorDetail"}}},
        },
        "Resource": {
            "type": "object",
            "properties": {"id": {"type": "string", "format": "arm-id"}},
            "required": ["id"],
        },
    },
}


def operation(name: str, responses: Mapping[str, Any]) -> dict[str, Any]:
    """An operation with these schemas by status, None for no body, and ARM's own error."""
    documented = {
        status: {"description": "", **({} if schema is None else {"schema": schema})}
        for status, schema in {**responses, "default": ERROR}.items()
    }
    return {"operationId": name, "responses": documented}


def write_specification(
    folder: Path,
    paths: Mapping[str, Mapping[str, Any]],
    definitions: Mapping[str, Any] | None = None,
    *,
    version: str = "2024-01-01",
    more_paths: Mapping[str, Mapping[str, Any]] | None = None,
) -> Specification:
    """Write a document with these paths beside the common one, and read them."""
    document = {
        "swagger": "2.0",
        "info": {"version": version},
        "produces": ["application/json"],
        "paths": paths,
        "x-ms-paths": more_paths or {},
        "definitions": definitions or {},
    }
    root = folder / "specification"
    _write(root / "things" / f"{version}.json", document)
    _write(root / "things" / "examples" / "Thing.json", {"parameters": {}})
    _write(root / "common-types" / "resource-management" / "v4" / "types.json", _COMMON)
    return Specification(folder)


def _write(file: Path, document: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document), encoding="utf-8")
