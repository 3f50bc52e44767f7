"""What a plan knows the names of, for reports: no GUID stands where anything knows a name."""

from collections import Counter
from collections.abc import Mapping, Sequence

from reconciler.model import AddressBook, Names, Subscription, roles_in
from reconciler.plan import Plan

__all__ = ["Names", "names_of", "roles_in"]


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
