"""The guard over locks: what Azure would refuse half-way is refused before anything is started."""

import shlex
from collections.abc import Iterator

from reconciler.guards.allowances import Allowances
from reconciler.guards.words import count, ids_of, named
from reconciler.model import READ_ONLY, AnyId, Lock, ResourceGroupId, Violation, identity_of
from reconciler.plan import Action, AssignmentChange, Change, Changes, written_scope


def check_locked(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse whatever a lock will stop; changes of a group that the same locks stop are reported together."""
    stopped: dict[tuple[ResourceGroupId, tuple[Lock, ...]], list[Change]] = {}
    for change in changes:
        locks = tuple(lock for lock in changes.locks if _stops(lock, change))
        if locks:
            stopped.setdefault((change.resource_id.group_id, locks), []).append(change)
    for (group_id, locks), held in stopped.items():
        book = changes.addresses
        what = [f"{change.action} {book.short(change.resource_id)}" for change in held]
        verb = "stops" if len(locks) == 1 else "stop"
        yield Violation(
            code="locked",
            about=held[0].resource_id if len(held) == 1 else group_id,
            message=f"the {' and the '.join(lock.text for lock in locks)} {verb} {count(len(held), 'change')}:"
            f" {named(what)}",
            hint="Remove it in Azure first, if that is meant; this tool never removes a lock:"
            f" az lock delete --ids {shlex.join(lock.resource_id for lock in locks)}",
            refused=tuple(dict.fromkeys((*ids_of(held), *_losing_roles(held, changes)))),
        )


def _stops(lock: Lock, change: Change) -> bool:
    """Whether Azure will refuse a change because of a lock.

    Source: Azure documentation on locks (what inherits them; ReadOnly refuses every write); recorded traffic
    (azure-cli, lab tests: a delete is refused because of a lock below); azure-cli issue 28242 (a lock on an identity
    stops the deletion of its credentials).
    """
    target = written_scope(change)
    if change.action is Action.DELETE:
        below = not isinstance(change, AssignmentChange) and lock.stands_within(target)
        return lock.covers(target) or below
    return change.action is not Action.NO_OP and lock.level == READ_ONLY and lock.covers(target)


def _losing_roles(held: list[Change], changes: Changes) -> tuple[AnyId, ...]:
    """Identities that must stay because a role of theirs does: once they are gone, nobody would find it."""
    keeping = {identity_of(one.resource_id) for one in held}
    going = (change for group in changes.groups for change in group.deletes())
    return ids_of(change for change in going if change.resource_id in keeping)
