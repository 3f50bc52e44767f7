"""What of an answer a document does not allow: statuses, headers, bodies, and what a schema makes of a body."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.exchanges import Exchange, Judge
from tests.conformance.tiny import operation, write_specification

PATH = "/providers/Contoso.Things/things/t"
HEADERS = {
    "content-type": "application/json; charset=utf-8",
    "x-ms-request-id": "r",
    "x-ms-correlation-request-id": "c",
}
THING = {"type": "object", "properties": {"id": {"type": "string"}}}
ERROR = {"error": {"code": "NotFound", "message": "It is not there."}}
GATEWAY = {**HEADERS, "x-ms-failure-cause": "gateway"}


def problems(
    folder: Path,
    answer: tuple[int, Mapping[str, str], bytes],
    schema: Mapping[str, Any] = THING,
    definitions: Mapping[str, Any] | None = None,
    **responses: Mapping[str, Any] | None,
) -> list[tuple[str, str]]:
    """Place and kind of all that an operation does not allow of an answer."""
    documented = {"200": schema, "204": None, **{status.strip("_"): one for status, one in responses.items()}}
    get = operation("Things_Get", documented)
    if "_default" in responses:
        get["responses"]["default"]["schema"] = responses["_default"]
    judge = Judge(write_specification(folder, {PATH: {"get": get}}, definitions))
    status, headers, body = answer
    exchange = Exchange("GET", f"{PATH}?api-version=2024-01-01", status, headers, body)
    [asked] = judge.operations(exchange)
    return [(one.place, one.kind) for one in judge.violations(exchange, asked)]


def body_problems(
    folder: Path, schema: Mapping[str, Any], body: object, definitions: Mapping[str, Any] | None = None
) -> list[tuple[str, str]]:
    """The same of a 200 with this body."""
    return problems(folder, (200, HEADERS, json.dumps(body).encode()), schema, definitions)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, HEADERS, b"{}"), []),
        ((204, HEADERS, b""), []),
        ((204, {"x-ms-request-id": "r", "x-ms-correlation-request-id": "c"}, b""), []),
        ((202, HEADERS, b""), [("", "status")]),
        ((302, HEADERS, b""), [("", "status")]),
        ((204, HEADERS, b"{}"), [("", "body")]),
        ((200, HEADERS, b""), [("", "body")]),
        ((200, HEADERS, b"{"), [("", "body")]),
        ((200, {**HEADERS, "content-type": "text/html"}, b"{}"), [("", "header")]),
        ((200, {**HEADERS, "x-ms-request-id": ""}, b"{}"), [("", "header")]),
        ((404, HEADERS, json.dumps(ERROR).encode()), []),
        ((404, HEADERS, b""), [("", "body")]),
        ((404, HEADERS, b"{}"), [("", "body"), ("", "body")]),
        ((404, HEADERS, b'{"error":{"code":"NotFound","message":""}}'), [("", "body")]),
        ((404, HEADERS, b'{"code":"NotFound","message":"No."}'), [("code", "unknown"), ("message", "unknown")]),
        ((404, HEADERS, b'{"error":{"code":"a","message":"b","why":1}}'), [("error.why", "unknown")]),
    ],
)
def test_answer_has_a_documented_status_and_what_goes_with_it(
    answer: tuple[int, Mapping[str, str], bytes], expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert problems(tmp_path, answer) == expected


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (HEADERS, {"code": "BadRequest", "message": "No."}, []),
        (HEADERS, ERROR, [("error", "unknown")]),
        (GATEWAY, ERROR, []),
        (GATEWAY, {"code": "BadRequest", "message": "No."}, [("code", "unknown"), ("message", "unknown")]),
    ],
)
def test_gateway_has_the_error_of_arm_where_the_provider_has_one_of_its_own(
    headers: Mapping[str, str], body: object, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    flat = {"properties": {"code": {"type": "string"}, "message": {"type": "string"}}}

    assert problems(tmp_path, (400, headers, json.dumps(body).encode()), _default=flat) == expected


@pytest.mark.parametrize(
    ("schema", "body", "expected"),
    [
        ({"properties": {"a": {"type": "string"}}}, {"a": "x"}, []),
        ({"properties": {"a": {"type": "string"}}}, {"a": 1}, [("a", "type")]),
        ({"properties": {"a": {"type": "string"}}}, {"a": None}, [("a", "null")]),
        ({"properties": {"a": {"type": "string"}}}, "x", [("", "type")]),
        ({"properties": {"a": {}}}, {"b": 1, "c": 2}, [("b", "unknown"), ("c", "unknown")]),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, {"b": 1}, [("b", "type")]),
        ({"properties": {"a": {}}, "discriminator": "a"}, {"a": "derived", "b": 1}, []),
        ({"properties": {"a": {}}, "required": ["a"]}, {}, [("", "required")]),
        ({"type": "object"}, {"anything": 1}, []),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"a": 1}, [("a", "type")]),
        ({"properties": {"a": {"readOnly": True, "properties": {"b": {}}}}}, {"a": {"c": 1}}, [("a.c", "unknown")]),
        ({"type": "array", "items": {"properties": {"a": {}}}}, [{}, {"b": 1}], [("[].b", "unknown")]),
        ({"enum": ["On", "Off"]}, "on", [("", "enum")]),
        ({"type": "integer", "minimum": 1}, 0, [("", "minimum")]),
    ],
)
def test_schema_knows_all_that_a_body_may_hold(
    schema: Mapping[str, Any], body: object, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert body_problems(tmp_path, schema, body) == expected


@pytest.mark.parametrize(
    ("name", "kept", "broken"),
    [
        ("uuid", "acdd72a7-3385-48ef-bd42-f606fba81ae7", "acdd72a7338548efbd42f606fba81ae7"),
        ("date-time", "2024-01-01T00:00:00.0000000Z", "2024-01-01"),
        ("date-time", "2024-01-01T00:00:00+02:00", "2024-01-01T00:00:00"),
        ("uri", "https://idp.test", "idp.test"),
        ("arm-id", "/subscriptions/s", "//subscriptions/s"),
        ("int32", 2**31 - 1, 2**31),
        ("int64", 2**63 - 1, 2**63),
    ],
)
def test_format_is_checked(name: str, kept: object, broken: object, tmp_path: Path) -> None:
    schema = {"format": name}

    assert body_problems(tmp_path, schema, kept) == []
    assert body_problems(tmp_path, schema, broken) == [("", "format")]


def test_schema_has_the_fields_of_those_that_it_builds_upon_in_other_files(tmp_path: Path) -> None:
    definitions = {
        "Thing": {
            "allOf": [{"$ref": "../common-types/resource-management/v4/types.json#/definitions/Resource"}],
            "properties": {"parts": {"type": "array", "items": {"$ref": "#/definitions/Thing"}}},
        }
    }
    body = {"id": "/a", "parts": [{"id": "/b"}, {"id": "c", "name": "c"}, {}]}

    found = body_problems(tmp_path, {"$ref": "#/definitions/Thing"}, body, definitions)

    assert sorted(found) == [("parts[]", "required"), ("parts[].id", "format"), ("parts[].name", "unknown")]
