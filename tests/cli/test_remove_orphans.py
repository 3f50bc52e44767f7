"""`uami orphans --remove` on the command line: the question, what is written and said, the exit codes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Uami
from tests.cli.conftest import Serve
from tests.cli.deadly_proxy import deadly_wire
from tests.cli.documents import problems
from tests.cli.inputs import SUBSCRIPTION, add_to_state, write_manifest, write_state
from tests.cli.test_orphans import ORPHANS, TOKEN, delete_identity, make_old, roles, stranger

REMOVE = (*ORPHANS, "run.jsonl", "--owner", "team-a", "--sandbox", "s.json", "--remove")
QUESTION = "\nDo you want to apply this plan? Only 'yes' is accepted.\n\n  Answer: "
ALL_DONE = "\nApply complete! Resources: 0 added, 0 changed, 3 destroyed.\n"


@pytest.fixture
def orphaned(uami: Uami, folder: Path) -> Path:
    """`s.json` after an apply by `team-a` whose journal is `run.jsonl`: of three identities two were deleted by others,
    and with them three roles are orphaned; so is one of somebody whom nobody knows."""
    reader = {"role": "Reader", "scope": "rg-a"}
    more = {"id-a": [{"role": "Contributor", "scope": f"/subscriptions/{SUBSCRIPTION}"}]}
    identities = [
        {"name": name, "location": "westeurope", "roleAssignments": [reader, *more.get(name, ())]}
        for name in ("id-a", "id-b", "id-stays")
    ]
    write_manifest(folder / "m.yaml", {"rg-a": identities}, owner="team-a")
    write_state(folder / "s.json", {"rg-a": {}})
    ended = uami("apply", "m.yaml", "--sandbox", "s.json", "-y", "--journal", "run.jsonl")
    assert ended.code == 0, ended.stderr
    make_old(folder / "s.json", stranger())
    for name in ("id-a", "id-b"):
        delete_identity(folder / "s.json", name)
    return folder


def left(folder: Path) -> int:
    """How many role assignments there are."""
    return len(roles(folder / "s.json"))


def journals(folder: Path) -> list[Path]:
    """The journals that removals have left."""
    return sorted((folder.parent / "home" / ".local" / "state" / "uami" / "journals").glob("*.jsonl"))


def test_yes_removes_ours_and_nobody_elses(uami: Uami, orphaned: Path) -> None:
    with uami.at_terminal(*REMOVE) as run:
        run.wait_for(QUESTION)
        assert left(orphaned) == 5
        run.type("yes\n")
        ended = run.end()

    again = uami(*REMOVE, "-y")
    assert (ended.code, again.code) == (0, 0)
    assert ended.stdout.endswith(ALL_DONE)
    assert "Journal: " in ended.stderr
    assert "To take it back" not in ended.stderr
    assert again.stdout.endswith("\nNo changes. There is no orphaned role assignment of ours to remove.\n")
    assert left(orphaned) == 2


@pytest.mark.parametrize("answer", ["no\n", "y\n", "\x04"])
def test_any_other_answer_removes_nothing(uami: Uami, orphaned: Path, answer: str) -> None:
    before = (orphaned / "s.json").read_bytes()

    with uami.at_terminal(*REMOVE) as run:
        run.wait_for(QUESTION)
        run.type(answer)
        ended = run.end()

    assert ended.code == 1
    assert ended.stderr.endswith("Error: Apply cancelled; nothing was changed.\n")
    assert (orphaned / "s.json").read_bytes() == before
    assert journals(orphaned) == []


def test_without_a_terminal_only_the_flag_approves(uami: Uami, orphaned: Path) -> None:
    refused = uami(*REMOVE)
    approved = uami(*REMOVE, "-y")

    assert (refused.code, approved.code) == (1, 0)
    assert "Hint: Add --auto-approve.\n" in refused.stderr
    assert "\nPlan: 0 to add, 0 to change, 3 to destroy.\n" in refused.stdout
    assert approved.stdout.endswith(ALL_DONE)


def test_plan_says_whose_the_roles_were_and_how_that_is_known(uami: Uami, orphaned: Path) -> None:
    ended = uami(*REMOVE)

    said = " ".join(ended.stdout.split())
    assert len(re.findall(r"\n   principal [0-9a-f-]{36} \(gone\)\n", ended.stdout)) == 2
    contributor = (
        "- role Contributor on subscription contoso will be destroyed: its principal is gone, that of rg-a/id-a"
    )
    assert contributor in said
    assert "a journal says which identity it was, and that does not exist." in said
    assert "1 orphaned role assignment of others stays: only what is ours is removed." in said
    assert "Remove ours" not in ended.stdout


def test_report_says_how_to_remove_what_is_ours(uami: Uami, orphaned: Path) -> None:
    ours = uami(*REMOVE[:-1])
    nobodys = uami(*ORPHANS, "--sandbox", "s.json")

    command = (
        f"uami orphans run.jsonl --subscription {SUBSCRIPTION} --owner team-a --pause 0s --remove --sandbox s.json"
    )
    assert ours.stdout.endswith(f"; 3 are ours.\nRemove ours: {command}\n")
    assert "Remove ours" not in nobodys.stdout


@pytest.mark.parametrize(
    "flags",
    [
        ("-y",),
        ("--no-verify",),
        ("--journal", "other.jsonl"),
        ("--allow", "self=rg-a/id-a"),
        ("--max-deletes", "5"),
        ("--max-revokes", "5"),
        ("--skip-refused",),
        ("--guardrails", "g.yaml"),
        ("--no-group",),
        ("--comment-key", "k"),
        ("--format", "json=r.json"),
    ],
)
def test_flags_of_a_removal_mean_nothing_without_one(uami: Uami, orphaned: Path, flags: tuple[str, ...]) -> None:
    ended = uami(*REMOVE[:-1], *flags)

    assert (ended.code, ended.stdout) == (64, "")
    assert "--remove" in ended.stderr
    assert not (orphaned / "r.json").exists()


def test_form_that_only_a_removal_has_is_refused_without_one(uami: Uami, orphaned: Path) -> None:
    ended = uami(*REMOVE[:-1], "--format", "markdown")

    assert ended.code == 64
    assert "without `--remove`, the report is text or json, on stdout" in ended.stdout


def test_too_many_are_refused_until_the_flag_says_how_many(uami: Uami, orphaned: Path) -> None:
    role = roles(orphaned / "s.json")[0]
    name = "77777777-0000-4000-8000-0000000000"
    many = [_copy(role, f"{name}{number:02}", f"88888888-0000-4000-8000-0000000000{number:02}") for number in range(20)]
    make_old(orphaned / "s.json", *many)

    refused = uami(*REMOVE, "-y", "--format", "json")
    raised = uami(*REMOVE, "-y", "--max-revokes", "23")

    assert (refused.code, raised.code) == (3, 0)
    assert problems(refused.document, "apply:v1") == []
    assert [one["code"] for one in refused.document["plan"]["violations"]] == ["revoke-limit"]
    assert left(orphaned) == 2


def _copy(role: dict[str, Any], name: str, principal: str) -> dict[str, Any]:
    """The same role of somebody else who is gone."""
    path = role["id"].rpartition("/")[0]
    return {"id": f"{path}/{name}", "properties": {**role["properties"], "principalId": principal}}


def test_guardrails_hold_back_what_they_do_not_let_through(uami: Uami, orphaned: Path) -> None:
    rails = orphaned.parent / "g.yaml"
    rails.write_text("version: 1\nresourceGroups: ['rg-*']\n", encoding="utf-8")

    refused = uami(*REMOVE, "-y", environment={"UAMI_GUARDRAILS": str(rails)})
    rest = uami(*REMOVE, "-y", "--skip-refused", "--guardrails", str(rails))

    assert (refused.code, rest.code) == (3, 3)
    assert "resourceGroups: nothing says for certain where its identity was, and its scope is in none" in " ".join(
        refused.stdout.split()
    )
    assert left(orphaned) == 3


def test_allowance_that_lifts_nothing_is_noted_and_one_elsewhere_refused(uami: Uami, orphaned: Path) -> None:
    elsewhere = uami(*REMOVE, "--allow", "self=rg-a/id-a")

    assert elsewhere.code == 64
    assert "it names no resource group of this run" in elsewhere.stderr


def test_documents_are_as_their_schema_says(uami: Uami, orphaned: Path) -> None:
    done = uami(*REMOVE, "-y", "--format", "json")
    nothing = uami(*REMOVE, "-y", "--format", "json")

    assert (done.code, nothing.code) == (0, 0)
    assert [problems(one.document, "apply:v1") for one in (done, nothing)] == [[], []]
    changes = done.document["plan"]["changes"]
    assert {(one["reason"], one["source"]["file"]) for one in changes} == {("orphaned", "")}
    assert {one["orphan"]["identity"] for one in changes} == {
        f"{SUBSCRIPTION}/rg-a/{name}" for name in ("id-a", "id-b")
    }
    assert done.document["plan"]["desired"] == []
    assert {one["outcome"] for one in done.document["result"]["changes"]} == {"done"}


@pytest.mark.parametrize("form", ["text", "markdown", "html", "github", "azure-devops"])
def test_no_report_names_a_line_of_a_manifest(uami: Uami, orphaned: Path, form: str) -> None:
    done = uami(*REMOVE, "-y", "--format", form)

    assert done.code == 0
    for nowhere in ("file=", "sourcepath=", ":1<", " :1", '`""`', "(:1)", "(gone)/"):
        assert nowhere not in done.stdout
    assert re.search(r"principals? (that are gone|[0-9a-f-]{36} \(gone\))", done.stdout)


def test_journal_of_a_removal_is_shown_and_can_give_nothing_back(uami: Uami, orphaned: Path) -> None:
    uami(*REMOVE, "-y", "--journal", "removed.jsonl")
    before = (orphaned / "s.json").read_bytes()

    shown = uami("show", "removed.jsonl")
    document = uami("show", "removed.jsonl", "--format", "json").document
    undone = uami("undo", "removed.jsonl", "--sandbox", "s.json")
    lines = [json.loads(line) for line in (orphaned / "removed.jsonl").read_text(encoding="utf-8").splitlines()]

    assert [problems(line, "journal:v1") for line in lines] == [[]] * len(lines)
    assert problems(document, "journal:v1#/$defs/shown") == []
    assert (shown.code, undone.code) == (0, 5)
    assert "Run           uami orphans " in shown.stdout
    assert f"Group         {SUBSCRIPTION}/(gone) (owner 'team-a')\n" in shown.stdout
    assert len(re.findall(r"- delete role \w+ on .* of principal [0-9a-f-]{36} \(gone\): done\n", shown.stdout)) == 3
    assert undone.stdout.count(": its principal is gone, and a role can be given to nobody\n") == 3
    assert undone.stdout.endswith("\nNothing can be taken back by itself.\n")
    assert (orphaned / "s.json").read_bytes() == before


def test_journal_of_a_removal_names_no_identity_to_the_next_one(uami: Uami, orphaned: Path) -> None:
    uami(*REMOVE, "-y", "--journal", "removed.jsonl")

    ended = uami(*ORPHANS, "removed.jsonl", "--sandbox", "s.json")

    assert ended.code == 0
    assert "(gone)" not in ended.stdout


def test_removal_over_http_sends_only_its_deletes(uami: Uami, orphaned: Path, serve: Serve) -> None:
    arm = serve("s.json")

    ended = uami(*ORPHANS, "--owner", "team-a", *arm.flags, "--remove", "-y", environment=TOKEN)

    assert (ended.code, ended.stdout.endswith(ALL_DONE)) == (0, True)
    assert [(method, status) for method, _, status in arm.writes] == [("DELETE", 200)] * 3


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("arrives", [False, True], ids=["before it arrives", "before its answer"])
def test_removal_killed_at_a_call_is_made_up_for_by_the_next(
    uami: Uami, orphaned: Path, serve: Serve, nth: int, arrives: bool
) -> None:
    arm = serve("s.json")

    def remove(*flags: str) -> tuple[str, ...]:
        return (*ORPHANS, "--owner", "team-a", *wire.flags, "--remove", "-y", *flags)

    with deadly_wire(arm.url) as wire:
        wire.arm("DELETE", "role", nth, arrives=arrives)
        with uami.started(*remove("--parallelism", "1"), environment=TOKEN) as run:
            wire.victim = run.process
            killed = run.end()
        (journal,) = journals(orphaned)
        shown = uami("show", str(journal), "--format", "json").document
        again = uami(*remove(), environment=TOKEN)
        once_more = uami(*remove(), environment=TOKEN)

    assert (killed.code, shown["end"], len(shown["in_doubt"])) == (-9, None, 1)
    assert (again.code, once_more.code) == (0, 0)
    assert len([one for one in arm.writes if one[2] == 200]) == 3
    assert once_more.stdout.endswith("\nNo changes. There is no orphaned role assignment of ours to remove.\n")
    told = "Note: an earlier run was cut short: orphans of "
    assert (told in again.stderr, told in once_more.stderr) == (nth < 3 or not arrives, False)


def _deny(scope: str) -> dict[str, Any]:
    """A deny assignment that keeps everybody from deleting role assignments there."""
    actions = ["Microsoft.Authorization/roleAssignments/delete"]
    properties = {
        "denyAssignmentName": "kept",
        "permissions": [{"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}],
        "scope": scope,
        "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
        "excludePrincipals": [],
    }
    name = "66666666-0000-4000-8000-000000000001"
    return {"id": f"{scope}/providers/Microsoft.Authorization/denyAssignments/{name}", "properties": properties}


def test_removal_that_is_refused_by_arm_says_how_to_go_on(uami: Uami, orphaned: Path) -> None:
    add_to_state(orphaned / "s.json", denyAssignments=[_deny(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a")])

    ended = uami(*REMOVE, "-y", "--journal", "removed.jsonl")

    assert ended.code == 5
    command = (
        f"uami orphans run.jsonl --subscription {SUBSCRIPTION} --owner team-a --pause 0s --remove --sandbox s.json -y"
    )
    assert f"\nTo continue: {command.replace(' -y', ' --auto-approve')}\n" in ended.stdout
    assert left(orphaned) == 4


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("--format", "gitlab"), 64, "has no such form"),
        (("--journal", "run.jsonl"), 64, "the file is there already"),
        (("--format", "json"), 1, "There is no terminal to ask for confirmation on"),
        (("--guardrails", "missing.yaml"), 65, "missing.yaml"),
        (("--allow", "locked=(gone)"), 64, "locked is not lifted by --allow"),
    ],
)
def test_wrong_usage_of_a_removal_changes_nothing(
    uami: Uami, orphaned: Path, flags: tuple[str, ...], code: int, said: str
) -> None:
    ended = uami(*REMOVE, *flags)

    assert ended.code == code
    assert said in ended.stdout + ended.stderr
    assert left(orphaned) == 5
