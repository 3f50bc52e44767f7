"""The guard over locks: what Azure would refuse half-way is refused before anything is started.

It judges the calls that changes come to, not the changes: an update of a credential may begin with its delete.
"""

from collections.abc import Iterator

from reconciler.guards.allowances import Allowances
from reconciler.guards.words import count, ids_of, named
from reconciler.model import READ_ONLY, AnyId, Lock, ResourceGroupId, Violation, shell_command
from reconciler.plan import Action, AssignmentChange, Change, Changes, order_work, written_scope


def check_locked(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse whatever a lock will stop; changes of a group that the same locks stop are reported together."""
    calls = _calls(changes) if changes.locks else {}
    stopped: dict[tuple[ResourceGroupId, tuple[Lock, ...]], list[Change]] = {}
    for change in changes:
        actions = calls.get(change.resource_id, ())
        locks = tuple(lock for lock in changes.locks if any(_stops(lock, change, action) for action in actions))
        if locks:
            stopped.setdefault((change.resource_id.group_id, locks), []).append(change)
    for (group_id, locks), held in stopped.items():
        what = [f"{_doing(one, calls)} {changes.addresses.short(one.resource_id)}" for one in held]
        verb = "stops" if len(locks) == 1 else "stop"
        yield Violation(
            code="locked",
            about=held[0].resource_id if len(held) == 1 else group_id,
            message=f"the {' and the '.join(lock.text for lock in locks)} {verb} {count(len(held), 'change')}:"
            f" {named(what)}",
            hint="Remove it in Azure first, if that is meant; this tool never removes a lock:"
            f" {shell_command('az', 'lock', 'delete', '--ids', *(lock.resource_id for lock in locks))}",
            refused=ids_of(held),
        )


def _calls(changes: Changes) -> dict[AnyId, tuple[Action, ...]]:
    """The actions of the calls for each change, whatever guards hold back: to hold back more adds no delete."""
    calls: dict[AnyId, tuple[Action, ...]] = {}
    for work in order_work(changes, frozenset(), changes.kept_credentials()):
        for step in work.all_steps:
            calls[step.change.resource_id] = (*calls.get(step.change.resource_id, ()), step.action)
    return calls


def _doing(change: Change, calls: dict[AnyId, tuple[Action, ...]]) -> str:
    """The change's action, or what it comes to for a credential that exchanges its trust with another."""
    is_exchanged = change.action is Action.UPDATE and Action.DELETE in calls[change.resource_id]
    return "delete and create again" if is_exchanged else change.action


def _stops(lock: Lock, change: Change, action: Action) -> bool:
    """Whether Azure will refuse a call for a change because of a lock.

    Source: Azure documentation on locks (what inherits them; ReadOnly refuses every write); recorded traffic
    (azure-cli, lab tests: a delete is refused because of a lock below); azure-cli issue 28242 (a lock on an identity
    stops the deletion of its credentials).
    """
    target = written_scope(change)
    if action is Action.DELETE:
        below = not isinstance(change, AssignmentChange) and lock.stands_within(target)
        return lock.covers(target) or below
    return lock.level == READ_ONLY and lock.covers(target)
