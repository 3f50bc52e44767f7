"""The examples with clients that nobody here wrote do what their texts say, wherever those clients are installed.

Both are too big for the project's own environment. az is taken from PATH, or from where UAMI_AZ names it; Terraform,
which would fetch its provider from the network, only from where UAMI_TERRAFORM names it.
"""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.blocks import Ended, blocks_of, run_script

EXAMPLES = Path(__file__).parent.parent / "examples"
LONGEST_S = 540


def run_blocks(example: str, folder: Path, program: Path) -> Ended:
    """Run all shell blocks of an example's README.md, one after the other, in one bash and a copy of its folder."""
    work = Path(shutil.copytree(EXAMPLES / example, folder / example))
    script = "\n".join(block.text for block in blocks_of(work / "README.md"))
    return run_script(script, work, first_on_path=(program.parent,), longest_s=LONGEST_S)


def test_az_does_what_its_example_says(tmp_path: Path) -> None:
    az = shutil.which(os.environ.get("UAMI_AZ", "az"))
    if az is None:
        pytest.skip("az is not installed; UAMI_AZ can name it")

    done = run_blocks("sandbox-with-az", tmp_path, Path(az))

    assert done.code == 0, done.screen
    assert "(ScopeLocked) The scope " in done.screen
    assert "The lock holds." in done.stdout
    assert re.search(r"^[0-9a-f-]{36}  Reader  /subscriptions/\S+/resourceGroups/rg-app$", done.stdout, re.MULTILINE)
    assert '"assignedIdentityInfo": "MSIClient-' in done.stdout


def test_terraform_does_what_its_example_says(tmp_path: Path) -> None:
    terraform = os.environ.get("UAMI_TERRAFORM")
    if terraform is None:
        pytest.skip("UAMI_TERRAFORM names no terraform")

    done = run_blocks("sandbox-with-terraform", tmp_path, Path(terraform))

    said = re.sub(r"\x1b\[\d+m", "", done.stdout)
    assert done.code == 0, done.screen
    assert "Apply complete! Resources: 4 added, 0 changed, 0 destroyed." in said
    assert "No changes. Your infrastructure matches the configuration." in said
    assert "Destroy complete! Resources: 4 destroyed." in said
