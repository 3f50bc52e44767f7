"""Every operation of Azure's own client for managed identities, in every api-version that it has."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import azure.mgmt.msi
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.msi import ManagedServiceIdentityClient

from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.serving.server import running
from reconciler.sandbox.serving.tls import throw_away_authority
from reconciler.sandbox.state.kinds import Resource
from tests.sandbox.arm import GROUP, IDENTITIES, SUBSCRIPTION, TENANT, application, client, contents, identity
from tests.sandbox.official import arguments_for

NAME = "rg-Payments"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
GROUPS = ("operations", "system_assigned_identities", "user_assigned_identities", "federated_identity_credentials")
VERSIONS = ("2018-11-30", "2021-09-30-preview", "2022-01-31-preview", "2024-11-30")
BODY = {"location": "westeurope"}
CREDENTIAL = {"properties": {"issuer": "https://i", "subject": "s", "audiences": ["a"]}}


@pytest.fixture
def app() -> Application:
    """A sandbox with a virtual machine that has an identity of its own and shares another one."""
    made = application(contents([identity("id-a")]))
    block = {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {f"{IDENTITIES}/id-a": {}}}
    with client(made) as arm:
        arm.put(VM, params={"api-version": "2024-07-01"}, json={**BODY, "identity": block}).raise_for_status()
    return made


@pytest.fixture
def arguments(app: Application) -> Iterator[dict[str, Any]]:
    with running(app) as url:
        yield arguments_for(url)


def known_operations(msi: ManagedServiceIdentityClient, api_version: str) -> set[str]:
    """What the client offers in an api-version, as `GROUP.METHOD`."""
    offered = set()
    for group in GROUPS:
        try:
            operations = getattr(msi, group)
        except ValueError:  # the api-version has no such group
            continue
        methods = inspect.getmembers(type(operations), inspect.isfunction)
        offered |= {f"{group}.{name}" for name, _ in methods if not name.startswith("_")}
    return offered


def calls(msi: ManagedServiceIdentityClient) -> Mapping[str, Callable[[], object]]:
    """Every operation, in an order in which each succeeds."""
    one, fic = (NAME, "id-b"), (NAME, "id-b", "fic-a")
    return {
        "operations.list": lambda: list(msi.operations.list()),
        "system_assigned_identities.get_by_scope": lambda: msi.system_assigned_identities.get_by_scope(VM),
        "user_assigned_identities.create_or_update": lambda: msi.user_assigned_identities.create_or_update(*one, BODY),
        "user_assigned_identities.update": lambda: msi.user_assigned_identities.update(*one, {"tags": {"a": "1"}}),
        "user_assigned_identities.get": lambda: msi.user_assigned_identities.get(*one),
        "user_assigned_identities.list_by_resource_group": lambda: list(
            msi.user_assigned_identities.list_by_resource_group(NAME)
        ),
        "user_assigned_identities.list_by_subscription": lambda: list(
            msi.user_assigned_identities.list_by_subscription()
        ),
        "user_assigned_identities.list_associated_resources": lambda: list(
            msi.user_assigned_identities.list_associated_resources(NAME, "id-a")
        ),
        "federated_identity_credentials.create_or_update": lambda: msi.federated_identity_credentials.create_or_update(
            *fic, CREDENTIAL
        ),
        "federated_identity_credentials.get": lambda: msi.federated_identity_credentials.get(*fic),
        "federated_identity_credentials.list": lambda: list(msi.federated_identity_credentials.list(*one)),
        "federated_identity_credentials.delete": lambda: msi.federated_identity_credentials.delete(*fic) or "done",
        "user_assigned_identities.delete": lambda: msi.user_assigned_identities.delete(*one) or "done",
    }


@pytest.mark.parametrize("api_version", VERSIONS)
def test_every_operation_of_the_client_succeeds(arguments: dict[str, Any], api_version: str) -> None:
    with ManagedServiceIdentityClient(**arguments, api_version=api_version) as msi:
        offered = known_operations(msi, api_version)

        answered = {name for name, call in calls(msi).items() if name in offered and call()}

    assert answered == offered


def test_versions_of_the_client_are_those_that_are_tested() -> None:
    packages = {module.name for module in pkgutil.iter_modules(azure.mgmt.msi.__path__) if module.ispkg}

    assert packages - {"aio"} == {f"v{version.replace('-', '_')}" for version in VERSIONS}


def test_system_assigned_identity_is_that_of_the_resource(app: Application, arguments: dict[str, Any]) -> None:
    resource = next(iter(app.state.shelf(Resource)))

    with ManagedServiceIdentityClient(**arguments) as msi:
        found = msi.system_assigned_identities.get_by_scope(VM)
        again = msi.system_assigned_identities.get_by_scope(VM)
        with pytest.raises(ResourceNotFoundError) as caught:
            msi.system_assigned_identities.get_by_scope(f"{IDENTITIES}/id-a")

    assert (found.principal_id, found.tenant_id, found.location) == (
        resource.system_principal_id,
        TENANT,
        "westeurope",
    )
    assert (found.name, found.client_id) == ("vm", again.client_id)
    assert caught.value.error is not None
    assert caught.value.error.code == "NotFound"


def test_client_of_an_identity_whose_tokens_are_revoked_gets_a_new_one_by_itself() -> None:
    app = Application(contents([identity("id-a")]))
    revoke = f"{IDENTITIES}/id-a/revokeTokens"
    with throw_away_authority() as authority, running(app, authority=authority) as url:
        options: dict[str, Any] = {"connection_verify": str(authority.certificate)}
        credential = ClientSecretCredential(
            TENANT, "client of id-a", "any", authority=url, disable_instance_discovery=True, **options
        )
        with ManagedServiceIdentityClient(
            credential, SUBSCRIPTION, base_url=url, credential_scopes=["https://arm.localhost/.default"], **options
        ) as msi:
            msi.user_assigned_identities.get(NAME, "id-a")
            with client(app) as arm:
                arm.post(revoke, params={"api-version": "2023-07-31-preview"}).raise_for_status()
            read = msi.user_assigned_identities.get(NAME, "id-a")

    statuses = [(entry.method, entry.status) for entry in app.requests if "/oauth2/" not in entry.path]
    assert read.name == "id-a"
    assert statuses[-4:] == [("GET", 200), ("POST", 200), ("GET", 401), ("GET", 200)]
