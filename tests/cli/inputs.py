"""Writes the manifests and sandbox states that the tests begin with."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TENANT = "5e1f2a3b-0000-4000-8000-00000000c0de"

Groups = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Tags by identity by group."""


def write_manifest(path: Path, groups: Mapping[str, Iterable[object]], **keys: object) -> Path:
    """A manifest with these identities by group; JSON, which is YAML too, spares every quoting question."""
    # Without an owner a manifest has to say what happens to what it does not list; with one, roles are known again.
    policy = {"identities": "exact"} if "owner" in keys else {"identities": "exact", "roleAssignments": "merge"}
    document = {
        "version": 1,
        "subscription": SUBSCRIPTION,
        "policy": policy,
        **keys,
        "resourceGroups": {name: {"identities": list(identities)} for name, identities in groups.items()},
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def write_state(path: Path, groups: Groups, grants: Iterable[Mapping[str, object]] = ()) -> Path:
    """A sandbox state with these identities, all in westeurope; without grants everybody may do everything."""
    document: dict[str, object] = {
        "version": 1,
        "tenantId": TENANT,
        "subscriptions": [{"subscriptionId": SUBSCRIPTION, "displayName": "contoso"}],
        "resourceGroups": [{"id": group_scope(group), "location": "westeurope"} for group in groups],
        "identities": [
            _identity(group, name, number, tags)
            for group, identities in groups.items()
            for number, (name, tags) in enumerate(identities.items())
        ],
    }
    if grants:
        document["permissions"] = list(grants)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def add_to_state(path: Path, **lists: list[dict[str, object]]) -> None:
    """Add ARM's own JSON of other things to a sandbox state, by the names that its lists have there."""
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, **lists}), encoding="utf-8")


def identity_scope(group: str, name: str) -> str:
    """The resource id of an identity."""
    return f"{group_scope(group)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"


def identity_names(path: Path) -> list[str]:
    """The names of the identities that a sandbox state holds, in its order."""
    identities = json.loads(path.read_text(encoding="utf-8"))["identities"]
    return [identity["id"].rpartition("/")[2] for identity in identities]


def grant(scope: str, *actions: str) -> dict[str, object]:
    """Actions that every caller may do at a scope and below."""
    return {"principalId": "*", "scope": scope, "actions": list(actions), "notActions": []}


def group_scope(group: str) -> str:
    """The resource id of a group."""
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"


def _identity(group: str, name: str, number: int, tags: Mapping[str, str]) -> dict[str, object]:
    return {
        "id": identity_scope(group, name),
        "location": "westeurope",
        "tags": dict(tags),
        "properties": {
            "tenantId": TENANT,
            "principalId": f"0b2c0000-0000-4000-8000-{number:012}",
            "clientId": f"c11e0000-0000-4000-8000-{number:012}",
        },
    }
