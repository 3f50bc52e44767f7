"""Reasons to refuse a plan, one small function per guard; they see the whole comparison and change nothing in it.

A refusal names what it counted, the limit, and exactly what lifts it, because a guard that people cannot read is a
guard that they switch off. There is no way to lift all of them at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from reconciler.guards.access import (
    check_credential_limit,
    check_inexpressible,
    check_managed_credential,
    check_roles,
    check_trust_taken,
)
from reconciler.guards.allowances import (
    FOREIGN_OWNER,
    NO_ALLOWANCES,
    Allowance,
    Allowances,
    check_allowances,
    parse_allowances,
)
from reconciler.guards.deletes import check_principal, check_protected
from reconciler.guards.dependents import hold_dependents
from reconciler.guards.grant import accepted_grants, check_grant
from reconciler.guards.identities import (
    check_description_limit,
    check_foreign_owner,
    check_foreign_roles,
    check_group_missing,
    check_location,
    check_tag_limit,
)
from reconciler.guards.limits import check_delete_limit, check_revoke_limit
from reconciler.guards.locks import check_locked
from reconciler.guards.recent_use import RECENT_DAYS, check_recently_used
from reconciler.guards.scopes import check_scope_missing
from reconciler.guards.self import Runner, check_self, unknown_runner
from reconciler.guards.use import check_in_use, check_managed_group, check_trusted, check_use_unknown
from reconciler.model import Identity, RoleAssignment, Violation
from reconciler.plan import Changes

__all__ = [
    "GUARDS",
    "NO_ALLOWANCES",
    "RECENT_DAYS",
    "Allowance",
    "Allowances",
    "Runner",
    "accepted_grants",
    "check_allowances",
    "judge",
    "parse_allowances",
    "unknown_runner",
    "unused_allowances",
]

Guard = Callable[[Changes, Allowances], Iterator[Violation]]

GUARDS: tuple[Guard, ...] = (
    check_group_missing,
    check_location,
    check_principal,
    check_protected,
    check_foreign_owner,
    check_foreign_roles,
    check_tag_limit,
    check_description_limit,
    check_roles,
    check_scope_missing,
    check_inexpressible,
    check_managed_credential,
    check_grant,
    check_credential_limit,
    check_trust_taken,
    check_locked,
    check_managed_group,
    check_in_use,
    check_trusted,
    check_use_unknown,
    check_recently_used,
    check_delete_limit,
    check_revoke_limit,
)


def judge(
    changes: Changes, allowances: Allowances, *, runner: Runner | None = None, also: tuple[Violation, ...] = ()
) -> tuple[Violation, ...]:
    """Every guard's verdict on the comparison, in order of guard and address.

    What cannot happen without a refused change is held back with it: the children of an identity, and what needs its
    issuer and subject, its place or its scope.

    Args:
        runner: who the run is signed in as, None where nobody knows.
        also: refusals for reasons of the manifest alone.
    """
    checks: tuple[Guard, ...] = (*GUARDS, partial(check_self, runner=runner))
    return hold_dependents((*(one for check in checks for one in check(changes, allowances)), *also), changes)


def unused_allowances(changes: Changes, allowances: Allowances, *, runner: Runner | None = None) -> tuple[str, ...]:
    """Those of `--allow` that have lifted nothing, as the caller wrote them.

    What lifts a guard is what the guard would refuse if nothing was allowed: an entry of `remove` may allow it too.
    """
    if not allowances.allowed:
        return ()
    refused = judge(changes, replace(allowances, allowed=()), runner=runner)
    places = [(one.code, one.about) for one in refused if one.about is not None]
    foreign = {about for code, about in places if code == FOREIGN_OWNER}
    bearers = (one.before for one in changes if one.resource_id in foreign)
    owners = {one.owner for one in bearers if isinstance(one, Identity | RoleAssignment)}
    book = changes.addresses

    def has_lifted(allowance: Allowance) -> bool:
        by_owner = allowance.code == FOREIGN_OWNER and allowance.value in owners
        return by_owner or any(allowance.lifts(code, about, book) for code, about in places)

    return tuple(one.text for one in allowances.allowed if not has_lifted(one))
