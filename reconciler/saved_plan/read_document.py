"""A plan's JSON document back to a plan, so that what was saved can be shown again and held against what is now.

Nothing read here is ever applied: apply works on a plan that it has made itself. One function for each kind of object
of the document, one line for each of its fields; whoever reads on must hold the document of the result against the one
that was read, which tells every contradiction in a file and every field forgotten here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from reconciler.errors import SourcePos, UsageError, Violation
from reconciler.manifest.desired import Desired, DesiredGroup, DesiredIdentity, DesiredRemoval
from reconciler.manifest.findings import Finding
from reconciler.model.access import AnyId, AssignmentId, CredentialId, FederatedCredential, RoleAssignment, Trust
from reconciler.model.address import parse_target
from reconciler.model.identity import Identity, IsolationScope, ResourceId, Subscription, Tags, same_name
from reconciler.model.impact import AttachedResource, HeldRole, Impact, Lock, Part
from reconciler.plan.abandoned import Abandoned
from reconciler.plan.changes import (
    Action,
    AssignmentChange,
    Change,
    CredentialChange,
    IdentityChange,
    PlannedIdentity,
    Reason,
    Skipped,
    SkipReason,
)
from reconciler.plan.diff_access import trust_differences
from reconciler.plan.diff_identities import identity_differences
from reconciler.plan.plan import Plan
from reconciler.saved_plan.read_desired import Node, read_desired

T = TypeVar("T")

_CREDENTIALS = "federatedCredentials"
_ASSIGNMENTS = "roleAssignments"


def read_plan(document: Node) -> Plan:
    """The plan of a document that the plan's schema has checked.

    Raises:
        ValueError: it declares what no manifest could, or has a value where something else belongs.
    """
    desired = read_desired(document["desired"])
    book = _Book.of(desired, document["changes"])
    return Plan(
        cloud=document["cloud"],
        subscriptions=tuple(_subscription(one) for one in document["scope"]["subscriptions"]),
        targets=tuple(_target(one, desired) for one in document["scope"]["targets"]),
        desired=desired,
        changes=tuple(_change(one, book) for one in document["changes"]),
        skipped=tuple(Skipped(_any_id(one["address"], book), SkipReason(one["reason"])) for one in document["skipped"]),
        violations=tuple(_violation(one) for one in document.get("violations", ())),
        notes=tuple(document.get("notes", ())),
        findings=tuple(_finding(one, book) for one in document.get("warnings", ())),
        abandoned=tuple(_abandoned(one, book) for one in document.get("abandoned", ())),
    )


@dataclass(frozen=True, slots=True)
class _Book:
    """What changes refer to: the groups and identities that are listed, and the change of each identity."""

    groups: Mapping[str, DesiredGroup]
    entries: Mapping[ResourceId, DesiredIdentity]
    removals: Mapping[ResourceId, DesiredRemoval]
    hosts: Mapping[ResourceId, Node]

    @classmethod
    def of(cls, desired: Desired, changes: list[Node]) -> "_Book":
        groups = {group.group_id.address.casefold(): group for group in desired.groups}
        entries = {one.resource_id: one for group in desired.groups for one in group.identities}
        removals = {one.resource_id: one for group in desired.groups for one in group.remove}
        book = cls(groups, entries, removals, {})
        hosts = {book.split(one["address"])[0]: one for one in changes if not book.split(one["address"])[1]}
        return cls(groups, entries, removals, hosts)

    def split(self, address: str) -> tuple[ResourceId, str]:
        """The identity of an address, and what the address has behind it."""
        subscription_id, resource_group, name, *below = address.split("/", 3)
        return ResourceId(subscription_id, resource_group, name), "".join(below)

    def group(self, resource_id: ResourceId) -> DesiredGroup:
        group = self.groups.get(resource_id.group_id.address.casefold())
        if group is None:
            raise ValueError(f"it changes {resource_id.address}, but declares nothing about its resource group")
        return group

    def identity(self, resource_id: ResourceId) -> Identity | None:
        """The live identity that something hangs on."""
        host = self.hosts.get(resource_id)
        return None if host is None or host["before"] is None else _identity(resource_id, host["before"])


def _change(node: Node, book: _Book) -> Change:
    identity, below = book.split(node["address"])
    if not below:
        return _identity_change(node, identity, book)
    if below.startswith(f"{_CREDENTIALS}/"):
        return _credential_change(node, CredentialId(identity, below.removeprefix(f"{_CREDENTIALS}/")), book)
    return _assignment_change(node, identity, book)


def _identity_change(node: Node, resource_id: ResourceId, book: _Book) -> IdentityChange:
    before = None if node["before"] is None else _identity(resource_id, node["before"])
    after = None if node["after"] is None else _planned(node["after"])
    differences = () if before is None or after is None else identity_differences(before, after)
    return IdentityChange(
        resource_id=resource_id,
        action=Action(node["actions"][0]),
        reason=Reason(node["reason"]),
        group=book.group(resource_id),
        desired=book.entries.get(resource_id),
        before=before,
        after=after,
        differences=differences,
        removal=book.removals.get(resource_id),
        impact=None if node["impact"] is None else _impact(node["impact"], resource_id),
    )


def _impact(node: Node, identity: ResourceId) -> Impact:
    return Impact(
        attachments=_part(node["attachments"], lambda one: AttachedResource(_text(one, "id"))),
        assignments=_part(node["role_assignments"], _held_role),
        credentials=_part(
            node["federated_credentials"],
            lambda one: FederatedCredential(CredentialId(identity, _text(one, "name")), _trust(one)),
        ),
        locks=_part(node["locks"], lambda one: Lock(_text(one, "level"), _text(one, "name"), _text(one, "scope"))),
    )


def _part(node: Node, read: Callable[[Node], T]) -> Part[T]:
    return Part(tuple(read(one) for one in node["found"] or ()), node["not_checked"])


def _held_role(node: Node) -> HeldRole:
    return HeldRole(_text(node, "role"), _text(node, "role_guid"), _text(node, "scope"), node["removed"] is True)


def _credential_change(node: Node, resource_id: CredentialId, book: _Book) -> CredentialChange:
    entry = _entry(resource_id.identity, book)
    listed = (one for one in entry.federated_credentials or () if same_name(one.name, resource_id.name))
    before = None if node["before"] is None else FederatedCredential(resource_id, _trust(node["before"]))
    after = None if node["after"] is None else _trust(node["after"])
    differences = () if before is None or after is None else trust_differences(before.trust, after)
    return CredentialChange(
        resource_id=resource_id,
        action=Action(node["actions"][0]),
        reason=Reason(node["reason"]),
        group=book.group(resource_id.identity),
        identity=book.identity(resource_id.identity),
        owner_entry=entry,
        desired=next(listed, None),
        before=before,
        after=after,
        differences=differences,
    )


def _assignment_change(node: Node, identity: ResourceId, book: _Book) -> AssignmentChange:
    known = node["after"] or node["before"] or {}
    resource_id = AssignmentId(identity, _text(known, "role"), _text(known, "role_guid"), _text(known, "scope"))
    entry, action = book.entries.get(identity), Action(node["actions"][0])
    listed = (
        one
        for one in (entry.role_assignments if entry else None) or ()
        if one.scope == resource_id.scope and _source(node["source"]) == one.source
    )
    return AssignmentChange(
        resource_id=resource_id,
        action=action,
        reason=Reason(node["reason"]),
        group=book.group(identity),
        identity=book.identity(identity),
        owner_entry=entry,
        desired=None if action is Action.DELETE else next(listed, None),
        before=None if node["before"] is None else _assignment(resource_id, node["before"]),
    )


def _assignment(resource_id: AssignmentId, node: Node) -> RoleAssignment:
    # A plan does not say by which name ARM knows an assignment; only what applies it needs to know.
    return RoleAssignment("", resource_id.scope, resource_id.role_guid, _text(node, "principal_id"))


def _identity(resource_id: ResourceId, node: Node) -> Identity:
    return Identity(
        resource_id=resource_id,
        location=_text(node, "location"),
        tags=_tags(node),
        isolation_scope=_isolation_scope(node),
        principal_id=_text(node, "principal_id"),
        client_id=_text(node, "client_id"),
        tenant_id=_text(node, "tenant_id"),
    )


def _planned(node: Node) -> PlannedIdentity:
    location = _text(node, "location") if "location" in node else None
    return PlannedIdentity(location, _tags(node), _isolation_scope(node))


def _trust(node: Node) -> Trust | None:
    if node.get("inexpressible"):
        return None
    return Trust(_text(node, "issuer"), _text(node, "subject"), _text(node, "audience"))


def _isolation_scope(node: Node) -> IsolationScope | str:
    text = _text(node, "isolation_scope")
    return IsolationScope(text) if text in list(IsolationScope) else text


def _tags(node: Node) -> Tags:
    tags = node.get("tags")
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise ValueError("the tags of an identity are not texts by name")
    return Tags(tags)


def _text(node: Node, key: str) -> str:
    value = node.get(key)
    if not isinstance(value, str):
        raise ValueError(f"`{key}` is missing where a resource is described")  # noqa: TRY004  wrong input
    return value


def _entry(identity: ResourceId, book: _Book) -> DesiredIdentity:
    entry = book.entries.get(identity)
    if entry is None:
        raise ValueError(f"it changes credentials of {identity.address}, which it does not declare")
    return entry


def _any_id(address: str, book: _Book) -> AnyId:
    identity, below = book.split(address)
    kind, _, rest = below.partition("/")
    if kind == _CREDENTIALS:
        return CredentialId(identity, rest)
    if kind == _ASSIGNMENTS:
        role, _, scope = rest.partition("@/")
        return AssignmentId(identity, role, "", f"/{scope}")
    return identity


def _violation(node: Node) -> Violation:
    return Violation(node["code"], node["address"], node["message"], node["hint"], tuple(node["refused"]))


def _finding(node: Node, book: _Book) -> Finding:
    return Finding(node["code"], _any_id(node["address"], book), _source(node["source"]), node["message"], node["hint"])


def _abandoned(node: Node, book: _Book) -> Abandoned:
    return Abandoned(book.split(node["address"])[0], node["owner"], node["principal_id"])


def _source(node: Node) -> SourcePos:
    return SourcePos(node["file"], node["line"], node["column"])


def _subscription(node: Node) -> Subscription:
    return Subscription(node["subscription_id"], node["display_name"], node["tenant_id"])


def _target(text: str, desired: Desired) -> str:
    try:
        parse_target(text, (group.group_id for group in desired.groups))
    except UsageError as error:
        raise ValueError(f"one of its targets cannot be one: {error.message}") from error
    return text
