"""One exchange held against the documents: what of its answer they do not allow."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator

from tests.conformance.documents import Operation, Specification
from tests.conformance.schemas import validator_of

_GATEWAY_ERROR = {"$ref": "common-types/resource-management/v4/types.json#/definitions/ErrorResponse"}
"""The error body of ARM itself, which refuses calls before any provider sees them, whatever form the provider has."""

_ALWAYS = ("x-ms-request-id", "x-ms-correlation-request-id")
"""Headers that no document lists and every answer has. Source: recorded traffic."""

_MESSAGE_END = 100


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer.

    Attributes:
        target: path and query as they were sent.
        headers: of the answer, names in lower case.
    """

    method: str
    target: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Violation:
    """What an answer has that its operation does not allow, or lacks.

    Attributes:
        place: in the body, as in `value[].properties.clientId`; `` for the whole answer.
        kind: `status`, `header`, `body`, `unknown`, `null`, or the keyword of JSON Schema that is violated.
        text: what is there.
    """

    operation: Operation
    status: int
    place: str
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.operation.label} {self.status}: {self.place or 'the answer'}: {self.text} ({self.kind})"


class Judge:
    """Holds exchanges against a specification; what a schema means is worked out once."""

    def __init__(self, specification: Specification) -> None:
        self._specification = specification
        self._validators: dict[tuple[str, str], Validator] = {}

    def operations(self, exchange: Exchange) -> tuple[Operation, ...]:
        """The documented operations that a request asks for; most have one, and undocumented ones none."""
        path, _, query = exchange.target.partition("?")
        version = next((value for name, value in parse_qsl(query) if name.lower() == "api-version"), "")
        return self._specification.find(exchange.method, path, version)

    def violations(self, exchange: Exchange, operation: Operation) -> Iterator[Violation]:
        """What an operation does not allow of an answer."""
        for place, kind, text in self._problems(exchange, operation):
            yield Violation(operation, exchange.status, place, kind, text)

    def _problems(self, exchange: Exchange, operation: Operation) -> Iterator[tuple[str, str, str]]:
        status = str(exchange.status)
        # `default` stands for errors alone; a success has to be documented.
        meant = status if status in operation.responses or exchange.status < 400 else "default"
        if meant not in operation.responses:
            yield "", "status", f"only {sorted(operation.responses)} are documented"
            return
        for name in _ALWAYS:
            if not exchange.headers.get(name):
                yield "", "header", f"there is no {name}"
        if "schema" in operation.responses[meant]:
            yield from self._body_problems(exchange, operation, meant)
        elif exchange.body:
            yield "", "body", "there is a body, and none is documented"

    def _body_problems(self, exchange: Exchange, operation: Operation, meant: str) -> Iterator[tuple[str, str, str]]:
        media_type = exchange.headers.get("content-type", "").partition(";")[0]
        if media_type not in operation.media_types:
            yield "", "header", f"the media type is {media_type!r}"
        try:
            body = json.loads(exchange.body)
        except ValueError:
            yield "", "body", "the body is not JSON"
            return
        failed = exchange.status >= 400
        by_gateway = failed and exchange.headers.get("x-ms-failure-cause") == "gateway"
        validator = self._gateway_error() if by_gateway else self._validator(operation, meant)
        for error in validator.iter_errors(body):
            yield from _told(error)
        if failed:
            yield from _error_problems(body)

    def _validator(self, operation: Operation, meant: str) -> Validator:
        key = (operation.label, meant)
        if key not in self._validators:
            schema = operation.responses[meant]["schema"]
            self._validators[key] = validator_of(self._specification, schema, operation.document)
        return self._validators[key]

    def _gateway_error(self) -> Validator:
        key = ("", "")
        if key not in self._validators:
            self._validators[key] = validator_of(self._specification, _GATEWAY_ERROR, self._specification.base)
        return self._validators[key]


def _told(error: ValidationError) -> Iterator[tuple[str, str, str]]:
    place = _place(error.absolute_path)
    if error.validator == "additionalProperties" and error.validator_value is False:
        assert isinstance(error.schema, Mapping) and isinstance(error.instance, Mapping)
        for name in sorted(error.instance.keys() - error.schema["properties"].keys()):
            yield _place((*error.absolute_path, name)), "unknown", "no schema has it"
    elif error.validator == "type" and error.instance is None:
        yield place, "null", f"null in place of {error.validator_value}"
    else:
        yield place, str(error.validator), _shortened(error.message)


def _shortened(text: str) -> str:
    """A message may hold all of a list."""
    return text if len(text) <= 2 * _MESSAGE_END else f"{text[:_MESSAGE_END]} ... {text[-_MESSAGE_END:]}"


def _place(path: Any) -> str:
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _error_problems(body: object) -> Iterator[tuple[str, str, str]]:
    """Documents require neither code nor message; what else would a client tell its user?"""
    error = body.get("error", body) if isinstance(body, dict) else None
    for name in ("code", "message"):
        if not isinstance(error, dict) or not isinstance(error.get(name), str) or not error[name]:
            yield "", "body", f"the error has no {name}"
