"""Who may do what: Azure role-based access control as far as a caller can observe it.

A state without grants (`permissions`) lets everybody do everything, so that nobody has to write rights to try a thing.
Where it has any, a caller has the grants in their name and what the role assignments of the state give them. For role
assignments alone to decide, write a grant that gives nothing: `{"principalId": "*", "scope": "/", "actions": []}`. An
empty list has no grants, in the file and in `PUT /_sandbox/permissions` alike.

Of a role assignment the principal, the role and the scope are evaluated, as Azure does: at the scope and below. Groups
have no members here, so that a role of a group is nobody's, and there are no deny assignments. Conditions are not
evaluated: an assignment that has one gives what its role gives, but for giving and taking roles, which is what
conditions are written to bound (assumed: what is bounded is taken for forbidden, so that nothing succeeds here that
Azure refuses).

Lists are not refused but filtered: a caller with rights on one group sees that group's identities in the list of the
subscription, and is not told that there are others. Source: recorded refusals (AuthorizationFailed); the filtering as
quoted by users.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from reconciler.sandbox.gateway.answers import ArmRefusalError, by_gateway
from reconciler.sandbox.gateway.calls import Call, Caller
from reconciler.sandbox.rules.roles import find_role
from reconciler.sandbox.state.kinds import ROLE_ASSIGNMENT_TYPE, RoleAssignment
from reconciler.sandbox.state.paths import covers, is_within, starts_of
from reconciler.sandbox.state.state import Grant, State

T = TypeVar("T")

EVERYTHING = Grant("*", "/", ("*",))
"""What applies where a state has no grants."""

_BOUNDED_BY_CONDITIONS = tuple(f"{ROLE_ASSIGNMENT_TYPE}/{verb}".casefold() for verb in ("write", "delete"))


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
            conditional=bool(assignment.condition or permission.condition),
        )


def allows(grants: Iterable[Grant], action: str) -> bool:
    """Whether one of the grants gives the action: what one withholds another may give.

    Source: Azure RBAC documentation (notActions subtract within one role, roles add up).
    """
    return any(
        any(_matches(pattern, action) for pattern in grant.actions)
        and not any(_matches(pattern, action) for pattern in grant.not_actions)
        and not (grant.conditional and action.casefold() in _BOUNDED_BY_CONDITIONS)
        for grant in grants
    )


def may(state: State, caller: Caller, action: str, scope: str) -> bool:
    """Whether the caller may do the action at the scope."""
    return allows(grants_at(state, caller, scope), action)


def permits(state: State, caller: Caller, action: str) -> Callable[[str], bool]:
    """Whether the caller may do the action, at any id: for questions about many of them."""
    starts = tuple(start for grant in _allowing(state, caller, action) for start in starts_of(grant.scope))
    return lambda resource_id: is_within(resource_id, starts)


def require(state: State, call: Call, action: str, scope: str) -> None:
    """Refuse the call unless its caller may do the action at the scope."""
    if not allows(grants_at(state, call.caller, scope), action):
        raise _refusal(call.caller, action, scope)


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
    return _seen(allowing, scope, items, id_of)


def readable(
    state: State, call: Call, action: str, scope: str, items: Iterable[T], id_of: Callable[[T], str]
) -> Iterator[T]:
    """Those items at or below `scope` that the caller may read, perhaps none of them."""
    return _seen(_allowing(state, call.caller, action), scope, items, id_of)


def _allowing(state: State, caller: Caller, action: str) -> list[Grant]:
    return [grant for grant in grants_of(state, caller) if allows((grant,), action)]


def _seen(allowing: Iterable[Grant], scope: str, items: Iterable[T], id_of: Callable[[T], str]) -> Iterator[T]:
    if any(covers(grant.scope, scope) for grant in allowing):
        return iter(items)
    # Once for the whole list, which may be long.
    starts = tuple(start for grant in allowing for start in starts_of(grant.scope))
    return (item for item in items if is_within(id_of(item), starts))


def has_any_right(state: State, caller: Caller, scope: str) -> bool:
    """Whether the caller has a grant at the scope, above it or below it."""
    return any(covers(grant.scope, scope) or covers(scope, grant.scope) for grant in grants_of(state, caller))


def _refusal(caller: Caller, action: str, scope: str) -> ArmRefusalError:
    # Source: recorded traffic (azure-cli, AKS tests).
    return by_gateway(
        403,
        "AuthorizationFailed",
        f"The client '{caller.name}' with object id '{caller.principal_id}' does not have authorization to perform "
        f"action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please "
        "refresh your credentials.",
    )


@lru_cache(maxsize=4096)
def _matches(pattern: str, action: str) -> bool:
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(expression, action, re.IGNORECASE) is not None
