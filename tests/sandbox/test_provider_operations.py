"""What the providers list of themselves."""

import httpx
import pytest

from tests.sandbox.arm import VERSION, application, client

LOCKS_VERSION = {"api-version": "2020-05-01"}


def operations(arm: httpx.Client, provider: str, version: dict[str, str]) -> list[dict[str, object]]:
    """All of them, over pages."""
    found: list[dict[str, object]] = []
    answer = arm.get(f"/providers/{provider}/operations", params=version)
    while True:
        found += answer.json()["value"]
        if "nextLink" not in answer.json():
            return found
        answer = arm.get(answer.json()["nextLink"])


@pytest.mark.parametrize("page_size", [1000, 5])
def test_managed_identity_lists_its_operations_as_recorded(page_size: int) -> None:
    with client(application(page_size=page_size)) as arm:
        listed = operations(arm, "Microsoft.ManagedIdentity", VERSION)

    own = "Microsoft.ManagedIdentity"
    identities, credentials = (
        f"{own}/userAssignedIdentities",
        f"{own}/userAssignedIdentities/federatedIdentityCredentials",
    )
    assert [item["name"] for item in listed] == [
        f"{own}/identities/read",
        f"{own}/operations/read",
        f"{own}/register/action",
        f"{identities}/assign/action",
        f"{identities}/delete",
        f"{credentials}/read",
        f"{credentials}/write",
        f"{credentials}/delete",
        f"{identities}/listAssociatedResources/action",
        f"{identities}/read",
        f"{identities}/write",
        f"{identities}/revokeTokens/action",
    ]
    assert listed[4]["display"] == {
        "provider": "Microsoft Managed Identity",
        "resource": "User Assigned Identities",
        "operation": "Delete User Assigned Identity",
        "description": "Deletes the identity.",
    }


def test_authorization_lists_its_operations_in_the_form_of_the_locks_api() -> None:
    with client(application()) as arm:
        listed = operations(arm, "microsoft.authorization", LOCKS_VERSION)

    assert listed[0] == {
        "name": "Microsoft.Authorization/locks/read",
        "display": {"provider": "Microsoft.Authorization", "resource": "locks", "operation": "read"},
    }
    assert [str(item["name"]).removeprefix("Microsoft.Authorization/") for item in listed] == [
        "locks/read",
        "locks/write",
        "locks/delete",
        "roleAssignments/read",
        "roleAssignments/write",
        "roleAssignments/delete",
        "roleDefinitions/read",
        "permissions/read",
        "denyAssignments/read",
    ]


def test_operations_are_not_there_in_other_api_versions() -> None:
    with client(application()) as arm:
        refused = arm.get("/providers/Microsoft.Authorization/operations", params={"api-version": "2022-04-01"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "InvalidResourceType")
