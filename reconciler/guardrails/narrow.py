"""What is left of manifests once all that guardrails do not let through is taken out: what a run can do under them."""

from collections.abc import Iterable
from dataclasses import replace

from reconciler.guardrails.declared import group_findings
from reconciler.guardrails.model import Guardrails
from reconciler.manifest.desired import Desired, DesiredGroup, DesiredIdentity, IdentitiesPolicy
from reconciler.model import AnyId, AssignmentId, CredentialId, ResourceGroupId


def within_guardrails(guardrails: Iterable[Guardrails], desired: Desired) -> Desired:
    """The manifests without groups, identities, credentials, roles and removals that any of the guardrails refuses.

    Where deletes have to be named, or none is let through, what is not listed stays as under the policy `merge`.
    """
    rails = tuple(guardrails)
    return replace(desired, groups=tuple(kept for group in desired.groups if (kept := _group(rails, group))))


_OF_SINGLE_CHANGES = ("locations", "protect.lift")
"""Rules that refuse a change of an identity, and let others of it through."""


def _group(rails: tuple[Guardrails, ...], group: DesiredGroup) -> DesiredGroup | None:
    found = (finding for one in rails for finding in group_findings(one, group))
    refused = {about for about, _, breach in found if breach.rule not in _OF_SINGLE_CHANGES}
    if group.group_id in refused:
        return None
    identities = tuple(_identity(one, refused) for one in group.identities if one.resource_id not in refused)
    remove = tuple(one for one in group.remove if one.resource_id not in refused)
    return _within_deletes(rails, replace(group, identities=identities, remove=remove))


def _within_deletes(rails: tuple[Guardrails, ...], group: DesiredGroup) -> DesiredGroup:
    if any(one.deletes.most is not None and one.deletes.most.most == 0 for one in rails):
        group = replace(group, remove=())
    elif all(one.deletes.only_named is None for one in rails):
        return group
    return replace(group, policy=replace(group.policy, identities=IdentitiesPolicy.MERGE))


def _identity(entry: DesiredIdentity, refused: set[AnyId | ResourceGroupId]) -> DesiredIdentity:
    identity, credentials, roles = entry.resource_id, entry.federated_credentials, entry.role_assignments
    if credentials is not None:
        credentials = tuple(one for one in credentials if CredentialId(identity, one.name) not in refused)
    if roles is not None:
        roles = tuple(one for one in roles if AssignmentId(identity, one.role, "", one.scope) not in refused)
    return replace(entry, federated_credentials=credentials, role_assignments=roles)
