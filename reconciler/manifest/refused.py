"""What the schema and the rules of manifests refuse in plain data, by path: for whoever is about to write it."""

import json
from collections.abc import Iterator

from reconciler.manifest.declared import read_declared
from reconciler.manifest.rules.rules import check_rules
from reconciler.manifest.rules.schema import check_schema
from reconciler.manifest.yaml.document import Document, Path, Plain


def find_refused(data: dict[str, Plain]) -> dict[Path, str]:
    """The path of everything that no manifest may say, with why; of several reasons at one path, the first.

    Args:
        data: a manifest in which nothing is a variable: `${` stands for itself.
    """
    values = list(_below((), data))
    # Each value on a line of its own, so that a place tells its path.
    marks = {path: (number, 1) for number, (path, _) in enumerate(values, start=1)}
    spellings = {path: json.dumps(value) for path, value in values if not isinstance(value, str | dict | list)}
    document = Document("", data, {}, marks, spellings)
    found = (*check_schema(document), *check_rules(read_declared(document)))
    refused: dict[Path, str] = {}
    for one in sorted(found, key=lambda diagnostic: diagnostic.pos.line):
        refused.setdefault(values[one.pos.line - 1][0], one.message)
    return refused


def why_no_owner(owner: str) -> str | None:
    """Why no manifest could have this owner; None where one could."""
    return find_refused({"version": 1, "owner": owner}).get(("owner",))


def _below(path: Path, value: Plain) -> Iterator[tuple[Path, Plain]]:
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _below((*path, key), item)
