"""What a scenario has left behind: requests, states and journals, in a form in which they can be held together.

A path here is that of a request without its query, decoded and in lower case, so that paths from the log, ids from a
state and addresses from a journal are equal where they are of the same thing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.chaos.process import Ended
from tests.chaos.worlds import World

Document = Any
METHODS = {"create": ("PUT",), "update": ("PUT", "PATCH"), "delete": ("DELETE",)}
WRITES = frozenset({"PUT", "PATCH", "DELETE"})
IDENTITIES = "/providers/microsoft.managedidentity/userassignedidentities/"


def normal(path: str) -> str:
    """A path as this module compares it."""
    return unquote(path.partition("?")[0]).casefold()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the log; `effective` says that it changed something, whatever the caller was answered."""

    method: str
    path: str
    status: int
    principal: str
    fault: str

    @property
    def is_write(self) -> bool:
        """Whether it could change something; the POSTs of this tool only ask."""
        return self.method in WRITES

    @property
    def effective(self) -> bool:
        """Whether it did."""
        return self.is_write and self.status in (200, 201) and self.fault not in ("answer", "reset")


def asked_of(document: Document) -> list[Asked]:
    """The requests of the sandbox's log."""
    return [
        Asked(one["method"], normal(one["path"]), one["status"], one["principal"], one.get("fault", ""))
        for one in document["requests"]
    ]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a journal; `outcome` is the last that was written of it, None where none was."""

    address: str
    action: str
    path: str
    after: Document
    before: Document
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Journal:
    """One journal, as far as its last whole line."""

    path: Path
    calls: tuple[Call, ...]
    ended: bool
    text: str


def read_journals(folder: Path) -> list[Journal]:
    """The journals in a scenario's home, the oldest first."""
    return [_read(path) for path in sorted((folder / "home" / ".local/state/uami/journals").glob("*.jsonl"))]


def _read(path: Path) -> Journal:
    text = path.read_text(encoding="ascii")
    lines = [json.loads(line) for line in text.split("\n")[:-1]]
    outcomes = {one["call"]: one["outcome"] for one in lines if one["kind"] == "outcome"}
    calls = tuple(
        Call(one["address"], one["action"], _path_of(one), one["after"], one["before"], outcomes.get(one["call"]))
        for one in lines
        if one["kind"] == "intent"
    )
    return Journal(path, calls, any(one["kind"] == "end" for one in lines), text)


def _path_of(intent: Document) -> str:
    """The path of the request that an intent is about."""
    identity, _, below = _split(intent["address"])
    if below.startswith("roleAssignments/"):
        role = intent["after"] or intent["before"]
        return normal(f"{role['scope'].rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{role['name']}")
    if below:
        return normal(f"{identity}/federatedIdentityCredentials/{below.partition('/')[2]}")
    return normal(identity)


def _split(address: str) -> tuple[str, str, str]:
    """The identity's id, its group, and what stands below it."""
    subscription, group, name, *below = address.split("/", 3)
    identity = f"/subscriptions/{subscription}/resourceGroups/{group}{IDENTITIES}{name}"
    return identity, group, below[0] if below else ""


def identity_path(address: str) -> str:
    """The path of the identity of an address."""
    return normal(_split(address)[0])


def group_of(address: str) -> str:
    """The resource group of an address."""
    return _split(address)[1]


def is_below(address: str) -> bool:
    """Whether an address is of a credential or a role."""
    return bool(_split(address)[2])


@dataclass(frozen=True, slots=True)
class Lives:
    """A state: what lives, by path."""

    identities: Mapping[str, Document]
    credentials: Mapping[str, Document]
    roles: Mapping[str, Document]
    rest: str
    """All that this tool never writes, as text."""

    @property
    def everything(self) -> set[str]:
        """The paths of all that this tool may write."""
        return {*self.identities, *self.credentials, *self.roles}


def lives(state: Document) -> Lives:
    """A state in the form of the sandbox's file."""
    identities, credentials, roles = (
        {normal(one["id"]): one for one in state[name]}
        for name in ("identities", "federatedIdentityCredentials", "roleAssignments")
    )
    rest = {name: state[name] for name in ("subscriptions", "resourceGroups", "locks", "resources", "roleDefinitions")}
    return Lives(identities, credentials, roles, json.dumps(rest, sort_keys=True))


def used_identities(state: Document) -> set[str]:
    """The paths of identities that resources are attached to."""
    blocks = (one.get("identity") or {} for one in state["resources"])
    return {normal(identity) for block in blocks for identity in block.get("userAssignedIdentities") or {}}


def locked_identities(state: Document) -> set[str]:
    """The paths of identities that bear a lock themselves."""
    return {normal(one["id"]).partition("/providers/microsoft.authorization/")[0] for one in state["locks"]}


@dataclass(slots=True)
class Evidence:
    """All of one scenario, for the invariants.

    Attributes:
        plan: the document of a plan made right before, None where there is none.
        competes: somebody else wrote meanwhile.
        target: `GROUP/NAME` or `GROUP` where the run was limited to it.
        tokens: what must not be printed.
        asked: while the runs of `runs` were under way; None where nobody kept it.
    """

    world: World
    before: Document
    after: Document
    asked: Sequence[Asked] | None
    runs: Sequence[Ended]
    journals: Sequence[Journal]
    plan: Document | None = None
    competes: bool = False
    target: str | None = None
    tokens: Sequence[str] = ()
    full_disk: bool = False
    principals: frozenset[str] = field(default_factory=frozenset)

    def ours(self) -> Iterator[Asked]:
        """The requests of this tool, in order."""
        return (one for one in self.asked or () if one.principal in self.principals)
