"""Every way to sign in, by the installed command over TLS: against a sandbox that is all of Azure's hosts."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from reconciler.sandbox import access_token, load
from tests.azure_hosts import AzureHosts, azure_hosts
from tests.cli.command import Ended, Uami
from tests.cli.inputs import SUBSCRIPTION, TENANT, add_to_state, identity_scope, write_manifest, write_state

APPLICATION = "00000000-0000-0000-0000-0000000000aa"
OTHER_TENANT = "33333333-3333-3333-3333-333333333333"
AUDIENCE = "api://AzureADTokenExchange"
PIPELINES = "https://vstoken.dev.azure.com/61847718-69ba-532f-98df-2c04a65c591d"
GITHUB = "https://token.actions.githubusercontent.com"
WORKFLOW = "repo:contoso/identities:ref:refs/heads/main"
SECRET = "secret-0123456789abcdef"
# Of the one identity in the state that the tests begin with, which trusts a workflow and a service connection.
CLIENT, PRINCIPAL = "c11e0000-0000-4000-8000-000000000000", "0b2c0000-0000-4000-8000-000000000000"

IDENTITY = f"object id {PRINCIPAL}, client id {CLIENT}"
SERVICE = f"object id 713f5d90-a669-5b2d-a0dd-ff8a27000452, client id {APPLICATION}"
USER = f"ops@contoso.example (object id {PRINCIPAL})"
NOTHING_TO_DO = "No changes. Live identities match the manifest.\n"


@pytest.fixture(scope="module")
def shared_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureHosts]:
    """Azure's hosts, for every test of this module."""
    folder = tmp_path_factory.mktemp("hosts")
    state = write_state(folder / "state.json", {"rg-app": {"id-a": {}}})
    trusts = {"github": (GITHUB, WORKFLOW), "pipelines": (PIPELINES, "sc://contoso/identities/sc-1")}
    credentials: list[dict[str, object]] = [
        {
            "id": f"{identity_scope('rg-app', 'id-a')}/federatedIdentityCredentials/{name}",
            "properties": {"issuer": issuer, "subject": subject, "audiences": [AUDIENCE]},
        }
        for name, (issuer, subject) in trusts.items()
    ]
    add_to_state(state, federatedIdentityCredentials=credentials)
    with azure_hosts(load(state), folder) as hosts:
        yield hosts


@pytest.fixture
def hosts(shared_hosts: AzureHosts, folder: Path) -> AzureHosts:
    """Azure's hosts, which nothing has asked yet; `identities.yaml` is what lives there."""
    write_manifest(folder / "identities.yaml", {"rg-app": ["id-a"]})
    shared_hosts.forget()
    return shared_hosts


def token(**claims: object) -> str:
    """An access token that ends in a lifetime's time."""
    return access_token({"tid": TENANT, "oid": PRINCIPAL, "upn": "ops@contoso.example", "exp": 4102444800, **claims})


def plan(uami: Uami, hosts: AzureHosts, kind: str, settings: Mapping[str, str], *flags: str) -> Ended:
    """Plan against the sandbox, signing in there; whatever is in `settings` is there for the login.

    `auto` may not be sent to this machine, so that it finds the sandbox behind Azure's names.
    """
    if kind == "auto":
        return uami("plan", "identities.yaml", *flags, environment={**hosts.environment, **settings})
    return uami(
        *("plan", "identities.yaml", "--endpoint", hosts.url, "--credential", kind, *flags),
        environment={**hosts.trust, "AZURE_AUTHORITY_HOST": hosts.url, **settings},
    )


def calls_to_arm(hosts: AzureHosts) -> int:
    """How much of ARM was asked."""
    return sum(1 for one in hosts.application.requests if one.path.startswith("/subscriptions"))


def secret_login() -> dict[str, str]:
    """What the credential `environment` needs."""
    return {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": APPLICATION, "AZURE_CLIENT_SECRET": SECRET}


def pipelines_login(hosts: AzureHosts) -> dict[str, str]:
    """What an AzureCLI step of a pipeline sets."""
    return {
        "AZURESUBSCRIPTION_TENANT_ID": TENANT,
        "AZURESUBSCRIPTION_CLIENT_ID": CLIENT,
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "sc-1",
        "SYSTEM_ACCESSTOKEN": SECRET,
        "SYSTEM_OIDCREQUESTURI": f"{hosts.url}/oidc/pipelines",
    }


def github_login(hosts: AzureHosts) -> dict[str, str]:
    """What a job of GitHub Actions has that may ask for an assertion."""
    return {
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": CLIENT,
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{hosts.url}/oidc/github?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": SECRET,
    }


def managed_identity_login(hosts: AzureHosts) -> dict[str, str]:
    """What App Service sets."""
    return {
        "AZURE_CLIENT_ID": CLIENT,
        "IDENTITY_ENDPOINT": f"{hosts.url}/msi/token",
        "IDENTITY_HEADER": SECRET,
    }


def workload_login(folder: Path) -> dict[str, str]:
    """What the webhook of a cluster sets."""
    (folder / "assertion").write_text(
        access_token({"iss": GITHUB, "sub": WORKFLOW, "aud": AUDIENCE, "exp": 4102444800})
    )
    return {
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_FEDERATED_TOKEN_FILE": str(folder / "assertion"),
    }


def az_login(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """An `az` on PATH that is signed in."""
    answer = json.dumps({"accessToken": token(), "expires_on": 4102444800})
    program = folder / "bin" / "az"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{environment['PATH']}"}


@pytest.mark.parametrize(
    ("kind", "principal"),
    [
        ("environment", SERVICE),
        ("auto", SERVICE),
        ("workload-identity", IDENTITY),
        ("managed-identity", IDENTITY),
        ("azure-pipelines", IDENTITY),
        ("github", IDENTITY),
        ("cli", USER),
        ("token", USER),
    ],
)
def test_run_is_whom_its_credential_says_and_shows_no_secret(
    kind: str, principal: str, uami: Uami, hosts: AzureHosts, folder: Path, environment: dict[str, str]
) -> None:
    settings: dict[str, Callable[[], dict[str, str]]] = {
        "environment": secret_login,
        "auto": secret_login,
        "workload-identity": lambda: workload_login(folder),
        "managed-identity": lambda: managed_identity_login(hosts),
        "azure-pipelines": lambda: pipelines_login(hosts),
        "github": lambda: github_login(hosts),
        "cli": lambda: az_login(folder, environment),
        "token": lambda: {"UAMI_ACCESS_TOKEN": token()},
    }

    ended = plan(uami, hosts, kind, settings[kind](), "--tenant", TENANT, "--log-level", "debug")

    assert ended.code == 0, ended.stderr
    assert f"Principal     {principal}\n" in ended.stdout
    assert ended.stdout.endswith(NOTHING_TO_DO)
    assert " DEBUG GET /subscriptions/" in ended.stderr
    assert [word for word in (SECRET, "eyJ") if word in ended.stdout + ended.stderr] == []


def test_service_principal_may_have_a_certificate(uami: Uami, hosts: AzureHosts, folder: Path) -> None:
    (folder / "client.pem").write_bytes(hosts.client_certificate)
    settings = {
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": APPLICATION,
        "AZURE_CLIENT_CERTIFICATE_PATH": str(folder / "client.pem"),
    }

    ended = plan(uami, hosts, "environment", settings)

    assert ended.code == 0
    # Nobody has a secret sent to a host that is not Microsoft's without a word.
    assert ended.stderr.endswith(
        " WARNING AZURE_AUTHORITY_HOST: localhost is none of Microsoft's hosts; this login is sent there.\n"
    )
    assert ended.stderr.count("\n") == 1
    assert f"Principal     {SERVICE}\n" in ended.stdout


@pytest.mark.parametrize(
    ("cloud", "authority", "arm", "named"),
    [
        ("AzureCloud", "login.microsoftonline.com", "management.azure.com", ""),
        (
            "AzureUSGovernment",
            "login.microsoftonline.us",
            "management.usgovcloudapi.net",
            "Cloud         AzureUSGovernment\n",
        ),
        ("AzureChinaCloud", "login.chinacloudapi.cn", "management.chinacloudapi.cn", "Cloud         AzureChinaCloud\n"),
    ],
)
def test_run_goes_to_the_hosts_of_its_cloud_and_nowhere_else(
    cloud: str, authority: str, arm: str, named: str, uami: Uami, hosts: AzureHosts
) -> None:
    command = ("plan", "identities.yaml", "--cloud", cloud, "--credential", "environment")

    ended = uami(*command, environment={**hosts.environment, **secret_login()})

    assert (ended.code, ended.stderr, set(hosts.connected)) == (0, "", {f"{authority}:443", f"{arm}:443"})
    assert ended.stdout == (
        f"{named}Tenant        {TENANT}\nSubscription  contoso ({SUBSCRIPTION})\nPrincipal     {SERVICE}\n\n"
        f"{NOTHING_TO_DO}"
    )


def test_token_of_another_tenant_is_refused_before_arm_is_asked(uami: Uami, hosts: AzureHosts) -> None:
    before = calls_to_arm(hosts)

    ended = plan(uami, hosts, "token", {"UAMI_ACCESS_TOKEN": token(tid=OTHER_TENANT)}, "--tenant", TENANT)

    assert (ended.code, ended.stdout, calls_to_arm(hosts)) == (77, "", before)
    assert ended.stderr == (
        f"Error: The token is of the tenant {OTHER_TENANT}, not of {TENANT} as --tenant says; nothing was asked with"
        f" it.\nHint: Set UAMI_ACCESS_TOKEN to a new token of the tenant {TENANT} (`az account get-access-token"
        f" --tenant {TENANT} --query accessToken -o tsv`). Or correct --tenant.\n"
    )


def test_tenant_of_the_manifest_is_held_against_the_token(uami: Uami, hosts: AzureHosts, folder: Path) -> None:
    write_manifest(folder / "identities.yaml", {"rg-app": ["id-a"]}, tenant=OTHER_TENANT)
    before = calls_to_arm(hosts)

    ended = plan(uami, hosts, "environment", secret_login(), "--format", "json")

    assert (ended.code, ended.document["error"]["code"], calls_to_arm(hosts)) == (77, "not-allowed", before)
    assert ended.document["error"]["message"].startswith(
        f"The token is of the tenant {TENANT}, not of {OTHER_TENANT} as identities.yaml:1:"
    )


def test_tenant_is_held_against_the_subscriptions_of_a_sandbox_too(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "identities.yaml", {"rg-app": ["id-a"]})
    write_state(folder / "state.json", {"rg-app": {"id-a": {}}})
    command = ("plan", "identities.yaml", "--sandbox", "state.json", "--tenant")

    right, wrong = uami(*command, TENANT.upper()), uami(*command, OTHER_TENANT)

    assert (right.code, wrong.code, wrong.stdout) == (0, 77, "")
    assert f"contoso ({SUBSCRIPTION}) is of the tenant {TENANT}, not of {OTHER_TENANT} as --tenant says" in wrong.stderr


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--cloud", "azurecloud"), "--cloud must be AzureCloud, AzureUSGovernment or AzureChinaCloud"),
        (("--tenant", "contoso.onmicrosoft.com"), "--tenant contoso.onmicrosoft.com: not the id of a tenant"),
    ],
)
def test_cloud_or_tenant_that_cannot_be_is_wrong_usage(
    flags: tuple[str, ...], told: str, uami: Uami, folder: Path
) -> None:
    write_manifest(folder / "identities.yaml", {"rg-app": ["id-a"]})

    ended = uami("plan", "identities.yaml", *flags)

    assert (ended.code, ended.stdout) == (64, "")
    assert told in ended.stderr


def test_credential_without_its_settings_asks_nobody_and_exits_77(uami: Uami, hosts: AzureHosts) -> None:
    ended = plan(uami, hosts, "github", {})

    assert (ended.code, ended.stdout, hosts.application.asked) == (77, "", [])
    assert ended.stderr.startswith("Error: The credential 'github' lacks --tenant or AZURE_TENANT_ID, AZURE_CLIENT_ID,")


def test_workflow_that_the_identity_does_not_trust_is_told_what_entra_said(uami: Uami, hosts: AzureHosts) -> None:
    settings = github_login(hosts)
    settings["ACTIONS_ID_TOKEN_REQUEST_URL"] += "&subject=repo:contoso/other:ref:refs/heads/main"

    ended = plan(uami, hosts, "github", settings)

    assert (ended.code, ended.stdout) == (77, "")
    assert "AADSTS700213" in ended.stderr
    assert "presented assertion subject 'repo:contoso/other:ref:refs/heads/main'" in ended.stderr
    assert "federated credential trusts this workflow" in ended.stderr
