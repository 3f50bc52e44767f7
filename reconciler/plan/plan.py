"""The plan: ordered changes, what the guards hold back, and the one place that knows the plan's JSON form.

What is held back is part of the plan but of none of its counts, so that the counts, the report and what apply does are
always the same set.
"""

from dataclasses import dataclass
from typing import assert_never

from reconciler import __version__
from reconciler.errors import Violation
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding, finding_document
from reconciler.manifest.write import saved_manifests
from reconciler.model.access import FederatedCredential
from reconciler.model.document import (
    FORMAT_VERSION,
    RESOURCE_TYPES,
    JsonObject,
    credential_document,
    identity_document,
    impact_document,
    planned_document,
    role_document,
    source_document,
    trust_document,
)
from reconciler.model.identity import Identity, Live, PlannedIdentity, Subscription
from reconciler.model.ids import AssignmentId, identity_of
from reconciler.model.impact import UNREAD
from reconciler.plan.abandoned import Abandoned
from reconciler.plan.apply_order import order_work
from reconciler.plan.changes import Action, AssignmentChange, Change, Changes, CredentialChange, IdentityChange, Skipped

_KNOWN_AFTER_CREATE = ("principal_id", "client_id", "tenant_id")


@dataclass(frozen=True, slots=True)
class Plan:
    """What apply would do, in the order in which it would begin.

    Attributes:
        changes: identities to make or to change by address, no-ops among them, each with what hangs on it behind it;
            then identities to delete, each behind the roles that go with it.
        targets: `--target` as given; empty where the whole manifest is meant.
        kept_credentials: live ones of identities that list theirs, which stay though they are not listed.
        notes: what could not be looked at, in sentences.
        findings: what is usually a mistake in the manifest; refused only where the caller asks for that.
        abandoned: what bears an owner of the manifest in groups that it does not name; only told.
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

    @property
    def tenant(self) -> str | None:
        """The tenant of the subscriptions, None where they are of several."""
        tenants = {one.tenant_id for one in self.subscriptions}
        return tenants.pop() if len(tenants) == 1 else None

    @property
    def refused(self) -> frozenset[str]:
        """Addresses of the changes that guards hold back."""
        return frozenset(address for violation in self.violations for address in violation.refused)

    @property
    def applicable(self) -> tuple[Change, ...]:
        """The changes that no guard refuses and that do something."""
        refused = self.refused
        return tuple(
            change
            for change in self.changes
            if change.action is not Action.NO_OP and change.resource_id.address not in refused
        )

    @property
    def removed_already(self) -> tuple[IdentityChange, ...]:
        """What the manifest names under `remove` and nothing bears any more."""
        done = (change for change in self.changes if isinstance(change, IdentityChange) and change.removal is not None)
        return tuple(change for change in done if change.before is None)

    def count(self, action: Action) -> int:
        """How many changes of this action no guard holds back; no-ops are those that are as they should be."""
        refused = self.refused
        return sum(
            1 for change in self.changes if change.action is action and change.resource_id.address not in refused
        )


def make_plan(
    desired: Desired,
    live: Live,
    changes: Changes,
    violations: tuple[Violation, ...],
    *,
    cloud: str,
    targets: tuple[str, ...],
    notes: tuple[str, ...] = (),
    findings: tuple[Finding, ...] = (),
    abandoned: tuple[Abandoned, ...] = (),
) -> Plan:
    """Put the comparison and the guards' verdict in order."""
    kept = tuple(one for group in changes.groups for one in group.kept_credentials)
    return Plan(
        cloud,
        live.subscriptions,
        targets,
        desired,
        _in_order(changes, kept),
        tuple(one for group in changes.groups for one in group.skipped),
        violations,
        kept,
        notes,
        findings,
        abandoned,
    )


def _in_order(changes: Changes, kept: tuple[FederatedCredential, ...]) -> tuple[Change, ...]:
    """Identities to delete last of all: whatever replaces one exists before it goes."""
    going = {change.resource_id for change in changes.identities() if change.action is Action.DELETE}
    steps = [step.change.resource_id for work in order_work(changes, frozenset(), kept) for step in work.steps]
    turn = {change_id: number for number, change_id in reversed(list(enumerate(steps, start=1)))}

    def place(change: Change) -> tuple[object, ...]:
        identity, key = identity_of(change.resource_id), change.resource_id.key
        kind = _RANKS[type(change)] * (-1 if identity in going else 1)
        # What changes nothing has no turn of its own and stands where its name puts it.
        return (identity in going, identity.key, kind, turn.get(change.resource_id, 0), key)

    return tuple(sorted(changes, key=place))


_RANKS: dict[type[Change], int] = {IdentityChange: 0, CredentialChange: 1, AssignmentChange: 2}


def plan_document(plan: Plan) -> JsonObject:
    """The plan as `schemas/plan.v1.schema.json` describes it: the same for the same manifest and live state."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "cloud": plan.cloud,
        "tenant": plan.tenant,
        "scope": {
            "subscriptions": [
                {"subscription_id": one.subscription_id, "display_name": one.display_name, "tenant_id": one.tenant_id}
                for one in plan.subscriptions
            ],
            "resource_groups": [group.group_id.address for group in plan.desired.groups],
            "targets": list(plan.targets),
        },
        "desired": saved_manifests(plan.desired),
        "summary": {
            "create": plan.count(Action.CREATE),
            "update": plan.count(Action.UPDATE),
            "delete": plan.count(Action.DELETE),
            "no_op": plan.count(Action.NO_OP),
            "refused": len(plan.refused),
        },
        "changes": [change_document(change, plan.refused) for change in plan.changes],
        "skipped": [{"address": one.resource_id.address, "reason": one.reason.value} for one in plan.skipped],
        "violations": [violation_document(one) for one in plan.violations],
        "notes": list(plan.notes),
        "warnings": [finding_document(one) for one in plan.findings],
        "abandoned": [_abandoned(one) for one in plan.abandoned],
    }


def _abandoned(one: Abandoned) -> JsonObject:
    return {"address": one.resource_id.address, "owner": one.owner, "principal_id": one.principal_id}


def change_document(change: Change, refused: frozenset[str] = frozenset()) -> JsonObject:
    """One change; `refused` says which addresses are held back."""
    before, after, after_unknown = _states(change)
    document: JsonObject = {
        "address": change.resource_id.address,
        "resource_type": RESOURCE_TYPES[type(change.resource_id)],
        "actions": [change.action.value],
        "reason": change.reason.value,
        "before": before,
        "after": after,
        "after_unknown": after_unknown,
        "source": source_document(change.source),
        "impact": _impact(change),
    }
    if change.resource_id.address in refused:
        document["refused"] = True
    return document


def _impact(change: Change) -> JsonObject | None:
    if not isinstance(change, IdentityChange) or change.action is not Action.DELETE:
        return None
    return impact_document(change.impact or UNREAD, change.resource_id)


def _states(change: Change) -> tuple[JsonObject | None, JsonObject | None, list[str]]:
    """What is, what will be, and which fields of it are not known yet."""
    match change:
        case IdentityChange(before=before, after=after):
            planned = _planned(after, before) if after else None
            return identity_document(before) if before else None, planned, _after_unknown(change)
        case CredentialChange(before=live, after=trust):
            return credential_document(live) if live else None, trust_document(trust) if trust else None, []
        case AssignmentChange(before=given):
            stays = change.action is not Action.DELETE
            principal_id = change.identity.principal_id if change.identity else None
            wanted = _assignment(change.resource_id, principal_id) if stays else None
            live_one = _assignment(change.resource_id, given.principal_id) if given else None
            return live_one, wanted, ["principal_id"] if stays and principal_id is None else []
    assert_never(change)


def _assignment(assignment_id: AssignmentId, principal_id: str | None) -> JsonObject:
    known = role_document(assignment_id.role, assignment_id.role_guid, assignment_id.scope)
    return known if principal_id is None else {**known, "principal_id": principal_id}


def violation_document(violation: Violation) -> JsonObject:
    """One refusal, with the addresses that it holds back."""
    return {
        "code": violation.code,
        "address": violation.address,
        "message": violation.message,
        "hint": violation.hint,
        "refused": list(violation.refused),
    }


def _planned(after: PlannedIdentity, before: Identity | None) -> JsonObject:
    known = planned_document(after)
    if before is None:
        return {key: value for key, value in known.items() if value is not None}
    return {**identity_document(before), **known}


def _after_unknown(change: IdentityChange) -> list[str]:
    if change.action is not Action.CREATE or change.after is None:
        return []
    # A group that does not exist has no location to give.
    return [*(["location"] if change.after.location is None else []), *_KNOWN_AFTER_CREATE]
