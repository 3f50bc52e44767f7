"""Every example does what its text says."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
LANDING_ZONE = ("--var", "WORKLOADS=22222222-0000-4000-8000-000000000002")
CLIENTS = ("sandbox-with-az", "sandbox-with-terraform")
"""See test_example_clients; `moving-in`, which has no manifest yet, is in test_blocks and tests/cli/test_hand_over."""
RUNS = {
    "quickstart": ("quickstart/identities.yaml", "quickstart/sandbox.json", ()),
    "landing-zone": ("landing-zone", "landing-zone/sandbox.json", LANDING_ZONE),
    "workload-identity": ("workload-identity/identities.yaml", "workload-identity/sandbox.json", ()),
    "guardrails": ("guardrails/identities.yaml", "guardrails/sandbox.json", ()),
}
WHOLE = ("quickstart", "landing-zone")
"""Those that show everything that can happen to an identity."""

COUNTS = {
    "workload-identity": "4 added, 2 changed, 2 destroyed",
    "guardrails": "3 added, 0 changed, 1 destroyed",
}


def run_uami(folder: Path, command: str, example: str, *more: str) -> subprocess.CompletedProcess[str]:
    manifest, state, variables = RUNS[example]
    arguments = [command, manifest, "--sandbox", state, *variables, *more]
    # The journals of these runs are nobody's: they lie beside the examples and not in a user's own folder.
    environment = {**os.environ, "XDG_STATE_HOME": str(folder.parent / "state")}
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A copy of all examples, to apply in."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "examples"))


def test_examples_are_all_run_here_or_with_their_clients() -> None:
    others = ("github-actions", "moving-in")
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == {*RUNS, *CLIENTS, *others}


@pytest.mark.parametrize("example", WHOLE)
def test_example_plans_every_action(example: str) -> None:
    completed = run_uami(EXAMPLES, "plan", example, "--format", "json")

    document = json.loads(completed.stdout)
    reasons = {change["reason"] for change in document["changes"]}
    assert completed.returncode == 0
    assert reasons == {"missing", "differs", "adopt", "not-listed", "equal"}
    assert document["violations"] == []


@pytest.mark.parametrize("example", RUNS)
def test_example_converges_in_one_apply(example: str, examples: Path) -> None:
    applied = run_uami(examples, "apply", example, "--auto-approve")

    planned = run_uami(examples, "plan", example, "--detailed-exitcode")
    assert applied.returncode == 0
    counts = COUNTS.get(example, "2 added, 2 changed, 1 destroyed")
    assert f"Apply complete! Resources: {counts}." in applied.stdout
    assert planned.returncode == 0
    assert "No changes. Live identities match the manifest." in planned.stdout


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        (("", ""), 0),
        (("role: Storage Blob Data Reader", "role: Owner"), 3),
        (("repositoryId: 5678", "repositoryId: 5679"), 3),
        (("owner: contoso/payments#prod", "owner: contoso/data"), 3),
        ((", principalId: 0b2c0000-0000-4000-8000-000000000002", ""), 3),
    ],
)
def test_guardrails_let_their_example_through_and_no_attack_that_its_readme_names(
    attack: tuple[str, str], code: int, examples: Path
) -> None:
    manifest = examples / "guardrails" / "identities.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(*attack), encoding="utf-8")
    copy = shutil.copy(examples / "guardrails" / "guardrails.yaml", examples.parent)

    assert run_uami(examples, "plan", "guardrails", "--guardrails", str(copy)).returncode == code


def test_landing_zone_leaves_alone_what_its_policies_say() -> None:
    document = json.loads(run_uami(EXAMPLES, "plan", "landing-zone", "--format", "json").stdout)

    skipped = {one["address"].rsplit("/", 1)[1]: one["reason"] for one in document["skipped"]}
    assert skipped == {"aks-agentpool-kubelet": "ignored", "id-fraud": "not-owned", "id-notebooks": "not-listed"}


def test_landing_zone_readme_command_plans_the_tree() -> None:
    text = (EXAMPLES / "landing-zone" / "README.md").read_text(encoding="utf-8")
    command = re.search(r"```sh\nuami (.*?)\n```", text, re.DOTALL)
    assert command is not None

    completed = subprocess.run(
        [sys.executable, "-m", "reconciler", *command[1].replace("\\\n", " ").split()],
        cwd=EXAMPLES.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert completed.returncode == 0
    assert "Plan: 2 to add, 2 to change, 1 to destroy." in completed.stdout
