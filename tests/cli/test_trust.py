"""`uami trust`: what it prints, in process and over HTTP, where Microsoft Graph answers and where it does not."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.conftest import EXAMPLES, Serve
from tests.cli.documents import problems

NAMES = ("identities.yaml", "sandbox.json")
SANDBOX = ("trust", "identities.yaml", "--sandbox", "sandbox.json")
TEAM, GRAPH, ROLE = (f"cccccccc-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
TOKEN = {"UAMI_ACCESS_TOKEN": "x"}


@pytest.fixture
def directory(folder: Path) -> Path:
    """The example of workload identity, whose deploy identity is in a group and has an app role."""
    for name in NAMES:
        shutil.copy(EXAMPLES / "workload-identity" / name, folder)
    state = json.loads((folder / "sandbox.json").read_text())
    deploy = principal(state, "id-orders-deploy")
    state["directoryGroups"] = [{"id": TEAM, "displayName": "Deployers", "members": [deploy]}]
    state["applications"] = [
        {
            "id": GRAPH,
            "appId": "00000003-0000-0000-c000-000000000000",
            "displayName": "Microsoft Graph",
            "appRoles": [{"id": ROLE, "value": "User.Read.All"}],
        }
    ]
    state["appRoleAssignments"] = [{"id": "a1", "appRoleId": ROLE, "principalId": deploy, "resourceId": GRAPH}]
    (folder / "sandbox.json").write_text(json.dumps(state))
    return folder


def principal(state: dict[str, list[dict[str, dict[str, str]]]], name: str) -> str:
    """The principal of an identity of a state."""
    (found,) = (one for one in state["identities"] if str(one["id"]).endswith(f"/{name}"))
    return found["properties"]["principalId"]


def test_groups_and_app_roles_are_named(uami: Uami, directory: Path) -> None:
    ended = uami(*SANDBOX, "--target", "rg-orders-prod/id-orders-deploy")

    assert (ended.code, ended.stderr) == (0, "")
    assert "  member of     group Deployers\n  app roles     User.Read.All of Microsoft Graph\n" in ended.stdout


def test_json_is_as_its_schema_says_and_the_same_over_http(uami: Uami, directory: Path, serve: Serve) -> None:
    form = ("--format", "json")
    ended = uami(*SANDBOX, *form)
    over_http = uami("trust", "identities.yaml", *serve("sandbox.json").flags, *form, environment=TOKEN)

    assert problems(ended.document, "trust:v1") == []
    assert over_http.document == ended.document
    (_, deploy) = ended.document["identities"]
    assert deploy["memberships"]["found"] == [{"kind": "group", "object_id": TEAM, "name": "Deployers"}]


def test_what_graph_does_not_show_is_said_and_is_no_error(uami: Uami, directory: Path) -> None:
    state = json.loads((directory / "sandbox.json").read_text())
    state["permissions"] = [{"principalId": "*", "scope": "/", "actions": ["*"]}]
    (directory / "sandbox.json").write_text(json.dumps(state))

    ended = uami(*SANDBOX)

    assert ended.code == 0
    assert "not read      Entra groups: missing Application.Read.All in Microsoft Graph\n" in ended.stdout
    assert "not looked at: Entra groups, app roles, data-plane grants, identityProfile\n" in ended.stdout


def test_diagram_names_all_of_it(uami: Uami, directory: Path) -> None:
    ended = uami(*SANDBOX, "--format", "mermaid")

    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.startswith("flowchart LR\n")
    assert '["group Deployers"]' in ended.stdout
    assert '["GitHub #96;contoso/orders#96;, branch #96;main#96;"]' in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("trust", "identities.yaml", "--sandbox", "nowhere.json"), 65),
        ((*SANDBOX, "--target", "rg-orders-prod/id-x"), 64),
        ((*SANDBOX, "--format", "html"), 64),
        (("trust", "identities.yaml", "--credential", "token"), 77),
        (("trust",), 64),
    ],
)
def test_bad_input_ends_with_its_own_code(uami: Uami, directory: Path, arguments: tuple[str, ...], code: int) -> None:
    assert uami(*arguments).code == code
