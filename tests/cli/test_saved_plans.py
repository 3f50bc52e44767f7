"""`plan -o`, `show` and `apply plan.json` as their users meet them: files, modes, exit codes, words."""

import hashlib
import json
import os
import shlex
import stat
from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.documents import ERROR_DOCUMENT, problems
from tests.cli.inputs import identity_names, write_manifest, write_state

SANDBOX = ("--sandbox", "sandbox.json")
PLAN = ("plan", "identities.yaml", *SANDBOX)
APPLY = ("apply", "plan.json", *SANDBOX)


@pytest.fixture
def planned(uami: Uami, quickstart: Path) -> Path:
    """The quickstart with its plan saved as `plan.json`."""
    assert uami(*PLAN, "-o", "plan.json").code == 0
    return quickstart


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_plan_is_saved_for_its_owner_alone_and_says_how_to_apply_it(uami: Uami, quickstart: Path) -> None:
    ended = uami(*PLAN, "--out", "plan.json")

    file = quickstart / "plan.json"
    assert (ended.code, ended.stdout) == (0, uami(*PLAN).stdout)
    assert ended.stderr == (
        "\nThe plan is saved. To apply exactly this one:\n"
        f"  uami apply plan.json --digest {_digest(file)} --sandbox sandbox.json\n"
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert problems(json.loads(file.read_text()), "plan:v1") == []


def test_command_that_plan_tells_applies_it_as_it_stands(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-new"]}, owner="us")
    write_state(folder / "s.json", {"rg-a": {"id-theirs": {"uami-owner": "them"}}})
    lifted = ("--allow", "foreign-owner=rg-a/id-theirs", "--max-deletes", "100%", "--strict")
    planned = uami("plan", "m.yaml", "--sandbox", "s.json", "-o", "p.json", *lifted)
    assert planned.code == 0, planned.stdout

    told = planned.stderr.splitlines()[-1]
    ended = uami(*shlex.split(told)[1:])

    assert ended.code == 0, ended.stderr
    assert "Apply complete! Resources: 1 added, 0 changed, 1 destroyed." in ended.stdout


def test_saved_plan_is_the_json_report_and_three_keys_more(uami: Uami, planned: Path) -> None:
    saved = json.loads((planned / "plan.json").read_text())

    report = uami(*PLAN, "--format", "json").document

    only_saved = {"created_at", "judged_on", "fingerprint"}
    assert {key: value for key, value in saved.items() if key not in only_saved} == report
    assert saved.keys() - report.keys() == only_saved
    assert saved["judged_on"] == saved["created_at"][:10]


def test_saved_plan_replaces_an_earlier_one_and_leaves_nothing_beside_it(uami: Uami, planned: Path) -> None:
    earlier = json.loads((planned / "plan.json").read_text())
    (planned / "plan.json").write_text(json.dumps({**earlier, "created_at": "2020-01-01T00:00:00Z"}))
    before = sorted(path.name for path in planned.iterdir())

    ended = uami(*PLAN, "-o", "plan.json")

    assert ended.code == 0
    assert json.loads((planned / "plan.json").read_text())["created_at"] > "2026"
    assert sorted(path.name for path in planned.iterdir()) == before


@pytest.mark.parametrize("word", ["json", "text", "markdown", "html", "github", "table", "-"])
def test_format_where_a_file_belongs_is_refused_and_the_flag_named(uami: Uami, quickstart: Path, word: str) -> None:
    ended = uami(*PLAN, "-o", word)

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr == (
        f"Error: -o {word}: -o needs a file name\n"
        "Hint: For the report in another form pass --format, such as --format json; for a file of this name"
        f" -o ./{word}.\n"
    )


@pytest.mark.parametrize("place", [".", "missing/plan.json", "pipe"])
def test_place_where_no_plan_can_be_saved_is_refused_before_anything_is_asked(
    uami: Uami, quickstart: Path, place: str
) -> None:
    os.mkfifo(quickstart / "pipe")

    ended = uami(*PLAN, "-o", place)

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith(f"Error: -o {place}: ")


def test_plan_of_which_guards_refuse_a_part_is_saved_and_refused_again(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [], "rg-b": ["id-new"]})
    state = write_state(folder / "s.json", {"rg-a": {"id-one": {}}, "rg-b": {}})

    planned = uami("plan", "m.yaml", "--sandbox", "s.json", "-o", "plan.json")
    codes = [
        planned.code,
        uami("apply", "plan.json", "--sandbox", "s.json").code,
        uami("apply", "plan.json", "--sandbox", "s.json", "--skip-refused", "-y").code,
    ]

    assert codes == [3, 3, 3]
    assert planned.stderr == (
        "Error: The plan is refused by 1 guard; nothing was changed.\n"
        "\nThe plan is saved, and refused as it stands: fix what is refused, and plan again. To see it again:\n"
        f"  uami show plan.json\nIts sha256: {_digest(folder / 'plan.json')}\n"
    )
    assert identity_names(state) == ["id-one", "id-new"]


def test_show_prints_what_plan_printed(uami: Uami, planned: Path) -> None:
    made = json.loads((planned / "plan.json").read_text())["created_at"]

    shown = uami("show", "plan.json")

    where, _, report = uami(*PLAN).stdout.partition("\n")
    assert where == "SANDBOX       sandbox.json"
    assert (shown.code, shown.stderr) == (0, "")
    assert shown.stdout == f"Saved plan    plan.json, made {made}\n{report}"


def test_show_needs_nothing_but_the_file(uami: Uami, planned: Path) -> None:
    (planned / "sandbox.json").unlink()
    (planned / "identities.yaml").unlink()
    before = (planned / "plan.json").read_bytes()

    shown = uami("show", "plan.json", "--format", "json")

    assert (shown.code, shown.document) == (0, json.loads(before))
    assert (planned / "plan.json").read_bytes() == before


def test_saved_plan_asks_like_any_other(uami: Uami, planned: Path) -> None:
    before = (planned / "sandbox.json").read_bytes()

    with uami.at_terminal(*APPLY) as run:
        run.wait_for("Only 'yes' is accepted.\n\n  Answer: ")
        run.type("no\n")
        declined = run.end()
    unchanged = (planned / "sandbox.json").read_bytes() == before
    with uami.at_terminal(*APPLY) as run:
        run.wait_for("Answer: ")
        run.type("yes\n")
        approved = run.end()

    assert (declined.code, unchanged, approved.code) == (1, True, 0)
    assert approved.stdout.endswith("\nApply complete! Resources: 2 added, 2 changed, 1 destroyed.\n")


NOBODY = "There is no terminal to ask for confirmation on; nothing was changed."
HOW = (
    "Add --digest with the sha256 of the plan that was reviewed, which `plan -o` printed"
    " (`sha256sum {}` prints this file's), or --auto-approve."
)


def test_saved_plan_without_a_terminal_is_refused_and_both_flags_named(uami: Uami, planned: Path) -> None:
    before = (planned / "sandbox.json").read_bytes()

    text = uami(*APPLY)
    document = uami(*APPLY, "--format", "json")

    assert (text.code, text.stderr) == (1, f"Error: {NOBODY}\nHint: {HOW.format('plan.json')}\n")
    assert (document.code, document.document["error"]["code"]) == (1, "declined")
    assert document.document["error"]["hint"] == HOW.format("plan.json")
    assert (planned / "sandbox.json").read_bytes() == before


def test_plan_under_the_name_of_a_manifest_does_not_decide_that_nobody_is_asked(uami: Uami, planned: Path) -> None:
    (planned / "plan.json").replace(planned / "prod $x.yaml")
    before = (planned / "sandbox.json").read_bytes()

    ended = uami("apply", "prod $x.yaml", *SANDBOX)

    assert (ended.code, (planned / "sandbox.json").read_bytes()) == (1, before)
    assert ended.stderr.endswith(f"Hint: {HOW.format(chr(39) + 'prod $x.yaml' + chr(39))}\n")


def test_saved_plan_with_json_at_a_terminal_names_both_flags(uami: Uami, planned: Path) -> None:
    with uami.at_terminal(*APPLY, "--format", "json") as run:
        ended = run.end()

    assert ended.code == 64
    assert ended.document["error"]["hint"] == HOW.format("plan.json")


def test_saved_plan_is_applied_without_a_question_by_its_digest(uami: Uami, planned: Path) -> None:
    shown = uami(*PLAN).stdout

    ended = uami(*APPLY, "--digest", _digest(planned / "plan.json").upper())

    assert ended.code == 0
    assert ended.stdout == f"{shown}\nApply complete! Resources: 2 added, 2 changed, 1 destroyed.\n"
    assert "No changes." in uami(*PLAN).stdout


def test_applied_plan_is_told_in_json_without_a_question(uami: Uami, planned: Path) -> None:
    report = uami(*PLAN, "--format", "json").document

    ended = uami(*APPLY, "--format", "json", "-y")

    assert ended.code == 0
    assert problems(ended.document, "apply:v1") == []
    assert (ended.document["plan"], ended.document["result"]["complete"]) == (report, True)


def test_stale_plan_exits_4_says_what_changed_and_does_nothing(uami: Uami, planned: Path) -> None:
    state = planned / "sandbox.json"
    state.write_text(state.read_text().replace('"frontend"', '"\\u001b[2Jedge"'))
    before = state.read_bytes()

    ended = uami(*APPLY)

    assert (ended.code, ended.stdout) == (4, "")
    assert ended.stderr == (
        "Not as in the saved plan:\n"
        "  rg-payments-prod/id-payments-worker: tags.tier was 'frontend', is now '\\x1b[2Jedge'\n"
        "\n"
        "Error: The saved plan is stale: 1 thing has changed since it was made; nothing was applied.\n"
        "Hint: Plan again, review it, and apply that one.\n"
    )
    assert state.read_bytes() == before


def test_stale_plan_is_told_in_json(uami: Uami, planned: Path) -> None:
    state = planned / "sandbox.json"
    state.write_text(state.read_text().replace('"frontend"', '"edge"'))

    ended = uami(*APPLY, "--format", "json", "-y")

    assert ended.code == 4
    assert problems(ended.document, ERROR_DOCUMENT) == []
    assert ended.document["error"]["differences"] == [
        {
            "address": "00000000-0000-0000-0000-000000000001/rg-payments-prod/id-payments-worker",
            "message": "tags.tier was 'frontend', is now 'edge'",
        }
    ]


def test_plan_with_another_digest_is_refused_unread(uami: Uami, planned: Path) -> None:
    file, digest = planned / "plan.json", _digest(planned / "plan.json")
    file.write_bytes(file.read_bytes() + b"\n")

    ended = uami(*APPLY, "--digest", digest)

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr.startswith(f"Error: plan.json: its sha256 is {_digest(file)}, not {digest} as --digest says;")


def test_plan_cut_short_is_refused_by_its_digest_whatever_it_looks_like(uami: Uami, planned: Path) -> None:
    file, digest = planned / "plan.json", _digest(planned / "plan.json")
    file.write_bytes(file.read_bytes()[:10])

    assert uami(*APPLY, "--digest", digest).code == 65


@pytest.mark.parametrize(
    ("content", "command", "said"),
    [
        (b'{"format_version": "2.0"}', "apply", "it is of format '2.0'"),
        (b'{"format_version": "1.0"', "apply", "it is not JSON: Expecting ',' delimiter at line 1, column 25"),
        (b'{"format_version": "1.0"}', "show", "it has no `created_at`"),
        (b"version: 1\n", "show", "this is not a saved plan."),
    ],
)
def test_file_that_is_no_whole_plan_is_refused_by_name(
    uami: Uami, folder: Path, content: bytes, command: str, said: str
) -> None:
    (folder / "p").write_bytes(content)

    ended = uami(command, "p")

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr.startswith("Error: p: this ")
    assert said in ended.stderr


@pytest.mark.parametrize("name", ["missing", "."])
def test_file_that_cannot_be_shown_is_told(uami: Uami, folder: Path, name: str) -> None:
    ended = uami("show", name)

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr.startswith(f"Error: {name}: ")


@pytest.mark.parametrize("command", ["validate", "plan", "drift"])
def test_saved_plan_where_a_manifest_belongs_is_told(uami: Uami, planned: Path, command: str) -> None:
    ended = uami(command, "plan.json")

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr.startswith(
        "plan.json:1:1: error: this is a saved plan, not a manifest\n"
        "    hint: `uami show` shows it, and `uami apply` takes it as its only path.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("identities.yaml",), "plan.json is a saved plan, and it is not the only path"),
        (("--var", "A=b"), "--var or --var-file belongs to `uami plan`: a saved plan holds what it was given"),
        (("--target", "rg-data-prod"), "--target belongs to `uami plan`"),
        (("--subscription", "x"), "--subscription belongs to `uami plan`"),
        (("--digest", "abc"), "--digest abc: not a SHA-256"),
        (("--cloud", "AzureUSGovernment"), "The plan was made for AzureCloud, and this run is for AzureUSGovernment."),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_flag_that_a_saved_plan_answers_already_is_refused(
    uami: Uami, planned: Path, arguments: tuple[str, ...], said: str
) -> None:
    before = (planned / "sandbox.json").read_bytes()

    ended = uami(*APPLY, *arguments)

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith(f"Error: {said}")
    assert (planned / "sandbox.json").read_bytes() == before


def test_digest_of_a_manifest_is_refused(uami: Uami, quickstart: Path) -> None:
    ended = uami("apply", "identities.yaml", *SANDBOX, "--digest", _digest(quickstart / "identities.yaml"))

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr.startswith("Error: identities.yaml: this is not a saved plan.\n")
