"""Who may do what: Azure role-based access control as far as a caller can observe it.

A state without grants (`permissions`) lets everybody do everything, so that nobody has to write rights to try a thing.
Where it has any, a caller has the grants in their name and what the role assignments of the state give them. For role
assignments alone to decide, write a grant that gives nothing: `{"principalId": "*", "scope": "/", "actions": []}`. An
empty list has no grants, in the file and in `PUT /_sandbox/permissions` alike.

Of a role assignment the principal, the role and the scope are evaluated, as Azure does: at the scope and below. Groups
have no members here, so that a role of a group is nobody's. Conditions bound giving and taking roles alone, as
`conditions.py` reads them; an assignment that has one gives everything else that its role gives.

A deny assignment takes away what grants and roles give, also where a state has no grants. Source: Azure documentation
(deny assignments: they take precedence over role assignments). One that has a condition denies all that it names, and
one of a group denies nobody: both are assumed.

Lists are not refused but filtered: a caller with rights on one group sees that group's identities in the list of the
subscription, and does not learn whether there are others. Source: recorded refusals (AuthorizationFailed); the
filtering as quoted by users.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from reconciler.sandbox.gateway import ArmRefusalError, Call, Caller, by_gateway
from reconciler.sandbox.rules.conditions import Attributes, is_fulfilled
from reconciler.sandbox.rules.roles import find_role
from reconciler.sandbox.state import (
    ROLE_ASSIGNMENT_TYPE,
    Grant,
    Keyed,
    Permission,
    RoleAssignment,
    State,
    covers,
    is_within,
    path_key,
    starts_of,
)

T = TypeVar("T")

EVERYTHING = Grant("*", "/", ("*",))
"""What applies where a state has no grants."""

EVERYONE = "00000000-0000-0000-0000-000000000000"
"""The principal of a deny assignment that stands for all of them. Source: Azure documentation (deny assignments)."""

_BOUNDED_BY_CONDITIONS = tuple(f"{ROLE_ASSIGNMENT_TYPE}/{verb}".casefold() for verb in ("write", "delete"))


@dataclass(frozen=True, slots=True)
class DeniedPrincipal:
    """One of the principals of a deny assignment; `kind` is its type in ARM's words."""

    principal_id: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class DenyAssignment(Keyed):
    """What some principals may not do at a scope and below it, whatever roles they have.

    Times are texts as ARM shows them; `created_by` and `updated_by` are object ids. Source: OpenAPI 2022-04-01; that
    the scope is the one of the id: as quoted by users (azure-powershell issue 16410).
    """

    resource_id: str
    display_name: str
    permissions: tuple[Permission, ...]
    principals: tuple[DeniedPrincipal, ...]
    excluded: tuple[DeniedPrincipal, ...] = ()
    description: str | None = None
    at_scope_alone: bool = False
    system_protected: bool = True
    condition: str | None = None
    condition_version: str | None = None
    created_on: str | None = None
    updated_on: str | None = None
    created_by: str | None = None
    updated_by: str | None = None

    @property
    def name(self) -> str:
        """The GUID at the end of the id."""
        return self.resource_id.rpartition("/")[2]

    @property
    def scope(self) -> str:
        """Where it stands."""
        return self.resource_id.rpartition("/providers/")[0] or "/"

    def denies(self, principal_id: str, action: str) -> bool:
        """Whether it is about a principal and an action, wherever that is done.

        Source: Azure documentation (deny assignments: `notActions` are left out of what is denied, `excludePrincipals`
        of whom it is denied, and the zero GUID is everyone).
        """
        named = {one.principal_id.casefold() for one in self.principals}
        return (
            not named.isdisjoint((EVERYONE, principal_id.casefold()))
            and all(one.principal_id.casefold() != principal_id.casefold() for one in self.excluded)
            and any(_names(one.actions, one.not_actions, action) for one in self.permissions)
        )

    def applies_at(self, scope: str) -> bool:
        """Whether it holds at a scope: its own, or one below it unless it is kept from those.

        Source: Azure documentation (deny assignments: `doNotApplyToChildScopes`).
        """
        return path_key(self.scope) == path_key(scope) if self.at_scope_alone else covers(self.scope, scope)


def grants_of(state: State, caller: Caller) -> tuple[Grant, ...]:
    """What the caller has at any scope, one entry for each grant and for each permission of an assigned role."""
    return tuple(_grants(state, caller, lambda _scope: True))


def grants_at(state: State, caller: Caller, scope: str) -> tuple[Grant, ...]:
    """The caller's grants that apply at a scope: given there or above."""
    return tuple(_grants(state, caller, lambda given_at: covers(given_at, scope)))


def _grants(state: State, caller: Caller, applies: Callable[[str], bool]) -> Iterator[Grant]:
    if not state.permissions:
        yield EVERYTHING
        return
    principal_id = caller.principal_id.casefold()
    for grant in state.permissions:
        if grant.actions and grant.principal_id.casefold() in ("*", principal_id) and applies(grant.scope):
            yield grant
    for assignment in state.shelf(RoleAssignment).marked(principal_id):
        if applies(assignment.scope):
            yield from _given_by(state, assignment)


def _given_by(state: State, assignment: RoleAssignment) -> Iterator[Grant]:
    """What an assignment gives; nothing where nobody knows its role."""
    role = find_role(state, assignment.role_definition_id)
    for permission in role.permissions if role is not None else ():
        yield Grant(
            assignment.principal_id,
            assignment.scope,
            permission.actions,
            permission.not_actions,
            permission.data_actions,
            permission.not_data_actions,
            conditions=tuple(one for one in (assignment.condition, permission.condition) if one),
        )


def allows(grants: Iterable[Grant], action: str, attributes: Attributes | None = None) -> bool:
    """Whether one of the grants gives the action: what one withholds another may give.

    Without `attributes` the question is about any resource, and what a condition bounds is not given.
    Source: Azure RBAC documentation (notActions subtract within one role, roles add up).
    """
    return any(
        _names(grant.actions, grant.not_actions, action) and _meets_conditions(grant, action, attributes)
        for grant in grants
    )


def _meets_conditions(grant: Grant, action: str, attributes: Attributes | None) -> bool:
    if not grant.conditions or action.casefold() not in _BOUNDED_BY_CONDITIONS:
        return True
    return attributes is not None and all(is_fulfilled(one, action, attributes) for one in grant.conditions)


def may(state: State, caller: Caller, action: str, scope: str) -> bool:
    """Whether the caller may do the action at the scope."""
    return allows(grants_at(state, caller, scope), action) and _denial(state, caller, action, scope) is None


def permits(state: State, caller: Caller, action: str) -> Callable[[str], bool]:
    """Whether the caller may do the action, at any id: for questions about many of them."""
    starts = tuple(start for grant in _allowing(state, caller, action) for start in starts_of(grant.scope))
    denying = _denying(state, caller, action)
    return lambda resource_id: (
        is_within(resource_id, starts) and not any(one.applies_at(resource_id) for one in denying)
    )


def require(state: State, call: Call, action: str, scope: str, attributes: Attributes | None = None) -> None:
    """Refuse the call unless its caller may do the action at the scope, to what has these attributes."""
    grants = grants_at(state, call.caller, scope)
    if not allows(grants, action, attributes):
        bounded = any(_names(one.actions, one.not_actions, action) for one in grants)
        raise _refusal(call.caller, action, scope, _UNFULFILLED if bounded else _UNAUTHORIZED)
    denial = _denial(state, call.caller, action, scope)
    if denial is not None:
        raise _denied(call.caller, action, scope, denial)


def _denying(state: State, caller: Caller, action: str) -> list[DenyAssignment]:
    """The deny assignments that keep the caller from the action somewhere."""
    return [one for one in state.shelf(DenyAssignment) if one.denies(caller.principal_id, action)]


def _denial(state: State, caller: Caller, action: str, scope: str) -> DenyAssignment | None:
    return next((one for one in _denying(state, caller, action) if one.applies_at(scope)), None)


def visible(
    state: State, call: Call, action: str, scope: str, items: Iterator[T], id_of: Callable[[T], str]
) -> Iterator[T]:
    """Those items of a list at `scope` that the caller may read.

    Raises:
        ArmRefusalError: the caller has the right neither at the scope nor anywhere below. Source: assumed.
    """
    allowing = _allowing(state, call.caller, action)
    if not any(covers(grant.scope, scope) or covers(scope, grant.scope) for grant in allowing):
        raise _refusal(call.caller, action, scope)
    return readable(state, call, action, scope, items, id_of)


def readable(
    state: State, call: Call, action: str, scope: str, items: Iterable[T], id_of: Callable[[T], str]
) -> Iterator[T]:
    """Those items at or below `scope` that the caller may read, perhaps none of them.

    That a list leaves out what a deny assignment keeps from being read, and is not refused for it, is assumed.
    """
    if not _denying(state, call.caller, action):
        allowing = _allowing(state, call.caller, action)
        if any(covers(grant.scope, scope) for grant in allowing):
            return iter(items)
    may_read = permits(state, call.caller, action)  # once for the whole list, which may be long
    return (item for item in items if may_read(id_of(item)))


def _allowing(state: State, caller: Caller, action: str) -> list[Grant]:
    return [grant for grant in grants_of(state, caller) if allows((grant,), action)]


def has_any_right(state: State, caller: Caller, scope: str) -> bool:
    """Whether the caller has a grant at the scope, above it or below it."""
    return any(covers(grant.scope, scope) or covers(scope, grant.scope) for grant in grants_of(state, caller))


_UNAUTHORIZED = "does not have authorization"
_UNFULFILLED = "has an authorization with ABAC condition that is not fulfilled"
"""What a refusal says where a role has the action and its condition forbids it. Source: as quoted by users."""


def _refusal(caller: Caller, action: str, scope: str, why: str = _UNAUTHORIZED) -> ArmRefusalError:
    # Source: recorded traffic (azure-cli, AKS tests).
    return by_gateway(
        403,
        "AuthorizationFailed",
        f"The client '{caller.name}' with object id '{caller.principal_id}' {why} to perform "
        f"action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please "
        "refresh your credentials.",
    )


def _denied(caller: Caller, action: str, scope: str, denial: DenyAssignment) -> ArmRefusalError:
    # Source: code and text as quoted by users of locked node resource groups (AKS), managed applications and deployment
    # stacks; the id is the name without dashes.
    return by_gateway(
        403,
        "DenyAssignmentAuthorizationFailed",
        f"The client '{caller.name}' with object id '{caller.principal_id}' has permission to perform action "
        f"'{action}' on scope '{scope}'; however, the access is denied because of the deny assignment with name "
        f"'{denial.display_name}' and Id '{denial.name.replace('-', '')}' at scope '{denial.scope}'.",
    )


def _names(actions: Iterable[str], not_actions: Iterable[str], action: str) -> bool:
    return any(_matches(pattern, action) for pattern in actions) and not any(
        _matches(pattern, action) for pattern in not_actions
    )


@lru_cache(maxsize=4096)
def _matches(pattern: str, action: str) -> bool:
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(expression, action, re.IGNORECASE) is not None
