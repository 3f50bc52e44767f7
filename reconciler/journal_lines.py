"""The lines of a journal as JSON: the form that `schemas/journal.v1.schema.json` describes, and the only writer of it.

Every line is ASCII and whole in itself, so that a journal that a crash cut short is readable up to its last line.
"""

import json
from typing import assert_never

from reconciler.access import AssignmentId, FederatedCredential, Hanging, RoleAssignment, Trust
from reconciler.changes import Change, PlannedIdentity
from reconciler.diff_access import is_ours
from reconciler.events import ApplyResult, JournalEntry, Outcome
from reconciler.model import Identity
from reconciler.plan import FORMAT_VERSION, RESOURCE_TYPES, JsonObject
from reconciler.run_record import RunHeader, State


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


def intent_document(entry: JournalEntry, number: int, at: str) -> JsonObject:
    """The line before a call."""
    change = entry.change
    document: JsonObject = {
        "kind": "intent",
        "call": number,
        "at": at,
        "address": change.resource_id.address,
        "resource_type": RESOURCE_TYPES[type(change)],
        "action": entry.action.value,
        "attempt": entry.attempt,
        "source": {"file": change.source.file, "line": change.source.line, "column": change.source.column},
        "before": _state(change, entry.before),
        "after": _state(change, entry.after),
    }
    if entry.hanging is not None:
        document["hanging"] = _hanging(entry.hanging, change.group.owner)
    return document


def outcome_document(entry: JournalEntry, number: int, at: str) -> JsonObject:
    """The line after a call; a second one for the same call says what a later read showed."""
    if entry.outcome is None:
        raise AssertionError("an outcome that is none")
    document: JsonObject = {"kind": "outcome", "call": number, "at": at, "outcome": entry.outcome.value}
    if entry.error is not None:
        document["error"] = {
            "status": entry.error.status,
            "code": entry.error.code,
            "message": entry.error.message,
            "hint": entry.error.hint,
            "correlation_id": entry.error.correlation_id,
        }
    if entry.made is not None:
        document["made"] = _identity(entry.made)
    return document


def end_document(result: ApplyResult, at: str) -> JsonObject:
    """The last line."""
    return {
        "kind": "end",
        "at": at,
        "complete": result.complete,
        "interrupted": result.interrupted,
        "summary": {outcome.value.replace("-", "_"): len(result.ended(outcome)) for outcome in Outcome},
    }


def _state(change: Change, state: State) -> JsonObject | None:
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
            role = change.resource_id.role if isinstance(change.resource_id, AssignmentId) else state.role_guid
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


def _hanging(hanging: Hanging, owner: str | None) -> JsonObject:
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
