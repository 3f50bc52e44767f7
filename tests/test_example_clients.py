"""The examples with clients that nobody here wrote do what their texts say, wherever those clients are installed.

Both are too big for the project's own environment. az is taken from PATH, or from where UAMI_AZ names it; Terraform,
which would fetch its provider from the network, only from where UAMI_TERRAFORM names it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
LONGEST_S = 540


def run_blocks(example: str, folder: Path, program: Path) -> subprocess.CompletedProcess[str]:
    """Run all shell blocks of an example's README.md, one after the other, in one bash and a copy of its folder."""
    work = Path(shutil.copytree(EXAMPLES / example, folder / example))
    blocks = re.findall(
        r"^```sh\n(.*?)^```", (work / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ARM_", "AZURE_", "IDENTITY_"))}
    path = os.pathsep.join((str(Path(sys.executable).parent), str(program.parent), os.environ["PATH"]))
    # Whatever fails, the sandbox ends.
    script = "trap 'kill $(jobs -p) 2>/dev/null' EXIT\n" + "\n".join(blocks)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=work,
        env={**own, "PATH": path},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )


def test_az_does_what_its_example_says(tmp_path: Path) -> None:
    az = shutil.which(os.environ.get("UAMI_AZ", "az"))
    if az is None:
        pytest.skip("az is not installed; UAMI_AZ can name it")

    done = run_blocks("sandbox-with-az", tmp_path, Path(az))

    assert done.returncode == 0, done.stderr
    assert "(ScopeLocked) The scope " in done.stderr
    assert "The lock holds." in done.stdout
    assert re.search(r"^[0-9a-f-]{36}  Reader  /subscriptions/\S+/resourceGroups/rg-app$", done.stdout, re.MULTILINE)
    assert '"assignedIdentityInfo": "MSIClient-' in done.stdout


def test_terraform_does_what_its_example_says(tmp_path: Path) -> None:
    terraform = os.environ.get("UAMI_TERRAFORM")
    if terraform is None:
        pytest.skip("UAMI_TERRAFORM names no terraform")

    done = run_blocks("sandbox-with-terraform", tmp_path, Path(terraform))

    said = re.sub(r"\x1b\[\d+m", "", done.stdout)
    assert done.returncode == 0, done.stderr
    assert "Apply complete! Resources: 4 added, 0 changed, 0 destroyed." in said
    assert "No changes. Your infrastructure matches the configuration." in said
    assert "Destroy complete! Resources: 4 destroyed." in said
