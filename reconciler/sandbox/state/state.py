"""What exists in the sandbox, in memory: a shelf of values for each kind of thing, rights, and what happened.

Values are frozen and replaced whole, so that a reader never sees half a change and "did anything change" is an equality
test.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar, cast

from reconciler.sandbox.state.events import ActivityEvent, ActivityLog, Origin, deletion_events, deletion_of
from reconciler.sandbox.state.ids import derived_id
from reconciler.sandbox.state.kinds import Keyed, Resource, RoleAssignment
from reconciler.sandbox.state.resource_changes import ChangeHistory, ResourceChange, make_change
from reconciler.sandbox.state.shelf import Key, Shelf
from reconciler.sandbox.state.sign_ins import SignIn, SignInLog

DEFAULT_TENANT = "11111111-1111-1111-1111-111111111111"
"""The tenant of a state that names none."""

DEFAULT_SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
"""The subscription of a sandbox that was given none."""

_GROUP_LENGTH, _OUTERMOST_LENGTH = 4, 8
"""Segments in the ids of a resource group, and of a resource that is in no other."""

Tags = tuple[tuple[str, str], ...]


class Item(Protocol):
    """What a state holds: a value of some kind, which its key tells from all others of that kind."""

    @property
    def key(self) -> Key:
        """The whole id as lookups compare it: so everything at or below a scope is one range of a shelf."""


V = TypeVar("V", bound=Item)


@dataclass(frozen=True, slots=True)
class Subscription(Keyed):
    """A subscription of the state's tenant."""

    subscription_id: str
    display_name: str
    tags: Tags = ()

    @property
    def resource_id(self) -> str:
        """The id in ARM's spelling."""
        return f"/subscriptions/{self.subscription_id}"


@dataclass(frozen=True, slots=True)
class ResourceGroup(Keyed):
    """A resource group; `tags` is None where none were ever sent, which ARM tells apart from an empty map.

    Source: recorded traffic (azure-cli, resource group tests: `tags` absent, then `{}` once `{}` was sent).
    """

    subscription_id: str
    name: str
    location: str
    tags: Tags | None = None
    managed_by: str | None = None

    @property
    def resource_id(self) -> str:
        """The id in ARM's spelling, `/resourceGroups/`, whichever was asked.

        Source: recorded traffic (every id of a resource group).
        """
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.name}"


@dataclass(frozen=True, slots=True)
class Identity(Keyed):
    """A user-assigned identity; `isolation_scope` and `assigned_to_providers` are None where they were never set.

    `assigned_to_providers`: what it may be attached to, as in `assignmentRestrictions.providers`; none is anything.
    """

    subscription_id: str
    resource_group: str
    name: str
    location: str
    tags: Tags
    principal_id: str
    client_id: str
    tenant_id: str
    isolation_scope: str | None = None
    assigned_to_providers: tuple[str, ...] | None = None

    @property
    def resource_id(self) -> str:
        """The id in ARM's spelling: `/resourcegroups/` in lower case, names as they were first written.

        Source: recorded traffic (every id of a user-assigned identity).
        """
        return (
            f"/subscriptions/{self.subscription_id}/resourcegroups/{self.resource_group}"
            f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{self.name}"
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """What a principal (`*` is anyone) may do at a scope and below; actions may hold `*`.

    Data actions, and the conditions of an assignment and of its role, come with roles alone.
    """

    principal_id: str
    scope: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that a state file holds. `identities_created` counts creations, so that no id is handed out twice.

    `items` are of every kind; the order counts among those of one kind alone. Roles are those of the state: the custom
    ones, and built-in ones that the sandbox does not have.
    """

    tenant_id: str = DEFAULT_TENANT
    items: tuple[Item, ...] = ()
    permissions: tuple[Grant, ...] = ()
    identities_created: int = 0
    activity_log: tuple[ActivityEvent, ...] = ()
    resource_changes: tuple[ResourceChange, ...] = ()
    sign_ins: tuple[SignIn, ...] = ()

    def __post_init__(self) -> None:
        by_kind = sorted(self.items, key=lambda item: type(item).__name__)
        object.__setattr__(self, "items", tuple(by_kind))

    def of(self, kind: type[V]) -> tuple[V, ...]:
        """The items of a kind."""
        return tuple(item for item in self.items if isinstance(item, kind))

    def having(self, kind: type[V], items: Iterable[V]) -> "Contents":
        """These contents with other items of a kind in place of those that there are."""
        others = (item for item in self.items if not isinstance(item, kind))
        return replace(self, items=(*others, *items))


@dataclass(frozen=True, slots=True)
class GroupDeletion:
    """A group's deletion that was accepted and is done at `done_at`; `origin` is the call that asked for it."""

    group: Key
    done_at: datetime
    origin: Origin | None = None


class State:
    """The living state. Callers hold `lock` while they read or write.

    Attributes:
        random_seed: new ids depend on it, and what else is left to chance.
        changes: counts every change; two equal counts mean nothing happened in between.
        deletions: accepted group deletions by the token of their operation, those that are done included.
        principals_since: when the principals of this run were created; those that were loaded are not in it.
        tokens_revoked: the epoch second of the last revocation of tokens, by principal; of this run.
        activity: what the Activity Log has. It changes without `changes`, since no resource does.
        resource_changes: what Resource Graph remembers of changes.
        sign_ins: the tenant's sign-in log of managed identities; it too changes without `changes`.
    """

    def __init__(self, contents: Contents, random_seed: int = 0) -> None:
        self.lock = threading.RLock()
        self.changes = 0
        self.random_seed = random_seed
        self._fill(contents)

    def _fill(self, contents: Contents) -> None:
        self.tenant_id = contents.tenant_id
        by_kind: dict[type[Item], list[Item]] = {}
        for item in contents.items:
            by_kind.setdefault(type(item), []).append(item)
        self._shelves = {kind: _shelf(kind, items) for kind, items in by_kind.items()}
        self.permissions = contents.permissions
        self.activity = ActivityLog(contents.activity_log)
        self.resource_changes = ChangeHistory(contents.resource_changes)
        self.sign_ins = SignInLog(contents.sign_ins)
        self.deletions: dict[str, GroupDeletion] = {}
        self.principals_since: dict[str, datetime] = {}
        self.tokens_revoked: dict[str, int] = {}
        self._identities_created = contents.identities_created
        # A state that was taken from another sandbox has ids of the same seed, and does not know how many there were.
        self._loaded_principals = frozenset(one.principal_id.casefold() for one in self.shelf(Identity)) | {
            one.system_principal_id.casefold() for one in self.shelf(Resource) if one.system_principal_id
        }

    def shelf(self, kind: type[V]) -> Shelf[V]:
        """The items of a kind, by their keys."""
        if kind not in self._shelves:
            self._shelves[kind] = _shelf(kind, ())
        return cast(Shelf[V], self._shelves[kind])

    def contents(self) -> Contents:
        """A snapshot; groups whose deletion was accepted are already gone from it, with what they hold."""
        leaving = {deletion.group for deletion in self.deletions.values() if deletion.group}
        return Contents(
            self.tenant_id,
            tuple(
                item
                for shelf in self._shelves.values()
                for item in shelf
                if not leaving or item.key[:_GROUP_LENGTH] not in leaving
            ),
            self.permissions,
            self._identities_created,
            (*self.activity, *(event for deletion in self.deletions.values() for event in self._end_of(deletion))),
            (*self.resource_changes, *(one for each in self.deletions.values() for one in self._changes_of(each))),
            tuple(self.sign_ins),
        )

    @property
    def revision(self) -> tuple[int, int, int]:
        """Differs whenever the contents do, the Activity Log and the sign-in log among them."""
        return self.changes, self.activity.recorded, self.sign_ins.recorded

    def restore(self, contents: Contents) -> None:
        """Go back to a snapshot, except that principal and client ids that were handed out stay used."""
        created = self._identities_created
        self._fill(contents)
        self._identities_created = max(created, contents.identities_created)
        self.changes += 1

    def new_ids(self, now: datetime) -> tuple[str, str]:
        """A principal id and a client id that no identity of this state ever had; the same seed gives the same ids."""
        principal_id = self._next_principal_id()
        while principal_id in self._loaded_principals:
            principal_id = self._next_principal_id()
        self.principals_since[principal_id] = now
        return principal_id, derived_id(self.random_seed, "client", str(self._identities_created))

    def _next_principal_id(self) -> str:
        self._identities_created += 1
        return derived_id(self.random_seed, "principal", str(self._identities_created))

    def put(self, item: Item) -> None:
        """Create or replace an item."""
        shelf = self.shelf(type(item))
        if shelf.get(item.key) != item:
            shelf.put(item)
            self.changes += 1

    def remove(self, item: Item) -> None:
        """Delete an item that exists, alone."""
        self.shelf(type(item)).remove(item.key)
        self.changes += 1

    def remove_tree(self, scope: Key) -> None:
        """Delete what is at a scope, of whatever kind, and everything below it: children, role assignments, locks.

        What names it elsewhere stays: role assignments of an identity's principal at other scopes, and the references
        of resources. Source: Azure documentation (best practices for managed identities; deleting an identity).
        """
        for shelf in self._shelves.values():
            for item in list(shelf.below(scope)):
                shelf.remove(item.key)
        self.changes += 1

    def holds(self, scope: Key) -> bool:
        """Whether there is anything at a scope or below it, of whatever kind."""
        return any(next(iter(shelf.below(scope)), None) is not None for shelf in self._shelves.values())

    def set_permissions(self, permissions: tuple[Grant, ...]) -> None:
        """Replace who may do what."""
        if self.permissions != permissions:
            self.permissions = permissions
            self.changes += 1

    def is_leaving(self, group: Key) -> bool:
        """Whether a deletion of this group was accepted and is not done yet."""
        return group in self.resource_groups_leaving()

    def resource_groups_leaving(self) -> frozenset[Key]:
        """The groups that are being deleted."""
        present = (deletion.group for deletion in self.deletions.values())
        return frozenset(group for group in present if self.shelf(ResourceGroup).get(group) is not None)

    def start_deletion(self, token: str, deletion: GroupDeletion) -> None:
        """Accept a group's deletion."""
        self.deletions[token] = deletion
        self.changes += 1

    def finish_deletions(self, now: datetime) -> None:
        """Carry out the group deletions that are due."""
        for token, deletion in list(self.deletions.items()):
            if deletion.group and deletion.done_at <= now:
                events, changes = self._end_of(deletion), self._changes_of(deletion)
                if self.shelf(ResourceGroup).get(deletion.group) is not None:
                    self.remove_tree(deletion.group)
                for event in events:
                    self.activity.add(event)
                for change in changes:
                    self.resource_changes.add(change)
                # The operation stays known so that a late poll still learns that it is done.
                self.deletions[token] = GroupDeletion((), deletion.done_at)

    def _end_of(self, deletion: GroupDeletion) -> list[ActivityEvent]:
        """What the Activity Log has once a deletion that is under way is done."""
        group = self.shelf(ResourceGroup).get(deletion.group)
        if group is None or deletion.origin is None:
            return []
        return deletion_events(deletion.origin, group.resource_id, self._ids_in(deletion.group), deletion.done_at)

    def _changes_of(self, deletion: GroupDeletion) -> list[ResourceChange]:
        """What Resource Graph remembers once a deletion that is under way is done: each resource of the group goes."""
        if deletion.origin is None or self.shelf(ResourceGroup).get(deletion.group) is None:
            return []
        made = (
            make_change(deletion.origin, one, deletion_of(one).action, deletion.done_at, {}, None)
            for one in self._ids_in(deletion.group)
        )
        return [change for change in made if change is not None]

    def _ids_in(self, group: Key) -> tuple[str, ...]:
        """The ids of what is in a group; what is inside a resource is deleted with it."""
        identities = (one.resource_id for one in self.shelf(Identity).below(group))
        resources = (one for one in self.shelf(Resource).below(group) if len(one.key) == _OUTERMOST_LENGTH)
        return (*identities, *(one.resource_id for one in resources))


def _shelf(kind: type[Item], items: Iterable[Item]) -> Shelf[Item]:
    # Each call asks for what its caller has been given.
    mark = _principal_of if kind is RoleAssignment else None
    return Shelf(items, lambda item: item.key, mark)


def _principal_of(item: Item) -> str:
    return item.principal_id.casefold() if isinstance(item, RoleAssignment) else ""
