"""Reads a journal back, as the untrusted file that it is: bounded, strict, and never further than its content.

A line is held against the schema before anything in it is believed, so that a journal from elsewhere can say no more
than one of ours. A last line without its line break is what a crash leaves behind: it is passed over,
and the report says so.
"""

import functools
import json
from collections.abc import Callable
from pathlib import Path

from reconciler.errors import InputFileError
from reconciler.files.compiled_schema import CompiledSchema
from reconciler.files.digest import check_digest
from reconciler.files.read import read_argument
from reconciler.journal.call import Call
from reconciler.journal.document import LineError, read_end, read_header, read_intent, read_outcome
from reconciler.journal.record import RunEnd, RunHeader, RunRecord
from reconciler.model import FORMAT_VERSION, Document, ResourceGroupId
from reconciler.schemas import schema_text

MAX_BYTES = 64 * 1024 * 1024
"""A run of tens of thousands of calls; more is no journal of ours."""

_MAX_LINE = 4 * 1024 * 1024

_HINT = "A journal is written by `uami apply`; take the file as it was written."


def read_journal(path: Path, digest: str | None = None) -> RunRecord:
    """The run that a journal records; its whole file must have this SHA-256 where one is given.

    Raises:
        InputFileError: the file cannot be read, is another one than `digest` says, is no journal, is of a later
            version, or a line of it is damaged.
    """
    name, content = str(path), _read_bytes(path)
    check_digest(name, content, digest)
    return parse_journal(content, name)


def parse_journal(content: bytes, name: str) -> RunRecord:
    """As `read_journal`, for content that is there already; `name` is the file's, for messages."""
    whole, _, rest = content.rpartition(b"\n")
    lines = whole.split(b"\n") if whole else []
    if not lines:
        raise InputFileError(f"{name}: not a journal: it has no whole line", _HINT)
    reading = _Reading()
    for number, line in enumerate(lines, start=1):
        try:
            reading.take(_parse_line(line))
        except (LineError, KeyError, TypeError, ValueError) as error:
            reason = str(error) if isinstance(error, LineError) else "its parts do not fit together"
            raise InputFileError(f"{name}:{number}: {reason}", _HINT) from error
    return reading.record(torn=bool(rest))


def _read_bytes(path: Path) -> bytes:
    content = read_argument(str(path), MAX_BYTES)
    if len(content) > MAX_BYTES:
        raise InputFileError(f"{path}: larger than {MAX_BYTES} bytes, as no journal is", _HINT)
    return content


def _parse_line(line: bytes) -> Document:
    if len(line) > _MAX_LINE:
        raise LineError(f"longer than {_MAX_LINE} bytes, as no line of a journal is")
    try:
        document: object = json.loads(line.decode("ascii"), parse_constant=_refuse_constant)
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise LineError("not a line of JSON in ASCII") from None
    if not isinstance(document, dict):
        raise LineError("not a JSON object")
    return document


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


@functools.cache
def _schemas() -> dict[str, CompiledSchema]:
    schema = json.loads(schema_text("journal.v1.schema.json"))
    kinds = ("run", "intent", "outcome", "end")
    return {kind: CompiledSchema({"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]}) for kind in kinds}


class _Reading:
    """Takes one line after the other; each kind only where it may stand."""

    def __init__(self) -> None:
        self._header: RunHeader | None = None
        self._groups: frozenset[ResourceGroupId] = frozenset()
        self._newer = False
        self._calls: dict[int, Call] = {}
        self._end: RunEnd | None = None

    def take(self, document: Document) -> None:
        kind = document.get("kind")
        if self._header is None:
            if kind != "run":
                raise LineError("a journal begins with a line of the kind `run`")
            self._newer = _is_newer(document.get("format_version"))
        elif self._end is not None:
            raise LineError("something follows the end of the run")
        schema = _schemas().get(kind) if isinstance(kind, str) else None
        if schema is None:
            if self._newer:
                return
            raise LineError(f"`kind` is {kind!r}, which no line of a journal is")
        _check(document, schema)
        _TAKE[str(kind)](self, document)

    def take_run(self, document: Document) -> None:
        if self._header is not None:
            raise LineError("a second run begins in the same journal")
        self._header = read_header(document)
        self._groups = frozenset(group.group_id for group in self._header.groups)

    def take_intent(self, document: Document) -> None:
        call = read_intent(document)
        if call.resource_id.group_id not in self._groups:
            raise LineError("`address` is in no resource group of the run")
        if call.number in self._calls:
            raise LineError(f"call {call.number} appears twice")
        self._calls[call.number] = call

    def take_outcome(self, document: Document) -> None:
        call = self._calls.get(document["call"])
        if call is None:
            raise LineError(f"an outcome of call {document['call']}, which did not begin")
        self._calls[call.number] = read_outcome(call, document)

    def take_end(self, document: Document) -> None:
        self._end = read_end(document)

    def record(self, *, torn: bool) -> RunRecord:
        if self._header is None:
            raise AssertionError("lines without a first one")
        return RunRecord(self._header, tuple(self._calls.values()), self._end, torn)


_TAKE: dict[str, Callable[[_Reading, Document], None]] = {
    "run": _Reading.take_run,
    "intent": _Reading.take_intent,
    "outcome": _Reading.take_outcome,
    "end": _Reading.take_end,
}


def _is_newer(version: object) -> bool:
    """Whether a later minor version wrote it; raises LineError for another major one."""
    major, _, minor = version.partition(".") if isinstance(version, str) else ("", "", "")
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in (major, minor)):
        raise LineError("`format_version` is not a version")
    ours, _, known = FORMAT_VERSION.partition(".")
    if major != ours:
        raise LineError(f"`format_version` is {version}, and this uami reads {ours}.x: take one that fits")
    return int(minor) > int(known)


def _check(document: Document, schema: CompiledSchema) -> None:
    if schema.is_kept_by(document):
        return
    from jsonschema.exceptions import best_match

    error = best_match(schema.errors(document))
    if error is not None:
        place = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in error.absolute_path)
        message = error.message if len(error.message) <= 200 else f"{error.message[:200]}..."
        raise LineError(f"`{place.lstrip('.')}`: {message}" if place else message)
