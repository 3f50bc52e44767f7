"""How a report names things: by the shortest words that are unambiguous, and by no GUID whose name anything knows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from reconciler.model import (
    AddressBook,
    AnyId,
    AssignmentId,
    CredentialId,
    ResourceGroupId,
    ResourceId,
    Subscription,
    describe_scope,
    identity_at,
    identity_of,
    is_guid,
    role_name,
    same_name,
)
from reconciler.plan import Plan


@dataclass(frozen=True, slots=True)
class Names:
    """What a plan knows the names of.

    Attributes:
        book: how identities and groups are written shortly.
        subscriptions: names by id in lower case; those that two subscriptions share are left out.
        roles: names by GUID in lower case.
    """

    book: AddressBook
    subscriptions: Mapping[str, str]
    roles: Mapping[str, str]

    def identity(self, resource_id: AnyId) -> str:
        """The short address of the identity that an id is of."""
        return self.book.short(identity_of(resource_id))

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


def names_of(plan: Plan) -> Names:
    """What this plan knows the names of: its lines, its subscriptions, and the roles that were read for it."""
    ids = (*(one.resource_id for one in (*plan.changes, *plan.held, *plan.skipped)),)
    return names_in(plan.subscriptions, AddressBook(group.group_id for group in plan.desired.groups), roles_in(ids))


def names_in(subscriptions: Sequence[Subscription], book: AddressBook, roles: Mapping[str, str]) -> Names:
    """The names of these subscriptions, where they are no other's, and of roles by GUID in lower case."""
    shared = Counter(one.display_name for one in subscriptions)
    named = {
        one.subscription_id.casefold(): one.display_name
        for one in subscriptions
        if one.display_name and shared[one.display_name] == 1
    }
    return Names(book, named, roles)


def roles_in(ids: Iterable[AnyId]) -> Mapping[str, str]:
    """The names of roles that some ids bear, by GUID in lower case."""
    return {
        one.role_guid.casefold(): one.role
        for one in ids
        if isinstance(one, AssignmentId) and one.role_guid and not is_guid(one.role)
    }
