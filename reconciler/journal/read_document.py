"""From the documents of a journal's lines to values, each checked as far as the schema cannot say it.

The counterpart of `journal_lines`. Addresses become paths of requests, so that they are held to the names that a
manifest may have.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.errors import SourcePos
from reconciler.journal.outcome import CallError, Outcome, Wanted
from reconciler.journal.record import Actor, Place, PlaceKind, RunCall, RunEnd, RunGroup, RunHeader
from reconciler.model.access import (
    AnyId,
    AssignmentId,
    Children,
    CredentialId,
    FederatedCredential,
    Fresh,
    RoleAssignment,
    Trust,
)
from reconciler.model.identity import Identity, IsolationScope, ResourceGroupId, ResourceId, Tags, same_name
from reconciler.plan.changes import Action, AssignmentChange, CredentialChange, IdentityChange, PlannedIdentity
from reconciler.plan.plan import RESOURCE_TYPES

Document = Mapping[str, Any]
"""A line that its schema admits."""

_GUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
# Names as manifests may have them; an address is what paths of requests are made of.
_GROUP = re.compile(rf"(?P<subscription>{_GUID})/(?P<group>[-\w.()]{{0,89}}[-\w()])")
_IDENTITY = re.compile(rf"{_GROUP.pattern}/(?P<name>[A-Za-z0-9][A-Za-z0-9_-]{{2,127}})(?:/(?P<below>.+))?", re.DOTALL)
_CREDENTIAL = re.compile(r"federatedCredentials/(?P<name>[A-Za-z0-9][A-Za-z0-9_-]{2,119})")


class LineError(ValueError):
    """What is wrong with a line."""


def header_of(document: Document) -> RunHeader:
    """The first line."""
    return RunHeader(
        document["run_id"],
        document["command"],
        document["tool_version"],
        document["started_at"],
        document["cloud"],
        document["tenant"],
        Place(PlaceKind(document["place"]["kind"]), document["place"]["name"]),
        Actor(*(document["principal"][name] for name in ("object_id", "client_id", "name"))),
        tuple(_groups(document["scope"]["resource_groups"])),
    )


def _groups(documents: list[Document]) -> Iterator[RunGroup]:
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


def call_of(document: Document) -> RunCall:
    """The line before a call."""
    match = _IDENTITY.fullmatch(document["address"])
    if match is None:
        raise LineError(f"`address` {document['address']!r} is not that of an identity or of what hangs on one")
    identity = ResourceId(match["subscription"], match["group"], match["name"])
    before, after, action = document["before"], document["after"], Action(document["action"])
    if (action is not Action.DELETE) != (after is not None) or (action is Action.UPDATE and before is None):
        raise LineError(f"`before` and `after` are not those of the action {action.value}")
    resource_id, old, new = _READERS[document["resource_type"]](identity, match["below"] or "", before, after)
    source = document["source"]
    return RunCall(
        document["call"],
        document["at"],
        resource_id,
        action,
        document["attempt"],
        SourcePos(source["file"], source["line"], source["column"]),
        old,
        new,
        _hanging(document["hanging"], identity) if "hanging" in document else None,
    )


def ended(call: RunCall, document: Document) -> RunCall:
    """A call with the line after it."""
    made, error = document.get("made"), document.get("error")
    return replace(
        call,
        ended_at=document["at"],
        outcome=Outcome(document["outcome"]),
        error=None if error is None else CallError(*(error[name] for name in _ERROR)),
        made=None if made is None else _identity(made, call.resource_id),
    )


def end_of(document: Document) -> RunEnd:
    """The last line."""
    counts = document["summary"]
    return RunEnd(
        document["at"],
        document["complete"],
        document["interrupted"],
        tuple((outcome, counts[outcome.value.replace("-", "_")]) for outcome in Outcome),
    )


_ERROR = ("status", "code", "message", "hint", "correlation_id")

_State = Document | None
_Read = tuple[AnyId, Fresh, Wanted]


def _read_identity(identity: ResourceId, below: str, before: _State, after: _State) -> _Read:
    if below:
        raise LineError("`address` is not that of an identity")
    planned = None
    if after is not None:
        planned = PlannedIdentity(after["location"], Tags(after["tags"]), _scope(after["isolation_scope"]))
    return identity, None if before is None else _identity(before, identity), planned


def _read_credential(identity: ResourceId, below: str, before: _State, after: _State) -> _Read:
    match = _CREDENTIAL.fullmatch(below)
    if match is None:
        raise LineError("`address` is not that of a federated credential")
    credential_id = CredentialId(identity, match["name"])
    live = None if before is None else FederatedCredential(credential_id, _trust_or_none(before))
    return credential_id, live, None if after is None else _trust(after)


def _read_assignment(identity: ResourceId, below: str, before: _State, after: _State) -> _Read:
    known = before if before is not None else after
    if known is None:
        raise LineError("neither `before` nor `after` says which role it is about")
    assignment_id = AssignmentId(identity, known["role"], known["role_guid"].casefold(), known["scope"])
    # ARM may answer a scope in another case than it was asked in.
    if not same_name(below.rstrip("/"), assignment_id.below_identity.rstrip("/")):
        raise LineError("`address` is of another role assignment than `before` or `after`")
    old = None if before is None else _assignment(before)
    return assignment_id, old, None if after is None else _assignment(after)


_READERS: dict[str, Callable[[ResourceId, str, _State, _State], _Read]] = {
    RESOURCE_TYPES[IdentityChange]: _read_identity,
    RESOURCE_TYPES[CredentialChange]: _read_credential,
    RESOURCE_TYPES[AssignmentChange]: _read_assignment,
}


def _identity(state: Document, resource_id: AnyId) -> Identity:
    if not isinstance(resource_id, ResourceId):
        raise LineError("an identity where none is spoken of")
    return Identity(
        resource_id,
        state["location"],
        Tags(state["tags"]),
        _scope(state["isolation_scope"]),
        state["principal_id"],
        state["client_id"],
        state["tenant_id"],
    )


def _scope(value: str) -> IsolationScope | str:
    return next((known for known in IsolationScope if known.value == value), value)


def _trust(state: Document) -> Trust:
    return Trust(state["issuer"], state["subject"], state["audience"])


def _trust_or_none(state: Document) -> Trust | None:
    return None if "inexpressible" in state else _trust(state)


def _assignment(state: Document) -> RoleAssignment:
    if any(part in (".", "..") for part in state["scope"].split("/")):
        raise LineError(f"`scope` {state['scope']!r} is not an ARM id")
    return RoleAssignment(state["name"], state["scope"], state["role_guid"].casefold(), state["principal_id"])


def _hanging(document: Document, identity: ResourceId) -> Children:
    credentials, assignments = document["credentials"], document["role_assignments"]
    attached = document["attached"]
    return Children(
        None if credentials is None else tuple(_hanging_credential(one, identity) for one in credentials),
        None if assignments is None else tuple(_assignment(one) for one in assignments),
        None if attached is None else tuple(attached),
        tuple(document["unread"]),
    )


def _hanging_credential(document: Document, identity: ResourceId) -> FederatedCredential:
    if _CREDENTIAL.fullmatch(f"federatedCredentials/{document['name']}") is None:
        raise LineError(f"{document['name']!r} is not the name of a federated credential")
    return FederatedCredential(CredentialId(identity, document["name"]), _trust_or_none(document))
