"""The lines of a journal as JSON, as `schemas/journal.v1.schema.json` describes them: each writer beside its reader.

Every line is ASCII and complete by itself, so that a journal that a crash cut short is readable up to its last line.
The reader gets lines that the schema admits, and checks what the schema cannot say: addresses become paths of requests,
so they are held to the names that a manifest may have.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, assert_never

from reconciler.errors import SourcePos
from reconciler.journal.call import After, Before, Call, CallError, Outcome
from reconciler.journal.record import Actor, Place, PlaceKind, RunEnd, RunGroup, RunHeader, RunRecord
from reconciler.model.access import (
    AnyId,
    AssignmentId,
    Children,
    CredentialId,
    FederatedCredential,
    RoleAssignment,
    Trust,
)
from reconciler.model.identity import Identity, IsolationScope, ResourceGroupId, ResourceId, Tags, same_name
from reconciler.plan.changes import Action, AssignmentChange, CredentialChange, IdentityChange, PlannedIdentity
from reconciler.plan.diff_access import is_ours
from reconciler.plan.plan import FORMAT_VERSION, RESOURCE_TYPES, JsonObject

Document = Mapping[str, Any]
"""A line that its schema admits."""

_GUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
# Names as manifests may have them; an address is what paths of requests are made of.
_GROUP = re.compile(rf"(?P<subscription>{_GUID})/(?P<group>[-\w.()]{{0,89}}[-\w()])")
_IDENTITY = re.compile(rf"{_GROUP.pattern}/(?P<name>[A-Za-z0-9][A-Za-z0-9_-]{{2,127}})(?:/(?P<below>.+))?", re.DOTALL)
_CREDENTIAL = re.compile(r"federatedCredentials/(?P<name>[A-Za-z0-9][A-Za-z0-9_-]{2,119})")

_RESOURCE_TYPES: dict[type[AnyId], str] = {
    ResourceId: RESOURCE_TYPES[IdentityChange],
    CredentialId: RESOURCE_TYPES[CredentialChange],
    AssignmentId: RESOURCE_TYPES[AssignmentChange],
}


class LineError(ValueError):
    """What is wrong with a line."""


def line_of(document: JsonObject) -> bytes:
    """One line, with its line break."""
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def record_document(record: RunRecord) -> JsonObject:
    """A whole journal as one document: the lines of each call put together."""
    owners = record.header.owners
    return {
        "format_version": FORMAT_VERSION,
        "run": header_document(record.header),
        "calls": [
            {
                **intent_document(call, owners.get(call.resource_id.group_id)),
                "ended_at": call.ended_at,
                "outcome": None if call.outcome is None else call.outcome.value,
                **_answer(call.error, call.made),
            }
            for call in record.calls
        ],
        "in_doubt": [call.number for call in record.in_doubt],
        "end": None if record.end is None else end_document(record.end),
        "torn": record.torn,
    }


# The first line: the run.


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


def read_header(document: Document) -> RunHeader:
    """The run of the first line; raises LineError."""
    return RunHeader(
        document["run_id"],
        document["command"],
        document["tool_version"],
        document["started_at"],
        document["cloud"],
        document["tenant"],
        Place(PlaceKind(document["place"]["kind"]), document["place"]["name"]),
        Actor(*(document["principal"][name] for name in ("object_id", "client_id", "name"))),
        tuple(_read_groups(document["scope"]["resource_groups"])),
    )


def _read_groups(documents: list[Document]) -> Iterator[RunGroup]:
    seen: set[ResourceGroupId] = set()
    for document in documents:
        match = _GROUP.fullmatch(document["address"])
        if match is None:
            raise LineError(f"`address` {document['address']!r} is not that of a resource group")
        group_id = ResourceGroupId(match["subscription"], match["group"])
        if group_id in seen:
            raise LineError(f"the resource group {group_id.address} stands twice")
        seen.add(group_id)
        yield RunGroup(group_id, document["owner"])


# The line before a call.


def intent_document(call: Call, owner: str | None) -> JsonObject:
    """The line before a call; `owner` is that of the group, by which our own role assignments are known."""
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
    if call.children is not None:
        document["hanging"] = _children(call.children, owner)
    return document


def read_intent(document: Document) -> Call:
    """The call of the line before it; raises LineError."""
    match = _IDENTITY.fullmatch(document["address"])
    if match is None:
        raise LineError(f"`address` {document['address']!r} is not that of an identity or of what hangs on one")
    identity = ResourceId(match["subscription"], match["group"], match["name"])
    before, after, action = document["before"], document["after"], Action(document["action"])
    if (action is not Action.DELETE) != (after is not None) or (action is Action.UPDATE and before is None):
        raise LineError(f"`before` and `after` are not those of the action {action.value}")
    resource_id, old, new = _READERS[document["resource_type"]](identity, match["below"] or "", before, after)
    source = document["source"]
    return Call(
        resource_id,
        action,
        document["attempt"],
        SourcePos(source["file"], source["line"], source["column"]),
        old,
        new,
        _read_children(document["hanging"], identity) if "hanging" in document else None,
        document["call"],
        document["at"],
    )


_State = Document | None
_Read = tuple[AnyId, Before, After]


def _read_identity_states(identity: ResourceId, below: str, before: _State, after: _State) -> _Read:
    if below:
        raise LineError("`address` is not that of an identity")
    planned = None
    if after is not None:
        planned = PlannedIdentity(after["location"], Tags(after["tags"]), _read_isolation_scope(after))
    return identity, None if before is None else _read_identity(before, identity), planned


def _read_credential_states(identity: ResourceId, below: str, before: _State, after: _State) -> _Read:
    match = _CREDENTIAL.fullmatch(below)
    if match is None:
        raise LineError("`address` is not that of a federated credential")
    credential_id = CredentialId(identity, match["name"])
    live = None if before is None else _read_credential(before, credential_id)
    return credential_id, live, None if after is None else _read_trust(after)


def _read_assignment_states(identity: ResourceId, below: str, before: _State, after: _State) -> _Read:
    known = before if before is not None else after
    if known is None:
        raise LineError("neither `before` nor `after` says which role it is about")
    assignment_id = AssignmentId(identity, known["role"], known["role_guid"].casefold(), known["scope"])
    # ARM may answer a scope in another case than it was asked in.
    if not same_name(below.rstrip("/"), assignment_id.below_identity.rstrip("/")):
        raise LineError("`address` is of another role assignment than `before` or `after`")
    old = None if before is None else _read_assignment(before)
    return assignment_id, old, None if after is None else _read_assignment(after)


_READERS: dict[str, Callable[[ResourceId, str, _State, _State], _Read]] = {
    RESOURCE_TYPES[IdentityChange]: _read_identity_states,
    RESOURCE_TYPES[CredentialChange]: _read_credential_states,
    RESOURCE_TYPES[AssignmentChange]: _read_assignment_states,
}


# The line after a call, and the last line.


def outcome_document(
    number: int, at: str, outcome: Outcome, error: CallError | None, made: Identity | None
) -> JsonObject:
    """The line after a call; a second one for the same call says what a later read showed."""
    return {"kind": "outcome", "call": number, "at": at, "outcome": outcome.value, **_answer(error, made)}


def read_outcome(call: Call, document: Document) -> Call:
    """A call with the line after it; raises LineError."""
    made, error = document.get("made"), document.get("error")
    return replace(
        call,
        ended_at=document["at"],
        outcome=Outcome(document["outcome"]),
        error=None if error is None else CallError(*(error[name] for name in _ERROR)),
        made=None if made is None else _read_made(made, call.resource_id),
    )


def _read_made(document: Document, resource_id: AnyId) -> Identity:
    if not isinstance(resource_id, ResourceId):
        raise LineError("an identity where none is spoken of")
    return _read_identity(document, resource_id)


_ERROR = ("status", "code", "message", "hint", "correlation_id")


def _answer(error: CallError | None, made: Identity | None) -> JsonObject:
    document: JsonObject = {}
    if error is not None:
        document["error"] = asdict(error)
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


def read_end(document: Document) -> RunEnd:
    """The end of the run of the last line."""
    counts = document["summary"]
    return RunEnd(
        document["at"],
        document["complete"],
        document["interrupted"],
        tuple((outcome, counts[outcome.value.replace("-", "_")]) for outcome in Outcome),
    )


# Values.


def _state(resource_id: AnyId, state: Before | After) -> JsonObject | None:
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


def _read_identity(state: Document, resource_id: ResourceId) -> Identity:
    location, tags, scope = state["location"], Tags(state["tags"]), _read_isolation_scope(state)
    return Identity(resource_id, location, tags, scope, state["principal_id"], state["client_id"], state["tenant_id"])


def _read_isolation_scope(state: Document) -> IsolationScope | str:
    value: str = state["isolation_scope"]
    return next((known for known in IsolationScope if known.value == value), value)


def _trust(trust: Trust) -> JsonObject:
    return {"issuer": trust.issuer, "subject": trust.subject, "audience": trust.audience}


def _read_trust(state: Document) -> Trust:
    return Trust(state["issuer"], state["subject"], state["audience"])


def _credential(credential: FederatedCredential) -> JsonObject:
    return {"inexpressible": True} if credential.trust is None else _trust(credential.trust)


def _read_credential(state: Document, credential_id: CredentialId) -> FederatedCredential:
    return FederatedCredential(credential_id, None if "inexpressible" in state else _read_trust(state))


def _assignment(assignment: RoleAssignment, role: str) -> JsonObject:
    return {
        "name": assignment.name,
        "role": role,
        "role_guid": assignment.role_guid,
        "scope": assignment.scope,
        "principal_id": assignment.principal_id,
    }


def _read_assignment(state: Document) -> RoleAssignment:
    if any(part in (".", "..") for part in state["scope"].split("/")):
        raise LineError(f"`scope` {state['scope']!r} is not an ARM id")
    return RoleAssignment(state["name"], state["scope"], state["role_guid"].casefold(), state["principal_id"])


def _children(children: Children, owner: str | None) -> JsonObject:
    credentials, assignments = children.credentials, children.assignments
    return {
        "credentials": None
        if credentials is None
        else [{"name": one.credential_id.name, **_credential(one)} for one in credentials],
        "role_assignments": None
        if assignments is None
        else [{**_assignment(one, one.role_guid), "ours": is_ours(owner, one)} for one in assignments],
        "attached": None if children.attached is None else list(children.attached),
        "unread": list(children.unread),
    }


def _read_children(document: Document, identity: ResourceId) -> Children:
    credentials, assignments = document["credentials"], document["role_assignments"]
    attached = document["attached"]
    return Children(
        None if credentials is None else tuple(_read_child(one, identity) for one in credentials),
        None if assignments is None else tuple(_read_assignment(one) for one in assignments),
        None if attached is None else tuple(attached),
        tuple(document["unread"]),
    )


def _read_child(document: Document, identity: ResourceId) -> FederatedCredential:
    if _CREDENTIAL.fullmatch(f"federatedCredentials/{document['name']}") is None:
        raise LineError(f"{document['name']!r} is not the name of a federated credential")
    return _read_credential(document, CredentialId(identity, document["name"]))
