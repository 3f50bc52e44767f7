"""One run of the installed command: its output as it comes, signals at chosen lines, a bound on how long it takes."""

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

HANG_S = 180.0
"""Many times what a run takes on a busy machine; one that takes longer hangs."""

SHIM = str(Path(__file__).parent / "shim")
COMMAND = (sys.executable, "-P", "-m", "reconciler")


@dataclass(frozen=True, slots=True)
class Strike:
    """A signal: `delay_s` after the line of `stream` that has `text`, or after so many lines."""

    signum: signal.Signals
    stream: str = "stderr"
    lines: int = 0
    text: str = ""
    delay_s: float = 0.0


@dataclass(slots=True)
class Ended:
    """A run that is over; `code` is negative where a signal ended it, None where it hung."""

    arguments: tuple[str, ...]
    code: int | None
    stdout: str
    stderr: str
    struck: list[signal.Signals] = field(default_factory=list)

    @property
    def said(self) -> str:
        """All that was printed."""
        return self.stdout + self.stderr


@dataclass(frozen=True, slots=True)
class Condition:
    """Under which a command runs.

    Attributes:
        largest_file: bytes after which no file can grow, as on a full disk.
        closes_stdout: nobody reads the report.
    """

    strikes: tuple[Strike, ...] = ()
    largest_file: int | None = None
    closes_stdout: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


QUIET = Condition()


def run(folder: Path, arguments: Sequence[str], condition: Condition = QUIET) -> Ended:
    """Run the command to its end in a folder, whose `home` is its home."""
    return start(folder, arguments, condition)()


def start(folder: Path, arguments: Sequence[str], condition: Condition = QUIET) -> Callable[[], Ended]:
    """Begin a run; what is returned waits for its end."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment_of(folder, condition.environment),
        preexec_fn=_limit(condition.largest_file),
    )
    watch = _Watch(process, condition)

    def end() -> Ended:
        return watch.end(tuple(arguments))

    return end


def environment_of(folder: Path, more: Mapping[str, str]) -> dict[str, str]:
    """As little as a process needs, with short waits."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    known = {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": SHIM, "CHAOS_SPEED": "40"}
    return {**known, **more}


def _limit(largest_file: int | None) -> Callable[[], None] | None:
    if largest_file is None:
        return None
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))


class _Watch:
    """Reads what a process says, and strikes when it is time to."""

    def __init__(self, process: "subprocess.Popen[bytes]", condition: Condition) -> None:
        self._process = process
        self._left = list(condition.strikes)
        self._lock = threading.Lock()
        self._said: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
        self._struck: list[signal.Signals] = []
        self._timers: list[threading.Timer] = []
        assert process.stdout is not None
        assert process.stderr is not None
        streams = {"stderr": process.stderr}
        if condition.closes_stdout:
            process.stdout.close()
        else:
            streams["stdout"] = process.stdout
        self._readers = [threading.Thread(target=self._read, args=pair) for pair in streams.items()]
        for one in self._readers:
            one.start()

    def end(self, arguments: tuple[str, ...]) -> Ended:
        """Wait for the end, within bounds."""
        try:
            code: int | None = self._process.wait(HANG_S)
        except subprocess.TimeoutExpired:
            code = None
            self._process.kill()
            self._process.wait()
        for timer in self._timers:
            timer.cancel()
        for reader in self._readers:
            reader.join()
        stdout, stderr = (b"".join(self._said[name]).decode("utf-8", "replace") for name in ("stdout", "stderr"))
        return Ended(arguments, code, stdout, stderr, self._struck)

    def _read(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            for count, line in enumerate(stream, start=1):
                self._said[name].append(line)
                self._look(name, count, line)

    def _look(self, name: str, count: int, line: bytes) -> None:
        with self._lock:
            due = [one for one in self._left if one.stream == name and _is_due(one, count, line)]
            self._left = [one for one in self._left if one not in due]
        for one in due:
            timer = threading.Timer(one.delay_s, self._strike, [one.signum])
            self._timers.append(timer)
            timer.start()

    def _strike(self, signum: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            if self._process.poll() is None:
                self._struck.append(signum)
                self._process.send_signal(signum)


def _is_due(strike: Strike, count: int, line: bytes) -> bool:
    return strike.text.encode() in line if strike.text else count >= strike.lines
