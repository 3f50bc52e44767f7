"""The plan: ordered changes, and what the guards hold back.

What is held back is part of the plan but of none of its counts, so that the counts, the report and what apply does are
always the same set.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model import (
    AnyId,
    FederatedCredential,
    Live,
    LiveTrust,
    ResourceId,
    Subscription,
    Violation,
    identity_of,
)
from reconciler.plan.abandoned import Abandoned, find_abandoned
from reconciler.plan.changes import Action, AssignmentChange, Change, Changes, CredentialChange, IdentityChange, Skipped
from reconciler.plan.drift.pending import Drift
from reconciler.plan.order import order_work


@dataclass(frozen=True, slots=True)
class NotUndone:
    """A part of a run that an undo does not take back, or a loss that does not return.

    Attributes:
        resource_id: the identity, federated credential or role assignment that it is about.
        part: what of it, such as `tags.env`; empty where it is all of it.
        because: why it is not taken back.
        advice: what the reader can do about it; in one line, with its command quoted for a shell where it has one.
    """

    resource_id: AnyId
    part: str
    because: str
    advice: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What apply would do, in the order in which it would begin.

    Attributes:
        changes: identities to make or to change by address, no-ops among them, each with its children behind it; then
            roles that wait for another identity; then identities to delete, each behind the roles that go with it.
        judged_on: the day, in UTC, by which dates of the manifest were judged.
        expired_only: `--only expired`: what has not expired is left alone.
        held: changes that the manifest holds back, no-ops among them, each identity with its children behind it; in
            nothing else of the plan.
        targets: `--target` as given; empty where the whole manifest is meant.
        kept_credentials: live ones of identities that list theirs, which stay though they are not listed.
        notes: what could not be looked at, in sentences.
        findings: what is usually a mistake in the manifest; refused only where the caller asks for that.
        abandoned: what has an owner of the manifest in groups that it does not name; only reported.
        unused_allowances: those of the caller that lifted nothing; of this run alone, and part of no document.
        trust: what lives of identities whose trust or roles change; nothing of those that are made or deleted.
        not_undone: of a plan that takes a run back, what of that run stays; None for a plan of manifests.
        guardrails: SHA-256 of the guardrails that it was judged by, of two joined by `+`; None without any.
        drift: of a comparison that is looked at from the live side: who made the differences; part of no saved plan.
        skipped_files: files below folder arguments that are no manifests, by name.
        is_of_orphans: of no manifest, but of roles whose principal is gone.
    """

    cloud: str
    subscriptions: tuple[Subscription, ...]
    targets: tuple[str, ...]
    desired: Desired
    changes: tuple[Change, ...]
    skipped: tuple[Skipped, ...]
    violations: tuple[Violation, ...]
    kept_credentials: tuple[FederatedCredential, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    abandoned: tuple[Abandoned, ...] = ()
    held: tuple[Change, ...] = ()
    unused_allowances: tuple[str, ...] = ()
    guardrails: str | None = None
    drift: Drift | None = None
    not_undone: tuple[NotUndone, ...] | None = None
    skipped_files: tuple[str, ...] = ()
    trust: Mapping[ResourceId, LiveTrust] = field(default_factory=dict)
    expired_only: bool = False
    is_of_orphans: bool = False
    judged_on: date = field(kw_only=True)

    @property
    def tenant(self) -> str | None:
        """The tenant of the subscriptions, None where they are of several."""
        tenants = {one.tenant_id for one in self.subscriptions}
        return tenants.pop() if len(tenants) == 1 else None

    @property
    def refused(self) -> frozenset[AnyId]:
        """The changes that guards hold back, by their ids."""
        return frozenset(one for violation in self.violations for one in violation.refused)

    @property
    def applicable(self) -> tuple[Change, ...]:
        """The changes that no guard refuses and that do something."""
        refused = self.refused
        return tuple(
            change for change in self.changes if change.action is not Action.NO_OP and change.resource_id not in refused
        )

    @property
    def removed_already(self) -> tuple[IdentityChange, ...]:
        """What the manifest names under `remove` and no longer exists."""
        identities = (change for change in self.changes if isinstance(change, IdentityChange))
        return tuple(change for change in identities if change.removal and not change.before)

    def count(self, action: Action) -> int:
        """How many changes of this action no guard holds back; no-ops are those that are as they should be."""
        refused = self.refused
        return sum(1 for change in self.changes if change.action is action and change.resource_id not in refused)


def make_plan(
    desired: Desired,
    live: Live,
    changes: Changes,
    violations: tuple[Violation, ...],
    *,
    cloud: str,
    targets: tuple[str, ...],
) -> Plan:
    """Put the comparison and the guards' verdict in order; notes and findings are for the caller to add."""
    kept = changes.kept_credentials()
    return Plan(
        cloud,
        live.subscriptions,
        targets,
        desired,
        _in_order(changes, kept),
        tuple(one for group in changes.groups for one in group.skipped),
        violations,
        kept,
        abandoned=find_abandoned(desired, live),
        held=tuple(one for group in changes.groups for one in group.held),
        trust=changes.trust,
        judged_on=changes.judged_on,
    )


def _in_order(changes: Changes, kept: tuple[FederatedCredential, ...]) -> tuple[Change, ...]:
    """Identities to delete last of all: whatever replaces one exists before it goes."""
    going = {change.resource_id for change in changes.identities() if change.action is Action.DELETE}
    if not going and not any(True for _ in changes.access()):
        # Each identity stands for itself alone, as nearly all of a large plan do.
        return tuple(sorted(changes, key=lambda change: change.resource_id.key))
    works = order_work(changes, frozenset(), kept)
    steps = [step.change.resource_id for work in works for step in work.all_steps]
    waiting = {step.change.resource_id for work in works for step in work.waiting}
    turn = {change_id: number for number, change_id in reversed(list(enumerate(steps, start=1)))}

    def place(change: Change) -> tuple[object, ...]:
        identity, key = identity_of(change.resource_id), change.resource_id.key
        kind = _RANKS[type(change)] * (-1 if identity in going else 1)
        # What changes nothing has no turn of its own and stands where its name puts it.
        return (
            identity in going,
            change.resource_id in waiting,
            identity.key,
            kind,
            turn.get(change.resource_id, 0),
            key,
        )

    return tuple(sorted(changes, key=place))


_RANKS: dict[type[Change], int] = {IdentityChange: 0, CredentialChange: 1, AssignmentChange: 2}
