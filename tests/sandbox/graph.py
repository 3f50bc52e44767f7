"""What the tests of Resource Graph share: a sandbox with identities in use, and ways to query it."""

from dataclasses import replace
from typing import Any

import httpx

from reconciler.sandbox.state.kinds import Attachment, Resource, RoleAssignment
from reconciler.sandbox.state.state import Contents, Grant, Identity, ResourceGroup, Subscription
from tests.sandbox.arm import GROUP, IN_SUBSCRIPTION, SUBSCRIPTION, TENANT, contents, group, identity

PATH = "/providers/Microsoft.ResourceGraph/resources"
NEWEST = {"api-version": "2024-04-01"}
OTHER = "00000000-0000-0000-0000-000000000002"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ID_A = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a"
ID_B = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-b"
ID_C = f"/subscriptions/{OTHER}/resourceGroups/rg-data/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-c"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
SCALE_SET = f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/vmss"
WEB = f"/subscriptions/{OTHER}/resourceGroups/rg-data/providers/Microsoft.Web/sites/web"
BARE = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
ASSIGNMENT = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-0000000000a1"


def resource(resource_id: str, kind: str, *attached: str, system: str | None = None, **more: Any) -> Resource:
    """A resource with these identities."""
    items = tuple(Attachment(one, "a principal", "a client") for one in attached)
    has_identity = bool(items) or system is not None
    name = resource_id.rpartition("/")[2]
    return Resource(resource_id, kind, name, "westeurope", None, items, system, has_identity, **more)


def assignment(number: int, scope: str, principal_id: str) -> RoleAssignment:
    """The role Reader of a principal at a scope."""
    name = f"00000000-0000-0000-0000-0000000000a{number}"
    in_subscription = f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    return RoleAssignment(scope, name, in_subscription, principal_id, "ServicePrincipal")


def estate(*grants: Grant) -> Contents:
    """Two subscriptions: identities that are attached in differing spellings, one that is not, and assignments."""
    data = Identity(OTHER, "rg-data", "id-c", "northeurope", (("env", "prod"),), "principal of id-c", "c", TENANT)
    start = contents([identity("id-a"), identity("id-b"), data], grants)
    return (
        start.having(Subscription, (*start.of(Subscription), Subscription(OTHER, "Data")))
        .having(ResourceGroup, (*start.of(ResourceGroup), replace(group("rg-data"), subscription_id=OTHER)))
        .having(
            Resource,
            (
                resource(VM, "Microsoft.Compute/virtualMachines", ID_A.upper()),
                resource(SCALE_SET, "Microsoft.Compute/virtualMachineScaleSets", ID_A, ID_B.lower()),
                resource(WEB, "Microsoft.Web/sites", ID_C, ID_A, system="principal of web", fields='{"kind": "app"}'),
                resource(BARE, "Microsoft.Network/virtualNetworks"),
            ),
        )
        .having(
            RoleAssignment,
            (
                assignment(1, GROUP, "principal of id-a"),
                assignment(2, "/", "principal of id-a"),
                assignment(3, f"/subscriptions/{OTHER}", "principal of id-c"),
                assignment(4, IN_SUBSCRIPTION, "principal of id-b"),
                assignment(5, "/providers/Microsoft.Management/managementGroups/mg-1", "principal of id-b"),
            ),
        )
    )


def post(arm: httpx.Client, query: str, version: str = "2024-04-01", **body: Any) -> httpx.Response:
    """A query, by default of the whole tenant."""
    return arm.post(PATH, params={"api-version": version}, json={"query": query, **body})


def rows(arm: httpx.Client, query: str, **body: Any) -> list[dict[str, Any]]:
    """The rows that a query finds."""
    answer = post(arm, query, **body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def details(answer: httpx.Response) -> tuple[int, str, list[dict[str, Any]]]:
    """Status, code and details of a refusal."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["details"]


SUBSCRIPTIONS = (SUBSCRIPTION, OTHER)
