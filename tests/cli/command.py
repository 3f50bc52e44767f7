"""Runs the installed command as its users do: a process of its own, real pipes, real terminals, real signals.

Nothing of the package is imported here: what these helpers see is what a user of the command sees.
"""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.forks import FORKS, can_run

SCRIPT = (str(Path(sys.executable).parent / "uami"),)
"""The console script beside the interpreter that runs the tests."""

MODULE = (sys.executable, "-m", "reconciler")

TIMEOUT_S = 60.0
"""Longer than any test takes on a busy machine; what hangs fails then."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over; `screen` is what a terminal got, where one was its stdout."""

    code: int
    stdout: str
    stderr: str
    screen: str = ""

    @property
    def document(self) -> Any:
        """The one JSON document on stdout; anything else there is an error."""
        return json.loads(self.stdout)


class Running:
    """A run under way, with all that it has said so far."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", keyboard: int | None = None, screen: int | None = None
    ) -> None:
        self.process = process
        self._keyboard = keyboard
        streams = {"stdout": process.stdout, "stderr": process.stderr}
        self._open = {stream.fileno(): name for name, stream in streams.items() if stream is not None}
        if screen is not None:
            self._open[screen] = "screen"
        self._said = dict.fromkeys(("stdout", "stderr", "screen"), b"")

    def wait_for(self, text: str, stream: str = "stderr") -> None:
        """Return once the text was written; fail where the run ends, or falls silent, without it."""
        while text.encode() not in self._said[stream]:
            assert self._listen(), f"{text!r} never came: {self._said}"

    def type(self, text: str) -> None:
        """Press keys at the terminal."""
        assert self._keyboard is not None
        os.write(self._keyboard, text.encode())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self) -> Ended:
        """Wait for the end."""
        while self._listen():
            pass
        code = self.process.wait(TIMEOUT_S)
        said = {stream: text.decode().replace("\r\n", "\n") for stream, text in self._said.items()}
        return Ended(code, said["stdout"], said["stderr"], said["screen"])

    def _listen(self) -> bool:
        """Hear what is said next; False when nothing can be any more."""
        if not self._open:
            return False
        ready, _, _ = select.select(list(self._open), [], [], TIMEOUT_S)
        assert ready, f"silent for {TIMEOUT_S} s: {self._said}"
        for descriptor in ready:
            data = _read(descriptor)
            if data:
                self._said[self._open[descriptor]] += data
            else:
                del self._open[descriptor]
        return True


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        # Linux answers EIO at the end of a pseudo-terminal.
        return b""


class Uami:
    """The command in one folder and one clean environment."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = environment

    def __call__(
        self,
        *arguments: str,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        form: Sequence[str] = SCRIPT,
    ) -> Ended:
        """Run to the end, without a terminal."""
        command, whole = (*form, *arguments), {**self.environment, **(environment or {})}
        if form is SCRIPT and can_run(whole):
            process = FORKS.run(command, self.folder, whole, stdin=stdin, timeout_s=TIMEOUT_S)
        else:
            process = subprocess.run(
                command, input=stdin, capture_output=True, cwd=self.folder, env=whole, timeout=TIMEOUT_S
            )
        return Ended(process.returncode, process.stdout.decode(), process.stderr.decode())

    @contextmanager
    def started(
        self, *arguments: str, environment: Mapping[str, str] | None = None, form: Sequence[str] = SCRIPT
    ) -> Iterator[Running]:
        """A run without a terminal."""
        command = (*form, *arguments)
        process = self._popen(command, environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        with _not_left_behind(process):
            yield Running(process)

    @contextmanager
    def at_terminal(
        self, *arguments: str, screen: bool = False, environment: Mapping[str, str] | None = None
    ) -> Iterator[Running]:
        """A run whose stdin is a terminal, and, with `screen`, stdout too; stderr is a pipe, to tell the two apart."""
        with _terminal() as (ours, theirs):
            stdout = theirs if screen else subprocess.PIPE
            process = self._popen((*SCRIPT, *arguments), environment, stdin=theirs, stdout=stdout)
            os.close(theirs)
            with _not_left_behind(process):
                yield Running(process, keyboard=ours, screen=ours if screen else None)

    def _popen(
        self, command: Sequence[str], environment: Mapping[str, str] | None, *, stdin: int, stdout: int
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env={**self.environment, **(environment or {})},
        )


@contextmanager
def _terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal that does not show what is typed; the other side's end is for the caller to close."""
    ours, theirs = pty.openpty()
    settings = termios.tcgetattr(theirs)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    try:
        yield ours, theirs
    finally:
        os.close(ours)


@contextmanager
def _not_left_behind(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.wait(TIMEOUT_S)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
