"""The locks wherever something is to be written: one list for a subscription, since it has all that stand below it.

A lock that was not seen does no harm beyond a call that ARM refuses, so what may not be read is said and is no error.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.arm import locks
from reconciler.arm.resources import Resources
from reconciler.errors import CallFailed, NotFound
from reconciler.live.may_read import MayRead, why_not
from reconciler.model import Lock, NotRead, Part, is_within, why_incomplete
from reconciler.plan import Action, AssignmentChange, Changes, written_scope

READ_LOCKS = "Microsoft.Authorization/locks/read"

# Locks stand at subscriptions, groups and resources only. Source: Azure documentation on locks.
_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LocksRead:
    """The locks that were found, and the scopes at which they could not be looked for."""

    locks: tuple[Lock, ...] = ()
    not_read: tuple[NotRead, ...] = ()

    def reaching(self, scope: str) -> Part[Lock]:
        """The locks that a delete of a scope meets, and why there may be more."""
        found = tuple(lock for lock in self.locks if lock.covers(scope) or lock.stands_within(scope))
        return Part(found, why_incomplete(one for one in self.not_read if is_within(scope, one.where)))


def read_locks(changes: Changes, resources: Resources, may_read: MayRead) -> LocksRead:
    """Read the locks that may stop a change; nothing at all where nothing is to be written."""
    places: dict[str, dict[str, str]] = {}
    for change in changes:
        root = _SUBSCRIPTION.match(written_scope(change))
        if change.action is not Action.NO_OP and root is not None:
            # Where to look when the whole subscription may not be read.
            given_on = change.resource_id.scope if isinstance(change, AssignmentChange) else None
            container = given_on or str(change.resource_id.group_id)
            places.setdefault(root[0].casefold(), {})[container.casefold()] = container
    read = resources.map(
        "Reading locks", lambda root: _read(root, places[root].values(), resources, may_read), sorted(places)
    )
    found = sorted({lock for one in read for lock in one.locks}, key=lambda lock: (lock.scope.casefold(), lock.name))
    return LocksRead(tuple(found), tuple(gap for one in read for gap in one.not_read))


def _read(root: str, containers: Iterable[str], resources: Resources, may_read: MayRead) -> LocksRead:
    whole = _list_at(root, resources, may_read)
    if not whole.not_read:
        return whole
    parts = [_list_at(container, resources, may_read) for container in containers]
    not_read = (*whole.not_read, *(gap for part in parts for gap in part.not_read))
    return LocksRead(tuple(lock for part in parts for lock in part.locks), not_read)


def _list_at(scope: str, resources: Resources, may_read: MayRead) -> LocksRead:
    try:
        reason = may_read.why_not(scope, READ_LOCKS)
        if reason is None:
            return LocksRead(locks.list_at(resources.client, scope))
    except NotFound:
        return LocksRead()
    except CallFailed as error:
        reason = why_not(error)
    return LocksRead((), (NotRead("Locks", scope, reason),))
