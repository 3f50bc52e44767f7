"""Files as the command meets them: none is lost, none is read from elsewhere, none is found unwritable too late."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.command import SCRIPT, Uami
from tests.cli.documents import ERROR_DOCUMENT, problems
from tests.cli.inputs import write_manifest, write_state

SANDBOX = ("--sandbox", "sandbox.json")
PLAN = ("plan", "identities.yaml", *SANDBOX)
APPLY = ("apply", "identities.yaml", *SANDBOX)
SECRET = "s3cr3t-of-the-runner"


def _no_room(blocks: int) -> Sequence[str]:
    """The command where no file can have more than so many blocks of 512 bytes, as on a full disk."""
    return ("/bin/sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh", *SCRIPT)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("out", ["identities.yaml", "./identities.yaml", "sandbox.json", "notes", "hard", "link"])
def test_plan_is_saved_over_nothing_but_a_plan(uami: Uami, quickstart: Path, out: str) -> None:
    (quickstart / "notes").write_text("precious")
    (quickstart / "hard").hardlink_to(quickstart / "sandbox.json")
    (quickstart / "link").symlink_to("identities.yaml")
    before = _contents(quickstart)

    ended = uami(*PLAN, "-o", out)

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith(f"Error: -o {out.removeprefix('./')}: ")
    assert _contents(quickstart) == before


@pytest.mark.parametrize(
    "arguments",
    [
        (*PLAN, "-o", "typo/x.json"),
        (*APPLY, "-y", "--journal", "typo/x.jsonl"),
        ("sandbox", "snapshot", "--subscription", "0" * 8 + "-0000-0000-0000-" + "0" * 12, *SANDBOX, "-o", "typo/x"),
        ("sandbox", "serve", "--state", "typo/x.json"),
    ],
    ids=["plan", "journal", "snapshot", "serve"],
)
def test_missing_folder_is_wrong_usage_and_never_made(uami: Uami, quickstart: Path, arguments: tuple[str, ...]) -> None:
    before = _contents(quickstart)

    ended = uami(*arguments)

    assert (ended.code, ended.stdout) == (64, "")
    assert "there is no directory typo\n" in ended.stderr
    assert (_contents(quickstart), (quickstart / "typo").exists()) == (before, False)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("-", "--journal needs a file name\nHint: For a file of this name: --journal ./-."),
        (".", "this is a directory\nHint: Name a file."),
        ("/dev/full", "this is not a regular file\nHint: Name a file."),
        (
            "identities.yaml",
            "the file is there already, and no journal is written over\nHint: Name a new file; if it is",
        ),
    ],
)
def test_journal_is_refused_where_there_can_be_none(uami: Uami, quickstart: Path, place: str, message: str) -> None:
    before = _contents(quickstart)

    ended = uami(*APPLY, "-y", "--journal", place)

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith(f"Error: --journal {place}: {message}")
    assert _contents(quickstart) == before


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ((*PLAN, "-o"), 64),
        ((*APPLY, "--journal"), 64),
        ((*PLAN[:2], "--sandbox"), 65),
        ((*PLAN, "--guardrails"), 65),
        (("validate", "identities.yaml"), 65),
        (("plan", *SANDBOX), 65),
        (("apply", *SANDBOX), 65),
        (("drift", *SANDBOX), 65),
        (("doctor", *SANDBOX), 65),
        (("undo", *SANDBOX), 65),
        (("show",), 65),
        (("sandbox", "serve", "--state"), 64),
        (("sandbox", "serve", "--faults"), 65),
    ],
    ids=str,
)
def test_name_that_is_too_long_is_told_without_a_traceback(
    uami: Uami, quickstart: Path, command: tuple[str, ...], code: int
) -> None:
    ended = uami(*command, "a" * 300)

    assert (ended.code, ended.stdout) == (code, "")
    assert "File name too long" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_plan_that_cannot_be_saved_is_an_error_instead_of_a_report(uami: Uami, quickstart: Path) -> None:
    ended = uami(*PLAN, "--format", "json", "-o", "p.json", form=_no_room(1))

    assert problems(ended.document, ERROR_DOCUMENT) == []
    assert (ended.code, ended.document["error"]["code"]) == (1, "output-unwritable")
    assert ended.document["error"]["hint"] == "Make room on that disk, and run the same command again."
    assert sorted(_contents(quickstart)) == ["identities.yaml", "sandbox.json"]


def test_journal_without_room_is_told_before_the_question(uami: Uami, quickstart: Path) -> None:
    before = _contents(quickstart)

    ended = uami(*APPLY, "-y", form=_no_room(1))

    assert (ended.code, ended.stdout) == (1, "")
    assert "cannot be started: File too large; nothing was changed.\nHint: Make room on that disk" in ended.stderr
    assert _contents(quickstart) == before


def test_folder_of_journals_that_cannot_be_made_is_told_before_the_question(
    uami: Uami, quickstart: Path, environment: dict[str, str]
) -> None:
    Path(environment["HOME"], ".local").write_text("in the way")

    with uami.at_terminal(*APPLY) as run:
        ended = run.end()

    assert (ended.code, ended.stdout) == (1, "")
    assert "Only 'yes'" not in ended.stderr
    assert "Hint: Name a file elsewhere with --journal FILE, and run the same command again.\n" in ended.stderr


def test_journal_is_not_asked_for_where_nothing_is_to_be_done(
    uami: Uami, quickstart: Path, environment: dict[str, str]
) -> None:
    assert uami(*APPLY, "-y").code == 0
    (Path(environment["HOME"]) / ".local").rename(Path(environment["HOME"]) / "elsewhere")
    Path(environment["HOME"], ".local").write_text("in the way")

    ended = uami(*APPLY, "-y")

    assert ended.code == 0
    assert "No changes." in ended.stdout


def test_answer_of_no_leaves_no_journal_behind(uami: Uami, quickstart: Path) -> None:
    with uami.at_terminal(*APPLY, "--journal", "run.jsonl") as run:
        run.wait_for("Answer: ")
        run.type("no\n")
        ended = run.end()

    assert ended.code == 1
    assert sorted(_contents(quickstart)) == ["identities.yaml", "sandbox.json"]


def test_sandbox_that_cannot_be_saved_says_what_is_lost(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-new"]}, owner="us")
    state = write_state(folder / "s.json", {"rg-a": {}, "rg-b": {f"id-{number}": {} for number in range(1000)}})
    before = state.read_bytes()

    ended = uami("apply", "m.yaml", "--sandbox", "s.json", "-y", "--format", "json", form=_no_room(64))

    assert (ended.code, ended.document["error"]["code"]) == (1, "output-unwritable")
    assert "what the run changed in the sandbox is lost" in ended.document["error"]["message"]
    assert ended.document["error"]["hint"] == "Make room on that disk, and run the same command again."
    assert (state.read_bytes(), sorted(_contents(folder))) == (before, ["m.yaml", "s.json"])


def test_state_that_cannot_be_made_is_told_with_what_helps(uami: Uami, folder: Path) -> None:
    ended = uami("sandbox", "serve", "--state", "s.json", form=_no_room(0))

    assert (ended.code, ended.stdout) == (1, "")
    assert ended.stderr == (
        "Error: s.json: cannot be written: File too large; what changed since it was written last is lost.\n"
        "Hint: Make room on that disk, and run the same command again.\n"
    )
    assert _contents(folder) == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "link"),
        ("validate", "tree"),
        ("apply", "link", *SANDBOX, "-y"),
        ("apply", "link", *SANDBOX, "--digest", "0" * 64),
        ("show", "link"),
        ("undo", "link", *SANDBOX),
        ("plan", "identities.yaml", "--sandbox", "link"),
        ("sandbox", "serve", "--state", "link"),
        ("sandbox", "serve", "--faults", "link"),
    ],
    ids=str,
)
def test_link_that_leads_outside_is_refused_unread(uami: Uami, quickstart: Path, arguments: tuple[str, ...]) -> None:
    outside = quickstart.parent / "outside"
    outside.mkdir()
    (outside / "a.yaml").write_text(f"AZURE_CLIENT_SECRET={SECRET}\n")
    (quickstart / "link").symlink_to(outside / "a.yaml")
    (quickstart / "tree").symlink_to(outside)

    ended = uami(*arguments)

    assert (ended.code, ended.stdout) == (65, "")
    assert "this link leads outside the working directory, and is not read" in ended.stderr
    assert SECRET not in ended.stderr


def test_secret_of_the_environment_is_not_printed_from_a_file(uami: Uami, folder: Path) -> None:
    (folder / "m.yaml").write_text(f"version: 1\nowner: {{x: {SECRET}}}\n")
    write_manifest(folder / "good.yaml", {"rg-a": [{"name": "id-a", "tags": {"env": SECRET}}]}, owner="us")
    write_state(folder / "s.json", {"rg-a": {}})
    secret = {"AZURE_CLIENT_SECRET": SECRET}

    text = uami("validate", "m.yaml", environment=secret)
    report = uami("plan", "good.yaml", "--sandbox", "s.json", "--format", "json", environment=secret)

    assert (text.code, report.code) == (65, 0)
    assert "[secret]" in text.stderr
    assert "[secret]" in json.dumps(report.document)
    assert SECRET not in text.stdout + text.stderr + report.stdout + report.stderr


@pytest.mark.parametrize("content", ["{damaged", "{cut"])
@pytest.mark.parametrize("command", ["apply", "show", "plan"])
def test_damaged_plan_is_refused_by_name(uami: Uami, quickstart: Path, command: str, content: str) -> None:
    assert uami(*PLAN, "-o", "plan.json").code == 0
    file = quickstart / "plan.json"
    damaged = file.read_text().replace("format_version", "format_vers1on")
    file.write_text(damaged if content == "{damaged" else damaged[: len(damaged) // 2])

    ended = uami(command, "plan.json", *(() if command == "show" else SANDBOX))

    assert (ended.code, ended.stdout) == (65, "")
    assert "saved plan" in ended.stderr.splitlines()[0]


def test_plan_of_a_newer_version_says_so(uami: Uami, quickstart: Path) -> None:
    (quickstart / "p").write_text('{"format_version": "2.0", "tool_version": "9.1"}')

    ended = uami("apply", "p", *SANDBOX)

    assert ended.code == 65
    assert ended.stderr.startswith(
        "Error: p: this saved plan cannot be used: it was made by a newer version, uami '9.1'"
    )
