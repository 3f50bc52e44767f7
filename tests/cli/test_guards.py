"""What lifts a guard, what was said to lift one and did not, and many deletes: as the command's caller meets them."""

import hashlib
import json
import signal
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.conftest import Serve
from tests.cli.inputs import add_to_state, identity_names, identity_scope, write_manifest, write_state

TOKEN = {"UAMI_ACCESS_TOKEN": "x"}
ANY_NUMBER = {"maxDeletes": 1000, "maxDeletePercent": 100}
RUN = ("m.yaml", "--sandbox", "s.json")


def many_deletes(folder: Path, names: Iterable[str], *, trusted: Iterable[str] = ()) -> None:
    """`m.yaml` and `s.json`, whose plan deletes these identities beside `id-kept`, within every limit."""
    write_manifest(folder / "m.yaml", {"rg-a": ["id-kept"], "rg-b": ["id-b"]}, limits=ANY_NUMBER)
    write_state(folder / "s.json", {"rg-a": {"id-kept": {}, **{name: {} for name in names}}, "rg-b": {"id-b": {}}})
    add_to_state(folder / "s.json", federatedIdentityCredentials=[_credential(name, "main") for name in trusted])


def _credential(identity: str, name: str) -> dict[str, object]:
    return {
        "id": f"{identity_scope('rg-a', identity)}/federatedIdentityCredentials/{name}",
        "properties": {"issuer": "https://i.example", "subject": name, "audiences": ["api://AzureADTokenExchange"]},
    }


def many_revokes(folder: Path) -> None:
    """`m.yaml` and `s.json`, whose plan takes three credentials from an identity that stays; two may be."""
    entry = {"name": "id-kept", "federatedCredentials": []}
    write_manifest(folder / "m.yaml", {"rg-a": [entry]}, limits={"maxRevokes": 2})
    write_state(folder / "s.json", {"rg-a": {"id-kept": {}}})
    add_to_state(folder / "s.json", federatedIdentityCredentials=[_credential("id-kept", f"c-{n}") for n in range(3)])


def reviewed(folder: Path) -> tuple[str, str]:
    """The flag by which an undo need not ask."""
    return "--digest", hashlib.sha256((folder / "run.jsonl").read_bytes()).hexdigest()


def test_sixty_deletes_are_planned_and_applied_in_one_run(uami: Uami, folder: Path) -> None:
    many_deletes(folder, [f"id-{number:02}" for number in range(60)])

    ended = uami("apply", *RUN, "-y", "--no-verify")

    assert (ended.code, ended.stdout.splitlines()[-1]) == (
        0,
        "Apply complete! Resources: 0 added, 0 changed, 60 destroyed.",
    )
    assert identity_names(folder / "s.json") == ["id-kept", "id-b"]


def test_guards_are_counted_and_not_the_places_that_they_refuse(uami: Uami, folder: Path) -> None:
    names = [f"id-{number}" for number in range(5)]
    many_deletes(folder, names, trusted=names)
    document = json.loads((folder / "m.yaml").read_text())
    (folder / "m.yaml").write_text(json.dumps({**document, "limits": {}}))

    ended = uami("apply", *RUN, "-y")

    assert ended.stdout.count(" ! trusted  ") == 1
    assert "         rg-a: id-0, id-1, id-2, id-3, id-4\n" in ended.stdout
    assert ended.stdout.endswith("\nRefused: 5 changes by 2 guards.\nPlan: 0 to add, 0 to change, 0 to destroy.\n")
    assert ended.stderr == (
        "Error: The plan is refused by 2 guards; nothing was changed.\n"
        "Hint: Each refusal above says what to do about it.\n"
    )
    assert ended.code == 3


def test_allowance_for_a_group_lifts_a_guard_for_all_in_it(uami: Uami, folder: Path) -> None:
    many_deletes(folder, ["id-one", "id-two"], trusted=["id-one", "id-two"])

    refused, planned = uami("plan", *RUN), uami("plan", *RUN, "--allow", "trusted=RG-A")

    assert (refused.code, planned.code, planned.stderr) == (3, 0, "")
    assert planned.stdout.endswith("Plan: 0 to add, 0 to change, 2 to destroy.\n")


@pytest.mark.parametrize(
    ("allow", "message"),
    [
        ("in-use=rg-typo/id-one", "it names no resource group of this run\nHint: Groups: rg-a, rg-b.\n"),
        ("used=rg-a", "no guard is called used\nHint: Guards: foreign-owner, "),
        ("self=rg-a", "self is lifted at one address, and this is a resource group\n"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_allowance_that_cannot_be_meant_is_wrong_usage(
    uami: Uami, folder: Path, command: str, allow: str, message: str
) -> None:
    many_deletes(folder, ["id-one"])

    ended = uami(command, *RUN, "--allow", allow)

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith(f"Error: --allow {allow}: {message}")


UNUSED = "Note: --allow in-use=rg-a/id-gone lifted nothing: this guard refuses nothing at that address.\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_allowance_that_lifted_nothing_is_noted_on_stderr_alone(uami: Uami, folder: Path, form: str) -> None:
    many_deletes(folder, ["id-one"], trusted=["id-one"])
    flags = ("--allow", "trusted=rg-a/id-one", "--format", form)

    without, ended = (uami("plan", *RUN, *flags, *more) for more in ((), ("--allow", "in-use=rg-a/id-gone")))

    assert (ended.code, ended.stdout, ended.stderr) == (without.code, without.stdout, without.stderr + UNUSED)


def test_allowance_that_lifted_nothing_is_noted_by_apply_and_undo(uami: Uami, folder: Path) -> None:
    many_deletes(folder, ["id-one"])
    flags = ("--sandbox", "s.json", "--allow", "in-use=rg-a/id-gone", "-y")

    applied = uami("apply", "m.yaml", *flags, "--journal", "run.jsonl")
    undone = uami("undo", "run.jsonl", *flags, *reviewed(folder))
    elsewhere = uami("undo", "run.jsonl", "--sandbox", "s.json", "--allow", "in-use=rg-c")

    assert (applied.code, undone.code) == (0, 0)
    assert [one.stderr.count(UNUSED) for one in (applied, undone)] == [1, 1]
    assert elsewhere.code == 64
    assert "Error: --allow in-use=rg-c: it names no resource group of this run\n" in elsewhere.stderr


def test_saved_plan_is_applied_with_the_allowances_that_it_needed(uami: Uami, folder: Path) -> None:
    many_deletes(folder, ["id-one"], trusted=["id-one"])
    allow = ("--allow", "trusted=rg-a/id-one", "--allow", "in-use=rg-a/id-gone")

    planned = uami("plan", *RUN, *allow, "-o", "plan.json")
    (command,) = [line for line in planned.stderr.splitlines() if line.startswith("  uami apply plan.json")]
    elsewhere = uami("apply", "plan.json", "--sandbox", "s.json", "--allow", "trusted=rg-c")
    applied = uami("apply", "plan.json", "--sandbox", "s.json", *allow, "-y")

    assert command.endswith(" --sandbox s.json --allow trusted=rg-a/id-one")
    assert (elsewhere.code, applied.code) == (64, 0)
    assert UNUSED in applied.stderr


def test_more_revokes_than_the_limit_are_refused_and_let_through_by_its_flag(uami: Uami, folder: Path) -> None:
    many_revokes(folder)

    refused = uami("plan", *RUN)
    applied = uami("apply", *RUN, "-y", "--max-revokes", "3")

    assert (refused.code, applied.code) == (3, 0)
    assert (
        " ! revoke-limit  this run: 3 federated credentials would be deleted in this run\n"
        "       while their identities stay, over the limit of 2\n"
        "     Check that the manifest is whole. If it is: --max-revokes 3, or\n"
        "     limits.maxRevokes.\n"
    ) in refused.stdout
    assert applied.stdout.endswith("Apply complete! Resources: 0 added, 0 changed, 3 destroyed.\n")


def test_undo_has_the_usual_limit_of_revokes_and_its_flag(uami: Uami, folder: Path) -> None:
    trust = {"issuer": "https://i.example", "audience": "api://AzureADTokenExchange"}
    entries = [
        {
            "name": name,
            "federatedCredentials": [{"name": f"c-{n}", "subject": f"{name}-{n}", **trust} for n in range(11)],
        }
        for name in ("id-one", "id-two")
    ]
    write_manifest(folder / "m.yaml", {"rg-a": entries})
    write_state(folder / "s.json", {"rg-a": {"id-one": {}, "id-two": {}}})
    applied = uami("apply", *RUN, "-y", "--journal", "run.jsonl")

    undo = ("undo", "run.jsonl", "--sandbox", "s.json", "-y", *reviewed(folder))
    refused = uami(*undo)
    undone = uami(*undo, "--max-revokes", "22")

    assert (applied.code, refused.code, undone.code) == (0, 3, 0)
    said = " ".join(refused.stdout.split())
    assert "22 federated credentials would be deleted in this run while their identities stay" in said
    assert undone.stdout.endswith("Apply complete! Resources: 0 added, 0 changed, 22 destroyed.\n")


@pytest.mark.parametrize("value", ["-1", "many", "10%", "1.5"])
def test_limit_of_revokes_that_is_no_count_is_wrong_usage(uami: Uami, folder: Path, value: str) -> None:
    many_revokes(folder)

    ended = uami("plan", *RUN, f"--max-revokes={value}")

    assert (ended.code, ended.stdout) == (64, "")
    assert "--max-revokes" in ended.stderr


def test_ctrl_c_ends_the_check_of_many_deletes_at_once(uami: Uami, folder: Path, serve: Serve) -> None:
    many_deletes(folder, [f"id-{number:02}" for number in range(60)])
    arm = serve("s.json")

    with uami.started("plan", "m.yaml", *arm.flags, "--log-level", "debug", environment=TOKEN) as run:
        run.wait_for("/listAssociatedResources 200 ")
        run.signal(signal.SIGINT)
        ended = run.end()

    assert (ended.code, ended.stdout) == (130, "")
    assert "Error: Interrupted; nothing was changed.\n" in ended.stderr
    # One a second is asked: most of the minute that all would take was not waited for.
    assert sum(1 for kind, _ in arm.requests if kind == "QUERY") < 60


def test_check_of_many_deletes_is_bounded_by_the_time_of_the_run(uami: Uami, folder: Path, serve: Serve) -> None:
    many_deletes(folder, [f"id-{number:02}" for number in range(60)])
    arm = serve("s.json", "--rates", "azure")

    ended = uami("plan", "m.yaml", *arm.flags, "--timeout", "3s", environment=TOKEN)

    assert (ended.code, ended.stdout) == (1, "")
    assert "not asked: the time of the run (3s) is over\n" in ended.stderr
    assert "Hint: Run again with a longer --timeout, or look at less at once with --target.\n" in ended.stderr


@pytest.mark.parametrize(("bound", "code"), [("limits", "revoke-limit"), ("guardrails", "guardrail")])
def test_credential_that_needs_a_refused_one_is_skipped_with_it_and_nothing_fails(
    uami: Uami, folder: Path, bound: str, code: str
) -> None:
    trust = {"issuer": "https://i.example", "subject": "c-0", "audience": "api://AzureADTokenExchange"}
    entry = {"name": "id-kept", "federatedCredentials": [{"name": "renamed", **trust}]}
    write_manifest(folder / "m.yaml", {"rg-a": [entry]}, limits={"maxRevokes": 0 if bound == "limits" else 9})
    write_state(folder / "s.json", {"rg-a": {"id-kept": {}}})
    add_to_state(folder / "s.json", federatedIdentityCredentials=[_credential("id-kept", "c-0")])
    (folder.parent / "rails.yaml").write_text("version: 1\nrevokes: {maxPerRun: 0}\n")
    flags = () if bound == "limits" else ("--guardrails", "../rails.yaml")

    ended = uami("apply", *RUN, "-y", "--skip-refused", *flags)

    assert ended.code == 3
    assert f" ! {code}  this run: " in ended.stdout
    held = "; held back with it: rg-a/id-kept/federatedCredentials/renamed (needs the issuer and subject of c-0)"
    assert held in " ".join(ended.stdout.split())
    assert "Refused: 2 changes by 1 guard.\n" in ended.stdout
    assert "Failed" not in ended.stdout
