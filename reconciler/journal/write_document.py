"""The lines of a journal as JSON: the form that `schemas/journal.v1.schema.json` describes, and the only writer of it.

Every line is ASCII and whole in itself, so that a journal that a crash cut short is readable up to its last line.
"""

import json
from typing import assert_never

from reconciler.journal.outcome import CallError, Outcome
from reconciler.journal.record import RunCall, RunEnd, RunHeader, RunRecord, State
from reconciler.model.access import (
    AnyId,
    AssignmentId,
    Children,
    CredentialId,
    FederatedCredential,
    RoleAssignment,
    Trust,
)
from reconciler.model.identity import Identity, ResourceId
from reconciler.plan.changes import AssignmentChange, CredentialChange, IdentityChange, PlannedIdentity
from reconciler.plan.diff_access import is_ours
from reconciler.plan.plan import FORMAT_VERSION, RESOURCE_TYPES, JsonObject


def line_of(document: JsonObject) -> bytes:
    """One line, with its line break."""
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def header_document(header: RunHeader) -> JsonObject:
    """The first line."""
    return {
        "kind": "run",
        "format_version": FORMAT_VERSION,
        "tool_version": header.tool_version,
        "run_id": header.run_id,
        "command": header.command,
        "started_at": header.started_at,
        "cloud": header.cloud,
        "tenant": header.tenant,
        "place": {"kind": header.place.kind.value, "name": header.place.name},
        "principal": {
            "object_id": header.actor.object_id,
            "client_id": header.actor.client_id,
            "name": header.actor.name,
        },
        "scope": {
            "resource_groups": [{"address": one.group_id.address, "owner": one.owner} for one in header.groups],
        },
    }


def intent_document(call: RunCall, owner: str | None) -> JsonObject:
    """The line before a call; `owner` is that of the group, which tells whose the role assignments are."""
    document: JsonObject = {
        "kind": "intent",
        "call": call.number,
        "at": call.at,
        "address": call.resource_id.address,
        "resource_type": _RESOURCE_TYPES[type(call.resource_id)],
        "action": call.action.value,
        "attempt": call.attempt,
        "source": {"file": call.source.file, "line": call.source.line, "column": call.source.column},
        "before": _state(call.resource_id, call.before),
        "after": _state(call.resource_id, call.after),
    }
    if call.hanging is not None:
        document["hanging"] = _hanging(call.hanging, owner)
    return document


def outcome_document(
    number: int, at: str, outcome: Outcome, error: CallError | None, made: Identity | None
) -> JsonObject:
    """The line after a call; a second one for the same call says what a later read showed."""
    return {
        "kind": "outcome",
        "call": number,
        "at": at,
        "outcome": outcome.value,
        **_answered(error, made),
    }


def _answered(error: CallError | None, made: Identity | None) -> JsonObject:
    document: JsonObject = {}
    if error is not None:
        document["error"] = {
            "status": error.status,
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
            "correlation_id": error.correlation_id,
        }
    if made is not None:
        document["made"] = _identity(made)
    return document


def end_document(end: RunEnd) -> JsonObject:
    """The last line."""
    return {
        "kind": "end",
        "at": end.at,
        "complete": end.complete,
        "interrupted": end.interrupted,
        "summary": {outcome.value.replace("-", "_"): number for outcome, number in end.counts},
    }


def record_document(record: RunRecord) -> JsonObject:
    """A whole journal as one document: the lines of each call put together."""
    owners = {group.group_id: group.owner for group in record.header.groups}
    return {
        "format_version": FORMAT_VERSION,
        "run": header_document(record.header),
        "calls": [
            {
                **intent_document(call, owners.get(call.resource_id.group_id)),
                "ended_at": call.ended_at,
                "outcome": None if call.outcome is None else call.outcome.value,
                **_answered(call.error, call.made),
            }
            for call in record.calls
        ],
        "in_doubt": [call.number for call in record.in_doubt],
        "end": None if record.end is None else end_document(record.end),
        "torn": record.torn,
    }


_RESOURCE_TYPES: dict[type[AnyId], str] = {
    ResourceId: RESOURCE_TYPES[IdentityChange],
    CredentialId: RESOURCE_TYPES[CredentialChange],
    AssignmentId: RESOURCE_TYPES[AssignmentChange],
}


def _state(resource_id: AnyId, state: State) -> JsonObject | None:
    match state:
        case None:
            return None
        case Identity():
            return _identity(state)
        case PlannedIdentity(location=location, tags=tags, isolation_scope=scope):
            return {"location": location, "tags": dict(tags), "isolation_scope": str(scope)}
        case FederatedCredential():
            return _credential(state)
        case Trust():
            return _trust(state)
        case RoleAssignment():
            role = resource_id.role if isinstance(resource_id, AssignmentId) else state.role_guid
            return _assignment(state, role)
    assert_never(state)


def _identity(identity: Identity) -> JsonObject:
    return {
        "location": identity.location,
        "tags": dict(identity.tags),
        "isolation_scope": str(identity.isolation_scope),
        "principal_id": identity.principal_id,
        "client_id": identity.client_id,
        "tenant_id": identity.tenant_id,
    }


def _credential(credential: FederatedCredential) -> JsonObject:
    return {"inexpressible": True} if credential.trust is None else _trust(credential.trust)


def _trust(trust: Trust) -> JsonObject:
    return {"issuer": trust.issuer, "subject": trust.subject, "audience": trust.audience}


def _assignment(assignment: RoleAssignment, role: str) -> JsonObject:
    return {
        "name": assignment.name,
        "role": role,
        "role_guid": assignment.role_guid,
        "scope": assignment.scope,
        "principal_id": assignment.principal_id,
    }


def _hanging(hanging: Children, owner: str | None) -> JsonObject:
    credentials, assignments = hanging.credentials, hanging.assignments
    return {
        "credentials": None
        if credentials is None
        else [{"name": one.credential_id.name, **_credential(one)} for one in credentials],
        "role_assignments": None
        if assignments is None
        else [{**_assignment(one, one.role_guid), "ours": is_ours(owner, one)} for one in assignments],
        "attached": None if hanging.attached is None else list(hanging.attached),
        "unread": list(hanging.unread),
    }
