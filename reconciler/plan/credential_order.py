"""The order in which the credentials of one identity are written, so that ARM refuses none of the writes.

Two rules of Azure decide it: issuer and subject together are unique within an identity, and an identity has at most 20
credentials. What is new is written as early as they allow and what goes is deleted as late, so that a rotation leaves
no gap; and nothing is ever written that the manifest does not say, not even for a moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.model.access import MAX_CREDENTIALS, FederatedCredential
from reconciler.model.ids import CredentialId
from reconciler.plan.changes import Action, CredentialChange


@dataclass(frozen=True, slots=True)
class CredentialWrite:
    """One call: `action` is that of its change, but for credentials that exchange their trust.

    One of those is deleted and created again, which its change, an update, does not say.
    """

    change: CredentialChange
    action: Action


def order_writes(
    changes: Iterable[CredentialChange], kept: Iterable[FederatedCredential] = ()
) -> tuple[CredentialWrite, ...]:
    """The calls for the changes of one identity, no-ops left out.

    Args:
        changes: of one identity, in order.
        kept: its live credentials that no change is about.
    """
    return _Queue(tuple(changes), kept).order()


class _Queue:
    """Plays the writes through; `_held` is what the identity has after those so far."""

    def __init__(self, changes: Sequence[CredentialChange], kept: Iterable[FederatedCredential]) -> None:
        live = [*kept, *(change.before for change in changes if change.before is not None)]
        self._held: dict[CredentialId, tuple[str, str] | None] = {
            one.credential_id: one.trust.who if one.trust else None for one in live
        }
        self._puts = [change for change in changes if change.action in (Action.CREATE, Action.UPDATE)]
        self._deletes = [change for change in changes if change.action is Action.DELETE]
        self._writes: list[CredentialWrite] = []

    def order(self) -> tuple[CredentialWrite, ...]:
        while self._puts:
            ready = next((change for change in self._puts if self._is_free(change)), None)
            if ready is not None:
                self._put(ready)
            elif not self._make_way():
                # Nothing of ours is in the way, so that ARM alone can say what is.
                self._put(self._puts[0])
        for change in self._deletes:
            self._writes.append(CredentialWrite(change, Action.DELETE))
        return tuple(self._writes)

    def _is_free(self, change: CredentialChange) -> bool:
        return self._holder(change) is None and (change.resource_id in self._held or not self._is_full)

    @property
    def _is_full(self) -> bool:
        return len(self._held) >= MAX_CREDENTIALS

    def _holder(self, change: CredentialChange) -> CredentialId | None:
        """Another credential that states the trust which a change is to write."""
        wanted = change.after.who if change.after else None
        return next((one for one, who in self._held.items() if who == wanted and one != change.resource_id), None)

    def _put(self, change: CredentialChange) -> None:
        exists = change.resource_id in self._held
        self._held[change.resource_id] = change.after.who if change.after else None
        self._puts.remove(change)
        self._writes.append(CredentialWrite(change, Action.UPDATE if exists else Action.CREATE))

    def _make_way(self) -> bool:
        """Delete what stands in the way of a write; what is to go anyway first, else one of a circle of exchanges."""
        holders = {self._holder(change) for change in self._puts}
        going = next((change for change in self._deletes if change.resource_id in holders or self._is_full), None)
        if going is not None:
            self._deletes.remove(going)
        else:
            going = next((change for change in self._puts if change.resource_id in holders & self._held.keys()), None)
        if going is None:
            return False
        del self._held[going.resource_id]
        self._writes.append(CredentialWrite(going, Action.DELETE))
        return True
