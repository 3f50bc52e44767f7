"""The manifests of a plan file back to what they declare, by the manifest's own way in.

A plan file is untrusted. Its manifests go through the same schema, rules and merge as any other, so that no file can
declare what no manifest could. They have no variables; their places are those that the file gives under `sources`.
"""

import json
from collections.abc import Iterator
from typing import Any

from reconciler.errors import ManifestError
from reconciler.manifest.desired import Desired
from reconciler.manifest.load import load_saved
from reconciler.manifest.yaml.document import Document, Mark, Path, Plain, json_pointer

Node = dict[str, Any]
"""An object of the file, whose shape the plan's schema has checked."""


def read_desired(manifests: list[Node]) -> Desired:
    """What the manifests of a plan file declare; raises ValueError where no manifest could declare it."""
    try:
        return load_saved([_document(one) for one in manifests])
    except ManifestError as error:
        first = error.diagnostics[0]
        raise ValueError(f"what it declares breaks a rule of manifests, at {first.pos}: {first.message}") from error


def _document(manifest: Node) -> Document:
    sources: dict[str, dict[str, list[int]]] = manifest["sources"]
    places = {pointer: (line, column) for one in sources.values() for pointer, (line, column) in one.items()}
    data = {key: value for key, value in manifest.items() if key != "sources"}
    below = list(_below((), "", data, next(iter(places.values())), places))
    spellings = {path: json.dumps(value) for path, _, value in below if not isinstance(value, str | dict | list)}
    return Document(next(iter(sources)), data, {}, {path: mark for path, mark, _ in below}, spellings)


def _below(
    path: Path, pointer: str, value: Plain, place: Mark, places: dict[str, Mark]
) -> Iterator[tuple[Path, Mark, Plain]]:
    """Every value from here down with its place: its own, or that of what holds it; `pointer` is the path's."""
    place = places.get(pointer, place)
    yield path, place, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _below((*path, key), f"{pointer}{json_pointer((key,))}", item, place, places)
