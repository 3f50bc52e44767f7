"""What guardrails say of deleting roles whose principal is gone: only what they let through for certain is deleted.

Most of their rules are about identities, and of these nothing is left but what a journal or the role itself says. What
a rule cannot be held against is not let through.
"""

from collections.abc import Callable, Iterable, Iterator

from reconciler.guardrails.changes import Facts, check_tenant
from reconciler.guardrails.deletes import check_revokes
from reconciler.guardrails.model import Guardrails
from reconciler.guardrails.patterns import is_listed, matches_name
from reconciler.guardrails.rules import denied_breach
from reconciler.guardrails.words import Breach
from reconciler.guards.words import ids_of
from reconciler.model import Orphan, Violation, group_at, identity_at, subscription_of
from reconciler.plan import AssignmentChange, Changes


def judge_orphans(guardrails: Iterable[Guardrails], changes: Changes, facts: Facts) -> tuple[Violation, ...]:
    """Everything in the deletes of orphans that guardrails do not let through, in order of file, rule and address."""
    return tuple(violation for rails in guardrails for violation in _judge(rails, changes, facts))


def _judge(rails: Guardrails, changes: Changes, facts: Facts) -> Iterator[Violation]:
    yield from check_tenant(rails, changes, facts)
    for rule in _RULES:
        for change in changes.access():
            if isinstance(change, AssignmentChange) and change.orphan is not None:
                breach = rule(rails, change.orphan)
                if breach is not None:
                    yield breach.violation(rails, change.resource_id, ids_of([change]))
    yield from check_revokes(rails, changes)


def _in_subscriptions(rails: Guardrails, orphan: Orphan) -> Breach | None:
    rule, subscription = rails.subscriptions, subscription_of(orphan.assignment.scope).rpartition("/")[2]
    if rule is None or (subscription and is_listed(subscription, rule.values)):
        return None
    what = f"the subscription {subscription} is not listed" if subscription else "its scope is in no subscription"
    return Breach("subscriptions", rule.source, what)


def _in_groups(rails: Guardrails, orphan: Orphan) -> Breach | None:
    """By where the role is given, since nothing that is left says for certain where its identity was."""
    rule, group = rails.resource_groups, group_at(orphan.assignment.scope)
    if rule is None or (group is not None and matches_name(group.resource_group, rule.values)):
        return None
    where = "is in none" if group is None else f"is in {group.resource_group}, which no pattern matches"
    what = f"nothing says for certain where its identity was, and its scope {where}"
    return Breach("resourceGroups", rule.source, what)


def _of_owner(rails: Guardrails, orphan: Orphan) -> Breach | None:
    rule, owner = rails.owners, orphan.assignment.owner
    if rule is None or owner in rule.values:
        return None
    whose = "has no owner's mark" if owner is None else f"has the mark of the owner {owner!r}"
    return Breach("owners", rule.source, f"it {whose}, which is not listed")


def _of_nobody_denied(rails: Guardrails, orphan: Orphan) -> Breach | None:
    if rails.denied is None:
        return None
    host = identity_at(orphan.assignment.scope)
    denied = None if host is None else denied_breach(rails, host)
    if denied is not None:
        return denied
    if orphan.identity is not None:
        return denied_breach(rails, orphan.identity)
    what = "nothing says which identity its principal was, and so whether that is never touched"
    return Breach("identities.deny", rails.denied.source, what)


_RULES: tuple[Callable[[Guardrails, Orphan], Breach | None], ...] = (
    _in_subscriptions,
    _in_groups,
    _of_nobody_denied,
    _of_owner,
)
