"""The lines of a journal as JSON, as `schemas/journal.v1.schema.json` describes them: each writer beside its reader.

Every line is ASCII and complete by itself, so that a journal that a crash cut short is readable up to its last line.
The reader gets lines that the schema admits, and checks what the schema cannot say: addresses become paths of requests,
so they are held to the names that a manifest may have.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import assert_never

from reconciler.journal.call import After, Before, Call, Outcome
from reconciler.journal.record import Actor, Place, PlaceKind, RunEnd, RunGroup, RunHeader, RunRecord
from reconciler.manifest.rules.dates import parse_day
from reconciler.model import (
    FORMAT_VERSION,
    RESOURCE_TYPES,
    AnyId,
    AssignmentId,
    CallError,
    Children,
    CredentialId,
    Document,
    FederatedCredential,
    Identity,
    JsonObject,
    PlannedIdentity,
    ResourceGroupId,
    ResourceId,
    RoleAssignment,
    Trust,
    assignment_document,
    children_document,
    credential_document,
    error_document,
    identity_document,
    planned_document,
    read_assignment,
    read_children,
    read_credential,
    read_error,
    read_identity,
    read_planned,
    read_source,
    read_trust,
    same_name,
    source_document,
    trust_document,
)
from reconciler.plan import Action

_GUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
# Names as manifests may have them; an address is what paths of requests are made of.
_GROUP = re.compile(rf"(?P<subscription>{_GUID})/(?P<group>[-\w.()]{{0,89}}[-\w()])")
_IDENTITY = re.compile(rf"{_GROUP.pattern}/(?P<name>[A-Za-z0-9][A-Za-z0-9_-]{{2,127}})(?:/(?P<below>.+))?", re.DOTALL)
_CREDENTIAL = re.compile(r"federatedCredentials/(?P<name>[A-Za-z0-9][A-Za-z0-9_-]{2,119})")


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
            raise LineError(f"the resource group {group_id.address} appears twice")
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
        "resource_type": RESOURCE_TYPES[type(call.resource_id)],
        "action": call.action.value,
        "attempt": call.attempt,
        "source": source_document(call.source),
        "before": _state(call.resource_id, call.before),
        "after": _state(call.resource_id, call.after),
    }
    if call.expires is not None:
        document["expires"] = call.expires.isoformat()
    if call.children is not None:
        document["hanging"] = children_document(call.children, owner)
    return document


def read_intent(document: Document) -> Call:
    """The call of the line before it; raises LineError."""
    match = _IDENTITY.fullmatch(document["address"])
    if match is None:
        raise LineError(f"`address` {document['address']!r} is not that of an identity or of a child of one")
    identity = ResourceId(match["subscription"], match["group"], match["name"])
    before, after, action = document["before"], document["after"], Action(document["action"])
    if (action is not Action.DELETE) != (after is not None) or (action is Action.UPDATE and before is None):
        raise LineError(f"`before` and `after` are not those of the action {action.value}")
    resource_id, old, new = _READERS[document["resource_type"]](identity, match["below"] or "", before, after)
    return Call(
        resource_id,
        action,
        document["attempt"],
        read_source(document["source"]),
        old,
        new,
        _read_children(document["hanging"], identity) if "hanging" in document else None,
        document["call"],
        document["at"],
        expires=_read_day(document["expires"]) if "expires" in document else None,
    )


def _read_day(text: str) -> date:
    day = parse_day(text)
    if day is None:
        raise LineError(f"`expires` {text!r} is no day of the calendar")
    return day


_State = Document | None
_Read = tuple[AnyId, Before, After]


def _read_identity_states(identity: ResourceId, below: str, before: _State, after: _State) -> _Read:
    if below:
        raise LineError("`address` is not that of an identity")
    planned = None if after is None else read_planned(after)
    return identity, None if before is None else read_identity(before, identity), planned


def _read_credential_states(identity: ResourceId, below: str, before: _State, after: _State) -> _Read:
    match = _CREDENTIAL.fullmatch(below)
    if match is None:
        raise LineError("`address` is not that of a federated credential")
    credential_id = CredentialId(identity, match["name"])
    live = None if before is None else read_credential(before, credential_id)
    return credential_id, live, None if after is None else read_trust(after)


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
    RESOURCE_TYPES[ResourceId]: _read_identity_states,
    RESOURCE_TYPES[CredentialId]: _read_credential_states,
    RESOURCE_TYPES[AssignmentId]: _read_assignment_states,
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
        error=None if error is None else read_error(error),
        made=None if made is None else _read_made(made, call.resource_id),
    )


def _read_made(document: Document, resource_id: AnyId) -> Identity:
    if not isinstance(resource_id, ResourceId):
        raise LineError("an identity where none is spoken of")
    return read_identity(document, resource_id)


def _answer(error: CallError | None, made: Identity | None) -> JsonObject:
    document: JsonObject = {}
    if error is not None:
        document["error"] = error_document(error)
    if made is not None:
        document["made"] = identity_document(made)
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
            return identity_document(state)
        case PlannedIdentity():
            return planned_document(state)
        case FederatedCredential():
            return credential_document(state)
        case Trust():
            return {**trust_document(state)}
        case RoleAssignment():
            role = resource_id.role if isinstance(resource_id, AssignmentId) else state.role_guid
            return assignment_document(state, role)
    assert_never(state)


def _read_assignment(document: Document) -> RoleAssignment:
    assignment = read_assignment(document)
    _check_scope(assignment)
    return assignment


def _check_scope(assignment: RoleAssignment) -> None:
    if any(part in (".", "..") for part in assignment.scope.split("/")):
        raise LineError(f"`scope` {assignment.scope!r} is not an ARM id")


def _read_children(document: Document, identity: ResourceId) -> Children:
    children = read_children(document, identity)
    for credential in children.credentials or ():
        if _CREDENTIAL.fullmatch(credential.credential_id.below_identity) is None:
            raise LineError(f"{credential.credential_id.name!r} is not the name of a federated credential")
    for assignment in children.assignments or ():
        _check_scope(assignment)
    return children
