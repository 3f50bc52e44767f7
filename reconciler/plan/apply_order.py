"""What apply works on, and in which order: one piece of work for each identity, its steps in turn.

What a step needs comes before it: an identity before what hangs on it, and before an identity goes, the roles that this
tool gave it, because afterwards nobody finds them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reconciler.model.access import FederatedCredential
from reconciler.model.ids import ResourceId, identity_of
from reconciler.plan.changes import Action, AssignmentChange, Change, CredentialChange, IdentityChange
from reconciler.plan.credential_order import order_writes


@dataclass(frozen=True, slots=True)
class Step:
    """One call for a change; two steps share a change where a credential is deleted and created again."""

    change: Change
    action: Action


@dataclass(frozen=True, slots=True)
class Work:
    """The steps for one identity; `own` is its own change, None where only what hangs on it changes."""

    identity: ResourceId
    own: IdentityChange | None
    steps: tuple[Step, ...]

    @property
    def is_deletion(self) -> bool:
        """Whether the identity goes."""
        return self.own is not None and self.own.action is Action.DELETE


def order_work(changes: Iterable[Change], held_back: frozenset[str], kept: Iterable[FederatedCredential]) -> list[Work]:
    """One piece of work for each identity of which something is to change, in the order of the changes.

    Args:
        changes: of a plan, no-ops included, since they tell what an identity has.
        held_back: addresses of changes that are not to be applied.
        kept: live credentials that no change is about.
    """
    by_identity: dict[ResourceId, list[Change]] = {}
    for change in changes:
        by_identity.setdefault(identity_of(change.resource_id), []).append(change)
    stay: dict[ResourceId, list[FederatedCredential]] = {}
    for credential in kept:
        stay.setdefault(credential.credential_id.identity, []).append(credential)
    works = (_work(identity, hanging, held_back, stay.get(identity, [])) for identity, hanging in by_identity.items())
    return [work for work in works if work.steps]


def _work(
    identity: ResourceId, changes: list[Change], held_back: frozenset[str], stay: list[FederatedCredential]
) -> Work:
    applied = [change for change in changes if change.resource_id.address not in held_back]
    to_apply = [Step(change, change.action) for change in applied if change.action is not Action.NO_OP]
    own = [step for step in to_apply if isinstance(step.change, IdentityChange)]
    credentials = [change for change in applied if isinstance(change, CredentialChange)]
    refused = [change.before for change in changes if isinstance(change, CredentialChange) and change not in applied]
    writes = order_writes(credentials, [*stay, *(one for one in refused if one is not None)])
    grants = [step for step in to_apply if isinstance(step.change, AssignmentChange)]
    given = [step for step in grants if step.action is not Action.DELETE]
    taken = [step for step in grants if step.action is Action.DELETE]
    work = Work(identity, next((step.change for step in own if isinstance(step.change, IdentityChange)), None), ())
    written = [Step(write.change, write.action) for write in writes]
    # New roles come before old ones go, so that what is exchanged is never missing.
    steps = [*taken, *own] if work.is_deletion else [*own, *written, *given, *taken]
    return replace(work, steps=tuple(steps))
