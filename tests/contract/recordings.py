"""Recorded traffic of real ARM, from the test recordings of public projects, in one form whatever their own.

Read are the YAML cassettes of azure-cli (vcrpy) and azure-service-operator (go-vcr), and the JSON session records of
the Azure SDK for .NET and PowerShell. The recordings are no part of this project: tests use them where they are and
skip where they are not.
"""

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

FOLDER_VARIABLE = "UAMI_RECORDINGS"
_BESIDE_THE_REPOSITORY = Path(__file__).parents[2].parent / "shared" / "recordings"


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """One request and its answer.

    Attributes:
        index: place in its recording, from 0.
        path: decoded by nobody, without host and query.
        headers: of the answer, names in lower case; recorders leave some out.
        body: of the answer, unpacked.
    """

    index: int
    method: str
    path: str
    query: str
    request_body: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes


def recordings_folder() -> Path | None:
    """Where the recordings lie: `UAMI_RECORDINGS`, else a folder beside the repository; None where there are none."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named) if named else _BESIDE_THE_REPOSITORY
    return folder if folder.is_dir() else None


def recording_names(folder: Path) -> tuple[str, ...]:
    """Every recording below the folder, by its path in it."""
    files = [*folder.rglob("*.yaml"), *folder.rglob("*.json")]
    return tuple(sorted(file.relative_to(folder).as_posix() for file in files))


def read_recording(folder: Path, name: str) -> tuple[RecordedExchange, ...]:
    """The exchanges of a recording, in order."""
    text = (folder / name).read_text(encoding="utf-8")
    pairs = _session_record(json.loads(text)) if name.endswith(".json") else _cassette(yaml.load(text, _Loader))
    return tuple(_exchange(index, *pair) for index, pair in enumerate(pairs))


class _Loader(yaml.CSafeLoader):
    """The safe loader, with the one tag of old vcrpy cassettes that it does not know."""


def _unicode(loader: _Loader, node: yaml.Node) -> str:
    assert isinstance(node, yaml.ScalarNode)
    return str(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:python/unicode", _unicode)

_Pair = tuple[Mapping[str, Any], Mapping[str, Any]]


def _cassette(document: Mapping[str, Any]) -> Iterator[_Pair]:
    for interaction in document["interactions"]:
        request, response = interaction["request"], interaction["response"]
        status = response.get("code") or response["status"]["code"]
        body = response.get("body") or ""
        yield (
            {**request, "uri": request.get("uri") or request["url"]},
            {
                "status": status,
                "headers": response.get("headers") or {},
                "body": body.get("string", "") if isinstance(body, dict) else body,
            },
        )


def _session_record(document: Mapping[str, Any]) -> Iterator[_Pair]:
    for entry in document["Entries"]:
        yield (
            {"method": entry["RequestMethod"], "uri": entry["RequestUri"], "body": entry["RequestBody"]},
            {"status": entry["StatusCode"], "headers": entry["ResponseHeaders"], "body": entry["ResponseBody"]},
        )


def _exchange(index: int, request: Mapping[str, Any], response: Mapping[str, Any]) -> RecordedExchange:
    url = urlsplit(request["uri"])
    return RecordedExchange(
        index,
        request["method"],
        url.path,
        url.query,
        _bytes(request.get("body")),
        int(response["status"]),
        {name.lower(): _first(value) for name, value in response["headers"].items()},
        _bytes(response["body"]),
    )


def _first(value: object) -> str:
    return str(value[0]) if isinstance(value, list) else str(value)


def _bytes(body: object) -> bytes:
    raw = body if isinstance(body, bytes) else str(body or "").encode()
    return gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
