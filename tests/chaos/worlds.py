"""Where a scenario begins: what lives, who else is there, and two manifests, of which the second is the one to apply.

The first manifest is applied before anything goes wrong, so that what is ours looks as the command itself makes it.
Then others move in: identities of other owners, uses, locks and protection, of which the second manifest knows nothing.
"""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.cli.inputs import SUBSCRIPTION, TENANT, group_scope, identity_scope

Entry = dict[str, object]
Groups = dict[str, list[Entry]]

OWNER = "team-a/identities#prod"
THEIRS = "team-b/identities"
ISSUER = "https://issuer.example/"
DATA, ELSEWHERE = "rg-data", "rg-elsewhere"
ROLES = ("Reader", "Storage Blob Data Reader", "Key Vault Secrets User")
READER, MONITORING_READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "43d0d8ad-25c7-4714-9337-8ba259a9fe05"


@dataclass(frozen=True, slots=True)
class World:
    """A scenario's manifests and flags.

    Attributes:
        groups: those that the manifests list.
        first: what is applied before; `second` is the manifest of the scenario.
        allowed: `GROUP/NAME` of identities that may be deleted though they are in use.
    """

    groups: tuple[str, ...]
    first: dict[str, object]
    second: dict[str, object]
    allowed: frozenset[str]

    @property
    def allowances(self) -> tuple[str, ...]:
        """The flags that lift guards."""
        codes = ("in-use", "trusted")
        return tuple(part for one in sorted(self.allowed) for code in codes for part in ("--allow", f"{code}={one}"))


def make_world(rng: Random) -> World:
    """Draw one to three groups with a few identities each, and how they are to change."""
    names = tuple(f"rg-{number}" for number in range(rng.randint(1, 3)))
    first: Groups = {group: [_entry(rng, f"id-{number}") for number in range(rng.randint(2, 6))] for group in names}
    second: Groups = {group: _changed(rng, entries) for group, entries in first.items()}
    policy: Entry = {"identities": rng.choice(["exact", "exact", "owned", "merge"])}
    if rng.random() < 0.3:
        policy["tags"] = "exact"
    if rng.random() < 0.3:
        policy["federatedCredentials"] = "merge"
    gone = [f"{group}/{one['name']}" for group in names for one in first[group] if one not in second[group]]
    allowed = frozenset(one for one in gone if rng.random() < 0.5)
    return World(names, _manifest(first, {"identities": "exact"}, {}), _manifest(second, policy, _limits(rng)), allowed)


def _limits(rng: Random) -> Entry:
    return {"maxDeletes": 50, "maxDeletePercent": 100} if rng.random() < 0.8 else {}


def _manifest(groups: Groups, policy: Entry, limits: Entry) -> dict[str, object]:
    return {
        "version": 1,
        "subscription": SUBSCRIPTION,
        "owner": OWNER,
        "policy": policy,
        **({"limits": limits} if limits else {}),
        "resourceGroups": {name: {"identities": entries} for name, entries in groups.items()},
    }


def _entry(rng: Random, name: str) -> Entry:
    entry: Entry = {"name": name, "tags": {"env": rng.choice(["prod", "test"])}}
    if rng.random() < 0.7:
        entry["federatedCredentials"] = _credentials(rng)
    if rng.random() < 0.8:
        entry["roleAssignments"] = _roles(rng)
    return entry


def _credentials(rng: Random) -> list[Entry]:
    subjects = [f"subject-{number}" for number in range(6)]
    rng.shuffle(subjects)
    names = rng.sample(["main", "dev", "old", "new"], rng.randint(0, 3))
    return [
        {"name": f"fic-{name}", "issuer": ISSUER, "subject": subject}
        for name, subject in zip(names, subjects, strict=False)
    ]


def _roles(rng: Random) -> list[Entry]:
    found: list[Entry] = []
    for role in rng.sample(ROLES, rng.randint(0, 3)):
        entry: Entry = {"role": role, "scope": group_scope(rng.choice([DATA, "rg-0"]))}
        if rng.random() < 0.3:
            entry["description"] = f"for {role}"
        found.append(entry)
    return found


def _changed(rng: Random, entries: list[Entry]) -> list[Entry]:
    """Entries that stay, change or go, and some new ones."""
    kept = [one if rng.random() < 0.3 else {**one, **_entry(rng, str(one["name"]))} for one in entries]
    kept = [one for one in kept if rng.random() < 0.7]
    return [*kept, *(_entry(rng, f"id-new-{number}") for number in range(rng.randint(0, 4)))]


def write_inputs(world: World, folder: Path) -> None:
    """`first.yaml`, `m.yaml` and `s.json`, in which nothing lives yet."""
    (folder / "first.yaml").write_text(json.dumps(world.first), encoding="utf-8")
    (folder / "m.yaml").write_text(json.dumps(world.second, indent=1), encoding="utf-8")
    groups = (*world.groups, DATA, ELSEWHERE)
    state = {
        "version": 1,
        "tenantId": TENANT,
        "subscriptions": [{"subscriptionId": SUBSCRIPTION, "displayName": "chaos"}],
        "resourceGroups": [{"id": group_scope(group), "location": "westeurope"} for group in groups],
        "identities": [],
    }
    (folder / "s.json").write_text(json.dumps(state), encoding="utf-8")


def move_in(rng: Random, world: World, path: Path) -> None:
    """Let others move in to a state: whatever a run must leave alone."""
    state = json.loads(path.read_text(encoding="utf-8"))
    ours = [one for one in state["identities"] if _group_of(one["id"]) in world.groups]
    others = [
        _identity(group, f"id-theirs-{number}", {"uami-owner": THEIRS}) for number, group in enumerate(world.groups)
    ]
    others += [_identity(group, "id-nobodys", {}) for group in world.groups if rng.random() < 0.5]
    others += [_identity(ELSEWHERE, f"id-far-{number}", {"uami-owner": OWNER}) for number in range(2)]
    state["identities"] += others
    for one in ours:
        if rng.random() < 0.12:
            one["tags"]["uami-protect"] = "true"
        if rng.random() < 0.15:
            state["resources"].append(_user(one))
        if rng.random() < 0.08:
            state["locks"].append(_lock(one["id"]))
        if rng.random() < 0.2:
            state["roleAssignments"].append(_foreign_role(one, state["roleAssignments"]))
    path.write_text(json.dumps(state), encoding="utf-8")


def _group_of(resource_id: str) -> str:
    return resource_id.split("/")[4]


def _identity(group: str, name: str, tags: dict[str, str]) -> dict[str, object]:
    ids = {one: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{group}/{name}/{one}")) for one in ("principalId", "clientId")}
    properties = {"tenantId": TENANT, **ids}
    return {"id": identity_scope(group, name), "location": "westeurope", "tags": tags, "properties": properties}


def _user(identity: dict[str, object]) -> dict[str, object]:
    """A virtual machine that an identity is attached to."""
    resource_id = str(identity["id"])
    name = f"vm-{_group_of(resource_id)}-{resource_id.rpartition('/')[2]}"
    ids = {"principalId": "p", "clientId": "c"}
    return {
        "id": f"{group_scope(DATA)}/providers/Microsoft.Compute/virtualMachines/{name}",
        "location": "westeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {resource_id: ids}},
    }


def _lock(scope: object) -> dict[str, object]:
    return {"id": f"{scope}/providers/Microsoft.Authorization/locks/keep", "properties": {"level": "CanNotDelete"}}


def _foreign_role(identity: Entry, known: list[Entry]) -> Entry:
    """A role that somebody else gave; of a role at a scope, a principal has one assignment in ARM and no second one."""
    scope, properties = group_scope(DATA), identity["properties"]
    assert isinstance(properties, dict)
    given = {(str(one["id"]).partition("/providers/")[0], *_what(one)) for one in known}
    principal = str(properties["principalId"])
    role = next(one for one in (READER, MONITORING_READER) if (scope, principal, one) not in given)
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{identity['id']}")
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "properties": {
            "roleDefinitionId": definition,
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "condition": "@Resource[a] StringEquals 'b'",
            "conditionVersion": "2.0",
        },
    }


def _what(assignment: Entry) -> tuple[str, str]:
    """Principal and role of an assignment."""
    properties = assignment["properties"]
    assert isinstance(properties, dict)
    return str(properties["principalId"]), str(properties["roleDefinitionId"]).rpartition("/")[2]
