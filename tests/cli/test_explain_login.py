"""`uami explain-login`: where it finds the token of a job, what it prints, and that it never prints the token."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.command import Ended, Uami
from tests.cli.conftest import Serve
from tests.cli.documents import problems
from tests.cli.inputs import TENANT, write_manifest, write_state

GITHUB = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"
MAIN = "repo:contoso/identities:ref:refs/heads/main"
TRUSTED = {
    "github": (GITHUB, MAIN),
    "gitlab": ("https://gitlab.com", "project_path:contoso/app:ref_type:branch:ref:main"),
    "pod": ("https://oidc.example/c1", "system:serviceaccount:payments:api"),
}
FAR = 4102444800


def token(issuer: str, subject: str, **claims: object) -> str:
    """A JSON Web Token that nobody signed."""
    payload = {"iss": issuer, "sub": subject, "aud": AUDIENCE, "exp": FAR, "repository_id": "5678", "x": "y", **claims}
    parts = (json.dumps(one).encode() for one in ({"alg": "none"}, payload))
    return ".".join((*(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in parts), "c2lnbmF0dXJl"))


@pytest.fixture
def world(folder: Path) -> Path:
    """A manifest that trusts a job of each kind, and a sandbox where nobody is trusted yet."""
    credentials = [{"name": name, "issuer": issuer, "subject": sub} for name, (issuer, sub) in TRUSTED.items()]
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-a", "federatedCredentials": credentials}]})
    write_state(folder / "s.json", {"rg-a": {"id-a": {}}})
    return folder


def ran(uami: Uami, secret: str, environment: Mapping[str, str], *arguments: str) -> Ended:
    """The command with its whole log, in which no part of the token is."""
    ended = uami("explain-login", *arguments, "--log-level", "debug", environment=environment)
    for part in (*secret.split("."), secret):
        assert part not in ended.stdout + ended.stderr
    return ended


def matched(ended: Ended) -> list[str]:
    """The names of the credentials that a document says match."""
    assert problems(ended.document, "explain-login:v1") == []
    return [one["address"].rpartition("/")[2] for one in ended.document["manifest"]["matches"]]


JSON = ("m.yaml", "--format", "json")


def test_job_of_github_actions(uami: Uami, world: Path, serve: Serve) -> None:
    url = f"{serve('s.json').url}/oidc/github?api-version=2.0"
    environment = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token-0123"}

    ended = ran(uami, "request-token-0123", environment, *JSON)

    assert (ended.code, matched(ended), ended.document["source"]) == (0, ["github"], "GitHub Actions")
    assert "eyJ" not in ended.stdout + ended.stderr


def test_job_of_azure_pipelines(uami: Uami, world: Path, serve: Serve) -> None:
    environment = {
        "SYSTEM_OIDCREQUESTURI": f"{serve('s.json').url}/oidc/pipelines",
        "SYSTEM_ACCESSTOKEN": "access-token-0123",
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "azure",
    }

    ended = ran(uami, "access-token-0123", environment, *JSON)

    assert (ended.code, ended.document["source"]) == (1, "Azure Pipelines")
    assert ended.document["claims"]["sub"] == "sc://contoso/identities/azure"
    assert "eyJ" not in ended.stdout + ended.stderr


def test_job_of_gitlab_has_the_token_for_the_audience_in_a_variable_of_any_name(uami: Uami, world: Path) -> None:
    secret = token(*TRUSTED["gitlab"])
    environment = {
        "GITLAB_CI": "true",
        "CI_SERVER_URL": "https://gitlab.com",
        "A_VAULT": token(*TRUSTED["gitlab"], aud="https://vault.example"),
        "B_AZURE": secret,
    }

    ended = ran(uami, secret, environment, *JSON)

    assert (ended.code, matched(ended), ended.document["source"]) == (0, ["gitlab"], "variable B_AZURE")


def test_pod_has_the_token_in_a_file(uami: Uami, world: Path) -> None:
    secret = token(*TRUSTED["pod"])
    (world / "token").write_text(f"{secret}\n")

    ended = ran(uami, secret, {"AZURE_FEDERATED_TOKEN_FILE": "token", "AZURE_TENANT_ID": TENANT}, *JSON)

    assert (ended.code, matched(ended)) == (0, ["pod"])


def test_pod_of_kubernetes_has_a_list_of_audiences_and_a_tenant_may_have_a_name(uami: Uami, world: Path) -> None:
    secret = token(*TRUSTED["pod"], aud=[AUDIENCE])
    (world / "token").write_text(secret)
    environment = {"AZURE_FEDERATED_TOKEN_FILE": "token", "AZURE_TENANT_ID": "contoso.onmicrosoft.com"}

    ended = ran(uami, secret, environment, *JSON)

    assert (ended.code, matched(ended)) == (0, ["pod"])
    assert "Not compared: the tenant contoso.onmicrosoft.com, which is no id." in ended.document["notes"]


def test_match_of_the_manifest_alone_may_be_another_identity_than_the_login_names(uami: Uami, world: Path) -> None:
    secret = token(*TRUSTED["pod"])
    (world / "token").write_text(secret)
    client = "11111111-0000-4000-8000-000000000001"

    ended = ran(uami, secret, {"AZURE_FEDERATED_TOKEN_FILE": "token", "AZURE_CLIENT_ID": client}, *JSON)

    assert (
        f"A match may be of another identity than the login names, by its client id {client}."
        in ended.document["notes"]
    )


def test_claims_are_taken_along_and_say_the_same_elsewhere(uami: Uami, world: Path) -> None:
    secret = token(GITHUB, "repo:contoso/identities:ref:refs/heads/Main")
    (world / "token").write_text(secret)

    printed = ran(uami, secret, {}, "--claims", "--token-file", "token")
    (world / "claims.json").write_text(printed.stdout)
    here = ran(uami, secret, {}, "m.yaml", "--token-file", "token")
    elsewhere = ran(uami, secret, {}, "m.yaml", "--claims-file", "claims.json")

    sub = "repo:contoso/identities:ref:refs/heads/Main"
    assert printed.document == {"iss": GITHUB, "sub": sub, "aud": AUDIENCE, "exp": FAR, "repository_id": "5678"}
    assert (here.code, elsewhere.code) == (1, 1)
    assert "\n  subject  m.yaml:1:" in here.stdout
    assert here.stdout.replace("file token", "claims file claims.json") == elsewhere.stdout


def test_sandbox_decides_where_it_is_given(uami: Uami, world: Path) -> None:
    secret = token(GITHUB, MAIN)
    (world / "token").write_text(secret)

    ended = ran(uami, secret, {}, "m.yaml", "--token-file", "token", "--sandbox", "s.json")

    assert ended.code == 1
    assert "it does not live yet: run `uami apply`." in " ".join(ended.stdout.split())


def test_login_that_is_not_possible_is_said_and_no_error(uami: Uami, world: Path) -> None:
    secret = token(GITHUB, MAIN)
    (world / "token").write_text(secret)

    ended = ran(uami, secret, {}, "m.yaml", "--token-file", "token", "--live", "--credential", "token")

    assert ended.code == 0
    assert "Live credentials were not read: UAMI_ACCESS_TOKEN is not set." in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 64, "No manifest to compare with."),
        (("m.yaml", "--claims"), 64, "--claims compares nothing, and takes no PATH"),
        (("m.yaml", "--claims-file", "c", "--token-file", "t"), 64, "--claims-file and --token-file name two tokens"),
        (("m.yaml", "--token-file", "bad", "--at", "noon"), 64, "--at noon: not a time"),
        (("m.yaml", "--token-file", "bad", "--at", "9999-12-31T23:59:59-23:00"), 64, "-23:00: not a time"),
        (("--claims", "--token-file", "bad", "--at", "2026-01-31"), 64, "--claims compares nothing, and takes no --at"),
        (("m.yaml", "--token-file", "bad"), 65, "it is no JSON Web Token"),
        (("m.yaml", "--token-file", "nowhere"), 65, "nowhere: no such file."),
        (("m.yaml", "--claims-file", "bad"), 65, "bad: no claims: it is not JSON"),
        (("m.yaml",), 77, "No token of this job or pod was found."),
        (("m.yaml", "--token-variable", "NONE"), 77, "NONE is not set."),
    ],
)
def test_bad_input_ends_with_its_own_code(
    uami: Uami, world: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    (world / "bad").write_text("s3cr3t-s3cr3t")

    ended = ran(uami, "s3cr3t-s3cr3t", {}, *arguments)

    assert (ended.code, ended.stdout) == (code, "")
    assert message in ended.stderr
