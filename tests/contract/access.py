"""What the tests of credentials and role assignments share: how a manifest lists them, how the emulator keeps them."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from reconciler.errors import SourcePos
from reconciler.guards import Allowances, judge
from reconciler.live.access import read_access
from reconciler.live.impact import read_impact
from reconciler.live.may_read import MayRead
from reconciler.manifest.desired import Desired, DesiredAssignment, DesiredCredential, DesiredGroup
from reconciler.model.access import Trust, assignment_name
from reconciler.model.not_read import sentences
from reconciler.model.owner_mark import MarkedDescription
from reconciler.model.violation import Violation
from reconciler.plan.changes import Changes
from reconciler.plan.diff_access import diff_access
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.plan import Plan, make_plan
from reconciler.sandbox.state.kinds import FederatedCredential, RoleAssignment
from reconciler.sandbox.state.state import Contents, Identity
from tests.builders import GROUP, MANIFEST, SUBSCRIPTION, TODAY
from tests.contract.applying import MANY_DELETES
from tests.contract.arm import Arm, there

ISSUER = "https://issuer.example"
AUDIENCE = "api://AzureADTokenExchange"
OWNER = "team-a"

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
SOURCE = SourcePos(MANIFEST, 7, 13)


def trusts(**subjects: str) -> tuple[DesiredCredential, ...]:
    """Credentials by name (`_` for `-`) and subject, all of one issuer."""
    return tuple(
        DesiredCredential(name.replace("_", "-"), Trust(ISSUER, subject, AUDIENCE), SOURCE)
        for name, subject in subjects.items()
    )


def role(
    name: str, scope: str = IN_GROUP, details: Mapping[str, str | None] = MappingProxyType({})
) -> DesiredAssignment:
    """A role as a manifest lists it, with the details that its line names."""
    return DesiredAssignment(name, scope, SOURCE, tuple(sorted(details.items())))


def principal_of(name: str) -> str:
    """The principal id of an identity that `lives` makes."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def lives(name: str, tags: Mapping[str, str] | None = None) -> Identity:
    """An identity as the emulator keeps it, with a principal that roles can be given to."""
    return replace(there(name, tags=tags), principal_id=principal_of(name))


def with_trusts(contents: Contents, identity: str, subjects: Mapping[str, str]) -> Contents:
    """The contents with credentials of an identity added, by name and subject."""
    added = tuple(
        FederatedCredential(there(identity).resource_id, name, ISSUER, subject, (AUDIENCE,))
        for name, subject in subjects.items()
    )
    return contents.having(FederatedCredential, (*contents.of(FederatedCredential), *added))


def given(identity: str, role_guid: str, scope: str = IN_GROUP, *, owner: str | None = None) -> RoleAssignment:
    """A role that an identity of `lives` has; with an owner, under the name and with the mark that we give it."""
    principal_id = principal_of(identity)
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, identity + scope + role_guid))
    return RoleAssignment(
        scope,
        name if owner is None else assignment_name(scope, principal_id, role_guid),
        f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role_guid}",
        principal_id,
        "ServicePrincipal",
        description=MarkedDescription(None, owner).written,
    )


def with_roles(contents: Contents, *assignments: RoleAssignment) -> Contents:
    """The contents with role assignments added."""
    return contents.having(RoleAssignment, (*contents.of(RoleAssignment), *assignments))


def compare_now(arm: Arm, *groups: DesiredGroup) -> Changes:
    """The whole comparison against what lives now."""
    desired = Desired(groups)
    identities = diff_states(desired, arm.read(desired), judged_on=TODAY)
    return diff_access(identities, read_access(identities, arm.resources, MayRead(arm.client)))


def full_plan(
    arm: Arm,
    *groups: DesiredGroup,
    allowances: Allowances = MANY_DELETES,
    also: Callable[[Changes], tuple[Violation, ...]] = lambda _: (),
) -> Plan:
    """The plan for these groups against what lives now, with all that plan reads; `also` refuses what it likes."""
    desired = Desired(groups)
    live, may_read = arm.read(desired), MayRead(arm.client)
    identities = diff_states(desired, live, judged_on=TODAY)
    access = read_access(identities, arm.resources, may_read)
    compared = diff_access(identities, access)
    impacts = read_impact(compared, access, arm.resources, may_read)
    changes = compared.with_impacts(impacts)
    verdict, notes = judge(changes, allowances, also=also(changes)), sentences((*access.not_read, *impacts.not_read))
    return replace(make_plan(desired, live, changes, verdict, cloud="AzureCloud", targets=()), notes=notes)


def credentials_of(arm: Arm, identity: str) -> dict[str, str | None]:
    """Subjects by name of the credentials that an identity has now."""
    kept = arm.application.state.contents().of(FederatedCredential)
    return {one.name: one.subject for one in kept if one.identity_id.endswith(f"/{identity}")}


def roles_of(arm: Arm, principal_id: str) -> set[tuple[str, str]]:
    """Scope and role GUID of what a principal has now."""
    kept = arm.application.state.contents().of(RoleAssignment)
    return {(one.scope, one.role_definition_id.rpartition("/")[2]) for one in kept if one.principal_id == principal_id}


def statuses(arm: Arm) -> set[int]:
    """The statuses with which our writes were answered."""
    return {status for _, _, status in arm.writes}


def subjects(names: Iterable[str], prefix: str = "s") -> dict[str, str]:
    """A subject for each name."""
    return {name: f"{prefix}-{name}" for name in names}
