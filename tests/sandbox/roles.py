"""What the tests of roles share: a custom role, an assignment of one, and a sandbox that has them."""

import uuid
from collections.abc import Iterable

import httpx

from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state.kinds import Permission, RoleAssignment, RoleDefinition
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import GROUP, IN_SUBSCRIPTION, Clock, application, contents, group, names

VERSION = {"api-version": "2022-04-01"}
TYPE = "Microsoft.Authorization/roleDefinitions"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
OTHER_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/rg-other"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/mg"
FOREIGN = "/subscriptions/00000000-0000-0000-0000-000000000009"
PRINCIPAL = "bbbbbbbb-0000-0000-0000-000000000002"


def guid(number: int = 1) -> str:
    """A GUID that a test can tell apart from others."""
    return str(uuid.UUID(int=number))


def definition_id(scope: str, role: str) -> str:
    """Where a role is asked for at a scope."""
    return f"{scope.rstrip('/')}/providers/{TYPE}/{role}"


def role(number: int = 1, name: str = "Restarter", scopes: tuple[str, ...] = (GROUP,)) -> RoleDefinition:
    """A custom role."""
    return RoleDefinition(guid(number), name, "why", (Permission(("*/read",)),), scopes)


def assignment(of: RoleDefinition, scope: str = GROUP, principal_id: str = PRINCIPAL) -> RoleAssignment:
    """A role assignment that is named after its role."""
    return RoleAssignment(scope, of.guid, definition_id(IN_SUBSCRIPTION, of.guid), principal_id, "User")


def sandbox(
    roles: Iterable[RoleDefinition] = (),
    assignments: Iterable[RoleAssignment] = (),
    grants: Iterable[Grant] = (),
    clock: Clock | None = None,
) -> Application:
    """A sandbox with two resource groups, roles, who has them, and grants."""
    start = contents((), grants, (group(), group("rg-other")))
    return application(
        start.having(RoleDefinition, tuple(roles)).having(RoleAssignment, tuple(assignments)), clock=clock
    )


def listed(arm: httpx.Client, scope: str, asked: str = "type eq 'CustomRole'") -> list[str]:
    """The GUIDs in a list of roles."""
    return names(arm.get(f"{scope.rstrip('/')}/providers/{TYPE}", params={**VERSION, "$filter": asked}))
