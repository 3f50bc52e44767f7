"""A sign-in log that ARM does not serve, by the installed command over TLS, under Azure's own names.

The sandbox answers for each host of a cloud, and ARM's route of queries is cut off by a script of faults.
"""

import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from reconciler.sandbox import access_token, load
from tests.azure_hosts import AzureHosts, azure_hosts
from tests.cli.command import TIMEOUT_S, Ended, Uami
from tests.cli.conftest import Serve
from tests.cli.inputs import SUBSCRIPTION, TENANT, add_to_state, grant, group_scope, write_manifest, write_state

NOW = datetime.now(UTC)
KIND = "Microsoft.OperationalInsights/workspaces"
WORKSPACE = f"{group_scope('rg-app')}/providers/{KIND}/logs"
PRINCIPAL = "0b2c0000-0000-4000-8000-000000000000"
OPERATOR = "0b2c0000-0000-4000-8000-0000000000ff"
ARM, OWN = "management.azure.com", "api.loganalytics.io"
NO_SUCH_TYPE = {"error": {"code": "InvalidResourceType", "message": "No such resource type."}}
GONE = {"faults": [{"path": "*/api/query", "answer": {"status": 404, "body": NO_SUCH_TYPE}}]}
USED = "  rg-app/id-a: last sign-in 2 days ago, for Azure Key Vault\n"
LOGIN = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": "00000000-0000-0000-0000-0000000000aa"}
SECRET = {**LOGIN, "AZURE_CLIENT_SECRET": "secret-0123456789abcdef"}
GIVEN = {"UAMI_ACCESS_TOKEN": access_token({"tid": TENANT, "oid": OPERATOR, "exp": 4102444800})}


@pytest.fixture(scope="module")
def shared_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureHosts]:
    """Azure's hosts, ARM of which does not serve queries."""
    folder = tmp_path_factory.mktemp("hosts")
    with azure_hosts(load(write_start(folder)), folder) as hosts:
        control(hosts, "faults", GONE)
        yield hosts


def write_start(folder: Path) -> Path:
    """`state.json`: two identities, of which `id-a` has signed in, and a workspace."""
    state = write_state(folder / "state.json", {"rg-app": {"id-a": {}, "id-b": {}}})
    row: dict[str, object] = {
        "TimeGenerated": (NOW - timedelta(days=2)).isoformat(),
        "ServicePrincipalId": PRINCIPAL,
        "ResourceDisplayName": "Azure Key Vault",
    }
    workspace: dict[str, object] = {"id": WORKSPACE, "location": "westeurope"}
    add_to_state(state, resources=[workspace], signInLogs=[row])
    return state


@pytest.fixture
def hosts(shared_hosts: AzureHosts, folder: Path) -> Iterator[AzureHosts]:
    """The same, which nothing has asked yet, and where everybody may do everything."""
    write_manifest(folder / "identities.yaml", {"rg-app": ["id-a"]})
    shared_hosts.forget()
    yield shared_hosts
    control(shared_hosts, "permissions", {"permissions": []})


def control(hosts: AzureHosts, what: str, content: object) -> None:
    """Steer the sandbox."""
    address = f"{hosts.url}/_sandbox/{what}"
    headers = {"Content-Type": "application/json"}
    request = Request(address, json.dumps(content).encode(), headers, method="PUT")
    trusted = ssl.create_default_context(cafile=str(hosts.certificate))
    with urlopen(request, timeout=TIMEOUT_S, context=trusted) as answer:
        assert answer.status == 200


def unused(uami: Uami, hosts: AzureHosts, kind: str = "environment", *flags: str) -> Ended:
    """Ask, signed in with a secret, or with a token that is there."""
    login = GIVEN if kind == "token" else SECRET
    words = ("unused", "identities.yaml", "--days", "30", "--sign-in-logs", WORKSPACE, "--credential", kind, *flags)
    return uami(*words, environment={**hosts.environment, **login})


def test_log_that_arm_does_not_serve_is_read_at_the_endpoint_of_its_own(uami: Uami, hosts: AzureHosts) -> None:
    ended = unused(uami, hosts)

    assert (ended.code, ended.stderr) == (0, "")
    assert USED in ended.stdout
    assert hosts.application.tokens == {ARM: {f"https://{ARM}"}, OWN: {f"https://{OWN}"}}


def test_no_token_is_shown_at_any_level(uami: Uami, hosts: AzureHosts) -> None:
    ended = unused(uami, hosts, "environment", "--log-level", "debug")

    assert "DEBUG POST /v1/workspaces/" in ended.stderr
    assert not any(word in ended.stderr + ended.stdout for word in ("eyJ", SECRET["AZURE_CLIENT_SECRET"]))


def test_emulator_has_both_at_one_place(uami: Uami, folder: Path, serve: Serve) -> None:
    write_start(folder)
    write_manifest(folder / "identities.yaml", {"rg-app": ["id-a"]})
    (folder / "faults.json").write_text(json.dumps(GONE), encoding="utf-8")
    server = serve("state.json", "--faults", str(folder / "faults.json"))

    ended = uami("unused", "identities.yaml", "--sign-in-logs", WORKSPACE, *server.flags, environment=GIVEN)

    assert (ended.code, USED in ended.stdout) == (0, True)


@pytest.mark.parametrize(
    ("cloud", "own"), [("AzureUSGovernment", "api.loganalytics.us"), ("AzureChinaCloud", "api.loganalytics.azure.cn")]
)
def test_each_cloud_has_its_own(cloud: str, own: str, uami: Uami, hosts: AzureHosts) -> None:
    ended = unused(uami, hosts, "environment", "--cloud", cloud)

    assert USED in ended.stdout
    assert len(hosts.application.tokens) == 2
    assert hosts.application.tokens[own] == {f"https://{own}"}


def test_token_that_was_handed_over_goes_nowhere_else_and_that_is_said(uami: Uami, hosts: AzureHosts) -> None:
    refused = unused(uami, hosts, "token")
    write_manifest(uami.folder / "one.yaml", {"rg-app": ["id-b"]}, limits={"maxDeletePercent": 100})
    words = ("plan", "one.yaml", "--sign-in-logs", WORKSPACE, "--credential", "token")
    deleting = uami(*words, environment={**hosts.environment, **GIVEN})

    because = (
        "ARM does not serve its queries (404 InvalidResourceType), and the token in UAMI_ACCESS_TOKEN is for ARM, and"
        " Log Analytics takes its own"
    )
    assert (refused.code, refused.stdout) == (77, "")
    assert because in " ".join(refused.stderr.split())
    assert f"not read, because {because}" in " ".join(deleting.stdout.split())
    assert set(hosts.application.tokens) == {ARM}


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (f"{KIND}/query/read", f"it has the missing action {KIND}/query/read"),
        (f"{KIND}/query/AADManagedIdentitySignInLogs/read", f"({KIND}/query/AADManagedIdentitySignInLogs/read)"),
        (f"{KIND}/read", f"it has the missing action {KIND}/read"),
    ],
)
def test_each_right_that_is_missing_is_named(missing: str, said: str, uami: Uami, hosts: AzureHosts) -> None:
    all_but = {**grant(f"/subscriptions/{SUBSCRIPTION}", "*"), "notActions": [missing]}
    control(hosts, "permissions", {"permissions": [all_but]})

    ended = unused(uami, hosts)

    assert (ended.code != 0, ended.stdout) == (True, "")
    assert said in " ".join(ended.stderr.split())
