"""Runs the command in forks of one process that has it loaded, since loading it takes longer than most runs do.

A fork has the command's own `main`, a folder, an environment and three streams of its own, as a process that was
started by a shell has. What differs from one is told in `can_run`; such runs are started as a shell does.

As a script (`python -P forks.py`, a Unix socket as its standard input) this is the process that forks.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

_BASE = {"PATH": os.defpath, "LANG": "C.UTF-8", "TERM": "xterm"}
"""Read while the command, its libraries or Python itself are loaded; a fork finds them read."""

_READ_WHEN_USED = ("HOME", "NO_COLOR", "UAMI_", "AZURE_")
"""Variables, by how they begin, that are looked at only by a run."""


def can_run(environment: Mapping[str, str]) -> bool:
    """Whether a fork sees this environment as a process of its own would."""
    others = {name: value for name, value in environment.items() if not name.startswith(_READ_WHEN_USED)}
    return others == _BASE


class Forks:
    """The process that has the command loaded; it is started at the first run, and ends with this one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ours: socket.socket | None = None

    def run(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        *,
        stdin: bytes = b"",
        timeout_s: float,
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run to the end, as `subprocess.run` does.

        Raises:
            subprocess.TimeoutExpired: it took longer; it is killed.
        """
        request = json.dumps([list(command), str(folder), dict(environment)]).encode()
        pipes = [os.pipe() for _ in range(4)]
        stdin_end, stdout_end, stderr_end, end_end = pipes
        theirs = [stdin_end[0], stdout_end[1], stderr_end[1], end_end[1]]
        self._send(request, theirs)
        for descriptor in theirs:
            os.close(descriptor)
        run = _Run(list(command), stdin_end[1], stdout_end[0], stderr_end[0], end_end[0])
        return run.communicate(stdin, timeout_s)

    def _send(self, request: bytes, descriptors: list[int]) -> None:
        with self._lock:
            if self._ours is None:
                self._ours = self._start()
            socket.send_fds(self._ours, [len(request).to_bytes(4, "big")], descriptors)
            self._ours.sendall(request)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            # Pipes, though nothing is said there: Python's streams, which a fork keeps, differ by what they are on.
            server = subprocess.Popen(
                [sys.executable, "-P", __file__],
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_BASE,
            )
        atexit.register(server.wait)
        atexit.register(ours.close)  # which ends it; run before the wait
        return ours


class _Run:
    """A fork under way: its streams, and the pipe on which its number and then its exit code come."""

    def __init__(self, command: list[str], stdin: int, stdout: int, stderr: int, ends: int) -> None:
        self._command = command
        self._stdin = stdin
        self._streams = {"stdout": stdout, "stderr": stderr, "ends": ends}
        self._said = dict.fromkeys(self._streams, b"")

    def communicate(self, stdin: bytes, timeout_s: float) -> "subprocess.CompletedProcess[bytes]":
        threads = [threading.Thread(target=self._read, args=(name,), daemon=True) for name in self._streams]
        threads.append(threading.Thread(target=self._write, args=(stdin,), daemon=True))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout_s)
        if any(thread.is_alive() for thread in threads):
            os.kill(int(self._said["ends"].split()[0]), signal.SIGKILL)
            raise subprocess.TimeoutExpired(self._command, timeout_s, self._said["stdout"], self._said["stderr"])
        code = int(self._said["ends"].split()[1])
        return subprocess.CompletedProcess(self._command, code, self._said["stdout"], self._said["stderr"])

    def _read(self, name: str) -> None:
        with os.fdopen(self._streams[name], "rb", buffering=0) as stream:
            while data := stream.read(65536):
                self._said[name] += data

    def _write(self, stdin: bytes) -> None:
        # A run may end without reading all that it is given, as at a shell.
        try:
            with os.fdopen(self._stdin, "wb") as stream:
                stream.write(stdin)
        except BrokenPipeError:
            return


FORKS = Forks()


def _serve(requests: socket.socket) -> None:
    """Fork for each request: a keeper, which waits for the run and tells its end, and below it the run itself."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for keepers
    while True:
        size, descriptors, _, _ = socket.recv_fds(requests, 4, 4)
        if not size:
            return
        command, folder, environment = json.loads(_receive(requests, int.from_bytes(size, "big")))
        if os.fork() == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(command, folder, environment, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _receive(requests: socket.socket, size: int) -> bytes:
    text = b""
    while len(text) < size:
        text += requests.recv(size - len(text))
    return text


def _keep(command: list[str], folder: str, environment: dict[str, str], descriptors: list[int]) -> None:
    *streams, said = descriptors
    number = os.fork()
    if number == 0:
        os.close(said)
        _run(command, folder, environment, streams)
    for descriptor in streams:
        os.close(descriptor)
    os.write(said, f"{number} ".encode())
    _, status = os.waitpid(number, 0)
    os.write(said, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _run(command: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> None:
    from reconciler.cli.main import main

    for standard, descriptor in enumerate(streams):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = command
    main()


def _load() -> None:
    """Import all of the command, and what it imports only when that is used."""
    import importlib
    import pkgutil

    import reconciler

    for module in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


if __name__ == "__main__":
    _requests = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _load()
    _serve(_requests)
