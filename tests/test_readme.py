"""What README.md shows and says is true: its plan, its commands, its tables."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.errors import ExitCode
from reconciler.sandbox.faults.script import parse_faults

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block_after(marker: str) -> str:
    """The fenced block that follows a marker comment."""
    match = re.search(rf"<!-- {marker} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert match is not None
    return match[1]


def run_uami(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reconciler", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("marker", ["plan", "output", "gitlab", "trust", "explain-login"])
def test_readme_shows_what_its_command_prints(marker: str) -> None:
    command, _, shown = block_after(marker).partition("\n")

    completed = run_uami(*command.split()[2:])

    assert shown == completed.stdout


def test_readme_shows_what_jobs_are_told() -> None:
    arguments = block_after("quickstart").split(".venv/bin/uami ")[1].split()

    told = [line for form in ("github", "azure-devops") for line in _run_as_job(arguments, form)]

    assert block_after("jobs").splitlines() == told


def _run_as_job(arguments: list[str], form: str) -> list[str]:
    lines = run_uami(*arguments, "--format", form).stdout.splitlines()
    return [line for line in lines if line.startswith(("::", "##vso[task.logissue"))]


def test_readme_shows_the_diagram_of_trust() -> None:
    command = block_after("trust").partition("\n")[0].split()[2:]

    assert block_after("diagram") == run_uami(*command, "--format", "mermaid").stdout


def test_readme_quickstart_plans_at_least_one_of_each_action() -> None:
    arguments = block_after("quickstart").split(".venv/bin/uami ")[1].split()

    completed = run_uami(*arguments)

    counts = re.search(r"^Plan: (\d+) to add, (\d+) to change, (\d+) to destroy\.$", completed.stdout, re.MULTILINE)
    assert completed.returncode == ExitCode.DONE
    assert counts is not None
    assert min(int(count) for count in counts.groups()) > 0


def test_readme_test_command_is_the_one_that_ci_runs() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert block_after("tests") in gate


def test_readme_manifest_is_valid(tmp_path: Path) -> None:
    manifest = re.search(r"## The manifest\n\n```yaml\n(.*?)```", README, re.DOTALL)
    assert manifest is not None
    path = tmp_path / "manifest.yaml"
    path.write_text(manifest[1], encoding="utf-8")

    completed = run_uami("validate", str(path), "--var", "SUBSCRIPTION_ID=00000000-0000-0000-0000-000000000001")

    assert completed.stdout == "The manifest is valid: 3 identities in 1 resource group.\n"


def test_readme_script_of_faults_is_one() -> None:
    script = re.search(r"`(faults: \[.*?\])`", README)
    assert script is not None

    faults = parse_faults(script[1])

    assert len(faults) == 1


def test_readme_names_every_exit_code() -> None:
    numbers = {
        int(number) for row in re.findall(r"^\| ([\d, ]+) \|", README, re.MULTILINE) for number in row.split(",")
    }

    assert numbers == {code.value for code in ExitCode}


def test_readme_names_only_options_that_exist() -> None:
    known = set()
    for command in (
        "",
        "validate",
        "plan",
        "apply",
        "undo",
        "show",
        "drift",
        "output",
        "trust",
        "explain-login",
        "unused",
        "orphans",
        "export",
        "doctor",
        "explain",
        "schema",
        "sandbox serve",
        "sandbox snapshot",
    ):
        known |= set(re.findall(r"--[a-z][a-z-]+", run_uami(*command.split(), "--help").stdout))
    fenced = "".join(re.findall(r"```\w+\n(.*?)```", README, re.DOTALL))
    spans = re.findall(r"`((?:uami |--)[^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    commands = re.findall(r"(?:^\$ |^|&& |\.venv/bin/| )(uami .*)$", fenced, re.MULTILINE)
    named = set(re.findall(r"--[a-z][a-z-]+", "\n".join([*spans, *commands])))

    assert {"--sandbox", "--max-deletes", "--format"} <= named
    assert named - {"--force"} <= known
