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
LANDING_ZONE = EXAMPLES / "landing-zone"
LONGEST_TREE = 250
"""Lines of manifests that landing-zone may have: it shows that many identities need few."""
GOLDEN = Path(__file__).parent / "cli" / "golden"
CLIENTS = ("sandbox-with-az", "sandbox-with-terraform")
"""See test_example_clients; `moving-in`, which has no manifest yet, is in test_blocks and tests/cli/test_hand_over.

The starters for pipelines are in test_starters, and played in test_rehearsals."""
RUNS = {
    "quickstart": ("quickstart/identities.yaml", "quickstart/sandbox.json"),
    "landing-zone": ("landing-zone", "landing-zone/sandbox.json"),
    "workload-identity": ("workload-identity/identities.yaml", "workload-identity/sandbox.json"),
    "guardrails": ("guardrails/identities.yaml", "guardrails/sandbox.json"),
}
WHOLE = ("quickstart", "landing-zone")
"""Those that show everything that can happen to an identity."""

COUNTS = {
    "landing-zone": "255 added, 2 changed, 1 destroyed",
    "workload-identity": "4 added, 2 changed, 2 destroyed",
    "guardrails": "3 added, 0 changed, 1 destroyed",
}
LEFT = {"landing-zone": "Held by the manifest, and not part of the plan:"}
"""What the next plan says, of an example that is not equal to its manifest even then."""


def run_uami(folder: Path, command: str, example: str, *more: str) -> subprocess.CompletedProcess[str]:
    manifest, state = RUNS[example]
    return run_in(folder, command, manifest, "--sandbox", state, *more)


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
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
    starters = ("azure-devops", "container", "github-actions", "gitlab", "kubernetes")
    others = ("moving-in", "pictures", *starters)
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
    assert LEFT.get(example, "No changes. Live identities match the manifest.") in planned.stdout


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


def test_landing_zone_leaves_alone_what_its_manifests_say() -> None:
    document = json.loads(run_uami(EXAMPLES, "plan", "landing-zone", "--format", "json").stdout)

    skipped = {one["address"].rsplit("/", 1)[1]: one["reason"] for one in document["skipped"]}
    held = [one["address"].rsplit("/", 1)[1] for one in document["held"]]
    assert skipped == {"aks-agentpool-kubelet": "ignored", "id-fraud": "not-owned"}
    assert held == ["id-inventory"]


def test_landing_zone_has_no_warning_that_it_does_not_accept() -> None:
    validated = run_in(EXAMPLES, "validate", "--strict", "landing-zone")

    planned = json.loads(run_uami(EXAMPLES, "plan", "landing-zone", "--format", "json").stdout)
    assert (validated.returncode, validated.stdout) == (
        0,
        "The manifest is valid: 63 identities in 10 resource groups.\n"
        "The manifest accepts 5 warnings: role-at-subscription (1), trust-shared (4).\n",
    )
    assert planned["warnings"] == []


def test_landing_zone_readme_command_plans_the_tree_that_it_describes() -> None:
    text = (LANDING_ZONE / "README.md").read_text(encoding="utf-8")
    command = re.search(r"```sh\nuami (.*?)\n```", text, re.DOTALL)
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in LANDING_ZONE.rglob("*.yaml"))
    assert command is not None

    completed = run_in(EXAMPLES.parent, *command[1].replace("\\\n", " ").split())

    assert completed.returncode == 0
    assert completed.stdout == (GOLDEN / "landing-zone.txt").read_text(encoding="utf-8")
    assert f"63 identities in {lines} lines" in text
    assert f"63 identities in {lines} lines" in (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    assert lines <= LONGEST_TREE
