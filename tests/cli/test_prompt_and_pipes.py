"""The question before an apply, at a real terminal; and readers that go away before the report is over."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.command import SCRIPT, TIMEOUT_S, Uami
from tests.cli.inputs import write_manifest, write_state

APPLY = ("apply", "identities.yaml", "--sandbox", "sandbox.json")
QUESTION = "\nDo you want to apply this plan? Only 'yes' is accepted.\n\n  Answer: "


def test_yes_at_the_prompt_applies_the_plan(uami: Uami, quickstart: Path) -> None:
    with uami.at_terminal(*APPLY) as run:
        run.wait_for(QUESTION)
        run.type("yes\n")
        ended = run.end()

    again = uami("plan", *APPLY[1:])
    assert ended.code == 0
    assert ended.stdout.endswith("\nApply complete! Resources: 2 added, 2 changed, 1 destroyed.\n")
    assert again.stdout.endswith("\nNo changes. Live identities match the manifest.\n")


@pytest.mark.parametrize("answer", ["no", "y", "Yes", "YES", "yes!", "", "\x04"])
def test_other_answers_at_the_prompt_change_nothing(uami: Uami, quickstart: Path, answer: str) -> None:
    before = (quickstart / "sandbox.json").read_bytes()

    with uami.at_terminal(*APPLY) as run:
        run.wait_for(QUESTION)
        run.type(answer + "\n")
        ended = run.end()

    assert ended.code == 1
    assert ended.stderr.endswith("Error: Apply cancelled; nothing was changed.\n")
    assert (quickstart / "sandbox.json").read_bytes() == before


def test_prompt_stands_on_stderr_and_names_what_cannot_be_taken_back(uami: Uami, quickstart: Path) -> None:
    with uami.at_terminal(*APPLY) as run:
        run.wait_for(QUESTION)
        run.type("no\n")
        ended = run.end()

    assert ended.stderr.startswith(
        "\n1 identity will be destroyed. A deleted identity cannot be restored.\n" + QUESTION
    )
    assert "Do you want" not in ended.stdout
    assert ended.stdout == uami("plan", *APPLY[1:]).stdout


def test_plan_without_changes_asks_nothing(uami: Uami, quickstart: Path) -> None:
    uami(*APPLY, "-y")

    with uami.at_terminal(*APPLY) as run:
        ended = run.end()

    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.endswith("\nNo changes. Live identities match the manifest.\n")


def test_refused_plan_asks_nothing(uami: Uami, quickstart: Path) -> None:
    write_manifest(quickstart / "empty.yaml", {"rg-data-prod": []})

    with uami.at_terminal("apply", "empty.yaml", "--sandbox", "sandbox.json") as run:
        ended = run.end()

    assert ended.code == 3
    assert "Answer" not in ended.stderr


@pytest.fixture
def long_plan(folder: Path) -> Path:
    """`m.yaml` and `s.json`, whose report is longer than what a pipe holds until somebody reads it."""
    tags = {f"tag-{number}": "x" * 200 for number in range(40)}
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": f"id-{one}", "tags": tags} for one in range(20)]})
    write_state(folder / "s.json", {"rg-a": {}})
    return folder


def _piped_into(uami: Uami, reader: Sequence[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code and stderr of a run whose stdout another program reads, with that program's stdout in between."""
    with (
        subprocess.Popen(
            [*SCRIPT, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=uami.folder,
            env=dict(uami.environment),
        ) as writer,
        subprocess.Popen(reader, stdin=writer.stdout, stdout=subprocess.PIPE, text=True) as other,
    ):
        assert writer.stdout is not None
        # As long as this process has the pipe open too, it does not break.
        writer.stdout.close()
        read, _ = other.communicate(timeout=TIMEOUT_S)
        assert writer.stderr is not None
        said = writer.stderr.read().decode()
        return writer.wait(TIMEOUT_S), read, said


def test_plan_into_head_ends_quietly(uami: Uami, long_plan: Path) -> None:
    ended = _piped_into(uami, ["head", "-1"], "plan", "m.yaml", "--sandbox", "s.json")

    assert ended == (0, "SANDBOX       s.json\n", "")


def test_plan_into_head_keeps_its_detailed_exit_code(uami: Uami, long_plan: Path) -> None:
    ended = _piped_into(uami, ["head", "-1"], "plan", "m.yaml", "--sandbox", "s.json", "--detailed-exitcode")

    assert ended == (2, "SANDBOX       s.json\n", "")


@pytest.mark.parametrize("arguments", [("plan", *APPLY[1:]), ("schema",), ("--version",)])
def test_command_whose_reader_is_gone_ends_quietly(uami: Uami, quickstart: Path, arguments: tuple[str, ...]) -> None:
    assert _piped_into(uami, ["true"], *arguments) == (0, "", "")


def test_apply_into_head_completes_its_work(uami: Uami, long_plan: Path) -> None:
    code, read, said = _piped_into(uami, ["head", "-1"], "apply", "m.yaml", "--sandbox", "s.json", "-y")

    again = uami("plan", "m.yaml", "--sandbox", "s.json")
    assert (code, read) == (0, "SANDBOX       s.json\n")
    lines = [line.partition(": ")[2] for line in said.splitlines() if ": created " in line]
    assert lines == [f"created ({number} of 20)" for number in range(1, 21)]
    assert "creating..." not in said
    assert again.stdout.endswith("\nNo changes. Live identities match the manifest.\n")
