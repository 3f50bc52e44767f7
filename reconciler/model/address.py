"""How groups and identities are written for people: `SUBSCRIPTION/GROUP/IDENTITY`, or as much of it as is unambiguous.

One address means one thing. A short form is valid only while the run's manifest has one group of that name, so that
`--allow` and `--target` can never reach a second place that happens to share a name.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from reconciler.errors import UsageError
from reconciler.model.identity import same_name
from reconciler.model.ids import (
    AnyId,
    AssignmentId,
    CredentialId,
    ResourceGroupId,
    ResourceId,
    describe_scope,
    identity_at,
    identity_of,
    is_guid,
)
from reconciler.model.orphan import is_gone
from reconciler.model.roles.built_in import role_name


class AddressBook:
    """The groups of a run, by which addresses are shortened."""

    __slots__ = ("_shared_names",)

    def __init__(self, groups: Iterable[ResourceGroupId]) -> None:
        names = Counter(group.resource_group.casefold() for group in groups)
        self._shared_names = frozenset(name for name, count in names.items() if count > 1)

    def short_group(self, group_id: ResourceGroupId) -> str:
        """`GROUP`, or `SUBSCRIPTION/GROUP` where another subscription of the run has a group of that name."""
        if group_id.resource_group.casefold() in self._shared_names:
            return group_id.address
        return group_id.resource_group

    def short(self, resource_id: AnyId) -> str:
        """`GROUP/IDENTITY[/...]`, with the subscription in front where that would be ambiguous."""
        parts = (self.short_group(resource_id.group_id), identity_of(resource_id).name, resource_id.below_identity)
        return "/".join(part for part in parts if part)

    def names(self, text: str, resource_id: AnyId) -> bool:
        """Whether the text is the address of this resource, whole or in its short form."""
        return any(same_name(text, form) for form in (resource_id.address, self.short(resource_id)))

    def names_group(self, text: str, group_id: ResourceGroupId) -> bool:
        """Whether the text is the address of this group, whole or in its short form."""
        return any(same_name(text, form) for form in (group_id.address, self.short_group(group_id)))


@dataclass(frozen=True, slots=True)
class Names:
    """What a run knows the names of.

    Attributes:
        book: how identities and groups are written shortly.
        subscriptions: names by id in lower case; those that two subscriptions share are left out.
        roles: names by GUID in lower case.
    """

    book: AddressBook
    subscriptions: Mapping[str, str]
    roles: Mapping[str, str]

    def identity(self, resource_id: AnyId) -> str:
        """The short address of the identity that an id is of; of a principal that is gone, all that is left of it."""
        identity = identity_of(resource_id)
        return f"principal {identity.name} (gone)" if is_gone(identity) else self.book.short(identity)

    def group(self, resource_id: AnyId) -> str:
        """The short address of the group that an id is in; of principals that are gone, what they are."""
        if is_gone(identity_of(resource_id)):
            return "principals that are gone"
        return self.book.short_group(resource_id.group_id)

    def label(self, resource_id: AnyId) -> str:
        """What it is of its identity: `credential github-main`, `role Reader on rg-data`; empty for the identity."""
        match resource_id:
            case ResourceId():
                return ""
            case CredentialId():
                return f"credential {resource_id.name}"
            case AssignmentId():
                role = self.role(resource_id.role, resource_id.role_guid)
                return f"role {role} on {self.scope(resource_id.scope, resource_id.identity)}"
        assert_never(resource_id)

    def describe(self, about: AnyId | ResourceGroupId | None) -> str:
        """What something is about, in one line of its own: `role Reader on rg-data of rg-app/id-api`."""
        match about:
            case None:
                return "this run"
            case ResourceGroupId():
                return self.book.short_group(about)
            case _:
                label = self.label(about)
                return f"{label} of {self.identity(about)}" if label else self.identity(about)

    def role(self, role: str, guid: str) -> str:
        """The name of a role, its GUID where nothing knows one."""
        if not is_guid(role):
            return role
        known = guid or role
        return self.roles.get(known.casefold()) or role_name(known)

    def scope(self, scope: str, of: ResourceId) -> str:
        """What a role is given on, as seen from its identity: another subscription is named, the own one is not."""
        words = scope.strip("/").split("/")
        kinds = [word.casefold() for word in words[::2]]
        identity = identity_at(scope)
        if not words[0]:
            return "the root scope /"
        if kinds == ["providers", "managementgroups"]:
            return f"management group {words[-1]}"
        if kinds == ["subscriptions"] and len(words) == 2:
            return f"subscription {self._subscription(words[1])}"
        if kinds == ["subscriptions", "resourcegroups"] and len(words) == 4:
            text = words[3]
        elif identity is not None and same_name(str(identity), scope):
            text = f"identity {identity.resource_group}/{identity.name}"
        else:
            text = describe_scope(scope)
        if text == scope or same_name(words[1], of.subscription_id):
            return text
        return f"{text} in subscription {self._subscription(words[1])}"

    def _subscription(self, subscription_id: str) -> str:
        return self.subscriptions.get(subscription_id.casefold(), subscription_id)


def roles_in(ids: Iterable[AnyId]) -> Mapping[str, str]:
    """The names of roles that some ids bear, by GUID in lower case."""
    return {
        one.role_guid.casefold(): one.role
        for one in ids
        if isinstance(one, AssignmentId) and one.role_guid and not is_guid(one.role)
    }


@dataclass(frozen=True, slots=True)
class Target:
    """What a run is limited to: a group with its extras, or one identity of it."""

    group_id: ResourceGroupId
    name: str | None
    text: str

    def covers(self, resource_id: ResourceId) -> bool:
        """Whether an identity is within the target."""
        if resource_id.group_id != self.group_id:
            return False
        return self.name is None or same_name(resource_id.name, self.name)


def parse_target(text: str, groups: Iterable[ResourceGroupId]) -> Target:
    """Find the group of the manifest that `GROUP[/IDENTITY]`, with or without its subscription, means.

    Raises:
        UsageError: malformed, or no group of the manifest or more than one has that name.
    """
    subscription_id, resource_group, name = _split(text)
    matches = [
        group
        for group in groups
        if same_name(group.resource_group, resource_group)
        and (subscription_id is None or same_name(group.subscription_id, subscription_id))
    ]
    if not matches:
        raise UsageError(
            f"--target {text}: the manifest has no resource group {resource_group!r}",
            "Name a group that the manifest lists; a group that is not listed is never touched.",
        )
    if len(matches) > 1:
        forms = ", ".join(group.address for group in matches)
        raise UsageError(f"--target {text} is ambiguous", f"Write the subscription in front: {forms}.")
    return Target(matches[0], name, text)


def _split(text: str) -> tuple[str | None, str, str | None]:
    parts = text.split("/")
    if "" in parts or len(parts) > 3:
        raise UsageError(
            f"--target {text}: not an address", "Write GROUP, GROUP/IDENTITY or SUBSCRIPTION/GROUP[/IDENTITY]."
        )
    subscription_id = parts.pop(0) if len(parts) == 3 or _begins_with_subscription(parts) else None
    return subscription_id, parts[0], parts[1] if len(parts) == 2 else None


def _begins_with_subscription(parts: list[str]) -> bool:
    return len(parts) == 2 and is_guid(parts[0])
