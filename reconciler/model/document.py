"""The one JSON form of each value: writer and reader side by side, for plans, journals and reports alike.

Saved plans and journals are untrusted input. Their readers have held them to a schema, and what a schema says in
alternatives is held here again: whatever is missing or is no text is a ValueError.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from reconciler.errors import SourcePos
from reconciler.model.access import (
    NO_DETAILS,
    AssignmentDetails,
    Children,
    FederatedCredential,
    PlannedAssignment,
    RoleAssignment,
    Trust,
    is_ours,
)
from reconciler.model.identity import Identity, IsolationScope, PlannedIdentity, Tags
from reconciler.model.ids import AnyId, AssignmentId, CredentialId, ResourceId, foreign_to_ids
from reconciler.model.impact import (
    AppRole,
    AttachedResource,
    Directory,
    HeldRole,
    Impact,
    LiveTrust,
    Lock,
    Membership,
    Part,
    not_looked_at,
)
from reconciler.model.roles.built_in import role_name
from reconciler.model.sign_in.document import last_sign_in_document, read_last_sign_in

T = TypeVar("T")

FORMAT_VERSION = "1.0"
"""Version of every JSON document this tool writes: minor versions add, major versions break."""

RESOURCE_TYPES: dict[type[AnyId], str] = {
    ResourceId: "Microsoft.ManagedIdentity/userAssignedIdentities",
    CredentialId: "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
    AssignmentId: "Microsoft.Authorization/roleAssignments",
}
"""ARM's type of what an id is of, as documents name it."""

JsonObject = dict[str, object]
"""A JSON object to be written."""

Document = Mapping[str, Any]
"""A JSON object that was read."""


def source_document(source: SourcePos) -> JsonObject:
    """A place in a manifest."""
    return {"file": source.file, "line": source.line, "column": source.column}


def read_source(document: Document) -> SourcePos:
    """The place in a manifest that a document is."""
    return SourcePos(document["file"], document["line"], document["column"])


def identity_document(identity: Identity) -> JsonObject:
    """A live identity; its id stands outside, as the address."""
    return {
        "location": identity.location,
        "tags": dict(identity.tags),
        "isolation_scope": str(identity.isolation_scope),
        "principal_id": identity.principal_id,
        "client_id": identity.client_id,
        "tenant_id": identity.tenant_id,
    }


def read_identity(document: Document, resource_id: ResourceId) -> Identity:
    """The live identity that a document is."""
    return Identity(
        resource_id=resource_id,
        location=_text(document, "location"),
        tags=_tags(document),
        isolation_scope=_isolation_scope(document),
        principal_id=_text(document, "principal_id"),
        client_id=_text(document, "client_id"),
        tenant_id=_text(document, "tenant_id"),
    )


def planned_document(planned: PlannedIdentity) -> JsonObject:
    """What an identity will look like, without the ids that only ARM gives."""
    return {
        "location": planned.location,
        "tags": dict(planned.tags),
        "isolation_scope": str(planned.isolation_scope),
    }


def read_planned(document: Document) -> PlannedIdentity:
    """What an identity will look like; a location that is absent or null is not known yet."""
    location = None if document.get("location") is None else _text(document, "location")
    return PlannedIdentity(location, _tags(document), _isolation_scope(document))


def trust_document(trust: Trust) -> dict[str, str]:
    """What a federated credential trusts."""
    return {"issuer": trust.issuer, "subject": trust.subject, "audience": trust.audience}


def read_trust(document: Document) -> Trust:
    """The trust that a document is."""
    return Trust(_text(document, "issuer"), _text(document, "subject"), _text(document, "audience"))


def credential_document(credential: FederatedCredential) -> JsonObject:
    """A live federated credential; its id stands outside."""
    return {"inexpressible": True} if credential.trust is None else {**trust_document(credential.trust)}


def read_credential(document: Document, credential_id: CredentialId) -> FederatedCredential:
    """The live federated credential that a document is."""
    return FederatedCredential(credential_id, None if document.get("inexpressible") else read_trust(document))


def named_credential_document(credential: FederatedCredential) -> JsonObject:
    """A live federated credential in a list of those of one identity."""
    return {"name": credential.credential_id.name, **credential_document(credential)}


def read_named_credential(document: Document, identity: ResourceId) -> FederatedCredential:
    """The federated credential of an identity that an item of such a list is."""
    return read_credential(document, CredentialId(identity, _text(document, "name")))


def role_document(role: str, role_guid: str, scope: str) -> JsonObject:
    """A role and what it is given on; `role` is its name, or its GUID where no name is known."""
    return {"role": role, "role_guid": role_guid, "scope": scope}


def read_role(document: Document, identity: ResourceId) -> AssignmentId:
    """The role of an identity that a document names."""
    return AssignmentId(identity, _text(document, "role"), _text(document, "role_guid"), _scope(document))


def assignment_document(assignment: RoleAssignment, role: str) -> JsonObject:
    """A live role assignment; `role` as above."""
    known = role_document(role, assignment.role_guid, assignment.scope)
    details = {} if assignment.details is None else asdict(assignment.details)
    return {"name": assignment.name, **known, "principal_id": assignment.principal_id, **details}


def read_assignment(document: Document) -> RoleAssignment:
    """The live role assignment that a document is; plans do not say by which name ARM knows it."""
    return RoleAssignment(
        _text(document, "name") if "name" in document else "",
        _scope(document),
        _text(document, "role_guid").casefold(),
        _text(document, "principal_id"),
        _details(document),
    )


def planned_assignment_document(planned: PlannedAssignment, role: str) -> JsonObject:
    """What a role assignment will be; the principal is left out while it is not known."""
    principal = {} if planned.principal_id is None else {"principal_id": planned.principal_id}
    return {**role_document(role, planned.role_guid, planned.scope), **principal, **asdict(planned.details)}


def read_planned_assignment(document: Document) -> PlannedAssignment:
    """What a document says that a role assignment will be."""
    principal_id = _text(document, "principal_id") if "principal_id" in document else None
    details = _details(document) or NO_DETAILS
    return PlannedAssignment(_text(document, "role_guid"), _scope(document), principal_id, details)


def children_document(children: Children, owner: str | None) -> JsonObject:
    """The children of an identity that is deleted; `owner` shows which of its roles this tool gave."""
    credentials, assignments = children.credentials, children.assignments
    return {
        "credentials": None if credentials is None else [named_credential_document(one) for one in credentials],
        "role_assignments": None
        if assignments is None
        else [
            {**assignment_document(one, role_name(one.role_guid)), "ours": is_ours(owner, one)} for one in assignments
        ],
        "attached": None if children.attached is None else list(children.attached),
        "unread": list(children.unread),
    }


def read_children(document: Document, identity: ResourceId) -> Children:
    """The children of an identity that a document lists."""
    credentials, assignments = document["credentials"], document["role_assignments"]
    attached = document["attached"]
    return Children(
        None if credentials is None else tuple(read_named_credential(one, identity) for one in credentials),
        None if assignments is None else tuple(read_assignment(one) for one in assignments),
        None if attached is None else tuple(attached),
        tuple(document["unread"]),
    )


def impact_document(impact: Impact, identity: ResourceId) -> JsonObject:
    """What the delete of an identity would break; what was not looked at is null, so that nobody takes it for empty."""
    return {
        "attachments": _part_document(impact.attachments, _attached_document),
        "role_assignments": _part_document(
            impact.assignments,
            _held_role_document,
        ),
        "federated_credentials": _part_document(impact.credentials, named_credential_document),
        "locks": _part_document(
            impact.locks,
            lambda one: {
                "level": one.level,
                "name": one.name,
                "scope": one.scope,
                "inherited": not one.stands_within(str(identity)),
            },
        ),
        **_directory_document(impact.directory),
        "not_looked_at": [*not_looked_at(impact.directory)],
        **({} if impact.last_sign_in is None else {"last_sign_in": last_sign_in_document(impact.last_sign_in)}),
    }


def read_impact(document: Document, identity: ResourceId) -> Impact:
    """The impact that a document is."""
    return Impact(
        attachments=_read_part(document["attachments"], _read_attached),
        assignments=_read_part(document["role_assignments"], _read_held_role),
        credentials=_read_part(document["federated_credentials"], lambda one: read_named_credential(one, identity)),
        locks=_read_part(
            document["locks"], lambda one: Lock(_text(one, "level"), _text(one, "name"), _text(one, "scope"))
        ),
        directory=_read_directory(document),
        last_sign_in=read_last_sign_in(document["last_sign_in"]) if "last_sign_in" in document else None,
    )


def live_trust_document(live: LiveTrust) -> JsonObject:
    """Who may become a live identity, and what it may do; null for what was not asked for."""
    roles, attachments = live.roles, live.attachments
    return {
        "federated_credentials": _part_document(live.credentials, named_credential_document),
        "role_assignments": None if roles is None else _part_document(roles, _held_role_document),
        "attachments": None if attachments is None else _part_document(attachments, _attached_document),
        **({} if live.directory is None else _directory_document(live.directory)),
    }


def read_live_trust(document: Document, identity: ResourceId) -> LiveTrust:
    """What a document says of who may become an identity."""
    roles, attachments = document["role_assignments"], document["attachments"]
    return LiveTrust(
        _read_part(document["federated_credentials"], lambda one: read_named_credential(one, identity)),
        None if roles is None else _read_part(roles, _read_held_role),
        None if attachments is None else _read_part(attachments, _read_attached),
    )


def _directory_document(directory: Directory) -> JsonObject:
    return {
        "memberships": _part_document(directory.memberships, asdict),
        "app_roles": _part_document(directory.app_roles, asdict),
    }


def _read_directory(document: Document) -> Directory:
    return Directory(
        _read_part(
            document["memberships"],
            lambda one: Membership(_text(one, "kind"), _text(one, "object_id"), _text(one, "name")),
        ),
        _read_part(document["app_roles"], lambda one: AppRole(_text(one, "role"), _text(one, "application"))),
    )


def _attached_document(attached: AttachedResource) -> JsonObject:
    return {"id": attached.resource_id, "type": attached.resource_type}


def _read_attached(document: Document) -> AttachedResource:
    return AttachedResource(_text(document, "id"))


def _part_document(part: Part[T], show: Callable[[T], JsonObject]) -> JsonObject:
    nothing_known = part.not_checked is not None and not part.found
    return {"found": None if nothing_known else [show(one) for one in part.found], "not_checked": part.not_checked}


def _read_part(document: Document, read: Callable[[Document], T]) -> Part[T]:
    return Part(tuple(read(one) for one in document["found"] or ()), document["not_checked"])


def _held_role_document(held: HeldRole) -> JsonObject:
    known = role_document(held.role, held.role_guid, held.scope)
    return {**known, "removed": held.removed, "condition": held.condition}


def _read_held_role(document: Document) -> HeldRole:
    removed, condition = document["removed"] is True, document.get("condition")
    return HeldRole(_text(document, "role"), _text(document, "role_guid"), _scope(document), removed, condition)


def _details(document: Document) -> AssignmentDetails | None:
    """None where none of them is written: then nobody knows. Half of them would make a role wider than it was.

    Earlier versions knew no owner, and marked nothing.
    """
    names = [name for name, _ in NO_DETAILS.named() if name != "owner"]
    if not any(name in document for name in names):
        return None
    names += ["owner"] if "owner" in document else []
    return AssignmentDetails(**{name: _text_or_null(document, name) for name in names})


def _tags(document: Document) -> Tags:
    tags = document.get("tags")
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise ValueError("the tags of an identity are not texts by name")
    return Tags(tags)


def _isolation_scope(document: Document) -> IsolationScope | str:
    text = _text(document, "isolation_scope")
    return IsolationScope(text) if text in list(IsolationScope) else text


def _scope(document: Document) -> str:
    """A scope is asked for at ARM, and stands in commands that are printed."""
    scope = _text(document, "scope")
    foreign = foreign_to_ids(scope)
    if foreign is not None:
        raise ValueError(f"`scope` {scope!r} holds {foreign!r}, which no ARM id does")
    return scope


def _text_or_null(document: Document, key: str) -> str | None:
    return None if key in document and document[key] is None else _text(document, key)


def _text(document: Document, key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str):
        raise ValueError(f"`{key}` is missing where a resource is described")  # noqa: TRY004  wrong input
    return value
