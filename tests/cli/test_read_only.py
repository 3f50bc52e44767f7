"""Commands that only look leave no trace: not in the sandbox's file, not in ARM."""

from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.conftest import Serve

TOKEN = {"UAMI_ACCESS_TOKEN": "x"}


@pytest.mark.parametrize("command", ["plan", "drift", "output", "trust", "doctor"])
def test_reading_command_leaves_the_sandbox_file_alone(uami: Uami, quickstart: Path, command: str) -> None:
    state = quickstart / "sandbox.json"
    before = (state.read_bytes(), state.stat().st_mtime_ns, sorted(quickstart.iterdir()))

    uami(command, "identities.yaml", "--sandbox", "sandbox.json")

    assert (state.read_bytes(), state.stat().st_mtime_ns, sorted(quickstart.iterdir())) == before


def test_validate_leaves_no_file_behind(uami: Uami, quickstart: Path) -> None:
    before = sorted(quickstart.iterdir())

    ended = uami("validate", "identities.yaml")

    assert ended.code == 0
    assert sorted(quickstart.iterdir()) == before


@pytest.mark.parametrize("command", ["plan", "drift", "output", "trust", "doctor"])
def test_reading_command_sends_nothing_but_reads(uami: Uami, quickstart: Path, serve: Serve, command: str) -> None:
    arm = serve("sandbox.json")

    uami(command, "identities.yaml", *arm.flags, environment=TOKEN)

    assert set(arm.requests) <= {("GET", 200), ("QUERY", 200)}
    assert ("GET", 200) in arm.requests


def test_apply_of_an_unchanged_state_sends_nothing_but_reads(uami: Uami, quickstart: Path, serve: Serve) -> None:
    arm = serve("sandbox.json")
    uami("apply", "identities.yaml", *arm.flags, "-y", environment=TOKEN)
    already = len(arm.requests)

    again = uami("apply", "identities.yaml", *arm.flags, "-y", environment=TOKEN)

    assert again.code == 0
    assert set(arm.requests[already:]) == {("GET", 200)}
