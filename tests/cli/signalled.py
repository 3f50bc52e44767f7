"""A program that runs the command in forks of itself, and sends each a signal at an instant of its own.

An instant is the n-th time that a thread enters or leaves a function of ours, or, in what hears the signals, comes to
another line. It is the same moment in every run, however busy the machine is. Two threads have instants: the one that
runs the command, and the main thread, in which Python handles signals. All modules are imported before the first fork,
so that an instant costs no start of a process.

It reads lines of JSON from stdin (`Asked`), and writes one line for each run (`Signalled`).
"""

import importlib
import io
import json
import os
import pkgutil
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

COMMAND, MAIN = "command", "MainThread"

_PACKAGE = f"{os.sep}reconciler{os.sep}"
_LEFT_OUT = tuple(
    f"{_PACKAGE}{room}{os.sep}" for room in ("sandbox", "arm", "model", "manifest", "plan", "live", "guards")
)
"""Rooms that only compute, or wait for an answer: what happens there is said elsewhere."""

_LINE_BY_LINE = ("signals.py", "main.py")
_WAITS = ("_next",)
"""How often the main thread comes by here depends on the machine."""

_HEARD_S = 0.03
"""Long enough for the main thread to hear a signal before this thread goes on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which command to run in copies of which folder, and at which instants to send it a signal; none counts them."""

    arguments: list[str]
    folder: str
    number: int
    instants: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Signalled:
    """A run that is over; `files` by name, those of its home folder included. `passed` is what it has passed."""

    instant: tuple[str, int]
    code: int
    stdout: str
    stderr: str
    files: dict[str, str]
    passed: list[tuple[str, str]]


class _Instants:
    """Counts instants by thread, and sends the signal at the one that was asked for."""

    def __init__(self, number: int, instant: tuple[str, int], log: io.TextIOBase) -> None:
        self._number = number
        self._instant = instant
        self._log = log
        self._passed: Counter[str] = Counter()
        self._process = os.getpid()

    def begin(self) -> None:
        """Count from now on, to the very end of the process."""
        threading.settrace(self._on_call)
        sys.settrace(self._on_call)

    def _on_call(self, frame: FrameType, _event: str, _argument: object) -> Any:
        code = frame.f_code
        if _PACKAGE not in code.co_filename or any(room in code.co_filename for room in _LEFT_OUT):
            return None
        if code.co_name in _WAITS or threading.current_thread().name not in (COMMAND, MAIN):
            return None
        frame.f_trace_lines = code.co_filename.endswith(_LINE_BY_LINE)
        self._pass(_name(code))
        return self._on_event

    def _on_event(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event in ("line", "return"):
            self._pass(_name(frame.f_code))
        return self._on_event

    def _pass(self, name: str) -> None:
        thread = threading.current_thread().name
        self._passed[thread] += 1
        if self._number == 0:
            print(thread, name, file=self._log, flush=True)
        elif (thread, self._passed[thread]) == self._instant:
            os.kill(self._process, self._number)
            if thread == COMMAND:
                time.sleep(_HEARD_S)


def _name(code: CodeType) -> str:
    return f"{Path(code.co_filename).stem}.{code.co_qualname}"


def _run(asked: Asked, instant: tuple[str, int]) -> Signalled:
    # Not a block: the exit of the fork would leave it, too.
    place = tempfile.mkdtemp()
    folder, home = Path(place, "folder"), Path(place, "home")
    shutil.copytree(asked.folder, folder)
    home.mkdir()
    process = os.fork()
    if process == 0:
        _be_the_command(asked, instant, folder, home)
    _, status = os.waitpid(process, 0)
    said = [(home / name).read_text() for name in ("stdout", "stderr", "passed")]
    passed = [(thread, name) for thread, _, name in (line.partition(" ") for line in said[2].splitlines())]
    files = {
        str(path.relative_to(place)): path.read_text()
        for path in (*folder.rglob("*"), *home.rglob("*/*"))
        if path.is_file()
    }
    shutil.rmtree(place)
    return Signalled(instant, os.waitstatus_to_exitcode(status), said[0], said[1], files, passed)


def _be_the_command(asked: Asked, instant: tuple[str, int], folder: Path, home: Path) -> None:
    """Never returns: ends as the command does."""
    os.chdir(folder)
    os.environ["HOME"] = str(home)
    log = (home / "passed").open("w")
    for descriptor, name in ((0, os.devnull), (1, home / "stdout"), (2, home / "stderr")):
        opened = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, descriptor)
    sys.argv = ["uami", *asked.arguments]
    from reconciler.cli.main import main

    _Instants(asked.number, instant, log).begin()
    main()


def _import_all() -> None:
    import reconciler

    for module in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _answer() -> None:
    for line in sys.stdin:
        asked = Asked(**json.loads(line))
        for thread, count in asked.instants or [(COMMAND, 0)]:
            print(json.dumps(asdict(_run(asked, (thread, count)))), flush=True)


if __name__ == "__main__":
    _import_all()
    _answer()
