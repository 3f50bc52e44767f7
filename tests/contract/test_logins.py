"""Each kind of login through azure-identity itself: of whom each cloud's token is asked, and for what."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from reconciler.arm.login.auth import principal_of
from reconciler.arm.login.clouds import CLOUDS, Cloud
from reconciler.arm.login.credentials import token_source
from reconciler.errors import LoginError
from reconciler.sandbox.gateway.calls import claims_of
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.state.kinds import FederatedCredential
from reconciler.sandbox.state.state import Contents
from tests.azure_hosts import Asked, AzureHosts, azure_hosts
from tests.builders import TENANT, resource_id
from tests.contract.arm import contents
from tests.unit.arm.fakes import login

APPLICATION = "00000000-0000-0000-0000-0000000000aa"
OTHER_TENANT = "33333333-3333-3333-3333-333333333333"
GITHUB = "https://token.actions.githubusercontent.com"
WORKFLOW = "repo:contoso/identities:ref:refs/heads/main"

each_cloud = pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS.keys())


def trusting_contents() -> Contents:
    """An identity for each cloud, named like it, that trusts a workflow's assertions made for that cloud."""
    trust = (
        FederatedCredential(str(resource_id(cloud.name)), "github", GITHUB, WORKFLOW, (cloud.exchange_audience,))
        for cloud in CLOUDS.values()
    )
    return contents(*CLOUDS).having(FederatedCredential, tuple(trust))


@pytest.fixture(scope="module")
def shared_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureHosts]:
    """Azure's hosts, for every test of this module."""
    with azure_hosts(trusting_contents(), tmp_path_factory.mktemp("hosts")) as hosts:
        yield hosts


@pytest.fixture
def hosts(shared_hosts: AzureHosts, monkeypatch: pytest.MonkeyPatch) -> AzureHosts:
    """Azure's hosts, which nothing has asked yet, for this process."""
    shared_hosts.forget()
    for name, value in shared_hosts.environment.items():
        monkeypatch.setenv(name, value)
    return shared_hosts


def settings_of(kind: str, cloud: Cloud, hosts: AzureHosts, folder: Path) -> dict[str, str]:
    """The environment in which a kind signs in: as the cloud's identity where it proves itself, else an application."""
    file = folder / "assertion"
    file.write_text(encode({"iss": GITHUB, "sub": WORKFLOW, "aud": cloud.exchange_audience, "exp": 4102444800}))
    application = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": APPLICATION}
    identity = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": f"client-of-{cloud.name}"}
    secret = {**application, "AZURE_CLIENT_SECRET": "secret"}
    settings = {
        "environment": secret,
        "auto": secret,
        "workload-identity": {**identity, "AZURE_FEDERATED_TOKEN_FILE": str(file)},
        "managed-identity": {
            "AZURE_CLIENT_ID": f"client-of-{cloud.name}",
            "IDENTITY_ENDPOINT": f"{hosts.url}/msi/token",
            "IDENTITY_HEADER": "header",
        },
        "azure-pipelines": {
            **application,
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "sc-1",
            "SYSTEM_ACCESSTOKEN": "access-token",
            "SYSTEM_OIDCREQUESTURI": f"{hosts.url}/oidc/pipelines",
        },
        "github": {
            **identity,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{hosts.url}/oidc/github?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
        },
    }
    return settings[kind]


def tell(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> Mapping[str, str]:
    """An environment that this process has too, where azure-identity looks for some of it."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


def token_requests(hosts: AzureHosts) -> list[Asked]:
    """What the token endpoints were asked."""
    return [one for one in hosts.application.asked if one.path.endswith("/oauth2/v2.0/token")]


@each_cloud
@pytest.mark.parametrize("kind", ["environment", "auto", "workload-identity", "azure-pipelines", "github"])
def test_token_is_asked_of_the_login_of_the_cloud_for_its_arm(
    kind: str, cloud: Cloud, hosts: AzureHosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = tell(monkeypatch, settings_of(kind, cloud, hosts, tmp_path))

    token = token_source(kind, login(environment, cloud=cloud)).fetch()

    (asked,) = token_requests(hosts)
    claims = claims_of(token.text) or {}
    assert hosts.connected == [f"{cloud.authority}:443"]
    assert (asked.host, asked.path) == (cloud.authority, f"/{TENANT}/oauth2/v2.0/token")
    assert (asked.fields["scope"], asked.fields["client_id"]) == (cloud.scope, environment["AZURE_CLIENT_ID"])
    assert (claims["aud"], claims["tid"]) == (cloud.scope.removesuffix("/.default"), TENANT)


@each_cloud
def test_managed_identity_is_asked_for_the_arm_of_the_cloud(
    cloud: Cloud, hosts: AzureHosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = tell(monkeypatch, settings_of("managed-identity", cloud, hosts, tmp_path))

    token = token_source("managed-identity", login(environment, cloud=cloud)).fetch()

    (asked,) = hosts.application.asked
    assert hosts.connected == []
    assert (asked.path, asked.fields["resource"]) == ("/msi/token", cloud.scope.removesuffix("/.default"))
    assert (claims_of(token.text) or {})["oid"] == f"principal-of-{cloud.name}"


@each_cloud
def test_assertion_of_github_is_made_for_the_cloud(
    cloud: Cloud, hosts: AzureHosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = settings_of("github", cloud, hosts, tmp_path)

    token = token_source("github", login(environment, cloud=cloud)).fetch()

    asked = hosts.application.asked[0]
    assert (asked.path, asked.fields) == ("/oidc/github", {"api-version": "2.0", "audience": cloud.exchange_audience})
    assert (claims_of(token.text) or {})["oid"] == f"principal-of-{cloud.name}"


@pytest.mark.parametrize("kind", ["environment", "workload-identity", "managed-identity", "azure-pipelines", "github"])
def test_every_token_is_a_new_one(
    kind: str, hosts: AzureHosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = CLOUDS["AzureCloud"]
    source = token_source(kind, login(tell(monkeypatch, settings_of(kind, cloud, hosts, tmp_path)), cloud=cloud))

    source.fetch()
    first = [one.path for one in hosts.application.asked]
    source.fetch()

    assert [one.path for one in hosts.application.asked] == first * 2


OF_MANAGED_IDENTITIES = ("workload-identity", "github")


@pytest.mark.parametrize("kind", ["environment", "auto", "workload-identity", "azure-pipelines", "github"])
def test_tenant_of_the_flag_goes_before_that_of_the_environment(
    kind: str, hosts: AzureHosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = CLOUDS["AzureCloud"]
    environment = tell(monkeypatch, settings_of(kind, cloud, hosts, tmp_path))

    source = token_source(kind, login(environment, cloud=cloud, tenant=OTHER_TENANT))

    if kind in OF_MANAGED_IDENTITIES:  # they are known in their own tenant alone
        with pytest.raises(LoginError, match=f"AADSTS700016.*'{OTHER_TENANT}'"):
            source.fetch()
    else:
        assert getattr(principal_of(source.fetch().text), "tenant_id", None) == OTHER_TENANT

    assert [one.path for one in token_requests(hosts)] == [f"/{OTHER_TENANT}/oauth2/v2.0/token"]
