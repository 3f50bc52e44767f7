"""A run as its journal has it: who ran it and where, its calls, and how it ended."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.journal.call import Call, Outcome
from reconciler.model import AddressBook, Names, ResourceGroupId, roles_in


class PlaceKind(StrEnum):
    """What stood at the other end of a run."""

    AZURE = "azure"
    ENDPOINT = "endpoint"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run's calls went: ARM's own address, another endpoint's, or the whole path of a sandbox's file."""

    kind: PlaceKind
    name: str


Where = tuple[str, str | None, Place]
"""The cloud, the tenant and the place of a run; the tenant None where its subscriptions are of several."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who ran, by the token's own claims; None for what it did not say. Never the token."""

    object_id: str | None = None
    client_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class RunGroup:
    """A resource group of a run, and the owner that its manifest names."""

    group_id: ResourceGroupId
    owner: str | None


@dataclass(frozen=True, slots=True)
class RunHeader:
    """What is known of a run before its first call.

    Attributes:
        run_id: the correlation id of its requests.
        command: `apply`, `undo` or `orphans`.
        started_at: UTC, as ISO 8601.
        tenant: of its subscriptions; None where they are of several.
    """

    run_id: str
    command: str
    tool_version: str
    started_at: str
    cloud: str
    tenant: str | None
    place: Place
    actor: Actor
    groups: tuple[RunGroup, ...]

    @property
    def is_of_orphans(self) -> bool:
        """Whether it was a removal of orphans: all that it took is nobody's to be given back to."""
        return self.command == "orphans"

    @property
    def owners(self) -> dict[ResourceGroupId, str | None]:
        """The owner that the manifest names, by resource group."""
        return {group.group_id: group.owner for group in self.groups}

    @property
    def where(self) -> Where:
        """Where the run was."""
        return (self.cloud, self.tenant, self.place)

    def overlaps(self, other: "RunHeader") -> bool:
        """Whether two runs are about the same groups of the same place."""
        ours = {group.group_id for group in self.groups}
        return self.where == other.where and any(group.group_id in ours for group in other.groups)


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The last line of a run that came to its end; counts are of changes, by outcome."""

    at: str
    complete: bool
    interrupted: bool
    counts: tuple[tuple[Outcome, int], ...]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A whole journal; `end` is None where the run did not come to its end, `torn` where its last line is not whole."""

    header: RunHeader
    calls: tuple[Call, ...]
    end: RunEnd | None
    torn: bool

    @property
    def in_doubt(self) -> tuple[Call, ...]:
        """The calls of which nothing says if they took effect, nor makes up for it: not even a repeated one."""
        last = {(call.resource_id, call.action): call for call in self.calls}
        return tuple(call for call in last.values() if call.in_doubt)


def names_of_run(record: RunRecord) -> Names:
    """What a journal knows the names of: roles, and no subscription."""
    book = AddressBook(group.group_id for group in record.header.groups)
    return Names(book, {}, roles_in(call.resource_id for call in record.calls))
