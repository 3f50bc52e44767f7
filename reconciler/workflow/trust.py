"""`uami trust`: read who can become the identities that the manifest lists, and what that lets them do; writes
nothing."""

from collections.abc import Sequence
from dataclasses import replace

from reconciler.live.azure import Azure
from reconciler.live.identities import read_live
from reconciler.live.may_read import MayRead
from reconciler.live.trust.current import read_current_trust
from reconciler.manifest.desired import Desired, DesiredCredential, DesiredIdentity
from reconciler.manifest.findings import find_risky_trust
from reconciler.model import FederatedCredential
from reconciler.outputs.collect import listed_identities
from reconciler.report.trust.current import IdentityTrust, TrustReport
from reconciler.workflow.declare import Declaration
from reconciler.workflow.preflight import check_before_reading


def run_trust(declaration: Declaration, azure: Azure, audience: str) -> TrustReport:
    """Read all of it, and judge the live trust as a manifest's is judged.

    Args:
        audience: what the cloud's own logins ask tokens for.

    Raises:
        UsageError: a target that the manifest does not list.
        AuthError: no token, of another tenant, or without the right to read a list of identities whole.
    """
    listed = listed_identities(declaration.desired, declaration.targets)
    tenant_of = check_before_reading(declaration, azure)
    group_ids = tuple(dict.fromkeys(one.resource_id.group_id for one in listed))
    may_read = MayRead(azure.resources.client)
    live = read_live(group_ids, azure.resources, may_read, tenant_of=tenant_of)
    entries = {one.resource_id: one for one in listed}
    identities = [one for group in live.groups for one in group.identities if one.resource_id in entries]
    trust = read_current_trust(identities, azure.resources, may_read)
    lived = [(entries[one], read.credentials.found) for one, read in trust.items()]
    findings = find_risky_trust(_as_it_lives(declaration.desired, lived), audience)
    accepted = {(one.resource_id, one.code) for one in declaration.accepted}
    return TrustReport(
        azure.cloud,
        live.subscriptions,
        tuple(group.group_id for group in declaration.desired.groups),
        tuple(IdentityTrust(one, trust[one.resource_id]) for one in identities),
        tuple(one for one in entries if one not in trust),
        tuple(one for one in findings if (one.resource_id, one.code) not in accepted),
        sum((one.resource_id, one.code) in accepted for one in findings),
    )


_Lived = Sequence[tuple[DesiredIdentity, tuple[FederatedCredential, ...]]]


def _as_it_lives(desired: Desired, lived: _Lived) -> Desired:
    """The manifest, were it to list the credentials that live, each at its own line or else at its identity's."""
    by_id = {entry.resource_id: _with_live(entry, credentials) for entry, credentials in lived}
    groups = (
        replace(group, identities=tuple(by_id[one.resource_id] for one in group.identities if one.resource_id in by_id))
        for group in desired.groups
    )
    return replace(desired, groups=tuple(groups))


def _with_live(entry: DesiredIdentity, credentials: tuple[FederatedCredential, ...]) -> DesiredIdentity:
    known = {one.name.casefold(): one for one in entry.federated_credentials or ()}
    lived = []
    for one in credentials:
        if one.trust is not None:
            name = one.credential_id.name
            line = known.get(name.casefold()) or DesiredCredential(name, one.trust, entry.source)
            lived.append(replace(line, name=name, trust=one.trust))
    return replace(entry, federated_credentials=tuple(lived))
