"""A sandbox that is killed while it saves: its file holds the last state that was saved whole, and serves again."""

import signal
import subprocess
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import httpx

from reconciler.sandbox.state.ids import derived_id
from reconciler.sandbox.state.state import Contents, Identity
from reconciler.sandbox.state_file.file import load_state, save_state
from tests.sandbox.arm import IDENTITIES, VERSION, contents, identity
from tests.sandbox.test_server import serving
from tests.steps import HANG_S

MANY = 5_000
KILLED_IN = (1, 2, 1)
"""The save, of those of a process, in which it is killed."""


def big_state() -> Contents:
    """So big that a save takes a while."""
    names = [f"id-{number:05}" for number in range(MANY)]
    return contents(
        replace(identity(name), principal_id=derived_id(0, "p", name), client_id=derived_id(0, "c", name))
        for name in names
    )


def unfinished(folder: Path) -> set[Path]:
    """What saves write beside the state, and what those left behind that were killed."""
    return set(folder.glob(".uami-*.tmp"))


def write_until_a_save_is_under_way(arm: httpx.Client, folder: Path, run: int, saves: int) -> int:
    """Create identities one after the other; returns how many were answered when the last of so many saves was seen."""
    deadline = time.monotonic() + HANG_S
    earlier = unfinished(folder)
    seen, was_there = 0, False
    for number in count():
        is_there = bool(unfinished(folder) - earlier)
        seen, was_there = seen + (is_there and not was_there), is_there
        if seen == saves:
            return number
        assert time.monotonic() < deadline, "no save was seen"
        created = arm.put(f"{IDENTITIES}/new-{run}-{number:05}", params=VERSION, json={"location": "westeurope"})
        created.raise_for_status()
    raise AssertionError


def kill(process: "subprocess.Popen[str]") -> int:
    process.send_signal(signal.SIGKILL)
    return process.wait(timeout=HANG_S)


def test_sandbox_killed_while_it_saves_loads_the_last_complete_state(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    save_state(path, big_state())
    before = load_state(path)

    for run, saves in enumerate(KILLED_IN):
        with serving("--state", str(path)) as (process, arm):
            answered = write_until_a_save_is_under_way(arm, tmp_path, run, saves)
            ended = kill(process)
        after = load_state(path)

        created = [item.name for item in after.of(Identity) if item.name.startswith(f"new-{run}-")]
        assert ended == -signal.SIGKILL
        assert created == [f"new-{run}-{number:05}" for number in range(len(created))]
        assert (0 if saves == 1 else 1) <= len(created) <= answered
        assert [item for item in after.of(Identity) if item.name not in created] == list(before.of(Identity))
        # What was done and what is told of it are saved together.
        assert len(after.activity_log) - len(before.activity_log) == 2 * len(created)
        before = after

    assert unfinished(tmp_path)
