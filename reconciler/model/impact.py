"""What the delete of an identity would break: what uses it, what it may do, what stands in the way.

Each part is a list with a word on what the list may lack. An empty list alone would read as "nothing uses it", and that
is claimed only where it was looked at. As everywhere, ARM ids compare without case and keep their spelling.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from reconciler.model.access import FederatedCredential
from reconciler.model.ids import ResourceId, describe_scope, is_within, normalize_scope, resource_type_of
from reconciler.model.not_read import NotRead
from reconciler.model.roles.held import NOTHING_HELD, HeldRoles
from reconciler.model.sign_in.last import LastSignIn

T = TypeVar("T", covariant=True)

READ_ONLY = "ReadOnly"
"""The level of a lock that stops every write; any other stops deletes only. Source: Azure documentation on locks."""


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """What was found, in order, and why there may be more; `not_checked` is None where this is all there is."""

    found: tuple[T, ...] = ()
    not_checked: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AttachedResource:
    """A resource that an identity is attached to; equal by id, without case."""

    resource_id: str

    @property
    def key(self) -> str:
        """What equality, hashing and order are made of."""
        return normalize_scope(self.resource_id)

    @property
    def resource_type(self) -> str:
        """`Microsoft.Compute/virtualMachines`, as the id spells it; empty where the id names none."""
        return resource_type_of(self.resource_id)

    @property
    def text(self) -> str:
        """`virtualMachines vm-a (rg-app)`; the whole id where it is of another form."""
        return describe_scope(self.resource_id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AttachedResource) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that an identity has, under a `condition` or none; `removed`: taken away before the identity goes.

    Any other stays behind, assigned to a principal that nobody can find. Source: Azure documentation (role assignments
    of a deleted identity stay).
    """

    role: str
    role_guid: str
    scope: str
    removed: bool
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """Something in the directory that a service principal is a member of, itself or through groups in groups.

    Attributes:
        kind: its type in Microsoft Graph: `group`, `directoryRole`, `administrativeUnit`.
        name: empty where the caller may not read it.
    """

    kind: str
    object_id: str
    name: str


@dataclass(frozen=True, slots=True)
class AppRole:
    """An app role that a service principal has been given: a permission within an application.

    Attributes:
        role: its value (`User.Read.All`); its GUID where that could not be read.
        application: the name of the application that it is a permission of; its object id where it has none.
    """

    role: str
    application: str


@dataclass(frozen=True, slots=True)
class Directory:
    """What a principal has by the directory alone, where ARM shows nothing of it."""

    memberships: Part[Membership]
    app_roles: Part[AppRole]


_NOT_ASKED = "nothing was looked at"

DIRECTORY_UNREAD = Directory(Part((), _NOT_ASKED), Part((), _NOT_ASKED))
"""Where Microsoft Graph was not asked."""


def directory_not_read(because: str) -> Directory:
    """Where it could not be read at all, and why: the same for the same state, since plans hold it."""
    return Directory(Part((), because), Part((), because))


@dataclass(frozen=True, slots=True)
class Lock:
    """A management lock: `level` is ARM's word, `scope` the ARM id of what it was put on."""

    level: str
    name: str
    scope: str

    def covers(self, target: str) -> bool:
        """Whether it stands at a scope or above it: what stands there inherits it."""
        return is_within(target, self.scope)

    def stands_within(self, target: str) -> bool:
        """Whether it stands at a scope or below it: a delete of that scope would take the lock with it."""
        return is_within(self.scope, target)

    @property
    def resource_id(self) -> str:
        """The ARM id of the lock itself."""
        return f"{self.scope.rstrip('/')}/providers/Microsoft.Authorization/locks/{self.name}"

    @property
    def text(self) -> str:
        """`CanNotDelete lock 'keep' on resource group rg-app`."""
        return f"{self.level} lock {self.name!r} on {describe_scope(self.scope)}"


@dataclass(frozen=True, slots=True)
class Impact:
    """What the delete of one identity would break.

    Attributes:
        attachments: resources that sign in as the identity, and get no notice.
        assignments: roles that it has in its own subscription and at scopes that the manifest names.
        credentials: who else may sign in as it; they go with it.
        locks: at the identity, above it or below it.
        directory: of what it is a member, and what it may do in applications.
        last_sign_in: what the sign-in log says; None where no log was named.
    """

    attachments: Part[AttachedResource] = Part()
    assignments: Part[HeldRole] = Part()
    credentials: Part[FederatedCredential] = Part()
    locks: Part[Lock] = Part()
    directory: Directory = DIRECTORY_UNREAD
    last_sign_in: LastSignIn | None = None


_IN_DIRECTORY = ("Entra groups", "app roles")

NEVER_READ = ("data-plane grants", "identityProfile")
"""Where an identity can be in use, too, that no impact looks at.

Grants within databases and vaults stand in the services themselves, and of the properties of resources only the block
`identity` is read, not such as `identityProfile` of an AKS cluster. Source: Microsoft Entra documentation (managed
identities); Microsoft.ContainerService OpenAPI (ManagedClusterProperties).
"""


def not_looked_at(directory: Directory) -> tuple[str, ...]:
    """All that was not looked at of an identity's use: what never is, and what Microsoft Graph would say, if unread."""
    parts: tuple[Part[object], ...] = (directory.memberships, directory.app_roles)
    unread = (name for name, part in zip(_IN_DIRECTORY, parts, strict=True) if part.not_checked is not None)
    return (*unread, *NEVER_READ)


UNREAD = Impact(Part((), _NOT_ASKED), Part((), _NOT_ASKED), Part((), _NOT_ASKED), Part((), _NOT_ASKED))
"""The impact of a delete that nobody has looked into."""


@dataclass(frozen=True, slots=True)
class LiveTrust:
    """What lives of an identity whose trust or roles a plan changes, unmanaged parts included.

    Attributes:
        credentials: all federated credentials.
        roles: all roles; None where only roles change, so that the others are not asked for.
        attachments: resources that sign in as the identity; None where no role changes.
        directory: None where it is not asked for.
    """

    credentials: Part[FederatedCredential]
    roles: Part[HeldRole] | None = None
    attachments: Part[AttachedResource] | None = None
    directory: Directory | None = None


@dataclass(frozen=True, slots=True)
class Impacts:
    """What was read about the changes of a run, beyond the changes themselves.

    Attributes:
        deletes: the impact of each identity that would be deleted.
        trust: who may become the other live identities of which trust or roles would change, and what that gives.
        locks: all that were found where something is to be written.
        missing_scopes: at which roles would be given and that do not exist, in their normal form.
        not_read: where locks and scopes could not be looked for.
        held_roles: of the identities that would get new trust, and of those that a new role could become.
    """

    deletes: Mapping[ResourceId, Impact] = field(default_factory=dict)
    locks: tuple[Lock, ...] = ()
    missing_scopes: frozenset[str] = frozenset()
    not_read: tuple[NotRead, ...] = ()
    held_roles: HeldRoles = NOTHING_HELD
    trust: Mapping[ResourceId, LiveTrust] = field(default_factory=dict)


def attached(*many: Iterable[AttachedResource]) -> tuple[AttachedResource, ...]:
    """What several lists show together, each resource once, in order of the ids."""
    by_key = {one.key: one for given in many for one in given}
    return tuple(one for _, one in sorted(by_key.items()))
