"""The examples with clients that nobody here wrote do what their texts say, wherever those clients are installed.

Both are too big for the project's own environment. az is taken from PATH, or from where UAMI_AZ names it; Terraform,
which would fetch its provider from the network, only from where UAMI_TERRAFORM names it.
"""

import json
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
    # The directory is late with a new principal, and az shows what it does not find as nothing.
    row = r"^(?:[0-9a-f-]{36}| *)  Reader  /subscriptions/\S+/resourceGroups/rg-app$"
    assert re.search(row, done.stdout, re.MULTILINE)
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


HAND_OVER = """
cp -r terraform/before configuration
cd configuration
terraform init
cd ..
{serve}
cd configuration
terraform apply -auto-approve
terraform state pull >../pulled.json
terraform show -json >../shown.json
cd ..
mkdir from-shown identities
export UAMI_ACCESS_TOKEN=any
azure=(--endpoint "$URL" --credential token)
uami export --tfstate shown.json --owner contoso/orders -o from-shown "${{azure[@]}}"
uami export --tfstate pulled.json --owner contoso/orders -o identities "${{azure[@]}}"
diff -r from-shown identities
rm -r configuration/main.tf configuration/workload
cp terraform/after/main.tf identities/removed.tf configuration
cd configuration
terraform plan -out handed-over
terraform show -json handed-over >../handed-over.json
terraform apply handed-over
rm removed.tf
terraform plan -detailed-exitcode
cd ..
uami plan identities "${{azure[@]}}" --format json >adopts.json
uami apply identities -y "${{azure[@]}}"
uami plan identities --detailed-exitcode "${{azure[@]}}"
sed -i '/name: github-main/d' identities/*/rg-orders.yaml
uami apply identities -y "${{azure[@]}}"
cd configuration
terraform plan -detailed-exitcode
kill $sandbox
"""


def test_terraform_hands_over_what_it_made_and_destroys_nothing(tmp_path: Path) -> None:
    terraform = os.environ.get("UAMI_TERRAFORM")
    if terraform is None:
        pytest.skip("UAMI_TERRAFORM names no terraform; tests/cli/test_hand_over.py takes a state file of that shape")
    work = Path(shutil.copytree(EXAMPLES / "moving-in", tmp_path / "moving-in"))
    blocks = blocks_of(EXAMPLES / "sandbox-with-terraform" / "README.md")
    serve = "\n".join(one.text for one in blocks if "sandbox serve" in one.text or "ARM_METADATA" in one.text)

    done = run_script(HAND_OVER.format(serve=serve), work, first_on_path=(Path(terraform).parent,), longest_s=LONGEST_S)

    assert done.code == 0, done.screen
    planned = json.loads((work / "handed-over.json").read_text(encoding="utf-8"))["resource_changes"]
    assert {action for change in planned for action in change["change"]["actions"]} <= {"forget", "no-op", "read"}
    adopts = json.loads((work / "adopts.json").read_text(encoding="utf-8"))
    assert {one["reason"] for one in adopts["changes"]} <= {"adopt", "equal"}
    assert adopts["summary"]["create"] == adopts["summary"]["delete"] == 0
    assert "No changes. Live identities match the manifest." in done.stdout
    assert "Apply complete! Resources: 0 added, 0 changed, 1 destroyed." in done.stdout
