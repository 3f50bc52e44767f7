"""A plan as bytes in a file: made, and believed again only where it is whole, of a known format, and one with itself.

A plan file is untrusted input, and its fingerprint no signature: whoever can edit the file can make another one. It
tells damage from intent. What an intended edit can do is bounded elsewhere: what is read here is shown and compared,
while apply carries out a plan that it has made itself.
"""

import functools
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reconciler.errors import InputFileError
from reconciler.files.compiled_schema import CompiledSchema
from reconciler.files.kinds import FileKind, kind_of
from reconciler.files.strict_json import parse_object
from reconciler.model import FORMAT_VERSION, JsonObject
from reconciler.plan import Plan, plan_document
from reconciler.saved_plan.read_desired import Node
from reconciler.saved_plan.read_document import read_plan
from reconciler.schemas import schema_text

PLAN_SCHEMA = "plan.v1.schema.json"

MAX_BYTES = 100 * 1024 * 1024
"""Longest plan file that is written or read; tens of thousands of identities fit."""

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")
_ONLY_SAVED = ("created_at", "judged_on", "fingerprint")
_PLAN_AGAIN = "Plan again: uami plan PATH... -o FILE."


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan that was read from a file.

    Attributes:
        name: of the file, as the user named it.
        document: what the file says, whatever its spacing and its escapes.
        plan: for showing and comparing; what ARM calls a role assignment is not part of it.
    """

    name: str
    document: JsonObject
    created_at: str
    plan: Plan


def format_plan(plan: Plan, clock_s: float) -> bytes:
    """The content of a plan file; `clock_s` is the time in seconds since 1970.

    Raises:
        InputFileError: the plan is too long to be read again.
    """
    created_at = datetime.fromtimestamp(clock_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = plan_document(plan)
    first = {key: document[key] for key in ("format_version", "tool_version")}
    document = {**first, "created_at": created_at, "judged_on": plan.judged_on.isoformat(), **document}
    content = _text_of({**document, "fingerprint": fingerprint(document)}).encode()
    if len(content) > MAX_BYTES:
        raise InputFileError(
            f"The plan is {len(content)} bytes long, and a saved plan can have {MAX_BYTES}.",
            "Split the run with --target or --subscription.",
        )
    return content


def _text_of(document: JsonObject) -> str:
    """The document with a line for each key, and one for each entry of its lists, such as a change.

    A plan can be read and compared by lines, and is not made half of blanks: `uami show --format json` indents it all.
    """
    return "{\n" + ",\n".join(f"  {json.dumps(key)}: {_lines_of(value)}" for key, value in document.items()) + "\n}\n"


def _lines_of(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _compact(value)
    return "[\n" + ",\n".join(f"    {_compact(one)}" for one in value) + "\n  ]"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def fingerprint(document: JsonObject) -> str:
    """What tells whether a document is the one that was saved, whatever its spacing and the order of its keys."""
    covered = {key: value for key, value in document.items() if key != "fingerprint"}
    canonical = json.dumps(covered, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def parse_plan(name: str, content: bytes) -> SavedPlan:
    """The plan that the content of a file is; `name` is for messages.

    Raises:
        InputFileError: it is something else, is damaged, is of a later version, or declares what no manifest could.
    """
    if kind_of(content) is not FileKind.SAVED_PLAN:
        raise InputFileError(
            f"{name}: this is not a saved plan.",
            "A manifest goes to `uami plan` or `uami apply`; `uami plan PATH... -o FILE` makes a saved plan of it.",
        )
    try:
        return _parse(name, content)
    except ValueError as error:
        raise InputFileError(f"{name}: this saved plan cannot be used: {error}.", _PLAN_AGAIN) from error


def _parse(name: str, content: bytes) -> SavedPlan:
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is longer than {MAX_BYTES} bytes")
    document = parse_object(content)
    _check_version(document)
    _check_whole(document)
    problems = _schema().errors(document)
    for problem in sorted(problems, key=lambda problem: list(map(str, problem.absolute_path))):
        raise ValueError(f"{problem.json_path}: {_first_line(problem.message)}")
    plan = read_plan(document)
    _check_agrees(document, plan_document(plan))
    return SavedPlan(name, document, document["created_at"], plan)


def _check_version(document: Node) -> None:
    """A later minor version may say something that this one would pass over, and then would not be what is applied."""
    version = document.get("format_version")
    if version == FORMAT_VERSION:
        return
    if version is None:
        raise ValueError("it is damaged: it has no `format_version`")
    if not isinstance(version, str) or _VERSION.fullmatch(version) is None:
        raise ValueError(f"it is damaged: its `format_version` is {str(version)[:40]!r}")
    age = "a newer" if _numbers(version) > _numbers(FORMAT_VERSION) else "an older"
    tool = str(document.get("tool_version"))[:40]
    raise ValueError(
        f"it was made by {age} version, uami {tool!r}: it is of format {version!r}, and this uami reads"
        f" {FORMAT_VERSION!r}"
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _check_whole(document: Node) -> None:
    missing = [key for key in _ONLY_SAVED if key not in document]
    if missing:
        raise ValueError(f"it has no `{missing[0]}`; what `--format json` prints is a report, not a saved plan")
    if document["fingerprint"] != fingerprint(document):
        raise ValueError("it has been changed since it was saved: its fingerprint does not match")


def _check_agrees(document: Node, again: JsonObject) -> None:
    """What the file says and the plan does not is a contradiction within the file, or a key that nobody knows."""
    given = {key: value for key, value in document.items() if key not in _ONLY_SAVED}
    place = _first_difference("$", given, {**again, "tool_version": document["tool_version"]})
    if place is not None:
        raise ValueError(f"{place} contradicts the rest of the plan, or is nothing that a plan says")


def _first_difference(path: str, one: object, other: object) -> str | None:
    if one == other:
        return None
    match one, other:
        case dict(), dict() if one.keys() == other.keys():
            below = [(f"{path}.{key}", value, other[key]) for key, value in one.items()]
        case list(), list() if len(one) == len(other):
            below = [(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(one, other, strict=True))]
        case _:
            return path
    return next((found for part in below if (found := _first_difference(*part)) is not None), None)


@functools.cache
def _schema() -> CompiledSchema:
    schema = json.loads(schema_text(PLAN_SCHEMA))
    return CompiledSchema(_written_out(schema, schema["$defs"]))


def _written_out(schema: Any, definitions: Node) -> Any:
    """A schema with its references written out."""
    if isinstance(schema, list):
        return [_written_out(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    whole = {key: _written_out(value, definitions) for key, value in schema.items() if key not in ("$ref", "$defs")}
    if "$ref" in schema:
        whole |= _written_out(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    return whole


def _first_line(message: str) -> str:
    line = message.splitlines()[0] if message else "not as the schema says"
    return line if len(line) <= 200 else f"{line[:200]}..."
