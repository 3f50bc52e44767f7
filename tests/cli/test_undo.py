"""`uami undo` as its users meet it: whose word a journal is, where it is undone, and who is asked."""

import hashlib
import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.command import Ended, Uami
from tests.cli.conftest import Serve
from tests.cli.documents import ERROR_DOCUMENT, problems
from tests.cli.inputs import SUBSCRIPTION, identity_names, write_manifest, write_state

SANDBOX = ("--sandbox", "s.json")
IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
UNDO = ("undo", "run.jsonl", *SANDBOX)
TOKEN = {"UAMI_ACCESS_TOKEN": "x"}
HOW = "which the run printed at its end (`sha256sum run.jsonl` prints this file's)"


@pytest.fixture
def folder_of_a_run(folder: Path) -> Path:
    """`m.yaml` and `s.json`, whose plan creates `id-new` in `rg-a`."""
    write_manifest(folder / "m.yaml", {"rg-a": ["id-there", "id-new"]}, owner="us")
    write_state(folder / "s.json", {"rg-a": {"id-there": {"uami-owner": "us"}}})
    return folder


@pytest.fixture
def applied(uami: Uami, folder_of_a_run: Path) -> Path:
    """The folder after the run, with its journal as `run.jsonl`."""
    ended = uami("apply", "m.yaml", *SANDBOX, "-y", "--journal", "run.jsonl")
    assert ended.code == 0, ended.stderr
    return folder_of_a_run


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _printed(ended: Ended) -> tuple[str, str]:
    """The journal that a run names at its end, and the digest that it gives for it."""
    found = re.search(r"^Journal: (.*)\nTo take it back: uami undo .* --digest ([0-9a-f]{64})\n", ended.stderr, re.M)
    assert found is not None, ended.stderr
    return found[1], found[2]


def test_run_prints_the_digest_of_its_journal_and_undo_takes_it(uami: Uami, folder_of_a_run: Path) -> None:
    ended = uami("apply", "m.yaml", *SANDBOX, "-y", "--format", "json")
    journal, digest = _printed(ended)

    undone = uami("undo", journal, *SANDBOX, "-y", "--digest", digest.upper())

    assert digest == _digest(Path(journal))
    assert (undone.code, identity_names(folder_of_a_run / "s.json")) == (0, ["id-there"])
    assert _printed(undone)[1] == _digest(Path(_printed(undone)[0]))


def test_undo_of_what_is_undone_already_has_nothing_to_take_back(uami: Uami, applied: Path) -> None:
    flags = ("-y", "--digest", _digest(applied / "run.jsonl"))
    undone, again = uami(*UNDO, *flags), uami(*UNDO, *flags)

    assert " - rg-a/id-new  will be destroyed: the run that is undone has made it  m.yaml:" in undone.stdout
    assert (again.code, again.stderr) == (0, "")
    assert again.stdout.endswith("\nNo changes. Nothing of the run is left that could be taken back.\n")
    assert "Tenant" not in again.stdout
    assert [text for text in (undone.stdout, again.stdout) if "manifest" in text or "--target" in text] == []


def test_run_without_a_call_prints_no_digest(uami: Uami, applied: Path) -> None:
    ended = uami("apply", "m.yaml", *SANDBOX, "-y")

    assert (ended.code, ended.stderr) == (0, "")


def test_undo_without_a_question_needs_the_digest(uami: Uami, applied: Path) -> None:
    before = (applied / "s.json").read_bytes()

    ended = uami(*UNDO, "-y")

    assert (ended.code, ended.stdout, (applied / "s.json").read_bytes()) == (64, "", before)
    assert ended.stderr == (
        "Error: --auto-approve needs --digest here: a journal is a file that anybody may have written\n"
        f"Hint: Add --digest with the sha256 of the journal, {HOW}; or leave --auto-approve out, and be asked.\n"
    )


@pytest.mark.parametrize(("digest", "code", "said"), [("0" * 64, 65, "its sha256 is"), ("abc", 64, "not a SHA-256")])
@pytest.mark.parametrize("approval", [("-y",), ()], ids=["-y", "asks"])
def test_undo_of_another_journal_than_was_looked_at_is_refused(
    uami: Uami, applied: Path, digest: str, code: int, said: str, approval: tuple[str, ...]
) -> None:
    before = (applied / "s.json").read_bytes()

    ended = uami(*UNDO, "--digest", digest, *approval)

    assert (ended.code, ended.stdout, (applied / "s.json").read_bytes()) == (code, "", before)
    assert said in ended.stderr


def test_journal_with_one_line_more_is_another_one(uami: Uami, applied: Path) -> None:
    file, digest = applied / "run.jsonl", _digest(applied / "run.jsonl")
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))

    assert uami(*UNDO, "--digest", digest, "-y").code == 65


def test_undo_with_a_digest_alone_still_asks(uami: Uami, applied: Path) -> None:
    digest = _digest(applied / "run.jsonl")

    unattended = uami(*UNDO, "--digest", digest)
    with uami.at_terminal(*UNDO, "--digest", digest) as run:
        run.wait_for("Answer: ")
        run.type("yes\n")
        attended = run.end()

    assert (unattended.code, attended.code) == (1, 0)
    assert unattended.stderr.endswith("Hint: Add --auto-approve.\n")
    assert identity_names(applied / "s.json") == ["id-there"]


def test_undo_in_json_without_a_terminal_names_both_flags(uami: Uami, applied: Path) -> None:
    ended = uami(*UNDO, "--format", "json")

    assert (ended.code, problems(ended.document, ERROR_DOCUMENT)) == (1, [])
    assert ended.document["error"]["hint"].startswith("Add --auto-approve and --digest ")


def test_journal_of_a_sandbox_is_undone_in_no_other(uami: Uami, applied: Path, serve: Serve) -> None:
    (applied / "copy.json").write_bytes((applied / "s.json").read_bytes())
    digest = ("--digest", _digest(applied / "run.jsonl"), "-y")
    arm = serve("s.json")

    other = uami("undo", "run.jsonl", "--sandbox", "copy.json", *digest)
    endpoint = uami("undo", "run.jsonl", *arm.flags, *digest, environment=TOKEN)

    path = applied / "s.json"
    assert (other.code, endpoint.code) == (64, 64)
    assert other.stderr == (
        f"Error: run.jsonl: the run was in the sandbox {path}, and this one is in the sandbox {applied / 'copy.json'}\n"
        "Hint: A run is undone where it was: pass that file as --sandbox.\n"
    )
    assert f"and this one is at the endpoint {arm.url}\n" in endpoint.stderr
    assert arm.requests == []


def test_journal_of_an_endpoint_is_undone_at_no_other_and_under_any_spelling(
    uami: Uami, folder_of_a_run: Path, serve: Serve
) -> None:
    arm = serve("s.json")
    ended = uami("apply", "m.yaml", *arm.flags, "-y", "--journal", "run.jsonl", environment=TOKEN)
    digest = ("--digest", _printed(ended)[1], "-y", "--credential", "token")

    sandbox = uami("undo", "run.jsonl", *SANDBOX, *digest)
    other = uami("undo", "run.jsonl", "--endpoint", "http://127.0.0.1:1", *digest, environment=TOKEN)
    same = uami("undo", "run.jsonl", "--endpoint", f"{arm.url.upper()}/", *digest, environment=TOKEN)

    assert (sandbox.code, other.code, same.code) == (64, 64, 0)
    assert f"the run was at the endpoint {arm.url}, and this one is " in sandbox.stderr
    assert list(arm.identities) == ["rg-a/id-there"]


def test_journal_of_one_tenant_is_not_undone_in_another(uami: Uami, applied: Path) -> None:
    other = "0c0ffee0-0000-4000-8000-000000000000"

    ended = uami(*UNDO, "--tenant", other, "--digest", _digest(applied / "run.jsonl"), "-y")

    assert ended.code == 64
    assert f"and --tenant names {other}\n" in ended.stderr


def test_journal_with_a_line_break_in_its_tenant_is_refused(uami: Uami, applied: Path) -> None:
    file = applied / "run.jsonl"
    file.write_text(file.read_text().replace('"tenant":"', '"tenant":"\\n::error::', 1))

    ended = uami(*UNDO)

    assert (ended.code, ended.stdout) == (65, "")
    assert "\n::error::" not in ended.stderr


def _without_answers(journal: Path) -> None:
    """Make a journal that of a run which was killed when its calls had gone out."""
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"kind":"run"' in line or '"kind":"intent"' in line))


def test_create_that_nobody_answered_stays_and_is_no_success(uami: Uami, applied: Path) -> None:
    _without_answers(applied / "run.jsonl")
    flags = ("-y", "--digest", _digest(applied / "run.jsonl"))

    ended, in_json = uami(*UNDO, *flags), uami(*UNDO, *flags, "--format", "json")

    identity = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a/providers/{IDENTITIES}/id-new"
    advice = f"if it did, delete it: az identity delete --ids {identity}"
    assert (ended.code, identity_names(applied / "s.json")) == (5, ["id-new", "id-there"])
    assert ended.stdout.endswith(
        "Not taken back: rg-a/id-new: no answer says that the run created it\n"
        f"     {advice}\n"
        "\n"
        "Not taken back: 1 part of the run, as said above.\n"
        "Nothing can be taken back by itself.\n"
    )
    assert "Note: m.yaml:1: if rg-a/id-new is to go, take it off the list in Git too, or " in ended.stdout
    assert [word for word in ("manifest", "--target", "several", "uami-") if word in ended.stdout] == []
    assert (in_json.code, problems(in_json.document, "apply:v1")) == (5, [])
    assert in_json.document["plan"]["not_undone"] == [
        {
            "address": f"{SUBSCRIPTION}/rg-a/id-new",
            "part": None,
            "because": "no answer says that the run created it",
            "advice": advice,
        }
    ]


def test_undo_that_takes_back_a_part_says_so_at_its_end_and_exits_5(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one", "id-two"], "rg-b": ["id-three"]}, owner="us")
    write_state(folder / "s.json", {"rg-a": {}, "rg-b": {}})
    assert uami("apply", "m.yaml", *SANDBOX, "-y", "--journal", "run.jsonl").code == 0
    state = json.loads((folder / "s.json").read_text())
    for one in state["identities"]:
        if one["id"].endswith("/id-two"):
            one["tags"] = {"uami-owner": "them"}
    (folder / "s.json").write_text(json.dumps(state))

    ended = uami(*UNDO, "-y", "--digest", _digest(folder / "run.jsonl"), "--max-deletes", "100%")

    assert (ended.code, identity_names(folder / "s.json")) == (5, ["id-two"])
    assert "Not taken back: rg-a/id-two: its owner is now 'them'\n" in ended.stdout
    assert ended.stdout.endswith(
        "\nNot taken back: 1 part of the run, as said above.\n"
        "Apply complete! Resources: 0 added, 0 changed, 2 destroyed.\n"
    )


def test_refusal_of_an_undo_names_the_flag_and_no_manifest(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [f"id-{number:02}" for number in range(11)]}, owner="us")
    write_state(folder / "s.json", {"rg-a": {}})
    assert uami("apply", "m.yaml", *SANDBOX, "-y", "--journal", "run.jsonl").code == 0

    ended = uami(*UNDO, "-y", "--digest", _digest(folder / "run.jsonl"))

    assert ended.code == 3
    said = " ".join(ended.stdout.split())
    assert "Check that this is the run to take back. If it is meant: --max-deletes 11." in said
    assert "manifest" not in ended.stdout


def test_undo_of_an_undo_says_so_and_does_the_run_again(uami: Uami, applied: Path) -> None:
    undone = uami(*UNDO, "-y", "--digest", _digest(applied / "run.jsonl"))
    journal, digest = _printed(undone)

    ended = uami("undo", journal, *SANDBOX, "-y", "--digest", digest)

    assert (ended.code, identity_names(applied / "s.json")) == (0, ["id-new", "id-there"])
    assert "Note: This takes back the undo of " in ended.stdout
    assert "; what that undo took back is done again.\n" in ended.stdout


def test_credential_named_like_one_of_aks_is_kept_with_the_flag_that_takes_it_back(uami: Uami, folder: Path) -> None:
    binding = "rg-a/id-there/federatedCredentials/aks-identity-binding"
    (folder / "m.yaml").write_text(
        f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: us
resourceGroups:
  rg-a:
    identities:
      - name: id-there
        federatedCredentials:
          - {{name: aks-identity-binding, issuer: "https://issuer.example", subject: s}}
"""
    )
    write_state(folder / "s.json", {"rg-a": {"id-there": {"uami-owner": "us"}}})
    assert uami("apply", "m.yaml", *SANDBOX, "-y", "--journal", "run.jsonl").code == 0
    flags = ("-y", "--digest", _digest(folder / "run.jsonl"))

    refused = uami(*UNDO, *flags)
    lifted = uami(*UNDO, *flags, "--allow", f"managed-credential={binding}")

    assert (refused.code, lifted.code) == (3, 0)
    assert (
        "That the journal has the run make it proves nothing: a journal is a file, and AKS may have written it since."
        f" If it is meant: --allow managed-credential={binding}."
    ) in " ".join(refused.stdout.split())


def test_command_that_takes_a_run_back_can_be_pasted(uami: Uami, folder_of_a_run: Path) -> None:
    ended = uami("apply", "m.yaml", *SANDBOX, "-y", "--journal", "my run.jsonl")
    (command,) = re.findall(r"^To take it back: (.*)$", ended.stderr, re.M)

    words = shlex.split(command)
    undone = uami(*words[1:], "-y")

    assert words[:-1] == ["uami", "undo", "my run.jsonl", "--sandbox", "s.json", "--digest"]
    assert (undone.code, identity_names(folder_of_a_run / "s.json")) == (0, ["id-there"])
    assert "\nTo take it back: uami undo " in undone.stderr


def test_last_run_is_shown_and_taken_back_without_its_path(uami: Uami, folder_of_a_run: Path) -> None:
    applied = uami("apply", "m.yaml", *SANDBOX, "-y")
    uami("apply", "m.yaml", *SANDBOX, "-y")  # makes no call
    journal, digest = _printed(applied)
    said = rf"The last journal: {re.escape(journal)} \(apply of \S+\)\n"

    shown = uami("show", "--last")
    without_digest = uami("undo", "--last", *SANDBOX, "-y")
    undone = uami("undo", "--last", *SANDBOX, "-y", "--digest", digest)
    last = uami("show", "--last")

    assert (shown.code, re.fullmatch(said, shown.stderr) is not None) == (0, True)
    assert shown.stdout == uami("show", journal).stdout
    assert (without_digest.code, "--auto-approve needs --digest here" in without_digest.stderr) == (64, True)
    assert (undone.code, re.match(said, undone.stderr) is not None) == (0, True)
    assert identity_names(folder_of_a_run / "s.json") == ["id-there"]
    assert last.stderr.startswith(f"The last journal: {_printed(undone)[0]} (undo of ")


@pytest.mark.parametrize("command", ["undo", "show"])
def test_last_without_any_run_is_an_error_with_a_hint(uami: Uami, folder: Path, command: str) -> None:
    ended = uami(command, "--last")

    assert (ended.code, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Error: No run that made a call has left a journal in ")
    assert "\nHint: Name the journal's file: " in ended.stderr


@pytest.mark.parametrize("command", ["undo", "show"])
@pytest.mark.parametrize(("arguments", "said"), [(("run.jsonl", "--last"), "name two journals"), ((), "Missing arg")])
def test_one_journal_is_named_one_way(
    uami: Uami, folder: Path, command: str, arguments: tuple[str, ...], said: str
) -> None:
    ended = uami(command, *arguments)

    assert (ended.code, ended.stdout) == (64, "")
    assert said in ended.stderr


def test_last_journal_that_is_damaged_is_not_passed_over(uami: Uami, folder_of_a_run: Path) -> None:
    journal, _ = _printed(uami("apply", "m.yaml", *SANDBOX, "-y"))
    newer = Path(journal).with_name(f"9{Path(journal).name[1:]}")
    newer.write_text("{}\n")

    ended = uami("undo", "--last", *SANDBOX)

    assert (ended.code, ended.stdout) == (65, "")
    assert f"{newer}:1: " in ended.stderr
