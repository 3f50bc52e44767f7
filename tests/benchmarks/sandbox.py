"""The sandbox at scale: its state file, and lists in pages, in process and over HTTP with the server on one core.

Yardsticks: reading the state's text with `json` alone, and writing the pages of a list as `json` text. What a server
does in a second of its own processor time is told beside what it does in a second of the clock, since the clock also
counts whatever else the machine is busy with.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

import httpx

from reconciler.sandbox.gateway.calls import Settings
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.transport import SandboxTransport
from reconciler.sandbox.state.state import Contents
from reconciler.sandbox.state_file.document import format_state
from reconciler.sandbox.state_file.file import load_state
from tests.benchmarks.timing import RUNS, print_table, time_ms

IDENTITIES = 50_000
PER_GROUP = 100
PAGE_SIZES = (100, 1000)
CONNECTIONS = 4
WRITE_PAUSE_S = 0.1
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
TYPE = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
VERSION = "api-version=2024-11-30"
LIST = f"{IN_SUBSCRIPTION}/{TYPE}?{VERSION}"
HEADERS = {"Authorization": "Bearer x", "Content-Type": "application/json"}


def state_document(identities: int) -> dict[str, object]:
    """A state of so many identities with tags, a hundred to a group."""
    groups = [f"{IN_SUBSCRIPTION}/resourceGroups/rg-{number:05}" for number in range(max(1, identities // PER_GROUP))]
    return {
        "version": 1,
        "subscriptions": [{"subscriptionId": SUBSCRIPTION, "displayName": "bench"}],
        "resourceGroups": [{"id": group, "location": "westeurope"} for group in groups],
        "identities": [
            {
                "id": f"{groups[number % len(groups)]}/{TYPE}/id-{number:06}",
                "location": "westeurope",
                "tags": {"number": str(number), "team": "a", "costCenter": "4711"},
                "properties": {
                    "tenantId": SUBSCRIPTION,
                    "principalId": f"0b2c0000-0000-4000-8000-{number:012}",
                    "clientId": f"c11e0000-0000-4000-8000-{number:012}",
                },
            }
            for number in range(identities)
        ],
    }


def main(identities: int = IDENTITIES) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.json"
        path.write_text(json.dumps(state_document(identities)), encoding="utf-8")
        contents = load_state(path)
        _measure_state(path, contents, identities)
        for page_size in PAGE_SIZES:
            _measure_pages(contents, page_size)
            _measure_server(path, page_size)
        _measure_saving(path)


def _measure_state(path: Path, contents: Contents, identities: int) -> None:
    text = path.read_text(encoding="utf-8")
    yardstick = time_ms(lambda: json.loads(text))
    rows = {
        "json.loads of the file (yardstick)": yardstick,
        "load_state": time_ms(lambda: load_state(path)),
        "format_state": time_ms(lambda: format_state(contents)),
        "Application": time_ms(lambda: Application(contents)),
    }
    print_table(f"sandbox: {identities} identities, median of {RUNS} runs", rows, yardstick)


def _measure_pages(contents: Contents, page_size: int) -> None:
    transport = SandboxTransport(Application(contents, Options(Settings(page_size=page_size))))
    pages = _all_pages(transport)
    yardstick = time_ms(lambda: [json.dumps(page) for page in pages])
    rows = {
        "json.dumps of the pages (yardstick)": yardstick,
        "the whole list, with our client": time_ms(lambda: _all_pages(transport)),
    }
    print_table(f"sandbox: a list of {len(pages)} pages of {page_size}, in process", rows, yardstick)


def _all_pages(transport: SandboxTransport) -> list[object]:
    pages: list[object] = []
    with httpx.Client(transport=transport, base_url="http://127.0.0.1", headers=HEADERS) as client:
        url: str | None = LIST
        while url is not None:
            page = client.get(url).json()
            pages.append(page)
            url = page.get("nextLink")
    return pages


def _measure_server(path: Path, page_size: int) -> None:
    """Four connections that each ask for the whole list, page after page."""
    with _served(path, page_size) as server:
        before_s, started = server.processor_s, time.perf_counter()
        calls = server.walk_lists()
        taken_s, busy_s = time.perf_counter() - started, server.processor_s - before_s
    print(f"sandbox: lists in pages of {page_size} over HTTP, {CONNECTIONS} connections, {server.where}")
    print(f"  {len(calls) / taken_s:7.0f} pages a second by the clock")
    print(f"  {len(calls) / busy_s:7.0f} pages a second of the server's processor time")
    print(f"  {_spread(calls)}")


def _measure_saving(path: Path) -> None:
    """The same while something is written ten times a second, so that the state is saved again and again."""
    saved = path.stat().st_mtime_ns
    with _served(path, PAGE_SIZES[0]) as server, server.written_to():
        calls = server.walk_lists(times=3)
        saves = path.stat().st_mtime_ns != saved
    print(f"sandbox: the same while the state is saved behind the calls ({'it was' if saves else 'IT WAS NOT'})")
    print(f"  {_spread(calls)}")


def _spread(calls: list[float]) -> str:
    ordered = sorted(calls)
    return (
        f"one page: median {median(ordered) * 1000:.1f} ms, "
        f"99 of 100 within {ordered[len(ordered) * 99 // 100] * 1000:.1f} ms, longest {ordered[-1] * 1000:.1f} ms"
    )


@dataclass(frozen=True, slots=True)
class _Server:
    process_id: int
    port: int
    where: str

    @property
    def processor_s(self) -> float:
        """Processor time of the server so far; the clock's, where the system does not tell."""
        stat = Path(f"/proc/{self.process_id}/stat")
        if not stat.exists():
            return time.perf_counter()
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def walk_lists(self, times: int = 1) -> list[float]:
        """Ask for the whole list on every connection; the seconds that each page took."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            walks = [pool.submit(self._walk, times) for _ in range(CONNECTIONS)]
            return [seconds for walk in walks for seconds in walk.result()]

    def _walk(self, times: int) -> list[float]:
        calls = []
        connection = HTTPConnection("127.0.0.1", self.port)
        for _ in range(times):
            target = LIST
            while target:
                started = time.perf_counter()
                connection.request("GET", target, headers=HEADERS)
                body = connection.getresponse().read()
                calls.append(time.perf_counter() - started)
                # Not parsed: the client must not be what is measured.
                link = body.rpartition(b'"nextLink":"')[2] if b'"nextLink":"' in body else b""
                target = link.partition(b'"')[0].decode().partition(str(self.port))[2]
        connection.close()
        return calls

    @contextmanager
    def written_to(self) -> Iterator[None]:
        """Change an identity again and again, until the end of the block."""
        over = threading.Event()
        writer = threading.Thread(target=self._write, args=(over.wait,))
        writer.start()
        try:
            yield
        finally:
            over.set()
            writer.join()

    def _write(self, wait: Callable[[float], bool]) -> None:
        connection = HTTPConnection("127.0.0.1", self.port)
        number = 0
        while not wait(WRITE_PAUSE_S):
            number += 1
            target = f"{IN_SUBSCRIPTION}/resourceGroups/rg-00000/{TYPE}/id-000000?{VERSION}"
            connection.request("PATCH", target, json.dumps({"tags": {"write": str(number)}}), HEADERS)
            connection.getresponse().read()
        connection.close()


@contextmanager
def _served(path: Path, page_size: int) -> Iterator[_Server]:
    """`sandbox serve` on the last of the processor's cores, with this process on the others."""
    ours = _cores()
    server_core = {max(ours)} if len(ours) > 1 else ours
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", "sandbox", "serve", "--state", path, "--page-size", str(page_size)],
        stdout=subprocess.PIPE,
        text=True,
    )
    _pin(process.pid, server_core)
    _pin(0, ours - server_core)
    try:
        url = process.stdout.readline() if process.stdout is not None else ""
        where = "server on a core of its own" if len(ours) > 1 else "server and client NOT on cores of their own"
        yield _Server(process.pid, int(url.rpartition(":")[2]), where)
    finally:
        _pin(0, ours)
        process.terminate()
        process.communicate()


def _cores() -> set[int]:
    return set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else set()


def _pin(process_id: int, cores: set[int]) -> None:
    if cores:
        os.sched_setaffinity(process_id, cores)
