"""The JSON form of a plan and of its changes, as `schemas/plan.v1.schema.json` describes it.

Its reader is `saved_plan.read_document`.
"""

from reconciler import __version__
from reconciler.manifest.findings import finding_documents
from reconciler.manifest.write import saved_manifests
from reconciler.model import (
    FORMAT_VERSION,
    RESOURCE_TYPES,
    UNREAD,
    AnyId,
    AssignmentId,
    Identity,
    JsonObject,
    Orphan,
    PlannedIdentity,
    RoleAssignment,
    Violation,
    assignment_document,
    credential_document,
    identity_document,
    impact_document,
    last_sign_in_document,
    live_trust_document,
    planned_assignment_document,
    planned_document,
    source_document,
    trust_document,
)
from reconciler.plan.changes import Action, AssignmentChange, Change, CredentialChange, IdentityChange, Skipped
from reconciler.plan.holds import Hold, hold_of
from reconciler.plan.plan import NotUndone, Plan
from reconciler.plan.sources import given_by
from reconciler.plan.trust.document import trust_row_document
from reconciler.plan.trust.rows import trust_rows

_KNOWN_AFTER_CREATE = ("principal_id", "client_id", "tenant_id")


def plan_document(plan: Plan) -> JsonObject:
    """The plan as `schemas/plan.v1.schema.json` describes it: the same for the same manifest and live state."""
    document: JsonObject = {
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
            **({"only": "expired"} if plan.expired_only else {}),
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
        "held": [_held(change) for change in plan.held],
        "skipped": [_skipped(one) for one in plan.skipped],
        "violations": [violation_document(one) for one in plan.violations],
        "notes": list(plan.notes),
        "warnings": finding_documents(plan.findings),
        "abandoned": [
            {"address": one.resource_id.address, "owner": one.owner, "principal_id": one.principal_id}
            for one in plan.abandoned
        ],
        "live_trust": [
            {"address": identity.address, **live_trust_document(live)} for identity, live in plan.trust.items()
        ],
        "trust": [trust_row_document(row) for row in trust_rows(plan)],
        "guardrails": plan.guardrails,
        **({"skipped_files": list(plan.skipped_files)} if plan.skipped_files else {}),
    }
    if plan.not_undone is not None:
        document["not_undone"] = [_not_undone(one) for one in plan.not_undone]
    return document


def _not_undone(one: NotUndone) -> JsonObject:
    return {
        "address": one.resource_id.address,
        "part": one.part or None,
        "because": one.because,
        "advice": one.advice,
    }


def _held(change: Change) -> JsonObject:
    # What a delete would break is looked at once the delete is due.
    return {**change_document(change), "impact": None, "hold": hold_document(hold_of(change))}


def hold_document(hold: Hold) -> JsonObject:
    """Why a change is not made."""
    return {
        "reason": hold.reason,
        "until": None if hold.until is None else hold.until.isoformat(),
        "source": source_document(hold.source),
    }


def _skipped(one: Skipped) -> JsonObject:
    known: JsonObject = {"address": one.resource_id.address, "reason": one.reason.value}
    return known if one.condition is None else {**known, "condition": one.condition}


def change_document(change: Change, refused: frozenset[AnyId] = frozenset()) -> JsonObject:
    """One change; `refused` says which changes are held back."""
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
    default = given_by(change)
    if default is not None:
        document["given_by"] = source_document(default)
    if isinstance(change, CredentialChange) and change.last_sign_in is not None:
        document["last_sign_in"] = last_sign_in_document(change.last_sign_in)
    if isinstance(change, AssignmentChange) and change.orphan is not None:
        document["orphan"] = orphan_document(change.orphan)
    if change.resource_id in refused:
        document["refused"] = True
    return document


def orphan_document(orphan: Orphan) -> JsonObject:
    """What is known of the principal of an orphan."""
    return {
        "identity": None if orphan.identity is None else orphan.identity.address,
        "created_again": orphan.created_again,
        "principal_type": orphan.principal_type,
        "evidence": orphan.evidence,
    }


def _impact(change: Change) -> JsonObject | None:
    match change:
        case IdentityChange(action=Action.DELETE):
            return impact_document(change.impact or UNREAD, change.resource_id)
    return None


def _states(change: Change) -> tuple[JsonObject | None, JsonObject | None, list[str]]:
    """What is, what will be, and which fields of it are not known yet."""
    match change:
        case IdentityChange(before=before, after=after):
            planned = _planned(after, before) if after else None
            return identity_document(before) if before else None, planned, _after_unknown(change)
        case CredentialChange(before=live, after=trust):
            return credential_document(live) if live else None, {**trust_document(trust)} if trust else None, []
        case AssignmentChange(resource_id=resource_id, before=given, after=planned_role):
            role, unknown = resource_id.role, planned_role is not None and planned_role.principal_id is None
            return (
                None if given is None else _live_assignment(resource_id, given),
                None if planned_role is None else planned_assignment_document(planned_role, role),
                ["principal_id"] if unknown else [],
            )


def _live_assignment(assignment_id: AssignmentId, live: RoleAssignment) -> JsonObject:
    known = assignment_document(live, assignment_id.role)
    del known["name"]
    return {**known, "role_guid": assignment_id.role_guid, "scope": assignment_id.scope}


def violation_document(violation: Violation) -> JsonObject:
    """One refusal, with the addresses that it holds back; that it is a warning is said where it is."""
    document: JsonObject = {
        "code": violation.code,
        "address": violation.address,
        "message": violation.message,
        "hint": violation.hint,
        "refused": [one.address for one in violation.refused],
    }
    return {**document, "is_warning": True} if violation.is_warning else document


def _planned(after: PlannedIdentity, before: Identity | None) -> JsonObject:
    known = planned_document(after)
    if before is None:
        return {key: value for key, value in known.items() if value is not None}
    return {**identity_document(before), **known}


def _after_unknown(change: IdentityChange) -> list[str]:
    match change:
        case IdentityChange(action=Action.CREATE, after=PlannedIdentity(location=None)):
            # A group that does not exist has no location to give.
            return ["location", *_KNOWN_AFTER_CREATE]
        case IdentityChange(action=Action.CREATE):
            return [*_KNOWN_AFTER_CREATE]
    return []
