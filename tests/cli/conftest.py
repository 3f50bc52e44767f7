"""Fixtures of the command-line tests: a folder of inputs, the command in it, an emulator to point it at."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.arm_server import ArmServer, served
from tests.cli.command import Uami

EXAMPLES = Path(__file__).parents[2] / "examples"

Serve = Callable[..., ArmServer]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """As little as a process needs; nothing that steers the command, a login or a proxy comes through."""
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the command runs; inputs written here have short, constant names in its output."""
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


@pytest.fixture
def uami(folder: Path, environment: dict[str, str]) -> Uami:
    """The installed command."""
    return Uami(folder, environment)


@pytest.fixture
def quickstart(folder: Path) -> Path:
    """The quickstart's `identities.yaml` and `sandbox.json` in the folder; its plan has one of each action."""
    for name in ("identities.yaml", "sandbox.json"):
        shutil.copy(EXAMPLES / "quickstart" / name, folder)
    return folder


@pytest.fixture
def serve(folder: Path, environment: dict[str, str]) -> Iterator[Serve]:
    """Starts `uami sandbox serve` over a copy of a state file of the folder, with flags as given."""
    with ExitStack() as stack:

        def start(state: str, *flags: str) -> ArmServer:
            copy = folder / f"served-{state}"
            shutil.copy(folder / state, copy)
            return stack.enter_context(served(copy, environment, *flags))

        yield start
