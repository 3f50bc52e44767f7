"""Reports of 300 changes: what is deleted, refused and failed stands in the last 40 lines, and nothing twice.

The reports are compared whole with files in `golden/`, as those of `test_reports` are.
"""

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.conftest import Serve
from tests.cli.inputs import add_to_state, identity_scope, write_manifest, write_state

GOLDEN = Path(__file__).parent / "golden"
GROUPS = [f"rg-team{number:02}" for number in range(10)]
RUN = ("m.yaml", "--sandbox", "s.json")
OWNED = {"uami-owner": "us"}
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def golden(name: str) -> str:
    return (GOLDEN / name).read_text(encoding="utf-8")


def names(group: str) -> list[str]:
    """The thirty identities of a group."""
    return [f"id-{group.removeprefix('rg-')}-{number:02}" for number in range(30)]


def last_40(report: str) -> str:
    return "\n".join(report.splitlines()[-40:])


def write_world(folder: Path, *, listed: dict[str, list[object]], tags: dict[str, str]) -> None:
    """`m.yaml` with these identities, and `s.json` with all 300 of them, ours and with these tags."""
    write_manifest(folder / "m.yaml", listed, owner="us")
    write_state(folder / "s.json", {group: {name: {**OWNED, **tags} for name in names(group)} for group in GROUPS})


@pytest.fixture
def new_tag(folder: Path) -> Path:
    """A tag for 297 identities, of which one gives up a credential; the other three are taken off the list."""
    listed: dict[str, list[object]] = {
        group: [{"name": name, "tags": {"dataClass": "internal"}} for name in names(group)] for group in GROUPS
    }
    for group in GROUPS[:3]:
        del listed[group][-1]
    listed[GROUPS[5]][4] = {"name": names(GROUPS[5])[4], "tags": {"dataClass": "internal"}, "federatedCredentials": []}
    write_world(folder, listed=listed, tags={})
    trust = {"issuer": "https://i.example", "subject": "old", "audiences": ["api://AzureADTokenExchange"]}
    scope = f"{identity_scope(GROUPS[5], names(GROUPS[5])[4])}/federatedIdentityCredentials/ci-old"
    add_to_state(folder / "s.json", federatedIdentityCredentials=[{"id": scope, "properties": trust}])
    return folder


def test_plan_of_one_tag_for_all_ends_with_what_is_deleted(uami: Uami, new_tag: Path) -> None:
    ended = uami("plan", *RUN)

    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout == golden("large-plan.txt")
    end = last_40(ended.stdout)
    assert [name for name in ("team00-29", "team01-29", "team02-29", "credential ci-old") if name in end] == [
        *("team00-29", "team01-29", "team02-29", "credential ci-old")
    ]
    assert ended.stdout.count("dataClass") == 1


def test_each_change_is_told_where_that_is_asked_for(uami: Uami, new_tag: Path) -> None:
    ended = uami("plan", *RUN, "--no-group")

    assert ended.stdout.count("dataClass") == 297


def test_empty_list_for_all_groups_ends_with_what_is_refused(uami: Uami, folder: Path) -> None:
    write_world(folder, listed={group: [] for group in GROUPS}, tags={"env": "prod"})

    ended = uami("plan", *RUN)

    assert (ended.code, ended.stderr) == (3, "Error: The plan is refused by 1 guard; nothing was changed.\n")
    assert ended.stdout == golden("large-refused.txt")
    assert "refused by delete-limit: 300 (" in last_40(ended.stdout)
    assert ended.stdout.endswith("\nRefused: 300 changes by 1 guard.\nPlan: 0 to add, 0 to change, 0 to destroy.\n")


def test_apply_of_which_a_fifth_fails_ends_with_the_cause(uami: Uami, folder: Path, serve: Serve) -> None:
    write_manifest(folder / "m.yaml", {group: names(group) for group in GROUPS}, owner="us")
    write_state(folder / "s.json", {group: {} for group in GROUPS})
    (folder / "faults.yaml").write_text(
        "faults: [{method: PUT, path: '*-0[0-5]', answer: {status: 400, body: {error:"
        " {code: LocationNotAvailable, message: No capacity.}}}}]"
    )
    arm = serve("s.json", "--faults", str(folder / "faults.yaml"))

    ended = uami("apply", "m.yaml", *arm.flags, "-y", "--no-verify", environment={"UAMI_ACCESS_TOKEN": "x"})

    assert ended.code == 5
    shown = ended.stdout.replace(arm.url, "https://arm.example")
    run_id = re.search(r"Correlation id of this run, for the Activity Log: (\S+)", shown)
    assert run_id is not None
    shown = shown.replace(run_id[1], "RUN-ID")
    assert shown == golden("large-apply.txt")
    assert "failed, 400 LocationNotAvailable: 60 (" in last_40(shown)
    assert shown.count("No capacity.") == 1
    assert shown.endswith("\nApply incomplete: 240 added, 0 changed, 0 destroyed, 60 failed, 0 not tried.\n")


def test_undo_of_a_large_run_ends_with_what_is_deleted(uami: Uami, folder: Path) -> None:
    listed = {group: [{"name": name, "tags": {"env": "prod"}} for name in names(group)] for group in GROUPS}
    manifest = {group: [*listed[group], f"id-new-{group}"] for group in GROUPS}
    write_manifest(folder / "m.yaml", manifest, owner="us")
    write_state(folder / "s.json", {group: dict.fromkeys(names(group), OWNED) for group in GROUPS})
    applied = uami("apply", *RUN, "-y", "--no-verify", "--journal", "run.jsonl")
    digest = hashlib.sha256((folder / "run.jsonl").read_bytes()).hexdigest()

    ended = uami("undo", "run.jsonl", "--sandbox", "s.json", "-y", "--digest", digest)

    assert (applied.code, ended.code) == (0, 0)
    # What an undo notes of its run has times in it, and tests of its own.
    shown = re.sub(r"Note: .*?(?=Totals by )", "", GUID.sub("GUID", ended.stdout), flags=re.DOTALL)
    assert shown == golden("large-undo.txt")
    end = last_40(ended.stdout)
    assert [group for group in GROUPS if f"id-new-{group}" in end] == GROUPS
    document = json.loads((folder / "s.json").read_text())
    assert len(document["identities"]) == 300
