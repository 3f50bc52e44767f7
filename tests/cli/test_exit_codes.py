"""What the command tells the one that called it: every exit code of a run that is left alone, with what is said."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import MODULE, Uami
from tests.cli.conftest import Serve
from tests.cli.inputs import grant, group_scope, identity_names, write_manifest, write_state

NOT_SENT = "neither AzureCloud's own nor on this machine; no token of yours is sent there"
DISALLOWED = (
    'faults: [{method: PUT, path: "*/id-two", answer: {status: 403, body: {error: {code: RequestDisallowedByPolicy,'
    " message: Not here.}}}}]"
)
"""A refusal that no list of rights foretells."""
QUICKSTART = ("identities.yaml", "--sandbox", "sandbox.json")


def test_plan_with_changes_exits_0(uami: Uami, quickstart: Path) -> None:
    assert uami("plan", *QUICKSTART).code == 0


def test_plan_with_changes_exits_2_when_asked_for_detail(uami: Uami, quickstart: Path) -> None:
    assert uami("plan", *QUICKSTART, "--detailed-exitcode").code == 2


def test_plan_without_changes_exits_0_when_asked_for_detail(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]})
    write_state(folder / "s.json", {"rg-a": {"id-one": {}}})

    assert uami("plan", "m.yaml", "--sandbox", "s.json", "--detailed-exitcode").code == 0


def test_drift_exits_2_where_something_differs_and_0_where_nothing_does(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]})
    write_state(folder / "equal.json", {"rg-a": {"id-one": {}}})
    write_state(folder / "other.json", {"rg-a": {}})

    codes = [uami("drift", "m.yaml", "--sandbox", state).code for state in ("equal.json", "other.json")]

    assert codes == [0, 2]


HELD = {"name": "id-one", "tags": {"env": "prod"}, "hold": "incident 4711"}


def test_what_is_held_is_drift_and_no_change_that_apply_would_make(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [HELD]})
    state = write_state(folder / "s.json", {"rg-a": {"id-one": {}}})
    before = state.read_bytes()
    where = ("m.yaml", "--sandbox", "s.json")

    plan, apply, drift = (
        uami(*command, *where) for command in (("plan", "--detailed-exitcode"), ("apply",), ("drift",))
    )

    assert (plan.code, apply.code, drift.code) == (0, 0, 2)
    assert plan.stdout == apply.stdout
    assert plan.stdout.endswith("\nPlan: 0 to add, 0 to change, 0 to destroy.\n")
    assert drift.stdout.endswith("\nDrift: 0 missing, 0 unexpected, 1 changed.\n")
    assert state.read_bytes() == before


@pytest.mark.parametrize(("after", "left"), [("9999-12-31", ["id-one", "id-old"]), ("2000-01-01", ["id-one"])])
def test_removal_waits_for_its_day_by_the_clock_of_the_machine(
    uami: Uami, folder: Path, after: str, left: list[str]
) -> None:
    manifest = write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]})
    document = json.loads(manifest.read_text())
    document["resourceGroups"]["rg-a"]["remove"] = [{"name": "id-old", "after": after}]
    manifest.write_text(json.dumps(document))
    state = write_state(folder / "s.json", {"rg-a": {"id-one": {}, "id-old": {}}})

    planned = uami("plan", "m.yaml", "--sandbox", "s.json", "--detailed-exitcode", "-o", "plan.json")
    shown = uami("show", "plan.json")
    applied = uami("apply", "plan.json", "--sandbox", "s.json", "-y")

    due = "id-old" not in left
    assert (planned.code, applied.code) == (2 if due else 0, 0)
    assert (f"rg-a/id-old  would be destroyed; held back until {after}" in shown.stdout) is not due
    assert identity_names(state) == left


def test_apply_without_a_terminal_shows_the_plan_changes_nothing_and_exits_1(uami: Uami, quickstart: Path) -> None:
    before = (quickstart / "sandbox.json").read_bytes()

    ended = uami("apply", *QUICKSTART)

    assert ended.code == 1
    assert ended.stdout == uami("plan", *QUICKSTART).stdout
    assert ended.stderr == (
        "Error: There is no terminal to ask for confirmation on; nothing was changed.\nHint: Add --auto-approve.\n"
    )
    assert (quickstart / "sandbox.json").read_bytes() == before


@pytest.mark.parametrize("command", [("plan",), ("plan", "--detailed-exitcode"), ("apply", "-y")])
def test_refused_plan_is_shown_changes_nothing_and_exits_3(uami: Uami, folder: Path, command: tuple[str, ...]) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [], "rg-b": ["id-new"]})
    state = write_state(folder / "s.json", {"rg-a": {"id-one": {}}, "rg-b": {}})
    before = state.read_bytes()

    ended = uami(*command, "m.yaml", "--sandbox", "s.json")

    assert ended.code == 3
    assert " ! delete-limit  rg-a: the group would lose every live identity it has (1 of 1)\n" in ended.stdout
    assert "--max-deletes 100%" in ended.stdout
    assert "     delete rg-a/id-one  m.yaml:1\n" in ended.stdout
    assert ended.stdout.endswith("Plan: 1 to add, 0 to change, 0 to destroy.\n")
    assert state.read_bytes() == before


@pytest.mark.parametrize("arguments", [("-",), ("identities.yaml", "--format", "json")])
def test_apply_without_a_terminal_names_the_flag_and_exits_1(
    uami: Uami, quickstart: Path, arguments: tuple[str, ...]
) -> None:
    ended = uami("apply", *arguments, "--sandbox", "sandbox.json")

    assert ended.code == 1
    assert "--auto-approve" in ended.stderr + ended.stdout


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "2>/dev/full"])
def test_apply_with_a_stream_that_cannot_be_used_does_its_work(uami: Uami, quickstart: Path, closed: str) -> None:
    command = f"{sys.executable} -m reconciler apply identities.yaml --sandbox sandbox.json -y {closed}"

    completed = subprocess.run(["sh", "-c", command], cwd=quickstart, capture_output=True, text=True, check=False)

    planned = uami("plan", "identities.yaml", "--sandbox", "sandbox.json")
    assert completed.returncode == 0
    assert "Traceback" not in completed.stderr
    assert "No changes. Live identities match the manifest." in planned.stdout


def test_report_that_cannot_be_written_is_an_error_without_a_traceback(quickstart: Path) -> None:
    command = f"{sys.executable} -m reconciler validate identities.yaml >/dev/full"

    completed = subprocess.run(["sh", "-c", command], cwd=quickstart, capture_output=True, text=True, check=False)

    assert completed.returncode == 1
    assert completed.stderr.startswith("Error: The report could not be written: No space left on device.\n")


def test_apply_that_skips_what_is_refused_does_the_rest_and_exits_3(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [], "rg-b": ["id-new"]})
    state = write_state(folder / "s.json", {"rg-a": {"id-one": {}}, "rg-b": {}})

    ended = uami("apply", "m.yaml", "--sandbox", "s.json", "-y", "--skip-refused")

    assert ended.code == 3
    assert ended.stdout.endswith("Applied what no guard refuses. Resources: 1 added, 0 changed, 0 destroyed.\n")
    assert identity_names(state) == ["id-one", "id-new"]


def test_change_that_fails_leaves_the_others_applied_and_exits_5(uami: Uami, folder: Path, serve: Serve) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"], "rg-b": ["id-two"]})
    write_state(folder / "s.json", {"rg-a": {}, "rg-b": {}})
    (folder / "faults.yaml").write_text(DISALLOWED)
    arm = serve("s.json", "--faults", str(folder / "faults.yaml"))

    ended = uami("apply", "m.yaml", *arm.flags, "-y", environment={"UAMI_ACCESS_TOKEN": "x"})

    assert ended.code == 5
    assert "Failed:\n  create rg-b/id-two: creating\n" in ended.stdout
    assert "403 RequestDisallowedByPolicy (Not here.)" in ended.stdout
    again = f"uami apply m.yaml --endpoint {arm.url} --credential token --auto-approve"
    assert ended.stdout.endswith(
        f"To continue: {again}\nApply incomplete: 1 added, 0 changed, 0 destroyed, 1 failed, 0 not tried.\n"
    )
    assert sorted(arm.identities) == ["rg-a/id-one"]


def test_wait_for_a_new_principal_is_told_and_no_failure(uami: Uami, folder: Path, serve: Serve) -> None:
    roles = [{"role": "Reader", "scope": group_scope("rg-a")}]
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "roleAssignments": roles}]})
    write_state(folder / "s.json", {"rg-a": {}})
    (folder / "faults.yaml").write_text(
        'faults: [{method: PUT, path: "*/roleAssignments/*", times: 1,'
        " answer: {status: 400, body: {error: {code: PrincipalNotFound, message: Not yet.}}}}]"
    )
    arm = serve("s.json", "--faults", str(folder / "faults.yaml"))

    ended = uami("apply", "m.yaml", *arm.flags, "-y", environment={"UAMI_ACCESS_TOKEN": "x"})

    told = "Azure is not ready yet (400 PrincipalNotFound); trying for 7 minutes at most...\n"
    assert (ended.code, told in ended.stderr) == (0, True)


def test_apply_that_lacks_a_right_writes_nothing_and_exits_77(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"], "rg-b": ["id-two"]})
    grants = [grant("/", "*/read"), grant(group_scope("rg-a"), "*")]
    state = write_state(folder / "s.json", {"rg-a": {}, "rg-b": {}}, grants)

    ended = uami("apply", "m.yaml", "--sandbox", "s.json", "-y")

    assert (ended.code, ended.stdout) == (77, uami("plan", "m.yaml", "--sandbox", "s.json").stdout)
    assert ended.stderr.startswith(
        "Error: The run would fail half-way, so it was not started: 1 right is missing.\n"
        "  Microsoft.ManagedIdentity/userAssignedIdentities/write at "
        f"{group_scope('rg-b')} (the role Managed Identity Contributor has it)\n"
        "Hint: Ask an administrator to run:\n"
        "  az role assignment create --role 'Managed Identity Contributor'"
    )
    assert identity_names(state) == []


def test_writer_who_was_faster_makes_the_change_stale_and_exits_5(uami: Uami, folder: Path, serve: Serve) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one", "id-two"]})
    write_state(folder / "s.json", {"rg-a": {}})
    arm = serve("s.json")
    token = {"UAMI_ACCESS_TOKEN": "x"}

    with uami.at_terminal("apply", "m.yaml", *arm.flags, environment=token) as run:
        run.wait_for("Answer: ")
        arm.put_identity("rg-a", "id-one")
        run.type("yes\n")
        ended = run.end()

    assert ended.code == 5
    assert (
        "Not applied, because the live side has changed since the plan:\n"
        "  create rg-a/id-one: an identity of this name has appeared since the plan was\n"
        "      made\n"
    ) in ended.stdout
    assert "Apply incomplete: 1 added, 0 changed, 0 destroyed, 0 failed, 1 stale, 0 not tried.\n" in ended.stdout
    assert list(arm.identities) == ["rg-a/id-one", "rg-a/id-two"]


def test_command_without_arguments_shows_its_help_on_stderr_and_exits_64(uami: Uami) -> None:
    ended = uami()

    assert (ended.code, ended.stdout) == (64, "")
    assert "Usage: uami" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("plan", *QUICKSTART, "--force"), "No such option: --force"),
        (("plan", *QUICKSTART, "-out=p.json"), "-out: this flag has two dashes\nHint: Write --out."),
        (("plan", "-help"), "-help: this flag has two dashes"),
        (("apply", *QUICKSTART, "-target", "rg-data-prod"), "-target: this flag has two dashes"),
        (("plan",), "Missing argument 'PATH...'."),
        (("destroy", "identities.yaml"), "No such command 'destroy'."),
        (("plan", *QUICKSTART, "--parallelism", "0"), "--parallelism must be a whole number, from 1 to 100"),
        (
            ("plan", *QUICKSTART, "--format", "xml"),
            "--format must be text, json, html, markdown, github, azure-devops, sarif or gitlab, not 'xml'.",
        ),
        (("plan", *QUICKSTART, "--target", "rg-nowhere"), "the manifest has no resource group 'rg-nowhere'"),
        (("plan", *QUICKSTART, "--target", "rg-data-prod/id-x"), "neither the manifest nor the resource group has"),
        (("plan", *QUICKSTART, "--target", "a//b"), "--target a//b: not an address"),
        (("plan", *QUICKSTART, "--subscription", "nowhere"), "no resource group in that subscription"),
        (("plan", *QUICKSTART, "--endpoint", "http://127.0.0.1:1"), "--sandbox and --endpoint name two places"),
        (("plan", *QUICKSTART, "--allow", "everything"), "--allow everything: not an allowance"),
        (("plan", *QUICKSTART, "--allow", "magic=rg/id"), "no guard is called magic"),
        (("plan", *QUICKSTART, "--allow", "delete-limit=rg"), "delete-limit is not lifted by --allow"),
        (("plan", *QUICKSTART, "--max-deletes", "many"), "--max-deletes many: not a limit"),
        (("plan", *QUICKSTART, "--api-version", "latest"), "--api-version latest: not an api-version"),
        (("plan", *QUICKSTART, "--var", "novalue"), "--var novalue: not NAME=VALUE"),
        (("plan", *QUICKSTART, "--var", "A=1", "--var", "A=2"), "--var A is given two values"),
        (("plan", "identities.yaml", "--endpoint", "http://arm.example.org"), "Plain http to arm.example.org"),
        (("plan", "identities.yaml", "--endpoint", "https://arm.example.org", "--credential", "cli"), NOT_SENT),
        (("sandbox", "serve", "--subscription", "me"), "--subscription must be a GUID, not 'me'."),
    ],
)
def test_wrong_usage_names_what_is_wrong_and_exits_64(
    uami: Uami, quickstart: Path, arguments: tuple[str, ...], told: str
) -> None:
    ended = uami(*arguments)

    assert (ended.code, ended.stdout) == (64, "")
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_invalid_manifest_is_told_with_its_place_and_exits_65(uami: Uami, folder: Path) -> None:
    (folder / "m.yaml").write_text("version: 1\nsubscripton: s\nresourceGroups: {}\n")
    write_state(folder / "s.json", {})

    ended = uami("plan", "m.yaml", "--sandbox", "s.json")

    assert (ended.code, ended.stdout) == (65, "")
    assert "m.yaml:2:1: error: " in ended.stderr
    assert "    subscripton: s\n    ^\n" in ended.stderr


def test_sandbox_file_that_is_missing_exits_65(uami: Uami, quickstart: Path) -> None:
    ended = uami("apply", "identities.yaml", "--sandbox", "s.json", "-y")

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr == (
        "Error: s.json: no such file.\nHint: Check the path, and the folder in which the command runs.\n"
    )


@pytest.mark.parametrize("damage", ["{", '{"version": 1, "unknown": 2}'], ids=["cut off", "unknown"])
def test_sandbox_file_that_cannot_be_used_exits_65(uami: Uami, quickstart: Path, damage: str) -> None:
    (quickstart / "s.json").write_text(damage)

    ended = uami("apply", "identities.yaml", "--sandbox", "s.json", "-y")

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr.startswith("Error: s.json: ")
    assert ended.stderr.endswith("`uami sandbox snapshot` takes one from Azure.\n")


def test_list_that_the_caller_may_not_read_is_an_error_and_exits_77(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"], "rg-b": ["id-two"]})
    write_state(folder / "s.json", {"rg-a": {}, "rg-b": {}}, [grant(group_scope("rg-a"), "*")])

    ended = uami("plan", "m.yaml", "--sandbox", "s.json")

    assert (ended.code, ended.stdout) == (77, "")
    assert ended.stderr.startswith(f"Error: reading the identities of {group_scope('rg-b')}: not allowed (")
    assert f"az role assignment create --role Reader --scope {group_scope('rg-b')}" in ended.stderr


def test_command_run_as_a_module_is_the_same_command(uami: Uami, quickstart: Path) -> None:
    script, module = uami("drift", *QUICKSTART), uami("drift", *QUICKSTART, form=MODULE)

    assert module == script
    assert module.code == 2


APPLIER = "0b2c0000-0000-4000-8000-000000000000"
"""The principal id of the first identity of a group; see `write_state`."""

APPLIER_CLIENT = "c11e0000-0000-4000-8000-000000000000"
"""Its client id."""


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ((), 0),
        (("--applier", APPLIER), 3),
        (("--applier", APPLIER_CLIENT), 3),
        (("--applier", f"{APPLIER[:-1]}9"), 0),
    ],
)
def test_plan_is_judged_for_who_will_apply_it(uami: Uami, folder: Path, flags: tuple[str, ...], code: int) -> None:
    trust = {"name": "main", "issuer": "https://issuer.example", "subject": "s"}
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "federatedCredentials": [trust]}]})
    write_state(folder / "s.json", {"rg-a": {"id-one": {}}})

    ended = uami("plan", "m.yaml", "--sandbox", "s.json", "-o", "p.json", *flags)

    assert ended.code == code, ended.stderr
    assert (" ! self  credential main of rg-a/id-one: " in ended.stdout) is (code == 3)
    assert "--applier" not in ended.stderr


def test_applier_is_named_by_its_principal_id(uami: Uami, quickstart: Path) -> None:
    ended = uami("plan", *QUICKSTART, "--applier", "id-deploy")

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr == (
        "Error: --applier id-deploy: not the id of a principal\n"
        "Hint: `az identity show --query principalId` prints it.\n"
    )
