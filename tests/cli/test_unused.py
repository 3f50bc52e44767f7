"""`uami unused` and `--sign-in-logs` on the command line: what they print, and the exit codes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.documents import problems
from tests.cli.inputs import SUBSCRIPTION, write_manifest, write_state

NOW = datetime.now(UTC)
WORKSPACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a/providers/Microsoft.OperationalInsights/workspaces/logs"
UNUSED = ("unused", "m.yaml", "--sandbox", "s.json", "--sign-in-logs", WORKSPACE)
READ = "Microsoft.OperationalInsights/workspaces/query/read"


@pytest.fixture
def logged(folder: Path) -> Path:
    """`m.yaml` and `s.json`: of three listed identities two live, one of which has signed in."""
    write_manifest(folder / "m.yaml", {"rg-a": ["id-a", "id-b", "id-new"]})
    write_state(folder / "s.json", {"rg-a": {"id-a": {}, "id-b": {}}})
    state = json.loads((folder / "s.json").read_text(encoding="utf-8"))
    (used,) = [one for one in state["identities"] if one["id"].endswith("/id-a")]
    kind = "Microsoft.OperationalInsights/workspaces"
    state["resources"] = [{"id": WORKSPACE, "name": "logs", "type": kind, "location": "westeurope"}]
    state["signInLogs"] = [
        {
            "TimeGenerated": (NOW - timedelta(days=days)).isoformat(),
            "ServicePrincipalId": principal,
            "ResourceDisplayName": "Azure Key Vault",
        }
        for days, principal in (
            (2, used["properties"]["principalId"]),
            *((days, "0b2c0000-0000-4000-8000-0000000000ff") for days in range(1, 9)),
        )
    ]
    (folder / "s.json").write_text(json.dumps(state), encoding="utf-8")
    return folder


def test_unused_names_each_identity_and_ends_with_0(uami: Uami, logged: Path) -> None:
    ended = uami(*UNUSED, "--days", "5")

    assert (ended.code, ended.stderr) == (0, "")
    assert "  rg-a/id-a: last sign-in 2 days ago, for Azure Key Vault\n" in ended.stdout
    assert "  rg-a/id-b: no sign-in for 5 days; none since " in ended.stdout
    assert ended.stdout.endswith("\nIdentities: 1 in use, 0 not known, 1 unused.\n")


def test_log_that_begins_later_says_no_number_of_days(uami: Uami, logged: Path) -> None:
    ended = uami(*UNUSED, "--days", "30")

    assert ended.stdout.endswith("\nIdentities: 1 in use, 1 not known, 0 unused.\n")
    assert "30 days" not in ended.stdout


def test_document_is_as_its_schema_says(uami: Uami, logged: Path) -> None:
    ended = uami(*UNUSED, "--days", "5", "--format", "json")

    assert ended.code == 0
    assert problems(ended.document, "unused:v1") == []
    assert [one["verdict"] for one in ended.document["identities"]] == ["used", "unused"]
    assert ended.document["not_live"] == [f"{SUBSCRIPTION}/rg-a/id-new"]


def test_saved_plan_with_a_sign_in_is_as_its_schema_says_and_is_refused(uami: Uami, logged: Path) -> None:
    write_manifest(logged / "m.yaml", {"rg-a": ["id-b"]})

    ended = uami("plan", "m.yaml", *UNUSED[2:], "--format", "json", "-o", "plan.json")

    assert ended.code == 3
    assert problems(ended.document, "plan:v1") == []
    assert "recently-used" in [one["code"] for one in ended.document["violations"]]
    assert "last sign-in" in uami("show", "plan.json").stdout


def test_without_the_right_or_a_log_nothing_is_said_of_any_identity(uami: Uami, logged: Path) -> None:
    state = json.loads((logged / "s.json").read_text(encoding="utf-8"))
    state["permissions"] = [{"principalId": "*", "scope": "/", "actions": ["*"], "notActions": [READ]}]
    (logged / "s.json").write_text(json.dumps(state), encoding="utf-8")

    refused, unnamed, wrong = uami(*UNUSED), uami(*UNUSED[:4]), uami(*UNUSED[:-1], "logs")

    assert (refused.code, unnamed.code, wrong.code) == (77, 64, 64)
    assert (refused.stdout, unnamed.stdout, wrong.stdout) == ("", "", "")
    assert READ in refused.stderr
