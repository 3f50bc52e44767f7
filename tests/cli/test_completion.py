"""Shell completion: what bash is offered, from the script that the command itself prints or installs."""

import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.report.formats import Format
from tests.cli.command import SCRIPT, TIMEOUT_S, Uami

BASH = shutil.which("bash") or "/bin/bash"


def _offered(uami: Uami, words: str) -> list[str]:
    """What bash offers behind these words once it has read the installed completion."""
    line = words.split(" ")
    script = (
        'source "$HOME/.bashrc"\n'
        f"COMP_WORDS=({' '.join(repr(word) for word in line)})\n"
        f"COMP_CWORD={len(line) - 1}\n"
        f"_uami_completion {SCRIPT[0]}\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    completed = subprocess.run(
        [BASH, "--norc", "-c", script],
        env=uami.environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    assert completed.stderr == ""
    return completed.stdout.split()


@pytest.fixture
def installed(uami: Uami, tmp_path: Path) -> Uami:
    """The command whose completion was installed from a shell that is bash."""
    completed = subprocess.run(
        [BASH, "--norc", "-c", f"{SCRIPT[0]} --install-completion; exit $?"],
        env=uami.environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert completed.returncode == 0, completed
    assert (tmp_path / "home" / ".bash_completions" / "uami.sh").exists()
    return uami


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("uami va", ["validate"]),
        ("uami sandbox s", ["serve", "snapshot"]),
        ("uami plan --max", ["--max-deletes", "--max-revokes"]),
        ("uami drift m.yaml --format ", [*Format]),
        ("uami drift m.yaml --format mark", ["markdown"]),
        ("uami output m.yaml --format ", ["text", "json", "yaml", "dotenv", "tfvars", "configmap", "service-accounts"]),
        ("uami apply m.yaml --color a", ["auto", "always"]),
        ("uami explain limits.maxD", ["limits.maxDeletes", "limits.maxDeletePercent"]),
        (
            "uami schema ",
            [
                "manifest",
                "plan",
                "apply",
                "drift",
                "output",
                "trust",
                "explain-login",
                "unused",
                "orphans",
                "doctor",
                "journal",
                "guardrails",
            ],
        ),
    ],
)
def test_bash_is_offered_what_can_follow(installed: Uami, words: str, offered: list[str]) -> None:
    assert _offered(installed, words) == offered


def test_bash_is_offered_every_command_where_nothing_was_typed(installed: Uami) -> None:
    assert {"validate", "plan", "apply", "undo", "sandbox"} <= set(_offered(installed, "uami "))


def test_completion_for_an_unknown_shell_is_an_error(uami: Uami) -> None:
    ended = uami(environment={"_UAMI_COMPLETE": "complete_nosuch"})

    assert (ended.code, ended.stdout, ended.stderr) == (1, "", "Shell nosuch not supported.\n")
