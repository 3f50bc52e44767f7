"""Principals to be judged."""

from reconciler.live.orphans.judge import Holder
from reconciler.model.access import NO_DETAILS, AssignmentDetails, RoleAssignment
from reconciler.model.ids import ResourceId
from tests.builders import SUBSCRIPTION

PRINCIPAL = "0b2c0000-0000-4000-8000-00000000000a"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-app"
NOW_S = 1_800_000_000.0
DAY_S = 86_400.0


def role(
    created_s: float | None = NOW_S - DAY_S,
    principal_type: str = "ServicePrincipal",
    *,
    scope: str = SCOPE,
    details: AssignmentDetails = NO_DETAILS,
    principal_id: str = PRINCIPAL,
    name: str = "11111111-1111-4111-8111-111111111111",
) -> RoleAssignment:
    """A role assignment of a day ago."""
    return RoleAssignment(
        name, scope, READER, principal_id, details, created_s=created_s, principal_type=principal_type
    )


def holder(*roles: RoleAssignment, identity: ResourceId | None = None, principal_id: str = PRINCIPAL) -> Holder:
    """A principal with these roles; by default one."""
    return Holder(principal_id, roles or (role(principal_id=principal_id),), identity)
