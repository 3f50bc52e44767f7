"""From what a manifest needs to the roles that give just that: by task, at the highest scope that needs it, once.

What a run reads and writes is said in `plan/needs.py` alone. A right is left out where a scope above gives it already,
so that taking any of them away is felt.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.arm.actions import ASSIGNMENTS, CREDENTIALS, IDENTITIES
from reconciler.doctor.least_privilege import LeastAssignment, LeastPrivilege, LeastRole, RoleBounds, Task
from reconciler.manifest.desired import AssignmentsPolicy, Desired, DesiredAssignment, DesiredGroup
from reconciler.model import (
    RoleDefinition,
    RoleKey,
    RoleLookup,
    Target,
    WorkspaceId,
    identity_at,
    is_within,
    normalize_scope,
    role_key,
    subscription_of,
)
from reconciler.plan import (
    Action,
    AssignmentChange,
    Need,
    Plan,
    optional_reads,
    reads_of_drift,
    reads_of_manifest,
    reads_of_sign_ins,
    required_of_manifest,
)
from reconciler.plan.needs import DEFINITIONS, PERMISSIONS

Lookups = Mapping[RoleKey, RoleLookup]

_BOUNDED = (f"{ASSIGNMENTS}/write", f"{ASSIGNMENTS}/delete")
_READ = "/read"
_PARTS_OF_GROUP = 4
_SLASHES_OF_GROUP = 4
"""Of the id of a subscription or a group; what has more is a resource."""


def find_least(
    desired: Desired,
    targets: tuple[Target, ...],
    lookups: Lookups,
    plan: Plan | None,
    sign_in_logs: WorkspaceId | None = None,
) -> LeastPrivilege:
    """The least that plan, apply and drift of manifests need, and who reads a sign-in log.

    Args:
        desired: what they declare, as far as guardrails let it through.
        lookups: the roles that they name.
        plan: what apply would do now, for the roles that live and are no longer listed; None where nobody could read.
    """
    desired = _targeted(desired, targets)
    listed = _listed(desired.groups)
    needed = [
        *required_of_manifest(desired, targets),
        *reads_of_manifest(desired, targets),
        *_reads_of_powers(listed, lookups),
    ]
    reads = [one for one in needed if one.action.endswith(_READ)]
    revoked = list(_revoked(plan))
    seen = [(scope, guid) for scope, guid in revoked if _is_listed(scope, reads)]
    bounds = _bounds(desired, lookups, seen)
    by_task = {
        Task.PLAN: _assignments(Task.PLAN, reads, {}),
        Task.APPLY: _assignments(Task.APPLY, needed, bounds),
        Task.DRIFT: _assignments(Task.DRIFT, reads_of_drift(desired), {}),
        Task.OPTIONAL: _assignments(Task.OPTIONAL, optional_reads(desired), {}),
        Task.SIGN_INS: _assignments(Task.SIGN_INS, reads_of_sign_ins(sign_in_logs), {}),
    }
    actions = {one.action for one in needed}
    return LeastPrivilege(
        tuple(one for assignments in by_task.values() for one in assignments),
        tuple(_not_narrowed(actions, bounds)),
        (
            *_unknown_roles(listed, lookups),
            *_unseen(scope for scope, _ in revoked if not _is_listed(scope, reads)),
            *_nested(by_task[Task.APPLY]),
        ),
    )


def _targeted(desired: Desired, targets: tuple[Target, ...]) -> Desired:
    """The manifests with the identities that the targets cover, which are all where there is no target."""

    def targeted(group: DesiredGroup) -> DesiredGroup:
        covered = (one for one in group.identities if any(target.covers(one.resource_id) for target in targets))
        return replace(group, identities=tuple(covered))

    return replace(desired, groups=tuple(map(targeted, desired.groups))) if targets else desired


def _listed(groups: Iterable[DesiredGroup]) -> list[DesiredAssignment]:
    """The roles of identities that the manifest does not hold."""
    identities = (one for group in groups for one in group.identities if one.hold is None)
    return [role for one in identities for role in one.role_assignments or ()]


def _reads_of_powers(listed: Iterable[DesiredAssignment], lookups: Lookups) -> Iterator[Need]:
    """Where a role lets its holder become others, it is to be known who they are, and whether one may give roles."""
    for one in listed:
        if any(role.becomes_others and not role.gives_roles for role in _found(one, lookups)):
            if one.scope.count("/") <= _SLASHES_OF_GROUP or identity_at(one.scope) is not None:
                yield Need(f"{IDENTITIES}/read", one.scope)
            root = subscription_of(one.scope) or one.scope
            yield from (Need(f"{kind}/read", root) for kind in (ASSIGNMENTS, DEFINITIONS, PERMISSIONS))


def _found(listed: DesiredAssignment, lookups: Lookups) -> Sequence[RoleDefinition]:
    return lookups[role_key(listed.role, listed.scope)].found


_Bounds = dict[str, tuple[str, RoleBounds]]
"""What may be given and taken away at a scope, with its spelling, by its normal form."""


def _bounds(desired: Desired, lookups: Lookups, revoked: Iterable[tuple[str, str]]) -> _Bounds:
    scopes = [scope for group in desired.groups if _takes_any(group) for scope in group.role_scopes]
    bounds: _Bounds = {}
    for group in desired.groups:
        # Under the other policies a role whose line goes stays, or any role goes where `roleScopes` says so; one that
        # ends goes under every policy.
        is_owned = group.policy.role_assignments is AssignmentsPolicy.OWNED
        for one in _listed((group,)):
            known = frozenset(role.guid for role in _found(one, lookups))
            if len(known) == 1:
                goes = is_owned or one.expires is not None
                _add(bounds, one.scope, RoleBounds(known, known if goes else frozenset()))
    for scope, guid in revoked:
        _add(bounds, scope, RoleBounds(taken=frozenset({guid})))
    for scope in scopes:
        _add(bounds, scope, RoleBounds(taken=None))
    return bounds


def _takes_any(group: DesiredGroup) -> bool:
    """Whether the policy takes away whatever is not listed at and below `roleScopes`."""
    is_exact = group.policy.role_assignments is AssignmentsPolicy.EXACT
    return is_exact and any(
        one.hold is None and one.role_assignments is not None and one.lists_all_assignments for one in group.identities
    )


def _revoked(plan: Plan | None) -> Iterator[tuple[str, str]]:
    """Scope and GUID of each role that apply would take away now."""
    for one in () if plan is None else plan.applicable:
        if isinstance(one, AssignmentChange) and one.action is Action.DELETE:
            yield one.resource_id.scope, one.resource_id.role_guid


def _is_listed(scope: str, reads: Iterable[Need]) -> bool:
    """Whether the roles at a scope are among those that a plan with these reads lists."""
    return any(one.action == f"{ASSIGNMENTS}/read" and is_within(scope, one.scope) for one in reads)


def _unseen(scopes: Iterable[str]) -> Iterator[str]:
    """Where roles are no longer listed, and only who may read all roles of the subscription would see them."""
    for scope in sorted({normalize_scope(one): one for one in scopes}.values(), key=normalize_scope):
        yield (
            f"Roles that are no longer listed stay at {scope}: to see them takes the roles of `optional`, and to take"
            f" them away {ASSIGNMENTS}/delete there."
        )


def _nested(assignments: Iterable[LeastAssignment]) -> Iterator[str]:
    """That a run cannot know beforehand which of two conditions it has, where one scope lies below the other.

    Source: OpenAPI 2022-04-01 (Permissions_ListForResource has actions, and no condition of an assignment).
    """
    scopes = [one.scope for one in assignments if one.condition is not None]
    if any(one != other and is_within(one, other) for one in scopes for other in scopes):
        yield (
            "A condition lies below one that gives the same actions for other roles. Azure shows nobody their own"
            " conditions, so a run from which the lower one is missing finds out at the role itself."
        )


def _add(bounds: _Bounds, scope: str, more: RoleBounds) -> None:
    spelled, known = bounds.get(normalize_scope(scope), (scope, RoleBounds()))
    taken = None if known.taken is None or more.taken is None else known.taken | more.taken
    bounds[normalize_scope(scope)] = (spelled, RoleBounds(known.given | more.given, taken))


@dataclass(slots=True, frozen=True)
class _Rights:
    """What is needed at a scope, but for what is given above it."""

    scope: str
    actions: frozenset[str]
    bounds: RoleBounds


def _assignments(task: Task, needs: Iterable[Need], bounds: _Bounds) -> list[LeastAssignment]:
    """One assignment for each scope at which something is needed that is not given above."""
    rights = _rights(needs, bounds)
    scopes_of: dict[tuple[str, ...], list[str]] = {}
    for one in rights:
        scopes_of.setdefault(_actions(one), []).append(one.scope)
    roles = {actions: LeastRole(task, actions, _assignable(scopes)) for actions, scopes in scopes_of.items()}
    return [LeastAssignment(roles[_actions(one)], one.scope, one.bounds.condition) for one in rights]


def _rights(needs: Iterable[Need], bounds: _Bounds) -> list[_Rights]:
    at: dict[str, tuple[str, set[str]]] = {key: (scope, set()) for key, (scope, _) in bounds.items()}
    for need in needs:
        _, actions = at.setdefault(normalize_scope(need.scope), (need.scope, set()))
        # Those that give and take away roles follow from which roles these are.
        actions.update({need.action} - set(_BOUNDED))
    found: list[_Rights] = []
    for key, (scope, actions) in sorted(at.items(), key=lambda one: (one[0].count("/"), one[0])):
        above = [one for one in found if is_within(scope, one.scope)]
        left = actions.difference(*(one.actions for one in above))
        bound = bounds.get(key, (scope, RoleBounds()))[1]
        for one in above:
            bound = bound.without(one.bounds)
        if left or bound.actions:
            found.append(_Rights(scope, frozenset(left), bound))
    return sorted(found, key=lambda one: normalize_scope(one.scope))


def _actions(rights: _Rights) -> tuple[str, ...]:
    return tuple(sorted({*rights.actions, *rights.bounds.actions}))


def _assignable(scopes: Iterable[str]) -> tuple[str, ...]:
    """The subscriptions and groups that hold some scopes; a scope above all subscriptions is named itself.

    Source: Azure documentation (custom roles: `AssignableScopes` names subscriptions, groups or a management group).
    """
    found = {normalize_scope(place): place for place in map(_container, scopes)}
    return tuple(place for _, place in sorted(found.items()))


def _container(scope: str) -> str:
    parts = scope.strip("/").split("/")
    is_in_group = len(parts) > _PARTS_OF_GROUP and parts[2].casefold() == "resourcegroups"
    if is_in_group:
        return "/" + "/".join(parts[:_PARTS_OF_GROUP])
    return subscription_of(scope) or scope if len(parts) != _PARTS_OF_GROUP else scope


def _not_narrowed(actions: set[str], bounds: _Bounds) -> Iterator[str]:
    """What a holder of the roles of apply may do beyond the manifest, because nothing in Azure tells it apart."""
    if f"{IDENTITIES}/write" in actions or f"{IDENTITIES}/delete" in actions:
        yield (
            "Identities: a role at a resource group is about every identity in it; no condition sees a name, a tag or"
            " an owner."
        )
    if f"{CREDENTIALS}/write" in actions:
        yield (
            "Federated credentials: whoever may write them may let anybody sign in as any identity of the group; no"
            " condition sees issuer or subject."
        )
    if any(one.given for _, one in bounds.values()):
        yield (
            "Roles: the conditions let the listed roles through to any service principal, since an identity that is"
            " still to be made has no id, and without the condition or the description that its line may have."
        )
    for _, (scope, one) in sorted(bounds.items()):
        if one.taken is None:
            yield f"Roles at {scope} and below: the policy `exact` takes any away, so the condition lets through any."
        if not subscription_of(scope):
            yield f"Roles at {scope}: Azure may not take a custom role there; a management group takes one alone."


def _unknown_roles(listed: Iterable[DesiredAssignment], lookups: Lookups) -> Iterator[str]:
    """Which roles no condition lets through, because it is not known which they are."""
    for scope, role in dict.fromkeys((one.scope, one.role) for one in listed):
        lookup = lookups[role_key(role, scope)]
        if len(lookup.found) != 1:
            known = "several have this name" if lookup.found else lookup.unread or "there is none of this name"
            yield f"No condition lets the role {role} at {scope} through: {known}."
