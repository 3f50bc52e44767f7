"""A plan's JSON document back to a plan, so that what was saved can be shown again and held against what is now.

Nothing read here is ever applied: apply works on a plan that it has made itself. One function for each kind of object
of the document, one line for each of its fields; whoever reads on must hold the document of the result against the one
that was read, which tells every contradiction in a file and every field forgotten here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from reconciler.errors import SourcePos, UsageError
from reconciler.manifest.desired import Desired, DesiredGroup, DesiredIdentity, DesiredRemoval
from reconciler.manifest.findings import Finding
from reconciler.manifest.rules.dates import parse_day
from reconciler.model import (
    AnyId,
    AssignmentId,
    CredentialId,
    Identity,
    LiveTrust,
    ResourceGroupId,
    ResourceId,
    Subscription,
    Violation,
    identity_of,
    parse_address,
    parse_group_address,
    parse_target,
    read_assignment,
    read_credential,
    read_identity,
    read_impact,
    read_last_sign_in,
    read_live_trust,
    read_planned,
    read_planned_assignment,
    read_role,
    read_source,
    read_trust,
    same_name,
)
from reconciler.plan import (
    Abandoned,
    Action,
    AssignmentChange,
    Change,
    CredentialChange,
    IdentityChange,
    Plan,
    Reason,
    Skipped,
    SkipReason,
    detail_differences,
    identity_differences,
    trust_differences,
)
from reconciler.saved_plan.read_desired import Node, read_desired


def read_plan(document: Node) -> Plan:
    """The plan of a document that the plan's schema has checked.

    Raises:
        ValueError: it declares what no manifest could, or has a value where something else belongs.
    """
    desired = read_desired(document["desired"])
    held = document.get("held", ())
    judged_on = _day(document["judged_on"])
    book = _Book.of(desired, [*document["changes"], *held], judged_on)
    changes = tuple(_change(one, book) for one in document["changes"])
    ids = {change.resource_id.address: change.resource_id for change in changes}
    return Plan(
        cloud=document["cloud"],
        subscriptions=tuple(
            Subscription(one["subscription_id"], one["display_name"], one["tenant_id"])
            for one in document["scope"]["subscriptions"]
        ),
        targets=tuple(_target(one, desired) for one in document["scope"]["targets"]),
        expired_only="only" in document["scope"],
        desired=desired,
        changes=changes,
        skipped=tuple(_skipped(one) for one in document["skipped"]),
        violations=tuple(_violation(one, ids) for one in document.get("violations", ())),
        notes=tuple(document.get("notes", ())),
        findings=tuple(_finding(one) for one in document.get("warnings", ())),
        skipped_files=tuple(document.get("skipped_files", ())),
        abandoned=tuple(
            Abandoned(identity_of(parse_address(one["address"])), one["owner"], one["principal_id"])
            for one in document.get("abandoned", ())
        ),
        held=tuple(_change(one, book) for one in held),
        trust=dict(map(_live_trust, document.get("live_trust", ()))),
        judged_on=judged_on,
        guardrails=document.get("guardrails"),
    )


def _day(text: str) -> date:
    day = parse_day(text)
    if day is None:
        raise ValueError(f"{text!r} is no day of the calendar")
    return day


@dataclass(frozen=True, slots=True)
class _Book:
    """What changes refer to: the groups and identities that are listed, and the change of each identity."""

    groups: Mapping[str, DesiredGroup]
    entries: Mapping[ResourceId, DesiredIdentity]
    removals: Mapping[ResourceId, DesiredRemoval]
    hosts: Mapping[AnyId, Node]

    @classmethod
    def of(cls, desired: Desired, changes: list[Node], judged_on: date) -> "_Book":
        groups = {group.group_id.address.casefold(): group for group in desired.groups}
        entries = {one.resource_id: one for group in desired.groups for one in group.identities}
        removals = {one.resource_id: one.on(judged_on) for group in desired.groups for one in group.remove}
        hosts = {parse_address(one["address"]): one for one in changes}
        return cls(groups, entries, removals, hosts)

    def group(self, resource_id: ResourceId) -> DesiredGroup:
        group = self.groups.get(resource_id.group_id.address.casefold())
        if group is None:
            raise ValueError(f"it changes {resource_id.address}, but declares nothing about its resource group")
        return group

    def identity(self, resource_id: ResourceId) -> Identity | None:
        """The live identity of a child."""
        host = self.hosts.get(resource_id)
        return None if host is None or host["before"] is None else read_identity(host["before"], resource_id)


def _change(node: Node, book: _Book) -> Change:
    match parse_address(node["address"]):
        case ResourceId() as identity:
            return _identity_change(node, identity, book)
        case CredentialId() as credential_id:
            return _credential_change(node, credential_id, book)
        case AssignmentId(identity=identity):
            # The address does not say the role's GUID.
            return _assignment_change(node, identity, book)


def _identity_change(node: Node, resource_id: ResourceId, book: _Book) -> IdentityChange:
    before = None if node["before"] is None else read_identity(node["before"], resource_id)
    after = None if node["after"] is None else read_planned(node["after"])
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
        impact=None if node["impact"] is None else read_impact(node["impact"], resource_id),
    )


def _credential_change(node: Node, resource_id: CredentialId, book: _Book) -> CredentialChange:
    entry = _entry(resource_id.identity, book)
    before = None if node["before"] is None else read_credential(node["before"], resource_id)
    after = None if node["after"] is None else read_trust(node["after"])
    differences = () if before is None or after is None else trust_differences(before.trust, after)
    reason, lines = Reason(node["reason"]), entry.federated_credentials or ()
    listed = (one for one in lines if same_name(one.name, resource_id.name))
    if reason is Reason.EXPIRED:  # goes by its issuer and subject, whatever its name
        listed = (one for one in lines if before and before.trust and before.trust.who == one.trust.who)
    return CredentialChange(
        resource_id=resource_id,
        action=Action(node["actions"][0]),
        reason=reason,
        group=book.group(resource_id.identity),
        identity=book.identity(resource_id.identity),
        entry=entry,
        desired=next(listed, None),
        before=before,
        after=after,
        differences=differences,
        last_sign_in=read_last_sign_in(node["last_sign_in"]) if "last_sign_in" in node else None,
    )


def _assignment_change(node: Node, identity: ResourceId, book: _Book) -> AssignmentChange:
    resource_id = read_role(node["after"] or node["before"] or {}, identity)
    entry, action, reason = book.entries.get(identity), Action(node["actions"][0]), Reason(node["reason"])
    before = None if node["before"] is None else read_assignment(node["before"])
    after = None if node["after"] is None else read_planned_assignment(node["after"])
    given_by = _given_by(node)
    listed = (
        one
        for one in (entry.role_assignments if entry else None) or ()
        if one.scope == resource_id.scope and (read_source(node["source"]), given_by) == (one.source, one.given_by)
    )
    return AssignmentChange(
        resource_id=resource_id,
        action=action,
        reason=reason,
        group=book.group(identity),
        identity=book.identity(identity),
        entry=entry,
        desired=None if action is Action.DELETE and reason is not Reason.EXPIRED else next(listed, None),
        before=before,
        after=after,
        differences=detail_differences(before.details, after.details) if before and after else (),
    )


def _entry(identity: ResourceId, book: _Book) -> DesiredIdentity:
    entry = book.entries.get(identity)
    if entry is None:
        raise ValueError(f"it changes credentials of {identity.address}, which it does not declare")
    return entry


def _violation(node: Node, ids: Mapping[str, AnyId]) -> Violation:
    # Of a role that is refused, only its change says the GUID.
    refused = tuple(ids.get(one) or parse_address(one) for one in node["refused"])
    about, is_warning = _about(node["address"], ids), node.get("is_warning", False)
    return Violation(node["code"], about, node["message"], node["hint"], refused, is_warning)


def _about(address: str, ids: Mapping[str, AnyId]) -> AnyId | ResourceGroupId | None:
    if not address:
        return None
    if address.count("/") == 1:
        return parse_group_address(address)
    return ids.get(address) or parse_address(address)


def _finding(node: Node) -> Finding:
    return Finding(
        node["code"],
        _about(node["address"], {}),
        read_source(node["source"]),
        node["message"],
        node["hint"],
        given_by=_given_by(node),
        identities=node.get("identities", 1),
    )


def _given_by(node: Node) -> SourcePos | None:
    return read_source(node["given_by"]) if "given_by" in node else None


def _skipped(node: Node) -> Skipped:
    return Skipped(parse_address(node["address"]), SkipReason(node["reason"]), node.get("condition"))


def _live_trust(node: Node) -> tuple[ResourceId, LiveTrust]:
    identity = identity_of(parse_address(node["address"]))
    return identity, read_live_trust(node, identity)


def _target(text: str, desired: Desired) -> str:
    try:
        parse_target(text, (group.group_id for group in desired.groups))
    except UsageError as error:
        raise ValueError(f"one of its targets cannot be one: {error.message}") from error
    return text
