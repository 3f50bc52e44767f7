"""How long applying a plan takes at least, by the rates at which Azure takes the calls that it needs.

Only what comes near a rate is counted: the writes, and before each delete the question what uses the identity. Reads
before writes have several times as much.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator

from reconciler.arm.federated_credentials import credential_path
from reconciler.arm.http.paths import identity_path
from reconciler.arm.http.rates.documented import Limit, limits_of
from reconciler.arm.http.retry import Retries
from reconciler.arm.role_assignments import assignment_path
from reconciler.model import AnyId
from reconciler.plan import Action, AssignmentChange, CredentialChange, IdentityChange, Plan, Step, Work, order_work

Request = tuple[str, str]
"""Method and path."""

_METHODS = {Action.CREATE: "PUT", Action.UPDATE: "PUT", Action.DELETE: "DELETE"}


def apply_time_s(plan: Plan, retries: Retries) -> float:
    """How many seconds applying a plan takes at least, from now on."""
    works = order_work(plan.changes, plan.refused, plan.kept_credentials)
    return Countdown(works, retries).left_s()


class Countdown:
    """What is left of a run's time while its changes end; shared by threads."""

    def __init__(self, works: Iterable[Work], retries: Retries) -> None:
        self._retries = retries
        self._by_change: dict[AnyId, list[Limit]] = {}
        for work in works:
            for step in work.all_steps:
                limits = (limit for request in _requests(step, work) for limit in limits_of(*request))
                self._by_change.setdefault(step.change.resource_id, []).extend(limits)
        self._left = Counter(limit for limits in self._by_change.values() for limit in limits)
        # An identity has a rate of its own, which matters only where much is written to it.
        self._left = Counter({limit: count for limit, count in self._left.items() if not limit.allows_at_once(count)})
        self._lock = threading.Lock()

    def end(self, change_id: AnyId) -> None:
        """A change has ended."""
        with self._lock:
            for limit in self._by_change.pop(change_id, ()):
                if limit in self._left:
                    self._left[limit] -= 1

    def left_s(self) -> float:
        """How many seconds are left at least."""
        with self._lock:
            left = dict(self._left)
        return self._retries.schedule.last_of_s(left, self._retries.clock())


def _requests(step: Step, work: Work) -> Iterator[Request]:
    change, method = step.change, _METHODS[step.action]
    match change:
        case IdentityChange():
            yield method, identity_path(change.resource_id)
            if step.action is Action.DELETE:
                looks = 2 if len(work.all_steps) > 1 else 1
                yield from [("POST", f"{identity_path(change.resource_id)}/listAssociatedResources")] * looks
        case CredentialChange():
            yield method, credential_path(change.resource_id)
        case AssignmentChange():
            # Its own name does not matter to any rate.
            yield method, assignment_path(change.resource_id.scope, change.resource_id.role_guid or "new")
