"""What guardrails say of changes: of everything that a run would write, recomputed from whatever asks for it.

Manifest, saved plan and undo come to the same changes, and so to the same wall. What stays as it is is no change: where
it lies outside of the guardrails, it is left as it lives.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from reconciler.guardrails.deletes import check_deletes, check_protection, check_revokes
from reconciler.guardrails.model import Guardrails, RoleRule
from reconciler.guardrails.patterns import folded
from reconciler.guardrails.rules import (
    ALWAYS,
    denied_breach,
    entries_for,
    group_breaches,
    location_breach,
    role_breach,
    tenant_breach,
    trust_breach,
)
from reconciler.guardrails.words import Breach
from reconciler.guards import Runner
from reconciler.guards.words import changes_below, ids_of, named
from reconciler.manifest.desired import DesiredAssignment
from reconciler.model import (
    GivenRole,
    NotRead,
    ResourceId,
    RoleKey,
    RoleLookup,
    Violation,
    describe_scope,
    is_guid,
    role_key,
)
from reconciler.plan import (
    AccessChange,
    Action,
    AssignmentChange,
    Change,
    Changes,
    CredentialChange,
    is_new_trust,
    marks_only,
)

_GIVING = (Action.CREATE, Action.UPDATE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a run besides its changes.

    Attributes:
        tenants: those of its subscriptions; "" is one that is not known.
        runner: who it is signed in as; None where nobody knows.
        roles: what ARM knows of the roles that guardrails name, by name and scope.
    """

    tenants: tuple[str, ...]
    runner: Runner | None
    roles: Mapping[RoleKey, RoleLookup] = field(default_factory=dict)


def judge_changes(guardrails: Iterable[Guardrails], changes: Changes, facts: Facts) -> tuple[Violation, ...]:
    """Everything in the changes that guardrails do not let through, in order of file, rule and address."""
    return tuple(violation for rails in guardrails for violation in _judge(rails, changes, facts))


def _judge(rails: Guardrails, changes: Changes, facts: Facts) -> Iterator[Violation]:
    for check in _CHECKS:
        yield from check(rails, changes, facts)
    for check_taken in _CHECKS_OF_DELETES:
        yield from check_taken(rails, changes)


def roles_to_look_up(guardrails: Iterable[Guardrails], changes: Changes) -> tuple[DesiredAssignment, ...]:
    """The roles whose names guardrails give where changes give a role or trust in one, as if listed for that scope."""
    given = [(one.resource_id.identity, one.resource_id.scope) for one in _given_roles(changes)]
    held = [(identity, role.scope) for identity, roles in _held_roles(changes).items() for role in roles]
    by_key = {
        role_key(entry.role, scope): DesiredAssignment(entry.role, scope, entry.source)
        for rails in guardrails
        for identity, scope in (*given, *held)
        for entry in entries_for(rails, identity, scope)
        if not is_guid(entry.role)
    }
    return tuple(by_key.values())


def _writes(changes: Iterable[Change]) -> list[Change]:
    return [one for one in changes if one.action is not Action.NO_OP]


def _given_roles(changes: Changes) -> Iterator[AssignmentChange]:
    roles = (one for one in changes.access() if isinstance(one, AssignmentChange) and one.action in _GIVING)
    return (one for one in roles if not marks_only(one))


def check_tenant(rails: Guardrails, changes: Changes, facts: Facts) -> Iterator[Violation]:
    """Another tenant than the one that is let through; every change is held back."""
    for tenant_id in sorted(set(facts.tenants or ("",))):
        breach = tenant_breach(rails, tenant_id)
        if breach is not None:
            yield breach.violation(rails, None, ids_of(_writes(changes)))


def _check_groups(rails: Guardrails, changes: Changes, _: Facts) -> Iterator[Violation]:
    for group in changes.groups:
        writes = ids_of(_writes((*group.changes, *group.access)))
        for breach in group_breaches(rails, group.group):
            yield breach.violation(rails, group.group.group_id, writes)


def _check_denied(rails: Guardrails, changes: Changes, _: Facts) -> Iterator[Violation]:
    below = changes_below(changes)
    for change in changes.identities():
        writes = _writes((change, *below.get(change.resource_id, ())))
        breach = denied_breach(rails, change.resource_id)
        if breach is not None and writes:
            yield breach.violation(rails, change.resource_id, ids_of(writes))


def _check_locations(rails: Guardrails, changes: Changes, _: Facts) -> Iterator[Violation]:
    for change in changes.identities():
        if change.action is Action.CREATE:
            breach = location_breach(rails, change.after.location if change.after else None)
            yield from _of_change(rails, change, breach)


def _check_trust(rails: Guardrails, changes: Changes, _: Facts) -> Iterator[Violation]:
    for change in changes.access():
        if isinstance(change, CredentialChange) and change.action in _GIVING and change.after is not None:
            yield from _of_change(rails, change, trust_breach(rails, change.resource_id.identity, change.after))


def _check_roles(rails: Guardrails, changes: Changes, facts: Facts) -> Iterator[Violation]:
    for change in _given_roles(changes):
        assignment = change.resource_id
        has_condition = change.after is not None and bool(change.after.details.condition)
        is_role = partial(_is_role, guid=assignment.role_guid, scope=assignment.scope, facts=facts)
        breach = role_breach(
            rails, assignment.identity, assignment.role, assignment.scope, is_role, has_condition=has_condition
        )
        yield from _of_change(rails, change, breach)


def _is_role(rule: RoleRule, guid: str, scope: str, facts: Facts) -> bool:
    """Whether an entry is about a role: by GUID, since names can be given to other roles."""
    guids = [rule.role]
    if not is_guid(rule.role):
        lookup = facts.roles.get(role_key(rule.role, scope))
        guids = [] if lookup is None else [one.guid for one in lookup.found]
    return len(guids) == 1 and folded(guids[0]) == folded(guid)


def _check_trusted_roles(rails: Guardrails, changes: Changes, facts: Facts) -> Iterator[Violation]:
    """New trust hands out every role that the identity has, those among them that nobody listed."""
    for change in changes.access():
        if is_new_trust(change) and change.identity is not None:
            yield from _of_change(rails, change, _handed_out(rails, change.resource_id.identity, changes, facts))


def _handed_out(rails: Guardrails, identity: ResourceId, changes: Changes, facts: Facts) -> Breach | None:
    held = changes.held_roles.of(identity)
    if isinstance(held, NotRead):
        what = f"new trust would hand out the roles of {identity.name}, which could not be read: {held.because}"
        return Breach(ALWAYS, rails.source, what)
    beyond = [one for one in held if _is_beyond(rails, identity, one, facts)]
    if not beyond:
        return None
    names = named([f"{one.name} on {describe_scope(one.scope)}" for one in beyond])
    what = f"new trust would hand out roles that {identity.name} has and no entry lets it have: {names}"
    return Breach("roles", rails.roles.source, what)


def _is_beyond(rails: Guardrails, identity: ResourceId, held: GivenRole, facts: Facts) -> bool:
    is_role = partial(_is_role, guid=held.role_guid, scope=held.scope, facts=facts)
    has_condition = bool(held.assignment.condition)
    return role_breach(rails, identity, held.name, held.scope, is_role, has_condition=has_condition) is not None


def _held_roles(changes: Changes) -> dict[ResourceId, tuple[GivenRole, ...]]:
    """The roles of live identities that would get new trust, as far as they could be read."""
    read = changes.held_roles.by_identity.items()
    return {identity: roles for identity, roles in read if not isinstance(roles, NotRead)}


def _check_own_access(rails: Guardrails, changes: Changes, facts: Facts) -> Iterator[Violation]:
    """A run must not change who may become it, nor what it may do; where nobody knows who it is, it gives nothing."""
    for change in changes.access():
        what = _own_access(change, facts.runner)
        if what is not None:
            yield from _of_change(rails, change, Breach(ALWAYS, rails.source, what))


def _own_access(change: AccessChange, runner: Runner | None) -> str | None:
    if change.identity is None or change.action is Action.NO_OP or marks_only(change):
        return None
    if runner is not None and runner.is_identity(change.identity):
        return "this run is signed in as this identity, and never changes its own trust and roles"
    if runner is None and change.action in _GIVING:
        return "whether this run is signed in as this identity is not known, so it is given nothing"
    return None


def _of_change(rails: Guardrails, change: Change, breach: Breach | None) -> Iterator[Violation]:
    if breach is not None:
        yield breach.violation(rails, change.resource_id, ids_of([change]))


_CHECKS: tuple[Callable[[Guardrails, Changes, Facts], Iterator[Violation]], ...] = (
    check_tenant,
    _check_groups,
    _check_denied,
    _check_locations,
    _check_trust,
    _check_roles,
    _check_trusted_roles,
    _check_own_access,
)
_CHECKS_OF_DELETES = (check_deletes, check_revokes, check_protection)
"""These need nothing but the changes."""
