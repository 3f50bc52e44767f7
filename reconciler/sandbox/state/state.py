"""What exists in the sandbox: subscriptions, resource groups, identities, what hangs on them, and rights, in memory.

Values are frozen and replaced whole, so that a reader never sees half a change and "did anything change" is an equality
test.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from reconciler.sandbox.state.events import ActivityEvent, ActivityLog, Origin, deletion_events
from reconciler.sandbox.state.ids import derived_id
from reconciler.sandbox.state.kinds import FederatedCredential, Lock, Resource, RoleAssignment, RoleDefinition
from reconciler.sandbox.state.paths import path_key
from reconciler.sandbox.state.shelf import Key, Shelf, key_of

DEFAULT_TENANT = "11111111-1111-1111-1111-111111111111"
"""The tenant of a state that names none."""

DEFAULT_SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
"""The subscription of a sandbox that was given none."""

_OUTERMOST_LENGTH = 8
"""Segments in the id of a resource that is in no other."""

Tags = tuple[tuple[str, str], ...]


class _Keyed(Protocol):
    @property
    def key(self) -> Key: ...


V = TypeVar("V", bound=_Keyed)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of the state's tenant."""

    subscription_id: str
    display_name: str
    tags: Tags = ()

    @property
    def key(self) -> Key:
        """What lookups compare."""
        return key_of(self.subscription_id)


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """A resource group; `tags` is None where none were ever sent, which ARM tells apart from an empty map.

    Source: recorded traffic (azure-cli, resource group tests: `tags` absent, then `{}` once `{}` was sent).
    """

    subscription_id: str
    name: str
    location: str
    tags: Tags | None = None
    managed_by: str | None = None

    @property
    def key(self) -> Key:
        """What lookups compare."""
        return key_of(self.subscription_id, self.name)

    @property
    def resource_id(self) -> str:
        """The id in ARM's spelling, `/resourceGroups/`, whichever was asked.

        Source: recorded traffic (every id of a resource group).
        """
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.name}"


@dataclass(frozen=True, slots=True)
class Identity:
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
    def key(self) -> Key:
        """What lookups compare."""
        return key_of(self.subscription_id, self.resource_group, self.name)

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

    Data actions, and `conditional` for an assignment that has a condition, come with roles alone.
    """

    principal_id: str
    scope: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that a state file holds. `identities_created` counts creations, so that no id is handed out twice.

    `role_definitions` are those of the state alone: the custom ones, and built-in ones that the sandbox does not have.
    """

    tenant_id: str = DEFAULT_TENANT
    subscriptions: tuple[Subscription, ...] = ()
    resource_groups: tuple[ResourceGroup, ...] = ()
    identities: tuple[Identity, ...] = ()
    permissions: tuple[Grant, ...] = ()
    identities_created: int = 0
    federated_credentials: tuple[FederatedCredential, ...] = ()
    role_assignments: tuple[RoleAssignment, ...] = ()
    locks: tuple[Lock, ...] = ()
    resources: tuple[Resource, ...] = ()
    role_definitions: tuple[RoleDefinition, ...] = ()
    activity_log: tuple[ActivityEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupDeletion:
    """A group's deletion that was accepted and is done at `done_at`; `origin` is the call that asked for it."""

    group: Key
    done_at: datetime
    origin: Origin | None = None


class State:
    """The living state. Callers hold `lock` while they read or write.

    Attributes:
        changes: counts every change; two equal counts mean nothing happened in between.
        deletions: accepted group deletions by the token of their operation, those that are done included.
        principals_since: when the principals of this run were created; those that were loaded are not in it.
        tokens_revoked: the epoch second of the last revocation of tokens, by principal; of this run.
        activity: what the Activity Log tells of. It changes without `changes`, since no resource does.
    """

    def __init__(self, contents: Contents, random_seed: int = 0) -> None:
        self.lock = threading.RLock()
        self.changes = 0
        self._random_seed = random_seed
        self._fill(contents)

    def _fill(self, contents: Contents) -> None:
        self.tenant_id = contents.tenant_id
        self.subscriptions = _shelf(contents.subscriptions)
        self.resource_groups = _shelf(contents.resource_groups)
        self.identities = _shelf(contents.identities)
        self.federated_credentials = _shelf(contents.federated_credentials)
        self.role_definitions = _shelf(contents.role_definitions)
        self.role_assignments = Shelf(
            contents.role_assignments, lambda item: item.key, lambda item: item.principal_id.casefold()
        )
        self.locks = _shelf(contents.locks)
        self.resources = _shelf(contents.resources)
        self.permissions = contents.permissions
        self.activity = ActivityLog(contents.activity_log)
        self.deletions: dict[str, GroupDeletion] = {}
        self.principals_since: dict[str, datetime] = {}
        self.tokens_revoked: dict[str, int] = {}
        self._identities_created = contents.identities_created
        # A state that was taken from another sandbox has ids of the same seed, and does not know how many there were.
        self._loaded_principals = frozenset(identity.principal_id.casefold() for identity in contents.identities) | {
            resource.system_principal_id.casefold() for resource in contents.resources if resource.system_principal_id
        }

    def contents(self) -> Contents:
        """A snapshot; groups whose deletion was accepted are already gone from it, with what they hold."""
        leaving = {deletion.group for deletion in self.deletions.values() if deletion.group}

        def staying(items: Iterable[V]) -> tuple[V, ...]:
            # The ids of what is in a group begin with subscriptions/SUBSCRIPTION/resourceGroups/GROUP.
            return tuple(item for item in items if not leaving or (item.key[1:2] + item.key[3:4]) not in leaving)

        return Contents(
            self.tenant_id,
            tuple(self.subscriptions),
            tuple(group for group in self.resource_groups if not leaving or group.key not in leaving),
            tuple(identity for identity in self.identities if not leaving or identity.key[:2] not in leaving),
            self.permissions,
            self._identities_created,
            staying(self.federated_credentials),
            staying(self.role_assignments),
            staying(self.locks),
            staying(self.resources),
            tuple(self.role_definitions),
            (*self.activity, *(event for deletion in self.deletions.values() for event in self._end_of(deletion))),
        )

    @property
    def revision(self) -> tuple[int, int]:
        """Differs whenever the contents do, the Activity Log among them."""
        return self.changes, self.activity.recorded

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
        return principal_id, derived_id(self._random_seed, "client", str(self._identities_created))

    def _next_principal_id(self) -> str:
        self._identities_created += 1
        return derived_id(self._random_seed, "principal", str(self._identities_created))

    def put(self, shelf: Shelf[V], item: V) -> None:
        """Create or replace an item of one of this state's shelves."""
        if shelf.get(item.key) != item:
            shelf.put(item)
            self.changes += 1

    def remove(self, shelf: Shelf[V], key: Key) -> None:
        """Delete an item that exists from one of this state's shelves."""
        shelf.remove(key)
        self.changes += 1

    def put_group(self, group: ResourceGroup) -> None:
        """Create or replace a resource group."""
        self.put(self.resource_groups, group)

    def put_identity(self, identity: Identity) -> None:
        """Create or replace an identity."""
        self.put(self.identities, identity)

    def remove_identity(self, key: Key) -> None:
        """Delete an identity that exists, with its credentials and with what is assigned at it.

        What names its principal elsewhere stays: role assignments at other scopes, and the references of resources.
        Source: Azure documentation (best practices for managed identities; deleting an identity).
        """
        identity = self.identities.get(key)
        self.remove(self.identities, key)
        if identity is not None:
            self.remove_below(path_key(identity.resource_id))

    def remove_below(self, scope: Key) -> None:
        """Delete what stands below a scope: child resources and credentials, role assignments, locks."""
        _empty(self.federated_credentials, scope)
        _empty(self.role_assignments, scope)
        _empty(self.locks, scope)
        _empty(self.resources, scope)
        self.changes += 1

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
        return frozenset(group for group in present if self.resource_groups.get(group) is not None)

    def start_deletion(self, token: str, deletion: GroupDeletion) -> None:
        """Accept a group's deletion."""
        self.deletions[token] = deletion
        self.changes += 1

    def finish_deletions(self, now: datetime) -> None:
        """Carry out the group deletions that are due."""
        for token, deletion in list(self.deletions.items()):
            if deletion.group and deletion.done_at <= now:
                events = self._end_of(deletion)
                group = self.resource_groups.get(deletion.group)
                if group is not None:
                    _empty(self.identities, deletion.group)
                    self.remove_below(path_key(group.resource_id))
                    self.resource_groups.remove(deletion.group)
                for event in events:
                    self.activity.add(event)
                # The operation stays known so that a late poll still learns that it is done.
                self.deletions[token] = GroupDeletion((), deletion.done_at)

    def _end_of(self, deletion: GroupDeletion) -> list[ActivityEvent]:
        """What the Activity Log tells once a deletion that is under way is done."""
        group = self.resource_groups.get(deletion.group)
        if group is None or deletion.origin is None:
            return []
        identities = (identity.resource_id for identity in self.identities.below(deletion.group))
        resources = (item for item in self.resources.below(path_key(group.resource_id)))
        # What lies inside a resource goes with it.
        outermost = (item.resource_id for item in resources if len(item.key) == _OUTERMOST_LENGTH)
        return deletion_events(deletion.origin, group.resource_id, (*identities, *outermost), deletion.done_at)


def _shelf(items: Iterable[V]) -> Shelf[V]:
    return Shelf(items, lambda item: item.key)


def _empty(shelf: Shelf[V], prefix: Key) -> None:
    for item in list(shelf.below(prefix)):
        shelf.remove(item.key)
