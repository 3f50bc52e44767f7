"""`uami drift` as a nightly job has it: who did it, what Git has not applied, and numbers for an alert."""

import json
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Ended, Uami
from tests.cli.conftest import Serve
from tests.cli.documents import problems
from tests.cli.inputs import write_manifest, write_state
from tests.clones import Clone, needs_git

SANDBOX = ("--sandbox", "s.json")
NO_LOGS = {
    "principalId": "*",
    "scope": "/",
    "actions": [
        "Microsoft.ManagedIdentity/*",
        "Microsoft.Authorization/*/read",
        "Microsoft.Resources/subscriptions/read",
        "Microsoft.Resources/subscriptions/resourceGroups/read",
    ],
}


def drift(uami: Uami, *arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    return uami("drift", *arguments, *SANDBOX, "--format", "json", environment=environment)


def shown(ended: Ended) -> dict[str, list[str]]:
    """What is told of which identities, by list."""
    lists = ("missing", "unexpected", "changed", "pending")
    return {name: [one["address"].split("/", 1)[1] for one in ended.document.get(name, [])] for name in lists}


def test_own_run_is_marked_by_the_journal_that_it_left(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-a", "tags": {"env": "prod"}}]})
    write_state(folder / "s.json", {"rg-a": {}})
    uami("apply", "m.yaml", *SANDBOX, "-y")
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-a", "tags": {"env": "test"}}]})

    ended, text = drift(uami, "m.yaml"), uami("drift", "m.yaml", *SANDBOX)
    elsewhere = drift(uami, "m.yaml", environment={"XDG_STATE_HOME": "/nowhere"})

    (one,) = ended.document["changed"]
    assert (ended.code, problems(ended.document, "drift:v1")) == (2, [])
    assert (one["attribution"]["event"], one["attribution"]["source"]) == ("created", "resource-graph")
    assert one["attribution"]["by_uami"] is True
    assert " UTC by uami as anonymous (Resource Graph, " in " ".join(text.stdout.split())
    assert elsewhere.document["changed"][0]["attribution"]["by_uami"] is False


def test_drift_of_who_may_read_no_log_says_so_and_exits_2(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-a"]})
    write_state(folder / "s.json", {"rg-a": {"id-b": {}}}, [NO_LOGS])

    ended = drift(uami, "m.yaml")

    found = [one["attribution"] for name in ("missing", "unexpected") for one in ended.document[name]]
    assert (ended.code, problems(ended.document, "drift:v1")) == (2, [])
    assert [one["unknown"] for one in found] == ["not-allowed", "not-allowed"]
    assert {one["because"].casefold() for one in found} == {
        "resource graph: missing microsoft.resources/changes/read; "
        "the activity log: missing microsoft.insights/eventtypes/values/read"
    }


def test_nobody_is_asked_who_did_it_where_that_is_off(uami: Uami, folder: Path, serve: Serve) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-a"]})
    write_state(folder / "s.json", {"rg-a": {}})
    arm = serve("s.json")
    token = {"UAMI_ACCESS_TOKEN": "x"}

    without = uami("drift", "m.yaml", *arm.flags, "--attribution", "off", environment=token)
    asked = len(arm.requests)
    with_it = uami("drift", "m.yaml", *arm.flags, environment=token)

    assert (without.code, with_it.code) == (2, 2)
    assert "not known" not in without.stdout
    assert "not known: never made, or deleted before" in with_it.stdout
    assert len(arm.requests) - asked == asked + 2


# What git has, and what lives


@pytest.fixture
def clone(folder: Path) -> Clone:
    """An empty repository where the command runs."""
    return Clone(folder)


def with_tag(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "tags": {"env": value}}


@needs_git
def test_applied_pending_and_drifted_are_told_apart(uami: Uami, folder: Path, clone: Clone) -> None:
    names = ("id-same", "id-drifted", "id-news", "id-both", "id-going", "id-gone")
    (folder / "manifests").mkdir()
    write_manifest(folder / "manifests" / "m.yaml", {"rg-a": [with_tag(name, "1") for name in names]})
    commit = clone.commit()
    head = [
        with_tag("id-same", "1"),
        with_tag("id-drifted", "1"),
        with_tag("id-news", "2"),
        with_tag("id-both", "2"),
        with_tag("id-gone", "1"),
        with_tag("id-new", "1"),
    ]
    write_manifest(folder / "manifests" / "m.yaml", {"rg-a": head})
    live = {name: {"env": "1"} for name in names if name != "id-gone"}
    write_state(
        folder / "s.json", {"rg-a": {**live, "id-drifted": {"env": "x"}, "id-both": {"env": "x"}, "id-alien": {}}}
    )

    ended = drift(uami, "manifests", "--base", "HEAD")

    assert (ended.code, problems(ended.document, "drift:v1")) == (2, [])
    assert shown(ended) == {
        "missing": ["rg-a/id-gone"],
        "unexpected": ["rg-a/id-alien"],
        "changed": ["rg-a/id-both", "rg-a/id-drifted"],
        "pending": ["rg-a/id-new", "rg-a/id-news", "rg-a/id-going"],
    }
    assert ended.document["base"] == {"ref": "HEAD", "commit": commit}
    assert ended.document["changed"][0]["source"]["file"] == "HEAD:manifests/m.yaml"
    assert [one["action"] for one in ended.document["pending"]] == ["create", "update", "delete"]


@needs_git
def test_what_is_only_pending_is_no_drift(uami: Uami, folder: Path, clone: Clone) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [with_tag("id-a", "${NAME}")]}, vars={"NAME": "1"})
    clone.commit()
    write_manifest(folder / "m.yaml", {"rg-a": [with_tag("id-a", "2")]})
    write_state(folder / "s.json", {"rg-a": {"id-a": {"env": "1"}}})
    before = clone.git("status", "--porcelain"), (folder / ".git" / "index").read_bytes()

    text = uami("drift", "m.yaml", *SANDBOX, "--base", "main")
    other = uami("drift", "m.yaml", *SANDBOX, "--base", "main", "--var", "NAME=3")
    plain = uami("drift", "m.yaml", *SANDBOX)

    assert (text.code, other.code, plain.code) == (0, 2, 2)
    assert "Pending, and no drift: in the files as they are, and not applied yet\n" in text.stdout
    assert text.stdout.endswith("\nNo drift. Live identities are as main says. Pending: 1.\n")
    assert other.stdout.endswith("\nDrift: 0 missing, 0 unexpected, 1 changed. Pending: 0.\n")
    assert (clone.git("status", "--porcelain"), (folder / ".git" / "index").read_bytes()) == before


@needs_git
def test_folders_are_read_at_the_commit_as_they_are_read_here(uami: Uami, folder: Path, clone: Clone) -> None:
    for place, group in (("m/a.yaml", "rg-a"), ("m/deep/B.YML", "rg-b"), ("m/.hidden/c.yaml", "rg-c")):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        write_manifest(folder / place, {group: ["id-one"]})
    (folder / "m" / "other.yaml").write_text("kind: Service\napiVersion: v1\n")
    (folder / "m" / "link.yaml").symlink_to(".hidden/c.yaml")
    clone.commit()
    write_state(folder / "s.json", {"rg-a": {}, "rg-b": {}, "rg-c": {}})
    here = drift(uami, "m")
    shutil.rmtree(folder / "m" / "deep")
    write_manifest(folder / "m" / "new.yaml", {"rg-e": ["id-one"]})

    there = drift(uami, "m", "--base", "HEAD")

    assert shown(there)["missing"] == shown(here)["missing"] == ["rg-a/id-one", "rg-b/id-one", "rg-c/id-one"]
    assert {one["source"]["file"] for one in there.document["missing"]} == {
        "HEAD:m/a.yaml",
        "HEAD:m/deep/B.YML",
        "HEAD:m/link.yaml",
    }


@needs_git
def test_file_that_only_one_of_both_has_is_left_out_of_the_other(uami: Uami, folder: Path, clone: Clone) -> None:
    write_manifest(folder / "old.yaml", {"rg-a": ["id-a"]})
    write_manifest(folder / "m.yaml", {"rg-b": ["id-b"]})
    clone.commit()
    (folder / "old.yaml").unlink()
    write_manifest(folder / "new.yaml", {"rg-c": ["id-c"]})
    write_state(folder / "s.json", {"rg-a": {}, "rg-b": {"id-b": {}}, "rg-c": {}})

    ended = drift(uami, "old.yaml", "m.yaml", "new.yaml", "--base", "HEAD")
    none = uami("drift", "new.yaml", *SANDBOX, "--base", "HEAD")
    neither = uami("drift", "m.yaml", "nowhere.yaml", *SANDBOX, "--base", "HEAD")

    assert (shown(ended)["missing"], shown(ended)["pending"]) == (["rg-a/id-a"], ["rg-c/id-c"])
    assert (none.code, neither.code) == (64, 65)
    assert "nowhere.yaml:1:1: error: no such file" in neither.stderr


@needs_git
def test_commit_that_the_clone_does_not_have_is_wrong_usage(uami: Uami, folder: Path, clone: Clone) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": []})
    write_state(folder / "s.json", {"rg-a": {}})
    clone.commit()

    ended = uami("drift", "m.yaml", *SANDBOX, "--base", "origin/main")

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith("Error: --base origin/main: this clone has no such commit\nHint: Fetch it first: ")


@needs_git
def test_link_out_of_the_clone_is_refused_at_the_commit_too(uami: Uami, folder: Path, clone: Clone) -> None:
    write_state(folder / "s.json", {"rg-a": {}})
    (folder / "m.yaml").symlink_to("/etc/hostname")
    clone.commit()
    (folder / "m.yaml").unlink()
    write_manifest(folder / "m.yaml", {"rg-a": []})

    ended = uami("drift", "m.yaml", *SANDBOX, "--base", "HEAD")

    assert ended.code == 65
    assert f"HEAD:m.yaml:1:1: error: this link leads outside {folder}, and is not read" in ended.stderr


def test_standard_input_is_in_no_commit_and_a_file_of_no_clone_neither(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": []})
    write_state(folder / "s.json", {"rg-a": {}})

    piped = uami("drift", "-", *SANDBOX, "--base", "HEAD")
    alone = uami("drift", "m.yaml", *SANDBOX, "--base", "HEAD")

    assert (piped.code, alone.code) == (64, 64)
    assert "standard input is in no commit" in piped.stderr


# Numbers for an alert


def numbers(path: Path) -> dict[str, float]:
    """Every number of a file, by its name and labels."""
    lines = (line for line in path.read_text().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_metrics_say_what_differs_and_that_a_run_failed(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-a"]})
    write_state(folder / "s.json", {"rg-a": {"id-b": {}, "id-c": {}}})
    path = folder / "uami.prom"

    good = uami("drift", "m.yaml", *SANDBOX, "--metrics", "uami.prom")
    first = numbers(path)
    (folder / "s.json").write_text("{")
    bad = uami("drift", "m.yaml", *SANDBOX, "--metrics", "uami.prom")
    second = numbers(path)

    assert (good.code, bad.code) == (2, 65)
    assert first["uami_drift_last_run_success"] == 1
    assert first["uami_drift_requests"] > 5
    items = {
        name.partition('kind="')[2].partition('"')[0]: value for name, value in first.items() if "drift_items" in name
    }
    assert items == {"missing": 1, "unexpected": 2, "changed": 0}
    last = "uami_drift_last_success_timestamp_seconds"
    assert (second["uami_drift_last_run_success"], second[last]) == (0, first[last])
    assert [name for name in second if "_items" in name] == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert sorted(one.name for one in folder.iterdir()) == ["m.yaml", "s.json", "uami.prom"]


@pytest.mark.parametrize("name", ["m.yaml", "s.json", "notes.txt", "dir", "nowhere/x.prom", "-", "link.prom"])
def test_metrics_replace_nothing_but_metrics(uami: Uami, folder: Path, name: str) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-a"]})
    write_state(folder / "s.json", {"rg-a": {}})
    (folder / "notes.txt").write_text("mine")
    (folder / "dir").mkdir()
    (folder / "link.prom").symlink_to("notes.txt")
    before = {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}

    ended = uami("drift", "m.yaml", *SANDBOX, "--metrics", name)

    assert (ended.code, ended.stdout) == (64, "")
    assert {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()} == before


def test_throttled_requests_are_counted(uami: Uami, folder: Path, serve: Serve) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": []})
    write_state(folder / "s.json", {"rg-a": {}})
    faults = [{"method": "GET", "times": 2, "answer": {"status": 429, "headers": {"Retry-After": "0"}}}]
    (folder / "faults.json").write_text(json.dumps({"faults": faults}))
    arm = serve("s.json", "--faults", str(folder / "faults.json"))

    ended = uami("drift", "m.yaml", *arm.flags, "--metrics", "x.prom", environment={"UAMI_ACCESS_TOKEN": "x"})

    assert ended.code == 0, ended.stderr
    assert numbers(folder / "x.prom")["uami_drift_throttled_requests"] == 2
