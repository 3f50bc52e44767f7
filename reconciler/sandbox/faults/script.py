"""Faults as a person writes them: which calls they meet, how often, and what goes wrong.

A script is read whole before anything runs, and every mistake in it names its line and column: a fault that never fires
because of a misspelt key would make a test pass that tests nothing.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import yaml

from reconciler.sandbox.state import FaultFileError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OtherAnswer:
    """Answer this; with `after` the call takes effect first. `body` is JSON text, None for an empty body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    after: bool


@dataclass(frozen=True, slots=True)
class ConnectionReset:
    """Reset the connection in place of an answer; with `after` the call takes effect first."""

    after: bool


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait before the call is served."""

    seconds: float


@dataclass(frozen=True, slots=True)
class TruncatedBody:
    """Send so many bytes of the body and close the connection."""

    kept: int


@dataclass(frozen=True, slots=True)
class MalformedBody:
    """Send the first half of the body, as if it were all."""


@dataclass(frozen=True, slots=True)
class LostPage:
    """Empty a page of a list, and keep its link to the next one."""


@dataclass(frozen=True, slots=True)
class StaleRead:
    """Answer a GET, or a query of Resource Graph, as it was before the last so many writes."""

    writes: int


@dataclass(frozen=True, slots=True)
class CompetingWrite:
    """Let somebody else call first; `path` has the query, `body` is JSON text."""

    method: str
    path: str
    body: bytes
    principal: str


Action = OtherAnswer | ConnectionReset | Delay | TruncatedBody | MalformedBody | LostPage | StaleRead | CompetingWrite


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with some calls.

    Attributes:
        method: in upper case; None meets every method.
        path: a glob over the decoded path without its query, compared without case; `*` crosses slashes.
        skip: how many matching calls pass first.
        times: how often it fires; None is always.
        probability: of each call that it could fire on.
    """

    method: str | None
    path: str
    skip: int
    times: int | None
    probability: float
    action: Action


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Read a script, YAML or JSON: `{"faults": [...]}`.

    Raises:
        FaultFileError: it makes no sense; the first place where it does not.
    """
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "line 1, column 1"
        raise FaultFileError(f"{place}: not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise FaultFileError(f"line 1, column 1: not YAML: {error}") from error
    if node is None:
        raise FaultFileError("line 1, column 1: the script is empty")
    root = _Place(node)
    faults = root.fields("faults").get("faults")
    if faults is None:
        raise root.fail("has no faults")
    return tuple(_read_fault(place) for place in faults.items())


@dataclass(frozen=True, slots=True)
class _Place:
    """A node of the script; every reading method raises FaultFileError, naming the place."""

    node: yaml.Node

    def fail(self, what: str) -> FaultFileError:
        mark = self.node.start_mark
        return FaultFileError(f"line {mark.line + 1}, column {mark.column + 1}: {what}")

    def fields(self, *known: str) -> "dict[str, _Place]":
        """The fields of a mapping, which may have no others than `known`; any, where none are known."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fail("must be a mapping")
        fields: dict[str, _Place] = {}
        for key_node, value_node in self.node.value:
            key = _Place(key_node)
            name = key.text()
            if known and name not in known:
                raise key.fail(f"{name} is not known; known here: {', '.join(known)}")
            if name in fields:
                raise key.fail(f"{name} is given twice")
            fields[name] = _Place(value_node)
        return fields

    def items(self) -> "tuple[_Place, ...]":
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.fail("must be a list")
        return tuple(_Place(item) for item in self.node.value)

    def value(self) -> object:
        try:
            return yaml.SafeLoader("").construct_document(self.node)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise self.fail("is no value") from error

    def text(self) -> str:
        value = self.value()
        if not isinstance(value, str) or not value:
            raise self.fail("must be a text that is not empty")
        return value

    def choice(self, *known: str) -> str:
        value = self.value()
        if not isinstance(value, str) or value not in known:
            raise self.fail(f"must be {' or '.join(known)}")
        return value

    def flag(self) -> bool:
        value = self.value()
        if not isinstance(value, bool):
            raise self.fail("must be true or false")
        return value

    def asked_for(self, action: T) -> T:
        if not self.flag():
            raise self.fail("must be true; leave the fault out to have none")
        return action

    def count(self, least: int = 0) -> int:
        value = self.value()
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.fail(f"must be a whole number from {least}")
        return value

    def number(self, most: float | None = None) -> float:
        value = self.value()
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= (most or value):
            raise self.fail("must be a number from 0" + ("" if most is None else f" to {most:g}"))
        return float(value)

    def json_text(self) -> bytes:
        try:
            return json.dumps(self.value(), ensure_ascii=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise self.fail("cannot be written as JSON") from error


def _read_answer(place: _Place) -> OtherAnswer:
    fields = place.fields("status", "headers", "body", "after")
    if "status" not in fields:
        raise place.fail("has no status")
    status = fields["status"].count(200)
    if status > 599:
        raise fields["status"].fail("must be a whole number from 200 to 599")
    headers = fields["headers"].fields() if "headers" in fields else {}
    return OtherAnswer(
        status,
        tuple((name, str(value.value())) for name, value in headers.items()),
        fields["body"].json_text() if "body" in fields else None,
        _optional(fields, "after", _Place.flag, False),
    )


def _read_write(place: _Place) -> CompetingWrite:
    fields = place.fields("method", "path", "body", "principal")
    if "path" not in fields or "method" not in fields:
        raise place.fail("needs a method and a path, with its query")
    path = fields["path"].text()
    if not path.startswith("/") or not path.isascii():
        raise fields["path"].fail("must begin with / and be ASCII")
    return CompetingWrite(
        fields["method"].choice("PUT", "PATCH", "POST", "DELETE"),
        path,
        _optional(fields, "body", _Place.json_text, b""),
        _optional(fields, "principal", _Place.text, "competing-writer"),
    )


_ACTIONS: dict[str, Callable[[_Place], Action]] = {
    "answer": _read_answer,
    "reset": lambda place: ConnectionReset(place.choice("before", "after") == "after"),
    "delaySeconds": lambda place: Delay(place.number()),
    "truncate": lambda place: TruncatedBody(place.count()),
    "malformed": lambda place: place.asked_for(MalformedBody()),
    "losePage": lambda place: place.asked_for(LostPage()),
    "stale": lambda place: StaleRead(place.count(1)),
    "write": _read_write,
}
_CONDITIONS = ("method", "path", "skip", "times", "probability")


def _read_fault(place: _Place) -> Fault:
    fields = place.fields(*_CONDITIONS, *_ACTIONS)
    wrong = [name for name in _ACTIONS if name in fields]
    if len(wrong) != 1:
        raise place.fail(f"needs exactly one of {', '.join(_ACTIONS)}")
    method = _optional(fields, "method", _Place.text, None)
    return Fault(
        None if method is None else method.upper(),
        _optional(fields, "path", _Place.text, "*").casefold(),
        _optional(fields, "skip", _Place.count, 0),
        _optional(fields, "times", lambda times: times.count(1), None),
        _optional(fields, "probability", lambda probability: probability.number(1), 1.0),
        _ACTIONS[wrong[0]](fields[wrong[0]]),
    )


def _optional(fields: dict[str, _Place], name: str, read: Callable[[_Place], T], otherwise: T) -> T:
    return read(fields[name]) if name in fields else otherwise
