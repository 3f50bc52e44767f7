"""`uami undo` as its users meet it: whose word a journal is, where it is undone, and who is asked."""

import hashlib
import re
from pathlib import Path

import pytest

from tests.cli.command import Ended, Uami
from tests.cli.conftest import Serve
from tests.cli.documents import ERROR_DOCUMENT, problems
from tests.cli.inputs import identity_names, write_manifest, write_state

SANDBOX = ("--sandbox", "s.json")
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
    found = re.search(r"^Journal: (.*)\nIts sha256, for `uami undo --digest`: ([0-9a-f]{64})\n", ended.stderr, re.M)
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
