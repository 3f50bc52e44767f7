"""What we read of states and write for them, held against a real Terraform; `terraform_data` needs no provider.

Everything here is skipped where there is no terraform. With azurerm and the sandbox, `tests/test_example_clients` runs
a whole hand-over.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from reconciler.terraform import HandOver, Listed, hand_over, removed_blocks
from reconciler.terraform.state import parse_state
from tests.terraform_state import TERRAFORM, Row, content, state_file

pytestmark = pytest.mark.skipif(TERRAFORM is None, reason="terraform is not installed")

KEYS = ['a"b', "c[d]", "é€😀", "${x}", "%{y}", "back\\slash", "tab\there", "<&>", "nl\nx", "\u202e'"]

MAIN = """
variable "keys" { type = set(string) }
resource "terraform_data" "one" {}
resource "terraform_data" "many" {
  for_each = var.keys
  input    = terraform_data.one.id
}
module "m" {
  source   = "./m"
  for_each = toset(["k\\"1", "k2"])
}
module "n" {
  source = "./m"
  count  = 2
}
"""
IN_MODULE = """
resource "terraform_data" "in" {}
resource "terraform_data" "counted" {
  count = 2
  input = terraform_data.in.id
}
"""

IDENTITY = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-app"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-app"
)
APP = Row("azurerm_user_assigned_identity", "app", {"id": IDENTITY})


def terraform(folder: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "ARM_"))}
    done = subprocess.run(
        [str(TERRAFORM), *arguments],
        cwd=folder,
        env={**environment, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def applied(folder: Path) -> Path:
    """A folder in which Terraform has made everything of the configuration."""
    (folder / "m").mkdir()
    (folder / "main.tf").write_text(MAIN, encoding="utf-8")
    (folder / "m" / "main.tf").write_text(IN_MODULE, encoding="utf-8")
    (folder / "terraform.tfvars.json").write_bytes(content({"keys": KEYS}))
    terraform(folder, "init", "-no-color")
    terraform(folder, "apply", "-auto-approve", "-no-color")
    return folder


def with_an_identity(state: bytes) -> bytes:
    """A state file as it is, with an identity in it as well, since a state without one is refused."""
    ours = content(state_file([APP])).decode()
    resource = ours[ours.index('"resources": [') + len('"resources": [') : ours.rindex("],")]
    return state.replace(b'"resources": [', f'"resources": [{resource.rstrip()},'.encode(), 1)


def test_addresses_are_those_that_terraform_lists(tmp_path: Path) -> None:
    folder = applied(tmp_path)

    listed = terraform(folder, "state", "list").splitlines()
    state = parse_state(with_an_identity((folder / "terraform.tfstate").read_bytes()), "x")

    assert {one.address for one in state.instances if one.type == "terraform_data"} == {*listed}
    assert len(listed) == 1 + len(KEYS) + 4 * 3


def test_shown_state_says_the_same_as_the_file(tmp_path: Path) -> None:
    folder = applied(tmp_path)
    in_file = parse_state(with_an_identity((folder / "terraform.tfstate").read_bytes()), "x")

    shown = terraform(folder, "show", "-json").encode()
    ours = b'{"mode":"managed","type":"azurerm_user_assigned_identity","name":"app","values":{"id":"%s"}},'
    state = parse_state(shown.replace(b'"resources":[', b'"resources":[' + ours % IDENTITY.encode(), 1), "x")

    assert state == in_file


def test_blocks_forget_every_instance_and_destroy_nothing(tmp_path: Path) -> None:
    folder = applied(tmp_path)
    state = parse_state(with_an_identity((folder / "terraform.tfstate").read_bytes()), "x")
    resources = sorted({one.resource for one in state.instances if one.type == "terraform_data"})

    (folder / "main.tf").write_text('variable "keys" {}\nmodule "n" {\n  source = "./m"\n}\n', encoding="utf-8")
    (folder / "m" / "main.tf").write_text("", encoding="utf-8")
    (folder / "removed.tf").write_text(removed_blocks(resources), encoding="utf-8")
    planned = terraform(folder, "plan", "-no-color")
    terraform(folder, "apply", "-auto-approve", "-no-color")

    forgotten = set(re.findall(r"^ - (\S.*)$", planned, re.MULTILINE))
    assert forgotten == {one.address for one in state.instances if one.type == "terraform_data"}
    assert not re.search(r"[1-9]\d* to destroy|will be destroyed", planned)
    assert terraform(folder, "state", "list") == ""


def test_file_of_blocks_is_as_terraform_formats_and_reads_it(tmp_path: Path) -> None:
    rows = [APP, Row(APP.type, "b-c", APP.attributes, 'k"', 'module.m["x"].module.n[0]')]
    handed = of_state(rows)

    (tmp_path / "removed.tf").write_text(removed_blocks(handed.removed), encoding="utf-8")

    assert handed.removed == (
        "azurerm_user_assigned_identity.app",
        "module.m.module.n.azurerm_user_assigned_identity.b-c",
    )
    assert terraform(tmp_path, "fmt", "-check", "-diff", "-no-color") == ""
    assert "The configuration is valid." in terraform(tmp_path, "validate", "-no-color")


def of_state(rows: list[Row]) -> HandOver:
    state = parse_state(content(state_file(rows)), "x")
    return hand_over(state, Listed(frozenset(state.identities), frozenset(), frozenset()))
