"""`uami sandbox snapshot`: what it writes, where, and that there is either the whole of it or nothing."""

import json
import os
import pty
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import SCRIPT, TIMEOUT_S, Uami
from tests.cli.conftest import Serve
from tests.cli.inputs import SUBSCRIPTION, grant, group_scope, write_state

TOKEN = {"UAMI_ACCESS_TOKEN": "a-token-that-nobody-may-see"}
SNAPSHOT = ("sandbox", "snapshot", "--subscription", SUBSCRIPTION)
COUNTS = (
    "1 subscription, 2 resource groups, 5 identities, 0 federated credentials, 0 custom roles, 0 role assignments,"
    " 0 locks, 0 resources"
)


def files(folder: Path) -> set[str]:
    """The names of what lies in the folder, but for what a served sandbox holds its own file with."""
    return {path.name for path in folder.iterdir() if not path.name.startswith("served-")}


def test_snapshot_is_written_for_its_owner_only_and_told_on_stderr(uami: Uami, quickstart: Path, serve: Serve) -> None:
    arm = serve("sandbox.json")

    ended = uami(*SNAPSHOT, *arm.flags, "--out", "taken.json", environment=TOKEN)

    assert (ended.code, ended.stdout, ended.stderr) == (0, "", f"Wrote taken.json: {COUNTS}.\n")
    assert stat.S_IMODE((quickstart / "taken.json").stat().st_mode) == 0o600
    assert set(arm.requests) == {("GET", 200)}
    assert files(quickstart) == {"identities.yaml", "sandbox.json", "taken.json"}


def test_snapshot_taken_again_from_itself_is_the_same_bytes_on_stdout_too(uami: Uami, quickstart: Path) -> None:
    before = (quickstart / "sandbox.json").read_bytes()
    uami(*SNAPSHOT, "--sandbox", "sandbox.json", "-o", "taken.json")

    again, dash = (uami(*SNAPSHOT, "--sandbox", "taken.json", *flags) for flags in ((), ("-o", "-")))

    assert (again.code, again.stderr) == (0, f"Snapshot: {COUNTS}.\n")
    assert again.stdout == (quickstart / "taken.json").read_text(encoding="utf-8")
    assert dash == again
    assert (quickstart / "sandbox.json").read_bytes() == before


def test_snapshot_over_http_in_pages_of_one_is_that_of_the_file(uami: Uami, quickstart: Path, serve: Serve) -> None:
    arm = serve("sandbox.json", "--page-size", "1")

    served = uami(*SNAPSHOT, *arm.flags, "--parallelism", "1", environment=TOKEN)

    assert served == uami(*SNAPSHOT, "--sandbox", "sandbox.json")
    assert served.code == 0


def test_plan_rehearsed_on_a_snapshot_is_the_plan_of_the_real_thing(uami: Uami, quickstart: Path, serve: Serve) -> None:
    arm = serve("sandbox.json")
    planned = uami("plan", "identities.yaml", *arm.flags, "--format", "json", environment=TOKEN)
    uami(*SNAPSHOT, *arm.flags, "-o", "taken.json", environment=TOKEN)
    arm.put_identity("rg-payments-prod", "id-later")

    rehearsed = uami("plan", "identities.yaml", "--sandbox", "taken.json", "--format", "json")

    # Only a real endpoint has a token that could say, and does not, whose it is.
    (unknown,) = planned.document.pop("notes")
    assert "which principal this run uses" in unknown
    assert (rehearsed.code, rehearsed.document) == (planned.code, {**planned.document, "notes": []})
    assert {name: planned.document["summary"][name] for name in ("create", "update", "delete")} == {
        "create": 2,
        "update": 2,
        "delete": 1,
    }


def test_apply_rehearsed_on_a_snapshot_leaves_what_was_served_alone(uami: Uami, quickstart: Path, serve: Serve) -> None:
    arm = serve("sandbox.json")
    before = arm.identities
    uami(*SNAPSHOT, *arm.flags, "-o", "taken.json", environment=TOKEN)

    applied = uami("apply", "identities.yaml", "--sandbox", "taken.json", "-y")

    assert applied.code == 0
    assert "Apply complete! Resources: 2 added, 2 changed, 1 destroyed." in applied.stdout
    assert arm.identities == before


def test_snapshot_of_a_group_holds_that_group_only(uami: Uami, quickstart: Path) -> None:
    ended = uami(*SNAPSHOT, "--sandbox", "sandbox.json", "-g", "RG-data-prod")

    assert ended.code == 0
    assert [one["id"].rpartition("/")[2] for one in ended.document["resourceGroups"]] == ["rg-data-prod"]
    assert [one["id"].rpartition("/")[2] for one in ended.document["identities"]] == ["id-data-import", "id-warehouse"]


def test_token_is_in_no_output_at_any_log_level(uami: Uami, quickstart: Path, serve: Serve) -> None:
    arm = serve("sandbox.json")

    ended = uami(*SNAPSHOT, *arm.flags, "-o", "taken.json", "--log-level", "debug", environment=TOKEN)

    assert ended.code == 0
    assert " 200 " in ended.stderr
    assert TOKEN["UAMI_ACCESS_TOKEN"] not in ended.stdout + ended.stderr + (quickstart / "taken.json").read_text()


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("-o", "sandbox.json"), "-o sandbox.json: a file is there already, and is not written over"),
        (("-o", "link.json"), "-o link.json: this is a link, and none is replaced or followed"),
        (("-o", "nowhere/taken.json"), "-o nowhere/taken.json: there is no directory nowhere"),
        (("-o", ""), "-o .: this is a directory"),
        (("-o", "json"), "--out json: a format where a file belongs"),
        (("--subscription", "contoso"), "--subscription must be a GUID, not 'contoso'."),
        (
            ("--subscription", SUBSCRIPTION[:-1] + "2", "-g", "rg"),
            "--resource-group is of one subscription, and several are given",
        ),
        (("--api-version", "latest"), "--api-version latest: not an api-version"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_read(
    uami: Uami, quickstart: Path, flags: tuple[str, ...], told: str
) -> None:
    (quickstart / "link.json").symlink_to("nothing-there")
    before = (quickstart / "sandbox.json").read_bytes()

    ended = uami(*SNAPSHOT, "--sandbox", "sandbox.json", *flags)

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith(f"Error: {told}")
    assert (quickstart / "sandbox.json").read_bytes() == before
    assert files(quickstart) == {"identities.yaml", "link.json", "sandbox.json"}


def test_snapshot_without_a_subscription_is_wrong_usage(uami: Uami) -> None:
    ended = uami("sandbox", "snapshot")

    assert (ended.code, ended.stdout) == (64, "")
    assert "Missing option '--subscription'." in ended.stderr


def test_subscription_named_twice_is_taken_once(uami: Uami, quickstart: Path) -> None:
    ended = uami(*SNAPSHOT, "--subscription", SUBSCRIPTION.upper(), "--sandbox", "sandbox.json")

    assert (ended.code, ended.stderr) == (0, f"Snapshot: {COUNTS}.\n")


def test_extra_that_is_not_installed_is_told_before_anything_is_read(uami: Uami, folder: Path) -> None:
    (folder / "werkzeug.py").write_text('raise ModuleNotFoundError("gone", name="werkzeug")')
    nobody = ("--endpoint", "http://127.0.0.1:1", "--credential", "token")

    ended = uami(*SNAPSHOT, *nobody, environment={**TOKEN, "PYTHONPATH": str(folder)})

    assert (ended.code, ended.stdout) == (1, "")
    assert ended.stderr == (
        "Error: The sandbox needs werkzeug, which is not installed.\n"
        'Hint: Install it with: pip install "uami-reconciler[sandbox]"\n'
    )


def test_right_that_is_missing_is_told_with_the_role_that_has_it_and_exits_77(uami: Uami, folder: Path) -> None:
    write_state(folder / "s.json", {"rg-a": {"id-one": {}}}, [grant(group_scope("rg-a"), "*")])

    ended = uami(*SNAPSHOT, "--sandbox", "s.json", "-o", "taken.json")

    assert (ended.code, ended.stdout) == (77, "")
    assert f"Error: taking a snapshot of /subscriptions/{SUBSCRIPTION}: not allowed (" in ended.stderr
    assert f"--role Reader --scope /subscriptions/{SUBSCRIPTION}" in ended.stderr
    assert files(folder) == {"s.json"}


def test_throttled_snapshot_is_taken_all_the_same(uami: Uami, quickstart: Path, serve: Serve) -> None:
    (quickstart / "faults.yaml").write_text(
        "faults: [{path: '*/federatedIdentityCredentials', times: 8, answer: {status: 429}}]"
    )
    arm = serve("sandbox.json", "--faults", str(quickstart / "faults.yaml"))

    ended = uami(*SNAPSHOT, *arm.flags, environment=TOKEN)

    assert ended.code == 0
    assert ("GET", 429) in arm.requests
    assert ended.stdout == uami(*SNAPSHOT, "--sandbox", "sandbox.json").stdout


@pytest.mark.parametrize("path", ["*/locks", "*/id-warehouse/federatedIdentityCredentials"])
def test_failure_half_way_leaves_no_file(uami: Uami, quickstart: Path, serve: Serve, path: str) -> None:
    (quickstart / "faults.yaml").write_text(
        f"faults: [{{path: '{path}', answer: {{status: 400, body: {{error: {{code: Oops, message: not now}}}}}}}}]"
    )
    arm = serve("sandbox.json", "--faults", str(quickstart / "faults.yaml"))

    ended = uami(*SNAPSHOT, *arm.flags, "-o", "taken.json", environment=TOKEN)

    assert (ended.code, ended.stdout) == (1, "")
    assert "400 Oops (not now)" in ended.stderr
    assert files(quickstart) == {"faults.yaml", "identities.yaml", "sandbox.json"}


def test_interrupted_snapshot_leaves_no_file(uami: Uami, quickstart: Path, serve: Serve) -> None:
    arm = serve("sandbox.json", "--latency-ms", "250")
    flags = (*SNAPSHOT, *arm.flags, "-o", "taken.json", "--log-level", "debug")

    with uami.started(*flags, environment=TOKEN) as run:
        run.wait_for(" 200 ")
        during = files(quickstart)
        arm.pause()
        run.signal(signal.SIGINT)
        ended = run.end()

    assert ended.code == 130
    assert [name.startswith(".uami-") for name in during - {"identities.yaml", "sandbox.json"}] == [True]
    assert files(quickstart) == {"identities.yaml", "sandbox.json"}


def test_file_that_comes_to_be_meanwhile_is_not_overwritten(uami: Uami, quickstart: Path, serve: Serve) -> None:
    arm = serve("sandbox.json", "--latency-ms", "250")
    flags = (*SNAPSHOT, *arm.flags, "-o", "taken.json", "--log-level", "debug")

    with uami.started(*flags, environment=TOKEN) as run:
        run.wait_for(" 200 ")
        (quickstart / "taken.json").write_text("somebody else's")
        ended = run.end()

    assert ended.code == 64
    assert "Error: -o taken.json: a file is there already, and is not written over\n" in ended.stderr
    assert (quickstart / "taken.json").read_text() == "somebody else's"
    assert files(quickstart) == {"identities.yaml", "sandbox.json", "taken.json"}


def test_progress_is_shown_on_a_terminal_and_goes_away(uami: Uami, quickstart: Path, serve: Serve) -> None:
    arm = serve("sandbox.json", "--latency-ms", "400")
    ours, theirs = pty.openpty()

    subprocess.run(
        [*SCRIPT, *SNAPSHOT, *arm.flags, "--parallelism", "1", "-o", "taken.json"],
        stderr=theirs,
        cwd=quickstart,
        env={**uami.environment, **TOKEN},
        timeout=TIMEOUT_S,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)

    *counters, gone, last = shown.rstrip().split("\r")
    assert any(one.startswith("Reading the federated credentials of identities: 4 of 5, about ") for one in counters)
    assert gone.isspace()
    assert last.startswith("Wrote taken.json: ")


def test_text_from_azure_is_shown_escaped_and_written_as_it_is(uami: Uami, folder: Path) -> None:
    hostile = "a\x1b[2J\x7f\x9b1m\n\u202eü\U0001f511"
    write_state(folder / "s.json", {"rg-a": {"id-one": {"note": hostile}}})

    shown = uami(*SNAPSHOT, "--sandbox", "s.json")
    uami(*SNAPSHOT, "--sandbox", "s.json", "-o", "taken.json")

    assert shown.code == 0
    assert {char for char in shown.stdout if not " " <= char <= "~"} == {"\n"}
    assert shown.document == json.loads((folder / "taken.json").read_text(encoding="utf-8"))
    assert shown.document["identities"][0]["tags"] == {"note": hostile}
