"""What apply works on, and in which order: one piece of work for each identity, its steps in turn.

What a step needs comes before it: an identity before its children, and before an identity is deleted, the roles that
this tool gave it, because afterwards nobody finds them. A role whose scope is another identity of this run waits until
the identities of all works have been made. Since no identity needs a role, two rounds are enough, and no works can wait
for each other.

Two rules of Azure decide the order of an identity's credentials: issuer and subject together are unique within an
identity, and an identity has at most 20 credentials. What is new is written as early as they allow and what is deleted
as late, so that a rotation leaves no gap; and nothing is ever written that the manifest does not say, not even for a
moment.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import chain

from reconciler.model import (
    MAX_CREDENTIALS,
    AnyId,
    CredentialId,
    FederatedCredential,
    ResourceId,
    identity_at,
    identity_of,
)
from reconciler.plan.changes import Action, AssignmentChange, Change, CredentialChange, IdentityChange


@dataclass(frozen=True, slots=True)
class Step:
    """One call: `action` is that of its change, but for credentials that exchange their trust.

    One of those is deleted and created again, in two steps, which its change, an update, does not say.

    Attributes:
        needs: another identity that the run makes, and that is the scope of a role to be given, or holds it.
    """

    change: Change
    action: Action
    needs: ResourceId | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """The steps for one identity; `own` is its own change, None where only its children change.

    Attributes:
        waiting: steps after the others, to be begun when the `steps` of all works have ended: all its role assignments,
            where one of them needs another identity.
    """

    identity: ResourceId
    own: IdentityChange | None
    steps: tuple[Step, ...]
    waiting: tuple[Step, ...] = ()

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """Every step, in the order in which they begin."""
        return (*self.steps, *self.waiting)

    @property
    def is_deletion(self) -> bool:
        """Whether the identity is deleted."""
        return self.own is not None and self.own.action is Action.DELETE


def order_work(
    changes: Iterable[Change], held_back: frozenset[AnyId], kept: Iterable[FederatedCredential]
) -> list[Work]:
    """One piece of work for each identity of which something is changed, in the order of the changes.

    Args:
        changes: of a plan, no-ops included, since they say what an identity has.
        held_back: changes that are not applied.
        kept: live credentials that no change is about.
    """
    by_identity: dict[ResourceId, list[Change]] = {}
    for change in changes:
        by_identity.setdefault(identity_of(change.resource_id), []).append(change)
    staying: dict[ResourceId, list[FederatedCredential]] = {}
    for credential in kept:
        staying.setdefault(credential.credential_id.identity, []).append(credential)
    new = {
        change.resource_id
        for change in chain.from_iterable(by_identity.values())
        if isinstance(change, IdentityChange) and change.action is Action.CREATE
    }
    made, works = new - held_back, []
    for identity, all_changes in by_identity.items():
        if all(change.action is Action.NO_OP for change in all_changes):
            continue
        applied = [change for change in all_changes if change.resource_id not in held_back]
        refused = [change for change in all_changes if change.resource_id in held_back]
        stays = [*staying.get(identity, ()), *_live_credentials(refused)]
        works.append(_work(identity, applied, stays, made))
    return [work for work in works if work.all_steps]


def _live_credentials(changes: Iterable[Change]) -> list[FederatedCredential]:
    credentials = (change.before for change in changes if isinstance(change, CredentialChange))
    return [one for one in credentials if one is not None]


def _work(identity: ResourceId, changes: list[Change], kept: list[FederatedCredential], made: Set[AnyId]) -> Work:
    """The steps of one identity.

    Args:
        kept: its live credentials that none of the changes is about.
        made: all identities that the run makes.
    """
    own = next((one for one in changes if isinstance(one, IdentityChange) and one.action is not Action.NO_OP), None)
    first = () if own is None else (Step(own, own.action),)
    given = _role_steps(changes, Action.CREATE, made)
    changed, taken = (_role_steps(changes, one, frozenset()) for one in (Action.UPDATE, Action.DELETE))
    if own is not None and own.action is Action.DELETE:
        return Work(identity, own, (*taken, *first))
    credentials = order_credentials([one for one in changes if isinstance(one, CredentialChange)], kept)
    # New roles come before old ones go, so that what is exchanged is never missing.
    steps, roles = (*first, *credentials), (*given, *changed, *taken)
    if any(step.needs for step in given):
        return Work(identity, own, steps, roles)
    return Work(identity, own, (*steps, *roles))


def _role_steps(changes: list[Change], action: Action, made: Set[AnyId]) -> list[Step]:
    steps = []
    for one in changes:
        if isinstance(one, AssignmentChange) and one.action is action:
            scope = identity_at(one.resource_id.scope)
            needs = scope if scope in made and scope != one.resource_id.identity else None
            steps.append(Step(one, action, needs))
    return steps


def order_credentials(
    changes: Iterable[CredentialChange], kept: Iterable[FederatedCredential] = ()
) -> tuple[Step, ...]:
    """The calls for the changes of one identity's credentials, no-ops left out.

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
        self._writes: list[Step] = []

    def order(self) -> tuple[Step, ...]:
        while self._puts:
            ready = next((change for change in self._puts if self._is_free(change)), None)
            if ready is not None:
                self._put(ready)
            elif not self._make_way():
                # Nothing of ours is in the way, so that ARM alone can say what is.
                self._put(self._puts[0])
        for change in self._deletes:
            self._writes.append(Step(change, Action.DELETE))
        return tuple(self._writes)

    def _is_free(self, change: CredentialChange) -> bool:
        return self._holder(change) is None and (change.resource_id in self._held or not self._is_full)

    @property
    def _is_full(self) -> bool:
        return len(self._held) >= MAX_CREDENTIALS

    def _holder(self, change: CredentialChange) -> CredentialId | None:
        """Another credential that states the trust which a change is to write."""
        trust = change.after.who if change.after else None
        return next((one for one, who in self._held.items() if who == trust and one != change.resource_id), None)

    def _put(self, change: CredentialChange) -> None:
        exists = change.resource_id in self._held
        self._held[change.resource_id] = change.after.who if change.after else None
        self._puts.remove(change)
        self._writes.append(Step(change, Action.UPDATE if exists else Action.CREATE))

    def _make_way(self) -> bool:
        """Delete what stands in the way of a write; what is deleted anyway first, else one of a circle of exchanges."""
        holders = {self._holder(change) for change in self._puts}
        going = next((change for change in self._deletes if change.resource_id in holders or self._is_full), None)
        if going is not None:
            self._deletes.remove(going)
        else:
            going = next((change for change in self._puts if change.resource_id in holders & self._held.keys()), None)
        if going is None:
            return False
        del self._held[going.resource_id]
        self._writes.append(Step(going, Action.DELETE))
        return True
