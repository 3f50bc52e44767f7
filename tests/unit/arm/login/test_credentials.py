"""The kinds of credential: what each needs, what it makes of it, and what it never repeats."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from azure.core.exceptions import ClientAuthenticationError

from reconciler.arm.login.clouds import AZURE_CHINA_CLOUD, AZURE_CLOUD, AZURE_US_GOVERNMENT, CLOUDS, Cloud
from reconciler.arm.login.credentials import credential_kinds, foreign_authority, sign_in_hint, token_source
from reconciler.arm.login.logins import KINDS
from reconciler.cli.flags.shared import CloudName, CredentialKind
from reconciler.errors import AuthError, UsageError
from tests.unit.arm.fakes import FakeTime, az_script, login, put_az_on_path, raw_server

TENANT = "00000000-0000-0000-0000-00000000000a"
CLIENT = "00000000-0000-0000-0000-00000000000b"
SECRET = "secret-0123456789abcdef"

ACTIONS = {
    "AZURE_TENANT_ID": TENANT,
    "AZURE_CLIENT_ID": CLIENT,
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://actions.example/idtoken?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": SECRET,
}
PIPELINE = {
    "AZURESUBSCRIPTION_TENANT_ID": TENANT,
    "AZURESUBSCRIPTION_CLIENT_ID": CLIENT,
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "sc-1",
    "SYSTEM_ACCESSTOKEN": SECRET,
    "SYSTEM_OIDCREQUESTURI": "https://devops.example/oidctoken",
}


def refusal(kind: str, environment: dict[str, str]) -> AuthError:
    """The error of a kind that cannot be used."""
    with pytest.raises(AuthError) as raised:
        token_source(kind, login(environment)).fetch()
    return raised.value


def test_command_line_knows_every_kind() -> None:
    assert tuple(CredentialKind) == credential_kinds()


def test_command_line_knows_every_cloud() -> None:
    assert tuple(CloudName) == tuple(CLOUDS)


def test_unknown_credential_names_those_there_are() -> None:
    with pytest.raises(UsageError) as raised:
        token_source("password", login())

    assert raised.value.hint == (
        "Known credentials: auto, cli, environment, workload-identity, managed-identity, azure-pipelines, github,"
        " token."
    )


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (
            "environment",
            "The credential 'environment' lacks --tenant or AZURE_TENANT_ID, AZURE_CLIENT_ID and"
            " AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH.",
        ),
        (
            "workload-identity",
            "The credential 'workload-identity' lacks --tenant or AZURE_TENANT_ID, AZURE_CLIENT_ID and"
            " AZURE_FEDERATED_TOKEN_FILE.",
        ),
        (
            "azure-pipelines",
            "The credential 'azure-pipelines' lacks --tenant or AZURESUBSCRIPTION_TENANT_ID or AZURE_TENANT_ID,"
            " AZURESUBSCRIPTION_CLIENT_ID or AZURE_CLIENT_ID,"
            " AZURESUBSCRIPTION_SERVICE_CONNECTION_ID or AZURE_SERVICE_CONNECTION_ID, SYSTEM_ACCESSTOKEN and"
            " SYSTEM_OIDCREQUESTURI.",
        ),
        (
            "github",
            "The credential 'github' lacks --tenant or AZURE_TENANT_ID, AZURE_CLIENT_ID, ACTIONS_ID_TOKEN_REQUEST_URL"
            " and ACTIONS_ID_TOKEN_REQUEST_TOKEN.",
        ),
    ],
)
def test_everything_that_a_credential_lacks_is_told_at_once(kind: str, message: str) -> None:
    assert (refusal(kind, {}).message, refusal(kind, {"AZURE_CLIENT_ID": ""}).message) == (message, message)


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.needs])
def test_flag_takes_the_place_of_the_tenant_in_the_environment(kind: str) -> None:
    with pytest.raises(AuthError) as raised:
        token_source(kind, login(tenant=TENANT))

    assert "TENANT" not in raised.value.message


def test_job_without_the_permission_is_told_to_ask_for_it() -> None:
    environment = {name: ACTIONS[name] for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")}

    told = refusal("github", environment)

    assert told.message == (
        "The credential 'github' lacks ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN."
    )
    assert told.hint.startswith("Give the job `permissions: id-token: write`")


@pytest.mark.parametrize(
    ("kind", "environment"),
    [
        ("github", ACTIONS),
        ("azure-pipelines", PIPELINE),
        ("azure-pipelines", {name.replace("AZURESUBSCRIPTION", "AZURE"): value for name, value in PIPELINE.items()}),
        ("workload-identity", {**ACTIONS, "AZURE_FEDERATED_TOKEN_FILE": "/nowhere"}),
        ("environment", {**ACTIONS, "AZURE_CLIENT_SECRET": SECRET}),
        ("managed-identity", {}),
        ("auto", {}),
        ("cli", {}),
    ],
)
def test_credential_with_its_settings_is_built_without_a_request(kind: str, environment: dict[str, str]) -> None:
    assert token_source(kind, login(environment)).renewable


@pytest.mark.parametrize(
    ("kind", "environment", "name"),
    [
        ("github", ACTIONS, "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        ("azure-pipelines", PIPELINE, "SYSTEM_ACCESSTOKEN"),
        ("managed-identity", {}, "IDENTITY_HEADER"),
    ],
)
@pytest.mark.parametrize("text", [f"{SECRET}\n", f" {SECRET}", f"{SECRET}\r\nX-Evil: 1", f"{SECRET}é"])
def test_secret_that_no_header_can_carry_is_named_and_not_shown(
    kind: str, environment: dict[str, str], name: str, text: str
) -> None:
    told = refusal(kind, {**environment, name: text})

    assert told.message == f"{name} holds what no header can carry."


@pytest.mark.parametrize(
    ("kind", "environment", "address", "secret"),
    [
        ("github", ACTIONS, "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        ("azure-pipelines", PIPELINE, "SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"),
    ],
)
@pytest.mark.parametrize("url", ["http://actions.example/", "ftp://localhost/", "actions.example"])
def test_secret_does_not_go_to_an_address_without_tls(
    kind: str, environment: dict[str, str], address: str, secret: str, url: str
) -> None:
    told = refusal(kind, {**environment, address: url})

    assert told.message == f"{address} is not an https URL; {secret} is not sent there."


@pytest.mark.parametrize("environment", [{}, {"UAMI_ACCESS_TOKEN": ""}])
def test_given_token_that_is_not_there_is_named(environment: dict[str, str]) -> None:
    assert refusal("token", environment).message == "UAMI_ACCESS_TOKEN is not set."


@pytest.mark.parametrize(
    "text", ["s3cret\n", " s3cret", "s3 cret", "s3cret\r\nX-Evil: 1", "s3crét", "s3cret\x00", "\t"]
)
def test_given_token_that_no_header_can_carry_is_refused_and_not_shown(text: str) -> None:
    told = refusal("token", {"UAMI_ACCESS_TOKEN": text})

    assert "cr" not in (told.message + told.hint).replace("character", "").replace("access", "")


def test_cli_that_is_not_signed_in_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_az_on_path(tmp_path, monkeypatch, "#!/bin/sh\necho \"Please run 'az login' to setup account.\" >&2\nexit 1\n")

    told = refusal("cli", {})

    assert told.message.startswith("The credential 'cli' gave no token: ")
    assert told.hint.startswith("Sign in with `az login`")


@pytest.mark.parametrize(
    ("cloud", "resource"),
    [
        (AZURE_CLOUD, "https://management.azure.com"),
        (AZURE_US_GOVERNMENT, "https://management.core.usgovcloudapi.net"),
        (AZURE_CHINA_CLOUD, "https://management.chinacloudapi.cn"),
    ],
)
def test_cli_is_asked_for_the_cloud_and_the_tenant(
    cloud: Cloud, resource: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "calls"
    put_az_on_path(tmp_path, monkeypatch, az_script(log, "cli-token", 4102444800))

    token = token_source("cli", login(cloud=cloud, tenant=TENANT)).fetch()

    assert (token.text, token.expires_at_s) == ("cli-token", 4102444800)
    assert log.read_text() == f"account get-access-token --output json --resource {resource} --tenant {TENANT}\n"


def test_default_chain_asks_for_the_tenant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "calls"
    put_az_on_path(tmp_path, monkeypatch, az_script(log, "cli-token", 4102444800))
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")

    token_source("auto", login(tenant=TENANT)).fetch()

    assert log.read_text().endswith(f" --tenant {TENANT}\n")


def test_default_chain_of_which_nothing_is_set_up_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put_az_on_path(tmp_path, monkeypatch, "#!/bin/sh\necho \"Please run 'az login' to setup account.\" >&2\nexit 1\n")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")

    with caplog.at_level("INFO", logger="reconciler.arm"):
        told = refusal("auto", {})

    assert told.message == "Not signed in to Azure."
    assert told.hint == "Run `az login`, or pass --credential. (Tried: AzureCli; details with --log-level info)"
    assert "Please run 'az login'" in caplog.text


def test_default_chain_that_a_failed_login_ended_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "prod")
    for name, value in {**ACTIONS, "AZURE_CLIENT_SECRET": SECRET, "AZURE_TENANT_ID": TENANT}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        "azure.identity.EnvironmentCredential.get_token", raising(ClientAuthenticationError("AADSTS7000222: expired"))
    )

    told = refusal("auto", {})

    assert told.message == "The credential 'auto' gave no token: EnvironmentCredential: AADSTS7000222: expired"


def raising(error: Exception) -> Callable[..., NoReturn]:
    def get_token(*_: object, **__: object) -> NoReturn:
        raise error

    return get_token


def test_token_file_that_is_missing_is_an_auth_error() -> None:
    told = refusal("workload-identity", {**ACTIONS, "AZURE_FEDERATED_TOKEN_FILE": "/nowhere/token"})

    assert told.message.startswith("The credential 'workload-identity' gave no token: ")
    assert "/nowhere/token" in told.message


def test_authority_without_tls_is_an_auth_error() -> None:
    told = refusal("environment", {**ACTIONS, "AZURE_CLIENT_SECRET": SECRET, "AZURE_AUTHORITY_HOST": "http://h"})

    assert "'http://h' is an invalid authority" in told.message


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS.keys())
def test_login_of_a_cloud_is_left_to_be_checked_by_azure_identity(cloud: Cloud) -> None:
    assert login(cloud=cloud).options == {"authority": cloud.authority}


@pytest.mark.parametrize(
    ("authority", "vouched"),
    [
        ("https://login.microsoftonline.com/", False),
        ("LOGIN.chinacloudapi.cn", False),
        ("https://login.windows.net", False),
        ("https://localhost:8750", True),
        ("login.contoso.example", True),
        ("https://login.microsoftonline.com.evil.example", True),
    ],
)
def test_login_of_another_host_is_vouched_for_by_who_names_it(authority: str, vouched: bool) -> None:
    options = login({"AZURE_AUTHORITY_HOST": authority}).options

    assert options == {"authority": authority, **({"disable_instance_discovery": True} if vouched else {})}


@pytest.mark.parametrize(
    ("kind", "authority", "foreign"),
    [
        ("auto", "https://login.evil.example/x", "login.evil.example"),
        ("github", "login.evil.example", "login.evil.example"),
        ("azure-pipelines", "https://localhost:8750", "localhost"),
        ("azure-pipelines", "https://login.microsoftonline.com/", ""),
        ("github", "", ""),
        ("cli", "https://login.evil.example", ""),
        ("managed-identity", "https://login.evil.example", ""),
        ("token", "https://login.evil.example", ""),
    ],
)
def test_host_that_is_not_microsofts_is_named_once_before_a_secret_goes_there(
    kind: str, authority: str, foreign: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYSTEM_OIDCREQUESTURI", PIPELINE["SYSTEM_OIDCREQUESTURI"])
    given = {**ACTIONS, **PIPELINE, "UAMI_ACCESS_TOKEN": "t0ken", "AZURE_AUTHORITY_HOST": authority}

    with caplog.at_level(logging.WARNING, "reconciler.arm"):
        token_source(kind, login(given))

    named = [f"AZURE_AUTHORITY_HOST: {foreign} is none of Microsoft's hosts; this login is sent there."]
    assert [one.getMessage() for one in caplog.records if one.name == "reconciler.arm"] == (named if foreign else [])
    assert foreign_authority(kind, login(given)) == foreign


def test_host_that_repeats_what_it_was_sent_does_not_make_it_known(monkeypatch: pytest.MonkeyPatch) -> None:
    said = json.dumps(
        {"message": f"no pipeline of yours: Bearer {SECRET} eyJhbGciOiJub25lIn0.eyJvIjoxfQ.c2ln"}
    ).encode()
    refused = b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(said)

    with raw_server(refused + said) as (url, heads):
        monkeypatch.setenv("SYSTEM_OIDCREQUESTURI", url)
        told = refusal("azure-pipelines", {**PIPELINE, "SYSTEM_OIDCREQUESTURI": url})

    assert f"Bearer {SECRET}".encode() in heads[0]
    assert "no pipeline of yours: Bearer [token] [token]" in told.message


def test_nothing_of_a_login_is_shown_by_its_repr() -> None:
    assert SECRET not in repr(login(ACTIONS, time=FakeTime()))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("auto", "`az login`"),
        ("cli", "`az login`"),
        ("environment", "AZURE_CLIENT_ID and the secret or certificate"),
        ("workload-identity", "AZURE_FEDERATED_TOKEN_FILE"),
        ("managed-identity", "AZURE_CLIENT_ID"),
        ("azure-pipelines", "service connection"),
        ("github", "AZURE_CLIENT_ID of an identity"),
        ("token", "UAMI_ACCESS_TOKEN"),
    ],
)
def test_how_to_sign_in_again_follows_the_credential(kind: str, words: str) -> None:
    anywhere, there = sign_in_hint(kind), sign_in_hint(kind, TENANT)

    assert words in anywhere
    assert "the tenant of the subscription" in anywhere
    assert f"the tenant {TENANT}" in there
    assert ("az login" in anywhere) == (kind in ("auto", "cli"))
    assert "{" not in anywhere + there


def test_every_kind_says_how_to_sign_in_again() -> None:
    assert all(sign_in_hint(kind).endswith(".") for kind in credential_kinds())
