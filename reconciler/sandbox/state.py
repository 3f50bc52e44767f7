"""What exists in the sandbox: subscriptions, resource groups, identities and rights, in memory.

Values are frozen and replaced whole, so that a reader never sees half a change and "did anything change" is an equality
test.
"""

import threading
import uuid
from dataclasses import dataclass
from datetime import datetime

from reconciler.sandbox.shelf import Key, Shelf, key_of

DEFAULT_TENANT = "11111111-1111-1111-1111-111111111111"
"""The tenant of a state that names none."""

DEFAULT_SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
"""The subscription of a sandbox that was given none."""

_NAMESPACE = uuid.UUID("5b0f3a52-7d0c-4a53-9b1e-4d0c6f1f7a10")

Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of the state's tenant."""

    subscription_id: str
    display_name: str

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
    """A user-assigned identity; `isolation_scope` is None where it was never set."""

    subscription_id: str
    resource_group: str
    name: str
    location: str
    tags: Tags
    principal_id: str
    client_id: str
    tenant_id: str
    isolation_scope: str | None = None

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
    """What a principal (`*` is anyone) may do at a scope and below; actions may hold `*`."""

    principal_id: str
    scope: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that a state file holds. `identities_created` counts creations, so that no id is handed out twice."""

    tenant_id: str = DEFAULT_TENANT
    subscriptions: tuple[Subscription, ...] = ()
    resource_groups: tuple[ResourceGroup, ...] = ()
    identities: tuple[Identity, ...] = ()
    permissions: tuple[Grant, ...] = ()
    identities_created: int = 0


@dataclass(frozen=True, slots=True)
class GroupDeletion:
    """A group's deletion that was accepted and is done at `done_at`."""

    group: Key
    done_at: datetime


class State:
    """The living state. Callers hold `lock` while they read or write.

    Attributes:
        changes: counts every change; two equal counts mean nothing happened in between.
        deletions: accepted group deletions by the token of their operation, those that are done included.
    """

    def __init__(self, contents: Contents, random_seed: int = 0) -> None:
        self.lock = threading.RLock()
        self.changes = 0
        self._random_seed = random_seed
        self._fill(contents)

    def _fill(self, contents: Contents) -> None:
        self.tenant_id = contents.tenant_id
        self.subscriptions = Shelf(contents.subscriptions, lambda item: item.key)
        self.resource_groups = Shelf(contents.resource_groups, lambda item: item.key)
        self.identities = Shelf(contents.identities, lambda item: item.key)
        self.permissions = contents.permissions
        self.deletions: dict[str, GroupDeletion] = {}
        self._identities_created = contents.identities_created

    def contents(self) -> Contents:
        """A snapshot; groups whose deletion was accepted are already gone from it, with what they hold."""
        leaving = {deletion.group for deletion in self.deletions.values()}
        return Contents(
            self.tenant_id,
            tuple(self.subscriptions),
            tuple(group for group in self.resource_groups if group.key not in leaving),
            tuple(identity for identity in self.identities if identity.key[:2] not in leaving),
            self.permissions,
            self._identities_created,
        )

    def restore(self, contents: Contents) -> None:
        """Go back to a snapshot, except that principal and client ids that were handed out stay used."""
        created = self._identities_created
        self._fill(contents)
        self._identities_created = max(created, contents.identities_created)
        self.changes += 1

    def new_ids(self) -> tuple[str, str]:
        """A principal id and a client id that no identity of this state ever had; the same seed gives the same ids."""
        self._identities_created += 1
        return (
            derived_id(self._random_seed, "principal", str(self._identities_created)),
            derived_id(self._random_seed, "client", str(self._identities_created)),
        )

    def put_group(self, group: ResourceGroup) -> None:
        """Create or replace a resource group."""
        if self.resource_groups.get(group.key) != group:
            self.resource_groups.put(group)
            self.changes += 1

    def put_identity(self, identity: Identity) -> None:
        """Create or replace an identity."""
        if self.identities.get(identity.key) != identity:
            self.identities.put(identity)
            self.changes += 1

    def remove_identity(self, key: Key) -> None:
        """Delete an identity that exists."""
        self.identities.remove(key)
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
                for identity in list(self.identities.below(deletion.group)):
                    self.identities.remove(identity.key)
                if self.resource_groups.get(deletion.group) is not None:
                    self.resource_groups.remove(deletion.group)
                # The operation stays known so that a late poll still learns that it is done.
                self.deletions[token] = GroupDeletion((), deletion.done_at)


def derived_id(random_seed: int, *parts: str) -> str:
    """A GUID that depends on the seed and the parts and nothing else."""
    return str(uuid.uuid5(_NAMESPACE, "|".join((str(random_seed), *parts))))
