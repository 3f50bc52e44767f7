"""Microsoft's OpenAPI documents of the routes that the sandbox serves: which operations there are, and which of them a
request asks for.

The documents are no part of this project: tests use them where they are and do without where they are not. They are
Swagger 2.0, one file for each provider and api-version, with references from file to file.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from referencing import Registry, Resource

FOLDER_VARIABLE = "UAMI_ARM_SPECIFICATION"
_BESIDE_THE_REPOSITORY = Path(__file__).parents[2].parent / "shared" / "arm"

NOT_RELEASED: Mapping[str, str] = {
    "2026-04-30": "its pull request was open when the document was stored, and no client generator knows it",
    "2026-05-31": "no sign of a release beside the document itself",
}
"""Api-versions whose documents are left out, and why."""

METHODS = ("get", "put", "patch", "post", "delete", "head")

_SEGMENTS = r"(?:/[^/]+)*"
_WHOLE_IDS = {
    "roleAssignmentId": "roleAssignments",
    "roleId": "roleDefinitions",
    "denyAssignmentId": "denyAssignments",
}
_MANY_SEGMENTS = {"scope": _SEGMENTS, "parentResourcePath": _SEGMENTS} | {
    name: rf"{_SEGMENTS}/providers/Microsoft\.Authorization/{kind}/[^/]+" for name, kind in _WHOLE_IDS.items()
}
"""Placeholders that stand for more than one segment, or for none; an id stands for that of its own type."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a document says of one method of one path.

    Attributes:
        name: the `operationId`, unique within namespace and api-version.
        method: in upper case.
        template: the path with its placeholders, as documented.
        responses: by status or `default`, as documented.
        media_types: that answers with a body may have.
        document: the URI that references within `responses` start from.
    """

    namespace: str
    api_version: str
    name: str
    method: str
    template: str
    responses: Mapping[str, Mapping[str, Any]]
    media_types: tuple[str, ...]
    document: str

    @property
    def label(self) -> str:
        """What reports call it."""
        return f"{self.namespace} {self.api_version} {self.name}"

    @property
    def statuses(self) -> tuple[int, ...]:
        """Those of success, in order."""
        return tuple(sorted(int(status) for status in self.responses if status != "default"))


@dataclass(frozen=True, slots=True)
class _Pattern:
    """How a template takes a path; `words` fixed words make it more or less particular than another."""

    expression: re.Pattern[str]
    words: int


class Specification:
    """All operations of the documents of a folder, but for those that are not released.

    Attributes:
        base: the URI of the folder that upstream's paths begin in.
        operations: by namespace, api-version and name.
    """

    def __init__(self, folder: Path) -> None:
        self.base = f"{(folder / 'specification').resolve().as_uri()}/"
        files = [file for file in sorted(folder.rglob("*.json")) if file.parent.name != "examples"]
        documents = {file.resolve().as_uri(): json.loads(file.read_text(encoding="utf-8")) for file in files}
        resources = [(uri, Resource.opaque(document)) for uri, document in documents.items()]
        self._registry: Registry[Any] = Registry().with_resources(resources)
        released = (
            operation
            for uri, document in documents.items()
            for operation in _operations(uri, document)
            if operation.api_version not in NOT_RELEASED
        )
        self.operations = tuple(sorted(released, key=lambda one: (one.namespace, one.api_version, one.name)))
        self._candidates: dict[tuple[str, str], list[tuple[_Pattern, Operation]]] = {}
        for one in self.operations:
            known = self._candidates.setdefault((one.method, one.api_version), [])
            known.append((_pattern(one.template), one))

    def resolve(self, reference: str, document: str) -> tuple[Any, str]:
        """What a reference of a document means, and the absolute reference, with which that one's own begin."""
        target = urljoin(document, reference)
        return self._registry.resolver().lookup(target).contents, target

    def find(self, method: str, path: str, api_version: str) -> tuple[Operation, ...]:
        """The operations that a request asks for: those of the most particular template that takes its path.

        There are several where documents have two names for one request, such as RoleAssignments_Get and ..GetById.
        """
        segments = [segment for segment in unquote(path).split("/") if segment]
        normal = "".join(f"/{segment}" for segment in segments)
        matches = [
            (pattern.words, operation)
            for pattern, operation in self._candidates.get((method, api_version.lower()), ())
            if pattern.expression.fullmatch(normal)
        ]
        most = max((words for words, _ in matches), default=0)
        return tuple(operation for words, operation in matches if words == most)


def specification_folder() -> Path | None:
    """Where the documents lie: `UAMI_ARM_SPECIFICATION`, else a folder beside the repository; None where there are
    none."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named) if named else _BESIDE_THE_REPOSITORY
    return folder if folder.is_dir() else None


def document_of(reference: str) -> str:
    """The document that an absolute reference points into."""
    return urldefrag(reference).url


def _operations(uri: str, document: Mapping[str, Any]) -> Iterator[Operation]:
    for template, methods in (document.get("paths", {}) | document.get("x-ms-paths", {})).items():
        path = template.partition("?")[0]
        for method in METHODS:
            if method in methods:
                said = methods[method]
                yield Operation(
                    _namespace(path),
                    document["info"]["version"],
                    said["operationId"],
                    method.upper(),
                    path,
                    said["responses"],
                    tuple(said.get("produces", document["produces"])),
                    uri,
                )


def _namespace(template: str) -> str:
    """The provider of a path; ARM itself, and the ids of Microsoft.Authorization, are not named in theirs."""
    if template.strip("/{}") in _WHOLE_IDS:
        return "Microsoft.Authorization"
    _, found, rest = template.rpartition("/providers/")
    return rest.partition("/")[0] if found else "Microsoft.Resources"


def _pattern(template: str) -> _Pattern:
    expression, words = "", 0
    for segment in template.strip("/").split("/"):
        name = segment.strip("{}")
        if name == segment:
            expression, words = f"{expression}/{re.escape(segment)}", words + 1
        elif name in _MANY_SEGMENTS and (name not in _WHOLE_IDS or template == f"/{segment}"):
            expression += _MANY_SEGMENTS[name]
            words += 3 if name in _WHOLE_IDS else 0  # `providers`, namespace and type, as where they are written out
        else:
            expression += "/[^/]+"
    return _Pattern(re.compile(expression, re.IGNORECASE), words)
