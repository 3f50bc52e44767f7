"""What ARM knows of identities, as frozen values with their normal forms; no input or output.

ARM compares names, resource ids and tag names without case and answers each in a spelling of its own, so equality here
is ARM's equality while the original spelling is kept for display. That is decided in this module and nowhere else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.ids import ResourceGroupId, ResourceId, folded
from reconciler.model.not_read import NotRead

OWNER_TAG = "uami-owner"
"""The tag that says which manifest owns an identity; tags that begin with `uami-` belong to this tool."""

PROTECT_TAG = "uami-protect"
"""The tag that keeps an identity from being deleted, whatever its value.

Who writes `false` into it by hand may mean the opposite, but nobody should learn from a delete which words count.
"""

OWN_TAG_PREFIX = "uami-"

MAX_TAGS = 50
"""Tags that one resource can have. Source: Azure Resource Manager documentation on tags."""


def same_name(one: str, other: str) -> bool:
    """Whether two names of groups, identities or tags are the same to ARM, which ignores case."""
    return one.casefold() == other.casefold()


def normalize_location(location: str) -> str:
    """The canonical name of an Azure region: `West Europe` becomes `westeurope`.

    Source: recorded traffic (`"Central US"` sent, `"centralus"` answered).
    """
    return location.replace(" ", "").lower()


class IsolationScope(StrEnum):
    """Where an identity may be used: anywhere, or by resources of its own region.

    Source: Microsoft.ManagedIdentity 2024-11-30, `properties.isolationScope`; an absent value means `None`.
    """

    NONE = "None"
    REGIONAL = "Regional"


class Tags(Mapping[str, str]):
    """A resource's tags: names compare without case and keep their spelling, values compare exactly.

    Iterates in order of the names, so that whatever is built from tags is the same in every run. Equality is ARM's: two
    maps whose names differ only in case are equal.

    Source: Azure Resource Manager documentation on tags (names case-insensitive, values case-sensitive).
    """

    __slots__ = ("_items",)

    def __init__(self, pairs: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        """Take names and values; raises ValueError where two names differ only in case."""
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        by_key: dict[str, tuple[str, str]] = {}
        for name, value in items:
            key = folded(name)
            if key in by_key:
                raise ValueError(f"tag {name!r} is given twice")
            by_key[key] = (name, value)
        self._items = dict(sorted(by_key.items()))

    def __getitem__(self, name: str) -> str:
        return self._items[name.casefold()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.casefold() in self._items

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tags):
            return NotImplemented
        return {key: value for key, (_, value) in self._items.items()} == {
            key: value for key, (_, value) in other._items.items()
        }

    def __hash__(self) -> int:
        return hash(tuple((key, value) for key, (_, value) in self._items.items()))

    def __repr__(self) -> str:
        return f"Tags({dict(self)!r})"

    def has(self, changes: Mapping[str, str | None]) -> bool:
        """Whether `merged` with these would give nothing but these tags again."""
        nothing = (None, None)
        return all(self._items.get(name.casefold(), nothing)[1] == value for name, value in changes.items())

    def merged(self, changes: Mapping[str, str | None]) -> "Tags":
        """These tags with some set and some (None) taken away; a name that is already here keeps its spelling."""
        result = dict(self._items)
        for name, value in changes.items():
            key = name.casefold()
            if value is None:
                result.pop(key, None)
            else:
                result[key] = (result[key][0] if key in result else name, value)
        return Tags(result.values())


@dataclass(frozen=True, slots=True)
class Identity:
    """A live identity as ARM lists it; `isolation_scope` is NONE where ARM sends none."""

    resource_id: ResourceId
    location: str
    tags: Tags
    isolation_scope: IsolationScope | str
    principal_id: str
    client_id: str
    tenant_id: str

    @property
    def owner(self) -> str | None:
        """The owner that the identity's tag names, None where it has none."""
        return self.tags.get(OWNER_TAG)

    @property
    def is_protected(self) -> bool:
        """Whether the identity has the tag that keeps it from being deleted."""
        return PROTECT_TAG in self.tags


@dataclass(frozen=True, slots=True)
class PlannedIdentity:
    """What an identity will look like; `location` is None where the group that would give it does not exist."""

    location: str | None
    tags: Tags
    isolation_scope: IsolationScope | str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as ARM describes it to this caller."""

    subscription_id: str
    display_name: str
    tenant_id: str


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """A resource group that exists; `managed_by` is the id of what keeps it, None for a group of the user's own."""

    group_id: ResourceGroupId
    location: str
    managed_by: str | None = None


@dataclass(frozen=True, slots=True)
class LiveGroup:
    """The live identities of one resource group of the manifest: complete, or reading it was an error.

    `resource_group` is None where the group does not exist; `identities` are in order of their names.
    """

    group_id: ResourceGroupId
    resource_group: ResourceGroup | None
    identities: tuple[Identity, ...]


@dataclass(frozen=True, slots=True)
class Live:
    """The live side of a comparison: one entry for each group and subscription that the manifest names, in order.

    Attributes:
        beyond: identities in other groups of those subscriptions, in order of their ids, where they were asked for.
        not_read: of which subscriptions `beyond` is not known, though it was asked for.
    """

    subscriptions: tuple[Subscription, ...]
    groups: tuple[LiveGroup, ...]
    beyond: tuple[Identity, ...] = ()
    not_read: tuple[NotRead, ...] = ()

    def group(self, group_id: ResourceGroupId) -> LiveGroup:
        """The entry of a group; KeyError where it was not read."""
        for group in self.groups:
            if group.group_id == group_id:
                return group
        raise KeyError(group_id.address)
