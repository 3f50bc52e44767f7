"""What the tests of trust share: plans that change who may become identities, and what those may do."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Desired, DesiredAssignment, DesiredCredential, DesiredIdentity
from reconciler.model import (
    Access,
    AnyId,
    CredentialId,
    FederatedCredential,
    Impact,
    Impacts,
    LiveTrust,
    ResourceId,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    Trust,
    Violation,
    role_key,
    role_name,
)
from reconciler.plan import Plan, make_plan
from reconciler.plan.diff_access import diff_access
from tests.builders import (
    MANIFEST,
    SUBSCRIPTION,
    compare,
    desired_group,
    given_role,
    live_group,
    live_of,
    resource_id,
)

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
DATA = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-data"
GITHUB = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"
OWNER = "team-a"


def github(environment: str) -> Trust:
    """The workflows of one environment."""
    return Trust(GITHUB, f"repo:contoso/payments:environment:{environment}", AUDIENCE)


def trusted(line: int = 7, **environments: str) -> tuple[DesiredCredential, ...]:
    """Listed credentials by name and environment, each on a line of its own."""
    return tuple(
        DesiredCredential(name, github(one), SourcePos(MANIFEST, line + number, 13))
        for number, (name, one) in enumerate(environments.items())
    )


def role(guid: str, scope: str = DATA, condition: str | None = None, line: int = 20) -> DesiredAssignment:
    """A listed role."""
    details = () if condition is None else (("condition", condition), ("condition_version", "2.0"))
    return DesiredAssignment(role_name(guid), scope, SourcePos(MANIFEST, line, 13), details)


def lives(identity: str, **environments: str) -> tuple[FederatedCredential, ...]:
    """Live credentials of an identity by name and environment."""
    known = resource_id(identity)
    return tuple(FederatedCredential(CredentialId(known, name), github(one)) for name, one in environments.items())


def ours(identity: str, guid: str, scope: str = DATA, condition: str | None = None) -> RoleAssignment:
    """A role that an identity has, as we give it."""
    given = given_role(OWNER, scope, f"principal-of-{identity}", guid)
    assert given.details is not None
    version = None if condition is None else "2.0"
    return replace(given, details=replace(given.details, condition=condition, condition_version=version))


def plan_for(
    *identities: DesiredIdentity,
    live: Iterable[str] = (),
    credentials: Iterable[FederatedCredential] = (),
    assignments: Mapping[str, tuple[RoleAssignment, ...]] | None = None,
    trust: Mapping[str, LiveTrust] | None = None,
    deletes: Mapping[str, Impact] | None = None,
    refused: tuple[AnyId, ...] = (),
) -> Plan:
    """The plan for identities of one group, where all that is asked for lives as it is given here."""
    group, lived = desired_group(*identities, owner=OWNER, default_location="westeurope"), live_group(*live)
    compared = compare(group, lived)
    known: dict[ResourceId, tuple[FederatedCredential, ...]] = {}
    for one in credentials:
        known[one.credential_id.identity] = (*known.get(one.credential_id.identity, ()), one)
    listed_roles = [role for one in identities for role in one.role_assignments or ()]
    lookups = {
        role_key(one.role, one.scope): RoleLookup(one.role, one.scope, (RoleDefinition(_guid(one.role), one.role),))
        for one in listed_roles
    }
    given = {resource_id(name): roles for name, roles in (assignments or {}).items()}
    changes = diff_access(compared, Access(known, given, lookups)).with_impacts(
        Impacts(
            {resource_id(name): impact for name, impact in (deletes or {}).items()},
            trust={resource_id(name): read for name, read in (trust or {}).items()},
        )
    )
    verdict = (Violation("grant", None, "No.", "Ask.", refused),) if refused else ()
    return make_plan(Desired((group,)), live_of(lived), changes, verdict, cloud="AzureCloud", targets=())


def _guid(name: str) -> str:
    return next(guid for guid in (READER, CONTRIBUTOR) if role_name(guid) == name)
