"""The plan: ordered changes, what the guards hold back, and the one place that knows the plan's JSON form.

What is held back is part of the plan but of none of its counts, so that the counts, the report and what apply does are
always the same set.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler import __version__
from reconciler.diff import Action, Change, Changes, PlannedIdentity, Skipped
from reconciler.errors import Violation
from reconciler.manifest.desired import Desired, DesiredGroup, DesiredIdentity
from reconciler.model import Identity, Live, Subscription

FORMAT_VERSION = "1.0"
"""Version of every JSON document this tool writes: minor versions add, major versions break."""

RESOURCE_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"

_KNOWN_AFTER_CREATE = ("principal_id", "client_id", "tenant_id")

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    """What apply would do, in the order in which it would begin.

    Attributes:
        changes: creates and updates by address, no-ops among them, then deletes by address.
        targets: `--target` as given; empty where the whole manifest is meant.
    """

    cloud: str
    subscriptions: tuple[Subscription, ...]
    targets: tuple[str, ...]
    desired: Desired
    changes: tuple[Change, ...]
    skipped: tuple[Skipped, ...]
    violations: tuple[Violation, ...]

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
) -> Plan:
    """Put the comparison and the guards' verdict in order."""
    return Plan(
        cloud,
        live.subscriptions,
        targets,
        desired,
        # Deletes last of all: whatever replaces an identity exists before it goes.
        tuple(sorted(changes, key=lambda change: (change.action is Action.DELETE, change.resource_id.key))),
        tuple(one for group in changes.groups for one in group.skipped),
        violations,
    )


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
        "desired": {"resource_groups": [_desired_group(group) for group in plan.desired.groups]},
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
    }


def change_document(change: Change, refused: frozenset[str] = frozenset()) -> JsonObject:
    """One change; `refused` says which addresses are held back."""
    source = change.desired.source if change.desired else change.group.source
    document: JsonObject = {
        "address": change.resource_id.address,
        "resource_type": RESOURCE_TYPE,
        "actions": [change.action.value],
        "reason": change.reason.value,
        "before": _identity(change.before) if change.before else None,
        "after": _planned(change.after, change.before) if change.after else None,
        "after_unknown": _after_unknown(change),
        "source": {"file": source.file, "line": source.line, "column": source.column},
    }
    if change.resource_id.address in refused:
        document["refused"] = True
    return document


def violation_document(violation: Violation) -> JsonObject:
    """One refusal, with the addresses that it holds back."""
    return {
        "code": violation.code,
        "address": violation.address,
        "message": violation.message,
        "hint": violation.hint,
        "refused": list(violation.refused),
    }


def _identity(identity: Identity) -> JsonObject:
    return {
        "location": identity.location,
        "tags": dict(identity.tags),
        "isolation_scope": str(identity.isolation_scope),
        "principal_id": identity.principal_id,
        "client_id": identity.client_id,
        "tenant_id": identity.tenant_id,
    }


def _planned(after: PlannedIdentity, before: Identity | None) -> JsonObject:
    known: JsonObject = {
        "location": after.location,
        "tags": dict(after.tags),
        "isolation_scope": str(after.isolation_scope),
    }
    if before is None:
        return {key: value for key, value in known.items() if value is not None}
    return {**_identity(before), **known}


def _after_unknown(change: Change) -> list[str]:
    if change.action is not Action.CREATE or change.after is None:
        return []
    # A group that does not exist has no location to give.
    return [*(["location"] if change.after.location is None else []), *_KNOWN_AFTER_CREATE]


def _desired_group(group: DesiredGroup) -> JsonObject:
    return {
        "subscription_id": group.group_id.subscription_id,
        "resource_group": group.group_id.resource_group,
        "tenant": None if group.tenant is None else group.tenant.tenant_id,
        "owner": group.owner,
        "default_location": group.default_location,
        "policy": {"identities": group.policy.identities.value, "tags": group.policy.tags.value},
        "limits": {
            "max_deletes": group.limits.max_deletes,
            "max_delete_percent": group.limits.max_delete_percent,
        },
        "ignore": {"identities": list(group.ignore.identities), "tags": list(group.ignore.tags)},
        "identities": [_desired_identity(one) for one in group.identities],
    }


def _desired_identity(identity: DesiredIdentity) -> JsonObject:
    tags: Mapping[str, str | None] = dict(identity.tags)
    scope = identity.isolation_scope
    return {
        "name": identity.resource_id.name,
        "location": identity.location,
        "isolation_scope": scope.value if scope is not None else None,
        "tags": dict(tags),
    }
