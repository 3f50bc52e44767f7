"""What Terraform's azurerm sends, over https as it sends it: a new connection for every request, each left idle.

The requests are those that azurerm 5.2 made of a group, an identity, a credential and a role; the provider itself is
run by `test_example_clients` where there is one.
"""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from reconciler.sandbox.serving.server import running
from reconciler.sandbox.serving.tls import throw_away_authority
from tests.sandbox.arm import IN_SUBSCRIPTION, TENANT, Clock, application, contents

GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/rg-tf"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-tf"
CREDENTIAL = f"{IDENTITY}/federatedIdentityCredentials/main"
ROLES = "providers/Microsoft.Authorization"
ASSIGNMENT = f"{GROUP}/{ROLES}/roleAssignments/aaaaaaaa-0000-4000-8000-000000000001"
GROUPS, MSI, ASSIGNMENTS, DEFINITIONS = "2023-07-01", "2024-11-30", "2022-04-01", "2022-05-01-preview"
APPLICATION = "33333333-3333-3333-3333-333333333333"


class Azurerm:
    """Sends requests one by one, each over a connection of its own that stays open until the end."""

    def __init__(self, url: str, trust: ssl.SSLContext, connections: ExitStack) -> None:
        self._url = url
        self._trust = trust
        self._connections = connections
        self._token = ""

    def send(self, method: str, path: str, version: str = "", body: object = None) -> httpx.Response:
        """Send one request; `path` may have a query of its own."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        client = httpx.Client(base_url=self._url, verify=self._trust, headers=headers, trust_env=False)
        self._connections.enter_context(client)
        if version:
            path += f"{'&' if '?' in path else '?'}api-version={version}"
        return client.request(method, f"{self._url}{path}", json=body)

    def statuses(self, *requests: tuple[str, str, str, object]) -> list[int]:
        """Send requests in their order."""
        return [self.send(*request).status_code for request in requests]

    def log_in(self) -> str:
        """Find the login by the cloud's metadata, and take a token with a secret; returns the cloud's ARM."""
        cloud = self.send("GET", "/metadata/endpoints", "2022-09-01").json()
        # The login's address ends in a slash, and azurerm puts another one behind it.
        endpoint = f"{cloud['authentication']['loginEndpoint']}/{TENANT}/oauth2/v2.0/token"
        scope = f"{cloud['resourceManager']}.default"
        form = {"grant_type": "client_credentials", "client_id": APPLICATION, "client_secret": "any", "scope": scope}
        answer = httpx.post(endpoint, data=form, verify=self._trust, trust_env=False)
        self._token = answer.json()["access_token"]
        return str(cloud["resourceManager"])


@contextmanager
def azurerm(clock: Clock | None = None) -> Iterator[Azurerm]:
    with (
        throw_away_authority() as authority,
        running(application(contents(groups=()), clock=clock), authority=authority) as url,
        ExitStack() as connections,
    ):
        trust = ssl.create_default_context(cafile=authority.certificate)
        yield Azurerm(url, trust, connections)


def create_all(terraform: Azurerm) -> str:
    """Create everything; returns the principal of the identity."""
    terraform.send("PUT", GROUP, GROUPS, {"location": "westeurope", "tags": {"env": "dev"}})
    identity = terraform.send("PUT", IDENTITY, MSI, {"location": "westeurope", "tags": {}, "properties": {}})
    trust = {"issuer": "https://i", "subject": "s", "audiences": ["api://AzureADTokenExchange"]}
    terraform.send("PUT", CREDENTIAL, MSI, {"properties": trust})
    return str(identity.json()["properties"]["principalId"])


def test_metadata_and_login_lead_to_the_sandbox_itself() -> None:
    with azurerm() as terraform:
        resource_manager = terraform.log_in()
        listed = httpx.URL(resource_manager).copy_with(path=IN_SUBSCRIPTION)
        read = terraform.send("GET", listed.path, "2022-12-01")

    assert (resource_manager[:18], read.status_code) == ("https://localhost:", 200)


def test_each_resource_is_looked_for_created_and_read_again() -> None:
    with azurerm() as terraform:
        terraform.log_in()
        looked_for = terraform.statuses(("GET", GROUP, GROUPS, None), ("GET", IDENTITY, MSI, None))
        create_all(terraform)
        read = terraform.statuses(
            ("GET", GROUP, GROUPS, None), ("GET", IDENTITY, MSI, None), ("GET", CREDENTIAL, MSI, None)
        )
        missing = terraform.send("GET", f"{CREDENTIAL}-2", MSI)

    assert (looked_for, read, missing.status_code) == ([404, 404], [200, 200, 200], 404)


@pytest.mark.parametrize("principal_type", ["", "ServicePrincipal"])
def test_role_is_found_by_its_name_and_given_as_soon_as_the_directory_knows_the_principal(principal_type: str) -> None:
    clock = Clock()

    with azurerm(clock) as terraform:
        terraform.log_in()
        principal_id = create_all(terraform)
        found = terraform.send(
            "GET", f"{GROUP}/{ROLES}/roleDefinitions?%24filter=roleName+eq+%27Reader%27", DEFINITIONS
        )
        role = found.json()["value"][0]["id"]
        properties = {"roleDefinitionId": role, "principalId": principal_id, "condition": ""}
        body = {"properties": properties | ({"principalType": principal_type} if principal_type else {})}
        first = terraform.send("PUT", ASSIGNMENT, ASSIGNMENTS, body)
        clock.advance(269)
        second = terraform.send("PUT", ASSIGNMENT, ASSIGNMENTS, body)
        shown = terraform.send("GET", ASSIGNMENT, ASSIGNMENTS)
        definition = terraform.send("GET", role, DEFINITIONS)

    assert (first.status_code, second.status_code) == (201 if principal_type else 400, 201)
    assert (shown.json()["properties"]["principalId"], definition.json()["properties"]["roleName"]) == (
        principal_id,
        "Reader",
    )


def test_everything_is_deleted_and_the_group_polled_until_it_is_gone() -> None:
    clock = Clock()

    with azurerm(clock) as terraform:
        terraform.log_in()
        create_all(terraform)
        deleted = terraform.statuses(("DELETE", CREDENTIAL, MSI, None), ("DELETE", IDENTITY, MSI, None))
        left = terraform.send("GET", f"{GROUP}/resources?%24expand=provisioningState&%24top=10", GROUPS)
        accepted = terraform.send("DELETE", GROUP, GROUPS)
        while_leaving = terraform.send("GET", GROUP, GROUPS)
        clock.advance(60)
        gone = terraform.send("GET", GROUP, GROUPS)

    assert (deleted, left.json(), accepted.status_code) == ([200, 200], {"value": []}, 202)
    assert while_leaving.json()["properties"]["provisioningState"] == "Deleting"
    assert gone.status_code == 404


def test_providers_that_azurerm_would_register_are_registered() -> None:
    with azurerm() as terraform:
        terraform.log_in()
        listed = terraform.send("GET", f"{IN_SUBSCRIPTION}/providers", "2022-09-01").json()["value"]
        registered = terraform.send(
            "POST", f"{IN_SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/register", "2022-09-01", {}
        )

    assert {item["registrationState"] for item in listed} == {"Registered"}
    assert registered.json()["registrationState"] == "Registered"
