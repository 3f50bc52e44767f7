"""The rules one by one: whether guardrails let something through, whether it is declared or about to be written."""

from collections.abc import Callable, Iterator

from reconciler.guardrails.model import Guardrails, RoleRule
from reconciler.guardrails.patterns import (
    is_listed,
    is_location_listed,
    is_plain_scope,
    matches_name,
    matches_scope,
    matches_subject,
)
from reconciler.guardrails.words import Breach
from reconciler.manifest.desired import DesiredGroup, DesiredRemoval
from reconciler.model import ResourceId, Trust, identity_at

ALWAYS = "always"
"""The name of the rules that hold with any guardrails."""


def tenant_breach(guardrails: Guardrails, tenant_id: str) -> Breach | None:
    """Another tenant than the one that is let through; "" is one that is not known."""
    rule = guardrails.tenant
    if rule is None or (tenant_id and is_listed(tenant_id, rule.values)):
        return None
    found = f"is {tenant_id}" if tenant_id else "is not known"
    return Breach("tenant", rule.source, f"the tenant {found}, and only {rule.values[0]} is let through")


def group_breaches(guardrails: Guardrails, group: DesiredGroup) -> Iterator[Breach]:
    """What of a resource group's own is out of bounds: its subscription, its name, its owner."""
    group_id = group.group_id
    subscriptions, names, owners = guardrails.subscriptions, guardrails.resource_groups, guardrails.owners
    if subscriptions is not None and not is_listed(group_id.subscription_id, subscriptions.values):
        what = f"the subscription {group_id.subscription_id} is not listed"
        yield Breach("subscriptions", subscriptions.source, what)
    if names is not None and not matches_name(group_id.resource_group, names.values):
        what = f"no pattern matches the resource group {group_id.resource_group}"
        yield Breach("resourceGroups", names.source, what)
    if owners is not None and group.owner not in owners.values:
        whose = "has no owner" if group.owner is None else f"has the owner {group.owner!r}"
        yield Breach("owners", owners.source, f"the manifest {whose}, which is not listed")


def denied_breach(guardrails: Guardrails, identity: ResourceId) -> Breach | None:
    """An identity that is never touched."""
    rule = guardrails.denied
    if rule is None or not matches_name(identity.name, rule.values):
        return None
    return Breach("identities.deny", rule.source, f"{identity.name} is never touched")


def location_breach(guardrails: Guardrails, location: str | None) -> Breach | None:
    """A region in which no identity is created; None is one that is not known."""
    rule = guardrails.locations
    if rule is None or (location is not None and is_location_listed(location, rule.values)):
        return None
    what = "it is not known in which region it would be" if location is None else f"the region {location} is not listed"
    return Breach("locations", rule.source, what)


def trust_breach(guardrails: Guardrails, identity: ResourceId, trust: Trust) -> Breach | None:
    """Somebody who may not become the identity."""
    rules = guardrails.trust
    if rules is None or any(
        matches_name(identity.name, entry.identities)
        and trust.issuer == entry.issuer
        and matches_subject(trust.subject, entry.subjects)
        for entry in rules.entries
    ):
        return None
    what = f"no entry lets {identity.name} trust the subject {trust.subject!r} of {trust.issuer!r}"
    return Breach("trust", rules.source, what)


def role_breach(
    guardrails: Guardrails,
    identity: ResourceId,
    role: str,
    scope: str,
    is_role: Callable[[RoleRule], bool],
    *,
    has_condition: bool,
) -> Breach | None:
    """A role that the identity may not have on a scope; `is_role` says whether an entry is about this role."""
    if not is_plain_scope(scope):
        return Breach(ALWAYS, guardrails.source, f"no role is given on {scope}, which is in no subscription")
    host = identity_at(scope)
    denied = None if host is None else denied_breach(guardrails, host)
    if denied is not None:
        return denied
    entries = [one for one in entries_for(guardrails, identity, scope) if is_role(one)]
    if not entries:
        return Breach("roles", guardrails.roles.source, f"no entry lets {identity.name} have {role} on {scope}")
    if has_condition or not all(one.needs_condition for one in entries):
        return None
    return Breach("roles", entries[0].source, f"{identity.name} may have {role} on {scope} only with a condition")


def entries_for(guardrails: Guardrails, identity: ResourceId, scope: str) -> tuple[RoleRule, ...]:
    """The entries of `roles` that are about an identity and a scope, whatever their role."""
    return tuple(
        one
        for one in guardrails.roles.entries
        if matches_name(identity.name, one.identities) and matches_scope(scope, one.scopes)
    )


def removal_breaches(rails: Guardrails, removal: DesiredRemoval) -> Iterator[Breach]:
    """What of an entry of `remove` is out of bounds: that it names no principal, which guards it lifts."""
    if rails.deletes.pinned is not None and removal.principal_id is None:
        yield Breach("deletes.pinned", rails.deletes.pinned, "its entry of `remove` names no principalId")
    allow = rails.deletes.allow
    lifted = [] if allow is None else [one.value for one in removal.allow if one.value not in allow.values]
    if allow is not None and lifted:
        yield Breach("deletes.allow", allow.source, f"its entry of `remove` may not lift {', '.join(lifted)}")
