"""`--guardrails` and UAMI_GUARDRAILS as their users meet them: which files count, exit codes, words."""

from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.inputs import write_manifest


@pytest.fixture
def owned(folder: Path) -> Path:
    """`m.yaml` of the owner `us`; guardrails `us.yaml` and `them.yaml` beside the folder, each for one owner."""
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]}, owner="us")
    for owner in ("us", "them"):
        (folder.parent / f"{owner}.yaml").write_text(f"version: 1\nowners: [{owner}]\n")
    return folder


def test_manifest_within_the_guardrails_is_valid(uami: Uami, owned: Path) -> None:
    ended = uami("validate", "m.yaml", "--guardrails", "../us.yaml")

    assert (ended.code, ended.stdout) == (0, "The manifest is valid: 1 identity in 1 resource group.\n")


def test_manifest_outside_the_guardrails_is_refused_with_rule_and_line(uami: Uami, owned: Path) -> None:
    ended = uami("validate", "m.yaml", "--guardrails", "../them.yaml")

    assert (ended.code, ended.stderr) == (3, "")
    assert ended.stdout == (
        "The manifest is valid: 1 identity in 1 resource group.\n\nRefused by guardrails:\n\n"
        " ! guardrail  rg-a: ../them.yaml:2: owners: the manifest has the owner 'us', which is not listed"
        " (m.yaml:1:141)\n"
        "     No flag and no manifest lifts this. Change what is asked for, or have those who keep ../them.yaml change"
        " it.\n\n"
    )


@pytest.mark.parametrize(
    ("flag", "variable", "code"),
    [("us", "us", 0), ("us", "them", 3), ("them", "us", 3), (None, "them", 3), (None, "us", 0)],
)
def test_both_files_must_let_it_through(uami: Uami, owned: Path, flag: str | None, variable: str, code: int) -> None:
    flags = () if flag is None else ("--guardrails", f"../{flag}.yaml")

    ended = uami("validate", "m.yaml", *flags, environment={"UAMI_GUARDRAILS": f"../{variable}.yaml"})

    assert ended.code == code


@pytest.mark.parametrize("value", ["", "../gone.yaml", "../damaged.yaml", "m.yaml"])
def test_mandatory_guardrails_that_cannot_be_used_exit_65(uami: Uami, owned: Path, value: str) -> None:
    (owned.parent / "damaged.yaml").write_text("version: 1\nowner: us\n")

    ended = uami("validate", "m.yaml", environment={"UAMI_GUARDRAILS": value})

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr


def test_problem_of_the_guardrails_is_shown_where_it_stands(uami: Uami, owned: Path) -> None:
    (owned.parent / "damaged.yaml").write_text("version: 1\nowner: us\n")

    ended = uami("validate", "m.yaml", "--guardrails", "../damaged.yaml")

    assert ended.stderr == (
        "../damaged.yaml:2:1: error: `owner` is not a key of the guardrails file\n"
        "    owner: us\n    ^\n    hint: Did you mean `owners`?\n"
        "Error: 1 problem in the guardrails\n"
        "Hint: Nothing was changed. Fix the guardrails; `uami schema guardrails` describes them.\n"
    )
