"""The ids of groups, identities, federated credentials and role assignments, and what else is known of an ARM id.

Each has two spellings: ARM's (`/subscriptions/...`, what `str` gives) and the address that people read and that
documents use (`SUBSCRIPTION/GROUP/IDENTITY[/...]`). Both are read here and nowhere else. Equality is ARM's own:
without case, spelled as first seen.
"""

import re
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import lru_cache

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_IDENTITY_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/(?P<name>[^/]+)",
    re.IGNORECASE,
)

_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+", re.IGNORECASE)

_CREDENTIAL_ID = re.compile(r"(?P<identity>.*)/federatedIdentityCredentials/(?P<name>[^/]+)", re.IGNORECASE)

_FOREIGN = re.compile(r"""[\x00-\x1f\x7f"<>\\^`{|}?#%]|\$\(""")


folded = lru_cache(maxsize=4096)(str.casefold)
"""A text without case: thousands of ids share a subscription and a few groups, and thousands of identities the names of
their tags, and so they keep one text of each between them."""


def _name_key(name: str) -> str:
    """A name without case; most names are so already, and then no second text of it is kept."""
    without_case = name.casefold()
    return name if without_case == name else without_case


class _Id(ABC):
    """Equal to another id of its kind where the keys are equal.

    Each folds its names once, when it is made: ids are compared, hashed and sorted many times in a run.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def key(self) -> tuple[str, ...]:
        """What equality, hashing and order are made of."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


_IDENTITY_SEGMENTS = 9
"""Of an identity's ARM id, with the empty one before its first slash."""


def is_guid(text: str) -> bool:
    """Whether a text is a GUID, in either case, as ids of tenants, subscriptions, principals and roles are."""
    return _GUID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, eq=False)
class ResourceGroupId(_Id):
    """A resource group of a subscription; equal without case, spelled as first seen."""

    subscription_id: str
    resource_group: str
    key: tuple[str, str] = field(init=False, repr=False)
    """What equality, hashing and order are made of."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (folded(self.subscription_id), folded(self.resource_group)))

    @property
    def address(self) -> str:
        """`SUBSCRIPTION/GROUP`."""
        return f"{self.subscription_id}/{self.resource_group}"

    def identity(self, name: str) -> "ResourceId":
        """The identity of this name in this group."""
        return ResourceId(self.subscription_id, self.resource_group, name)

    def __str__(self) -> str:
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"


@dataclass(frozen=True, slots=True, eq=False)
class ResourceId(_Id):
    """The id of a user-assigned identity; equal without case, spelled as first seen."""

    subscription_id: str
    resource_group: str
    name: str
    key: tuple[str, str, str] = field(init=False, repr=False)
    """What equality, hashing and order are made of."""

    def __post_init__(self) -> None:
        key = (folded(self.subscription_id), folded(self.resource_group), _name_key(self.name))
        object.__setattr__(self, "key", key)

    @classmethod
    def parse(cls, text: str) -> "ResourceId":
        """Read ARM's form, whatever its case (`/resourcegroups/` is how ARM writes it).

        Raises:
            ValueError: the text is not the id of a user-assigned identity.
        """
        match = _IDENTITY_ID.fullmatch(text)
        if match is None:
            raise ValueError(f"not the resource id of a user-assigned identity: {text!r}")
        # Those that are read of one list share these texts as well.
        return cls(sys.intern(match["subscription"]), sys.intern(match["group"]), match["name"])

    @property
    def group_id(self) -> ResourceGroupId:
        """The group that holds the identity."""
        return ResourceGroupId(self.subscription_id, self.resource_group)

    @property
    def below_identity(self) -> str:
        """What the address of a child has behind that of its identity; empty for the identity itself."""
        return ""

    @property
    def address(self) -> str:
        """`SUBSCRIPTION/GROUP/IDENTITY`."""
        return f"{self.subscription_id}/{self.resource_group}/{self.name}"

    def __str__(self) -> str:
        return f"{self.group_id}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class _ChildId(_Id):
    """The id of a child of an identity."""

    identity: ResourceId

    @property
    @abstractmethod
    def below_identity(self) -> str:
        """What the address has behind that of the identity."""

    @property
    def group_id(self) -> ResourceGroupId:
        """The group that holds the identity."""
        return self.identity.group_id

    @property
    def address(self) -> str:
        """`SUBSCRIPTION/GROUP/IDENTITY/federatedCredentials/NAME` or `.../roleAssignments/ROLE@SCOPE`."""
        return f"{self.identity.address}/{self.below_identity}"


@dataclass(frozen=True, slots=True, eq=False)
class CredentialId(_ChildId):
    """The id of a federated identity credential; equal without case, spelled as first seen."""

    name: str
    key: tuple[str, ...] = field(init=False, repr=False)
    """What equality, hashing and order are made of."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (*self.identity.key, "federatedCredentials", _name_key(self.name)))

    @classmethod
    def parse(cls, text: str) -> "CredentialId":
        """Read ARM's form, whatever its case; raises ValueError where it is not the id of a federated credential."""
        match = _CREDENTIAL_ID.fullmatch(text)
        if match is None:
            raise ValueError(f"not the id of a federated credential: {text!r}")
        return cls(ResourceId.parse(match["identity"]), match["name"])

    @property
    def below_identity(self) -> str:
        """What an address of it has behind that of its identity."""
        return f"federatedCredentials/{self.name}"

    def __str__(self) -> str:
        return f"{self.identity}/federatedIdentityCredentials/{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentId(_ChildId):
    """A role of an identity at a scope, as manifests and plans name it; equal by role and scope, without case.

    Attributes:
        role: the role's name, or its GUID where no name is known.
        role_guid: the role's GUID, by which it compares; empty where it is not known, and the name tells roles apart.
        scope: the ARM id of what the role is given on; `/` is the root.
    """

    role: str
    role_guid: str
    scope: str
    key: tuple[str, ...] = field(init=False, repr=False)
    """What equality, hashing and order are made of."""

    def __post_init__(self) -> None:
        role = self.role_guid or self.role
        key = (*self.identity.key, "roleAssignments", normalize_scope(self.scope), role.casefold())
        object.__setattr__(self, "key", key)

    @property
    def below_identity(self) -> str:
        """What an address of it has behind that of its identity."""
        return f"roleAssignments/{self.role}@{self.scope}"

    def __str__(self) -> str:
        return f"{self.role} of {self.identity} at {self.scope}"


AnyId = ResourceId | CredentialId | AssignmentId
"""The id of anything that a change can be about."""


def parse_group_address(text: str) -> ResourceGroupId:
    """The id of the group that a whole address is of; its names are not checked.

    Raises:
        ValueError: the text is not the address of a group.
    """
    subscription_id, slash, resource_group = text.partition("/")
    if not slash or "/" in resource_group:
        raise ValueError(f"{text!r} is not the address of a resource group")
    return ResourceGroupId(subscription_id, resource_group)


def parse_address(text: str) -> AnyId:
    """The id that a whole address is of; an assignment's has no GUID, which no address says. Names are not checked.

    Raises:
        ValueError: the text is not the address of an identity, nor of a credential or an assignment of one.
    """
    parts = text.split("/", 3)
    if len(parts) >= 3:
        identity = ResourceId(*parts[:3])
        kind, _, rest = parts[3].partition("/") if len(parts) == 4 else ("", "", "")
        role, at, scope = rest.partition("@/")
        if len(parts) == 3:
            return identity
        if kind == "federatedCredentials":
            return CredentialId(identity, rest)
        if kind == "roleAssignments" and at:
            return AssignmentId(identity, role, "", f"/{scope}")
    raise ValueError(f"{text!r} is not the address of an identity or of a child of one")


def identity_of(resource_id: AnyId) -> ResourceId:
    """The identity that an id is of, or belongs to."""
    return resource_id if isinstance(resource_id, ResourceId) else resource_id.identity


def normalize_scope(scope: str) -> str:
    """A scope as ARM compares it: without case, without a slash at its end; the root is empty.

    Source: recorded traffic (ids of role assignments echo the case of the request).
    """
    return scope.casefold().rstrip("/")


def subscription_of(scope: str) -> str:
    """The subscription that a scope is in, as the beginning of its id; empty for a scope of none."""
    match = _SUBSCRIPTION.match(scope)
    return match[0] if match else ""


def foreign_to_ids(scope: str) -> str | None:
    """What an id holds first that no ARM id does, None where it may be one.

    Source: RFC 3986, `pchar` (what a segment of a path may hold unescaped); ARM's ids have letters of every script and
    blanks as well. That a name holds `$(` is read in no list of Azure's, and a shell would run what follows.
    """
    found = _FOREIGN.search(scope)
    return found[0] if found else next((char for char in scope if not char.isprintable()), None)


def is_within(scope: str, outer: str) -> bool:
    """Whether a scope is another one or is below it."""
    inner, upper = normalize_scope(scope), normalize_scope(outer)
    return inner == upper or inner.startswith(f"{upper}/")


def identity_at(scope: str) -> ResourceId | None:
    """The identity that a scope is or lies below; None for any other scope."""
    try:
        return ResourceId.parse("/".join(scope.split("/")[:_IDENTITY_SEGMENTS]))
    except ValueError:
        return None


def group_at(scope: str) -> ResourceGroupId | None:
    """The resource group that a scope is or lies below; None for any other scope."""
    words = scope.strip("/").split("/")
    is_in_group = len(words) >= 4 and [one.casefold() for one in words[:3:2]] == ["subscriptions", "resourcegroups"]
    return ResourceGroupId(words[1], words[3]) if is_in_group else None


def describe_scope(scope: str) -> str:
    """A scope in few words: `resource group rg-app`, `virtualMachines vm-a (rg-app)`, or its id."""
    words = scope.strip("/").split("/")
    kinds = [word.casefold() for word in words[::2]]
    if kinds == ["subscriptions"] and len(words) == 2:
        return f"subscription {words[1]}"
    if kinds == ["subscriptions", "resourcegroups"] and len(words) == 4:
        return f"resource group {words[3]}"
    namespace, types, names = _split(scope)
    if kinds[:2] == ["subscriptions", "resourcegroups"] and namespace and len(types) == len(names):
        return f"{types[-1]} {'/'.join(names)} ({words[3]})"
    return scope


def resource_type_of(resource_id: str) -> str:
    """`Microsoft.Compute/virtualMachines`, as an ARM id spells it; empty where it names none."""
    namespace, types, _ = _split(resource_id)
    return "/".join([namespace, *types]) if namespace else ""


def _split(resource_id: str) -> tuple[str, list[str], list[str]]:
    """Namespace, types and names of what stands behind the last `providers` of an id; the namespace empty without."""
    words = resource_id.strip("/").split("/")
    places = [index for index, word in enumerate(words) if word.casefold() == "providers"]
    if not places or len(words) < places[-1] + 4:
        return "", [], []
    rest = words[places[-1] + 1 :]
    return rest[0], rest[1::2], rest[2::2]
