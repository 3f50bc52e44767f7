"""`uami orphans` on the command line: what it prints, which journals it believes, and the exit codes."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Uami
from tests.cli.conftest import Serve
from tests.cli.documents import problems
from tests.cli.inputs import SUBSCRIPTION, add_to_state, group_scope, write_manifest, write_state

ORPHANS = ("orphans", "--subscription", SUBSCRIPTION, "--pause", "0s")
TOKEN = {"UAMI_ACCESS_TOKEN": "x"}
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
STRANGER = "0b2c0000-0000-4000-8000-0000000000ff"
READ = "Microsoft.Authorization/roleAssignments/read"


def roles(state: Path) -> list[dict[str, Any]]:
    """The role assignments of a state, as it has them."""
    found: list[dict[str, Any]] = json.loads(state.read_text(encoding="utf-8")).get("roleAssignments", [])
    return found


def make_old(state: Path, *more: dict[str, Any]) -> None:
    """As though all roles of a state had been given long ago, and more."""
    kept = roles(state)
    for one in kept:
        one["properties"]["createdOn"] = "2020-01-01T00:00:00.0000000Z"
    add_to_state(state, roleAssignments=[*kept, *more])


def stranger(kind: str = "ServicePrincipal") -> dict[str, Any]:
    """A role of long ago of somebody whom no journal knows."""
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    properties = {"roleDefinitionId": definition, "principalId": STRANGER, "principalType": kind}
    name = "99999999-0000-4000-8000-000000000001"
    return {
        "id": f"{group_scope('rg-a')}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "properties": {**properties, "createdOn": "2020-01-01T00:00:00.0000000Z"},
    }


def delete_identity(state: Path, name: str) -> None:
    """Somebody deletes an identity without uami."""
    document = json.loads(state.read_text(encoding="utf-8"))
    document["identities"] = [one for one in document["identities"] if not one["id"].endswith(f"/{name}")]
    state.write_text(json.dumps(document), encoding="utf-8")


@pytest.fixture
def applied(uami: Uami, folder: Path) -> Path:
    """`s.json` after an apply by the owner `team-a`, and after somebody deleted `id-a`; its journal is `run.jsonl`."""
    reader = [{"role": "Reader", "scope": "rg-a"}]
    identities = [{"name": name, "location": "westeurope", "roleAssignments": reader} for name in ("id-a", "id-b")]
    write_manifest(folder / "m.yaml", {"rg-a": identities}, owner="team-a")
    write_state(folder / "s.json", {"rg-a": {}})
    ended = uami("apply", "m.yaml", "--sandbox", "s.json", "-y", "--journal", "run.jsonl")
    assert ended.code == 0, ended.stderr
    make_old(folder / "s.json")
    delete_identity(folder / "s.json", "id-a")
    return folder


def test_orphans_are_named_with_what_a_journal_says_of_them(uami: Uami, applied: Path) -> None:
    ended = uami(*ORPHANS, "run.jsonl", "--sandbox", "s.json", "--owner", "team-a")

    assert (ended.code, ended.stderr) == (0, "")
    assert "Ours          team-a\nJournals      1 of this place read\n" in ended.stdout
    assert "\nrg-a/id-a, principal " in ended.stdout
    assert "  gone      a journal says which identity it was, and that does not exist\n" in ended.stdout
    assert "  ours      Reader on rg-a, given " in ended.stdout
    assert "\nOrphans: 1 role assignment of 1 principal; 1 is ours.\n" in ended.stdout


def test_without_a_journal_the_directory_is_asked_and_the_owner_named(uami: Uami, applied: Path) -> None:
    unowned, owned = (uami(*ORPHANS, "--sandbox", "s.json", *more) for more in ((), ("--owner", "team-a")))

    assert "Ours          nothing: no --owner is given, and no journal of the state folder has one\n" in unowned.stdout
    said = "uami gave it for the owner team-a: --owner team-a counts it as ours"
    assert said in " ".join(unowned.stdout.split())
    assert "  gone      Microsoft Graph did not know it, asked twice\n" in owned.stdout
    assert unowned.stdout.endswith("; 0 are ours.\n")
    assert "; 1 is ours.\n" in owned.stdout


def test_journals_of_the_users_folder_are_read(uami: Uami, applied: Path) -> None:
    folder = Path(uami.environment["HOME"]) / ".local" / "state" / "uami" / "journals"
    folder.mkdir(parents=True)
    shutil.copy(applied / "run.jsonl", folder / "20260101T000000000Z-a.jsonl")
    (folder / "20260102T000000000Z-b.jsonl").write_text("damaged\n", encoding="utf-8")

    ended = uami(*ORPHANS, "--sandbox", "s.json")

    assert "Ours          team-a\nJournals      1 of this place read, 1 that cannot be read\n" in ended.stdout
    assert "\nrg-a/id-a, principal " in ended.stdout


def test_journal_of_another_sandbox_says_nothing(uami: Uami, applied: Path) -> None:
    shutil.copy(applied / "s.json", applied / "other.json")

    ended = uami(*ORPHANS, "run.jsonl", "--sandbox", "other.json")

    assert "Journals      0 of this place read, 1 of another place or tenant\n" in ended.stdout
    assert "rg-a/id-a" not in ended.stdout


def test_command_that_deletes_what_is_others_is_printed_whole(uami: Uami, applied: Path) -> None:
    make_old(applied / "s.json", stranger())

    ended = uami(*ORPHANS, "run.jsonl", "--sandbox", "s.json", "--owner", "team-a")

    assert f"            az role assignment delete --ids {stranger()['id']}\n" in ended.stdout
    assert "\nOrphans: 2 role assignments of 2 principals; 1 is ours.\n" in ended.stdout


def test_document_is_as_its_schema_says(uami: Uami, applied: Path) -> None:
    make_old(applied / "s.json", stranger("ForeignGroup"))

    ended = uami(*ORPHANS, "run.jsonl", "--sandbox", "s.json", "--owner", "team-a", "--format", "json")

    assert ended.code == 0
    assert problems(ended.document, "orphans:v1") == []
    (principal,) = ended.document["principals"]
    assert principal["identity"] == f"{SUBSCRIPTION}/rg-a/id-a"
    assert [one["whose"] for one in principal["role_assignments"]] == ["ours"]
    assert [one["principal_id"] for one in ended.document["not_judged"]] == [STRANGER]


def test_served_emulator_is_asked_and_nothing_is_written(uami: Uami, applied: Path, serve: Serve) -> None:
    arm = serve("s.json")

    ended = uami(*ORPHANS, *arm.flags, environment=TOKEN)

    assert ended.code == 0
    assert ended.stdout.endswith("\nOrphans: 1 role assignment of 1 principal; 0 are ours.\n")
    assert {method for method, _ in arm.requests} <= {"GET", "QUERY", "POST"}


def test_sandbox_file_is_left_alone(uami: Uami, applied: Path) -> None:
    state = applied / "s.json"
    before = (state.read_bytes(), state.stat().st_mtime_ns)

    uami(*ORPHANS, "run.jsonl", "--sandbox", "s.json")

    assert (state.read_bytes(), state.stat().st_mtime_ns) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--subscription is missing"),
        (("--subscription", "payments"), "not the id of a subscription"),
        ((*ORPHANS[1:3], "--pause", "soon"), "--pause soon: not a duration"),
        ((*ORPHANS[1:3], "--owner", "a b"), "--owner a b: "),
    ],
)
def test_wrong_usage_is_said(uami: Uami, applied: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = uami("orphans", "--sandbox", "s.json", *arguments)

    assert (ended.code, ended.stdout) == (64, "")
    assert said in ended.stderr


def test_damaged_journal_missing_right_and_another_tenant_end_the_run(uami: Uami, applied: Path) -> None:
    (applied / "damaged.jsonl").write_text("damaged\n", encoding="utf-8")
    damaged = uami(*ORPHANS, "damaged.jsonl", "--sandbox", "s.json")
    tenant = uami(*ORPHANS, "--sandbox", "s.json", "--tenant", "33333333-3333-3333-3333-333333333333")
    grant: dict[str, object] = {"principalId": "*", "scope": "/", "actions": ["*"], "notActions": [READ]}
    add_to_state(applied / "s.json", permissions=[grant])
    denied = uami(*ORPHANS, "--sandbox", "s.json")

    assert (damaged.code, tenant.code, denied.code) == (65, 77, 77)
    assert (damaged.stdout, tenant.stdout, denied.stdout) == ("", "", "")
    assert READ in denied.stderr
