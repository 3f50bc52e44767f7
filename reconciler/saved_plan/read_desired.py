"""The manifest in normal form, as a plan file has it, back to what it declares: by way of the manifest's own checks.

A plan file is untrusted. Whatever it declares is put into the words of a manifest and goes through the manifest's
schema, rules and merge, so that no file can declare what no manifest could. One table of keys for each object; a key
that is missing in a table shows as a file that does not come out as it went in.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from reconciler.errors import Diagnostic
from reconciler.manifest.declared import DeclaredDocument, read_declared
from reconciler.manifest.desired import Desired, DesiredGroup
from reconciler.manifest.merge import merge_document
from reconciler.manifest.rules.claims import check_tenant_claims
from reconciler.manifest.rules.rules import check_rules
from reconciler.manifest.rules.schema import check_schema
from reconciler.manifest.yaml.document import Document, Mark, Path, Plain

Node = dict[str, Any]
"""An object of the file, whose shape the plan's schema has checked."""


def read_desired(node: Node) -> Desired:
    """What `desired` of a plan file declares; raises ValueError where no manifest could declare it."""
    documents = [_document(group) for group in node["resource_groups"]]
    declared = [read_declared(document) for document in documents]
    diagnostics = [
        diagnostic
        for document, said in zip(documents, declared, strict=True)
        for diagnostic in (*check_schema(document), *check_rules(said))
    ]
    for diagnostic in (*diagnostics, *check_tenant_claims(declared)):
        raise ValueError(_refusal(diagnostic))
    groups = tuple(group for said in declared for group in _merged(said))
    _check_once((str(group.group_id) for group in groups), {group.group_id for group in groups})
    for group in groups:
        ids = [identity.resource_id for identity in group.identities]
        _check_once(map(str, ids), set(ids))
    return Desired(tuple(sorted(groups, key=lambda group: group.group_id.key)))


def _merged(said: DeclaredDocument) -> tuple[DesiredGroup, ...]:
    return merge_document(said, audience="")  # of credentials that name none, and here each names its own


def _refusal(diagnostic: Diagnostic) -> str:
    return f"what it declares breaks a rule of manifests, at {diagnostic.pos}: {diagnostic.message}"


def _check_once(names: Iterable[str], different: set[Any]) -> None:
    """The manifest tells a second claim by its place, and a file can give two claims one place."""
    listed = list(names)
    if len(different) != len(listed):
        raise ValueError("it declares a resource group, or an identity of one, twice")


@dataclass(slots=True)
class _Places:
    """Where things stand in the manifest that the file was made of; all else is where that stands which holds it."""

    known: dict[Path, Mark] = field(default_factory=dict)

    def note(self, path: Path, source: Node) -> None:
        self.known[path] = (source["line"], source["column"])


def _document(group: Node) -> Document:
    """A manifest's document with this one group."""
    places, name = _Places(), group["resource_group"]
    places.note((), group["source"])
    data: Plain = {
        "version": 1,
        "subscription": group["subscription_id"],
        "limits": {
            "maxDeletes": group["limits"]["max_deletes"],
            "maxDeletePercent": group["limits"]["max_delete_percent"],
        },
        "resourceGroups": {name: _group(group, ("resourceGroups", name), places)},
        **_given(tenant=group["tenant"], owner=group["owner"]),
    }
    if group["tenant_source"] is not None:
        places.note(("tenant",), group["tenant_source"])
    below = list(_below((), data, places.known[()], places.known))
    marks = {path: mark for path, mark, _ in below}
    spellings = {path: json.dumps(value) for path, _, value in below if not isinstance(value, str | dict | list)}
    return Document(group["source"]["file"], data, {}, marks, spellings)


def _group(group: Node, path: Path, places: _Places) -> dict[str, Plain]:
    policy, ignore = group["policy"], group["ignore"]
    return {
        "defaults": _given(location=group["default_location"]),
        "policy": {
            "identities": policy["identities"],
            "tags": policy["tags"],
            "federatedCredentials": policy["federated_credentials"],
        },
        "ignore": {"identities": ignore["identities"], "tags": ignore["tags"]},
        "identities": [
            _identity(identity, (*path, "identities", index), places)
            for index, identity in enumerate(group["identities"])
        ],
        **_given(remove=_removals(group["remove"], (*path, "remove"), places)),
    }


def _removals(removals: list[Node], path: Path, places: _Places) -> Plain:
    """The entries of `remove`; None where there are none, as where the key is absent."""
    for index, removal in enumerate(removals):
        places.note((*path, index), removal["source"])
    listed: list[Plain] = [
        {"name": one["name"], **_given(principalId=one["principal_id"], allow=one["allow"] or None)} for one in removals
    ]
    return listed or None


def _identity(identity: Node, path: Path, places: _Places) -> dict[str, Plain]:
    places.note(path, identity["source"])
    return _given(
        name=identity["name"],
        location=identity["location"],
        isolationScope=identity["isolation_scope"],
        tags=identity["tags"],
        protect=identity["protect"],
        expect=None if identity["expect"] is None else {"principalId": identity["expect"]["principal_id"]},
        federatedCredentials=_entries(
            identity["federated_credentials"],
            ("name", "issuer", "subject", "audience"),
            (*path, "federatedCredentials"),
            places,
        ),
        roleAssignments=_entries(identity["role_assignments"], ("role", "scope"), (*path, "roleAssignments"), places),
    )


def _entries(entries: list[Node] | None, keys: tuple[str, ...], path: Path, places: _Places) -> Plain:
    """A list whose entries have the same keys in the file and in a manifest; None where the key is absent there."""
    if entries is None:
        return None
    for index, entry in enumerate(entries):
        places.note((*path, index), entry["source"])
    return [{key: entry[key] for key in keys} for entry in entries]


def _given(**keys: Plain) -> dict[str, Plain]:
    """A mapping without the keys that the file has as null, and a manifest leaves out."""
    return {key: value for key, value in keys.items() if value is not None}


def _below(path: Path, value: Plain, mark: Mark, known: dict[Path, Mark]) -> Iterator[tuple[Path, Mark, Plain]]:
    """Every value from here down, with its path and its place."""
    mark = known.get(path, mark)
    yield path, mark, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _below((*path, key), item, mark, known)
