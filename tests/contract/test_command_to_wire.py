"""How far it is from a command to the wire: a reader follows each of these calls."""

import shutil
from pathlib import Path

import pytest

from reconciler.cli.app import run
from tests.contract.stacks import watched

MOST = 10
"""Functions from the command to the client's method, both included, are nine calls."""

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_write_is_nine_calls_from_its_command(tmp_path: Path, method: str) -> None:
    shutil.copytree(EXAMPLES / "quickstart", tmp_path, dirs_exist_ok=True)
    manifest, state = str(tmp_path / "identities.yaml"), str(tmp_path / "sandbox.json")

    with watched() as stacks:
        code = run(["apply", manifest, "--sandbox", state, "-y", "--journal", str(tmp_path / "run.jsonl")])

    whole = stacks.by_method[method]
    stack = whole[whole.index("apply") :]
    assert code == 0
    assert (stack[0], stack[-1]) == ("apply", f"ArmClient.{method.casefold()}")
    assert len(stack) <= MOST, " -> ".join(stack)
