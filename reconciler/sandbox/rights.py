"""Who may do what: Azure role-based access control as far as a caller can observe it.

A state without grants lets everybody do everything, so that nobody has to write rights to try something. Lists are not
refused but filtered: a caller with rights on one group sees that group's identities in the list of the subscription,
and is not told that there are others. Source: recorded refusals (AuthorizationFailed); the filtering as quoted by
users.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from reconciler.sandbox.answers import ArmRefusalError, by_gateway
from reconciler.sandbox.calls import Call, Caller
from reconciler.sandbox.state import Grant, State

T = TypeVar("T")

EVERYTHING = Grant("*", "/", ("*",))
"""What applies where a state has no grants."""


def grants_of(state: State, caller: Caller) -> tuple[Grant, ...]:
    """The caller's grants at any scope."""
    grants = state.permissions or (EVERYTHING,)
    return tuple(grant for grant in grants if grant.principal_id in ("*", caller.principal_id))


def grants_at(state: State, caller: Caller, scope: str) -> tuple[Grant, ...]:
    """The caller's grants that apply at a scope: given there or above."""
    return tuple(grant for grant in grants_of(state, caller) if _covers(grant.scope, scope))


def allows(grants: Iterable[Grant], action: str) -> bool:
    """Whether one of the grants gives the action: what one withholds another may give.

    Source: Azure RBAC documentation (notActions subtract within one role, roles add up).
    """
    return any(
        any(_matches(pattern, action) for pattern in grant.actions)
        and not any(_matches(pattern, action) for pattern in grant.not_actions)
        for grant in grants
    )


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
    if not allows(grants_at(state, call.caller, scope), action) and not _allowed_below(state, call, action, scope):
        raise _refusal(call.caller, action, scope)
    return readable(state, call, action, scope, items, id_of)


def readable(
    state: State, call: Call, action: str, scope: str, items: Iterable[T], id_of: Callable[[T], str]
) -> Iterator[T]:
    """Those items at or below `scope` that the caller may read, perhaps none of them."""
    if allows(grants_at(state, call.caller, scope), action):
        return iter(items)
    if not _allowed_below(state, call, action, scope):
        return iter(())
    return (item for item in items if allows(grants_at(state, call.caller, id_of(item)), action))


def _allowed_below(state: State, call: Call, action: str, scope: str) -> bool:
    return any(_covers(scope, grant.scope) and allows((grant,), action) for grant in grants_of(state, call.caller))


def has_any_right(state: State, caller: Caller, scope: str) -> bool:
    """Whether the caller has a grant at the scope, above it or below it."""
    return any(_covers(grant.scope, scope) or _covers(scope, grant.scope) for grant in grants_of(state, caller))


def _refusal(caller: Caller, action: str, scope: str) -> ArmRefusalError:
    # Source: recorded traffic (azure-cli, AKS tests).
    return by_gateway(
        403,
        "AuthorizationFailed",
        f"The client '{caller.name}' with object id '{caller.principal_id}' does not have authorization to perform "
        f"action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please "
        "refresh your credentials.",
    )


def _covers(upper: str, lower: str) -> bool:
    upper, lower = upper.casefold().rstrip("/"), lower.casefold().rstrip("/")
    return lower == upper or lower.startswith(f"{upper}/")


@lru_cache(maxsize=1024)
def _matches(pattern: str, action: str) -> bool:
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(expression, action, re.IGNORECASE) is not None
