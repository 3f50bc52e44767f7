"""What guardrails say of manifests alone, before anything is read: of all that they declare, live or not.

What needs the live side is left to the plan: which names of roles mean which role, what the run would delete, and who
runs it.
"""

from collections.abc import Iterable, Iterator

from reconciler.errors import SourcePos
from reconciler.guardrails.model import Guardrails, RoleRule
from reconciler.guardrails.patterns import folded
from reconciler.guardrails.rules import (
    denied_breach,
    group_breaches,
    location_breach,
    removal_breaches,
    role_breach,
    tenant_breach,
    trust_breach,
)
from reconciler.guardrails.verdict import DeclaredVerdict
from reconciler.guardrails.words import Breach
from reconciler.manifest.desired import Desired, DesiredAssignment, DesiredGroup, DesiredIdentity, DesiredRemoval
from reconciler.model import AnyId, AssignmentId, CredentialId, ResourceGroupId, is_guid

_NAMES_NOT_COMPARED = (
    "Roles of the guardrails and of the manifest were compared as they are written; `uami plan` compares the roles that"
    " the names mean."
)


def judge_declared(guardrails: Iterable[Guardrails], desired: Desired) -> DeclaredVerdict:
    """Everything in manifests that guardrails do not let through, each with its place in the manifest."""
    rails = tuple(guardrails)
    return DeclaredVerdict(
        tuple(
            Breach(found.rule, found.source, f"{found.what} ({source})").violation(one, about)
            for one in rails
            for group in desired.groups
            for about, source, found in group_findings(one, group)
        ),
        _not_judged(rails, desired),
    )


def _not_judged(guardrails: Iterable[Guardrails], desired: Desired) -> tuple[str, ...]:
    """What there is to say where roles were held against roles by name."""
    entries = [entry for group in desired.groups for entry in group.identities]
    listed = [one.role for entry in entries for one in entry.role_assignments or ()]
    ruled = [entry.role for one in guardrails for entry in one.roles.entries]
    by_name = listed and ruled and not all(is_guid(role) for role in (*listed, *ruled))
    return (_NAMES_NOT_COMPARED,) if by_name else ()


_Found = Iterator[tuple[AnyId | ResourceGroupId, SourcePos, Breach]]


def group_findings(rails: Guardrails, group: DesiredGroup) -> _Found:
    """What guardrails do not let through of a group: what it is about, its place in the manifest, and the rule."""
    if group.tenant is not None:
        tenant = tenant_breach(rails, group.tenant.tenant_id)
        yield from _found(group.group_id, group.tenant.source, tenant)
    yield from ((group.group_id, group.source, breach) for breach in group_breaches(rails, group))
    for identity in group.identities:
        yield from _of_identity(rails, identity)
    for removal in group.remove:
        yield from _of_removal(rails, removal)


def _of_identity(rails: Guardrails, entry: DesiredIdentity) -> _Found:
    identity, location = entry.resource_id, entry.location or entry.default_location
    yield from _found(identity, entry.source, denied_breach(rails, identity))
    if location is not None:
        yield from _found(identity, entry.source, location_breach(rails, location))
    if rails.keeps_protection is not None and entry.protect is False:
        lifted = Breach("protect.lift", rails.keeps_protection, "`protect: false` takes the protection away")
        yield identity, entry.source, lifted
    for credential in entry.federated_credentials or ():
        about = CredentialId(identity, credential.name)
        yield from _found(about, credential.line, trust_breach(rails, identity, credential.trust))
    for role in entry.role_assignments or ():
        about_role = AssignmentId(identity, role.role, "", role.scope)
        yield from _found(about_role, role.line, _role(rails, entry, role))


def _role(rails: Guardrails, entry: DesiredIdentity, listed: DesiredAssignment) -> Breach | None:
    has_condition = dict(listed.details).get("condition") is not None

    def may_be(rule: RoleRule) -> bool:
        """A name and a GUID may be the same role; two names, or two GUIDs, are where they are equal."""
        return is_guid(rule.role) != is_guid(listed.role) or folded(rule.role) == folded(listed.role)

    return role_breach(rails, entry.resource_id, listed.role, listed.scope, may_be, has_condition=has_condition)


def _of_removal(rails: Guardrails, removal: DesiredRemoval) -> _Found:
    identity = removal.resource_id
    yield from _found(identity, removal.source, denied_breach(rails, identity))
    yield from ((identity, removal.source, breach) for breach in removal_breaches(rails, removal))


def _found(about: AnyId | ResourceGroupId, source: SourcePos, breach: Breach | None) -> _Found:
    if breach is not None:
        yield about, source, breach
