"""What the command line costs in processor time and memory, each beside a floor that is measured in the same run.

    start-up    `validate` of three identities and `--version`, against an empty Typer program with one option
    manifests   `validate` of 10,000 identities with a credential each, against libyaml's events of the same bytes
    updates     `apply` of 5,000 updates over HTTP, against a bare HTTP client that makes the same requests
    growth      `validate`, and `plan` over HTTP, of 10 times as many identities: processor time for each, and the most
                memory

Every command is a process of its own, whose modules are compiled already; floors and commands take turns, so that what
else the machine does meets all of them alike. What is written to stdout is one table, and the same as JSON.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import httpx

from tests.benchmarks.plan import manifest_text

IDENTITIES = 10_000
TIMES_MORE = 10
RUNS = 5
RUNS_OF_GROWTH = 3
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TYPE = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
UAMI = (sys.executable, "-m", "reconciler")

_EMPTY = """
import typer
app = typer.Typer()
@app.command()
def main(name: str = "x") -> None: pass
app()
"""
_EVENTS = """
import sys, time, yaml
content = open(sys.argv[1], "rb").read()
started = time.process_time()
for event in yaml.parse(content, Loader=yaml.CSafeLoader): pass
print(time.process_time() - started)
"""
_BARE = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
import httpx
sequences = json.load(open(sys.argv[2]))
with httpx.Client(base_url=sys.argv[1], headers={"Authorization": "Bearer bench"}, timeout=60) as http:
    def send(sequence):
        for method, path, body in sequence:
            http.request(method, path, json=body).raise_for_status()
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(send, sequences))
"""
_WAITING = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: processor time of its own and of the system for it, and the most memory that it held."""

    cpu_ms: float
    memory_mib: float


@dataclass(frozen=True, slots=True)
class Row:
    """A figure beside its bound; `spread` is the least and the most of the runs that it is the median of."""

    name: str
    figure: float
    unit: str
    bound: float
    spread: tuple[float, float]


def main(identities: int = IDENTITIES) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = (
            *_of_start_up(folder),
            *_of_manifests(folder, identities),
            *_of_updates(folder, identities // 2),
            *_of_growth(folder, identities),
        )
    print(f"cpu: {identities} identities, medians of {RUNS} and {RUNS_OF_GROWTH} runs")
    for row in rows:
        least, most = row.spread
        print(f"  {row.name:58} {row.figure:8.2f} [{least:.2f}-{most:.2f}] {row.unit:5} at most {row.bound:g}")
    print(json.dumps([asdict(row) for row in rows]))


def _of_start_up(folder: Path) -> tuple[Row, ...]:
    manifest = folder / "three.yaml"
    manifest.write_text(_with_credentials(3), encoding="utf-8")
    commands = {
        "empty": (sys.executable, "-c", _EMPTY),
        "version": (*UAMI, "--version"),
        "validate": (*UAMI, "validate", str(manifest)),
    }
    taken = _in_turns(commands, folder, RUNS * 3)
    more = [one.cpu_ms - empty.cpu_ms for one, empty in zip(taken["validate"], taken["empty"], strict=True)]
    share = [one.cpu_ms / empty.cpu_ms for one, empty in zip(taken["version"], taken["empty"], strict=True)]
    return (
        _row("validate of 3 identities, more than an empty Typer program", more, "ms", 120),
        _row("--version, of an empty Typer program", share, "x", 0.6),
    )


def _of_manifests(folder: Path, identities: int) -> tuple[Row, ...]:
    manifest = folder / "credentials.yaml"
    manifest.write_text(_with_credentials(identities), encoding="utf-8")
    commands = {"empty": (sys.executable, "-c", _EMPTY), "validate": (*UAMI, "validate", str(manifest))}
    ratios = []
    for _ in range(RUNS):
        taken = _in_turns(commands, folder, 1)
        events = subprocess.run(
            [sys.executable, "-c", _EVENTS, str(manifest)], check=True, capture_output=True, text=True
        )
        ratios.append((taken["validate"][0].cpu_ms - taken["empty"][0].cpu_ms) / (float(events.stdout) * 1000))
    return (_row("validate, of libyaml's events of the same bytes", ratios, "x", 6),)


def _of_updates(folder: Path, identities: int) -> tuple[Row, ...]:
    """An apply of updates of one tag each, with its journal and its verification, beside a client that sends the same
    requests and does nothing else; of both the whole process, from its start. The server's time is its own."""
    manifest, state, requests = folder / "updates.yaml", folder / "updates.json", folder / "requests.json"
    manifest.write_text(manifest_text(identities).replace("team: a", "team: b"), encoding="utf-8")
    state.write_text(json.dumps(_state(identities)), encoding="utf-8")
    environment = _environment(folder)
    with _served(state) as url, httpx.Client(base_url=f"{url}/_sandbox/", timeout=60) as control:
        ratios = []
        words = (*UAMI, "apply", str(manifest), "-y", "--endpoint", url, "--credential", "token")
        for number in range(RUNS_OF_GROWTH + 1):  # the first one compiles the modules
            control.post("reset").raise_for_status()
            applied = cost(words, environment).cpu_ms
            sent = control.get("requests").json()["requests"]
            if Counter(one["method"] for one in sent)["PATCH"] != identities:
                raise RuntimeError("the apply has not updated all")
            requests.write_text(json.dumps(_sequences(sent)), encoding="utf-8")
            bare = cost((sys.executable, "-c", _BARE, url, str(requests)), environment).cpu_ms
            if number:
                ratios.append(applied / bare)
    return (_row(f"apply of {identities} updates, of a bare client with its requests", ratios, "x", 2),)


def _sequences(sent: Iterable[Mapping[str, str]]) -> list[list[tuple[str, str, object]]]:
    """Logged requests as a bare client makes them: those about one resource one after the other."""
    sequences: dict[str, list[tuple[str, str, object]]] = {}
    for one in sent:
        path = one["path"].partition("?")[0]
        tags = {"number": str(int(path[-6:])), "team": "b", "uami-owner": "bench"} if one["method"] == "PATCH" else {}
        sequences.setdefault(path, []).append((one["method"], one["path"], {"tags": tags} if tags else None))
    return list(sequences.values())


def _of_growth(folder: Path, identities: int) -> tuple[Row, ...]:
    commands: dict[str, tuple[str, ...]] = {}
    with ExitStack() as stack:
        for count in (identities, identities * TIMES_MORE):
            manifest, state = folder / f"{count}.yaml", folder / f"{count}.json"
            manifest.write_text(manifest_text(count), encoding="utf-8")
            state.write_text(json.dumps(_state(count)), encoding="utf-8")
            # The emulator is a process of its own: it is no part of what is measured.
            url = stack.enter_context(_served(state))
            commands[f"validate {count}"] = (*UAMI, "validate", str(manifest))
            commands[f"plan {count}"] = (*UAMI, "plan", str(manifest), "--endpoint", url, "--credential", "token")
        taken = _in_turns(commands, folder, RUNS_OF_GROWTH)
    few, many = (str(count) for count in (identities, identities * TIMES_MORE))
    rows = []
    for command in ("validate", "plan"):
        grown = [
            large.cpu_ms / TIMES_MORE / small.cpu_ms
            for large, small in zip(taken[f"{command} {many}"], taken[f"{command} {few}"], strict=True)
        ]
        rows.append(_row(f"{command} of {many}, an identity's time of that at {few}", grown, "x", 1.1))
        memory = [one.memory_mib for one in taken[f"{command} {many}"]]
        rows.append(_row(f"{command} of {many}, most memory", memory, "MiB", 400))
    return tuple(rows)


@contextmanager
def _served(state: Path) -> Iterator[str]:
    """The URL of an emulator with this state."""
    command = (*UAMI, "sandbox", "serve", "--state", str(state))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process.stdout.readline().strip() if process.stdout is not None else ""
    finally:
        process.terminate()
        process.communicate()


def _in_turns(commands: Mapping[str, tuple[str, ...]], folder: Path, runs: int) -> dict[str, list[Cost]]:
    """What each command takes, `runs` times one after the other; once more before, so that all modules are compiled."""
    environment = _environment(folder)
    taken: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            taking = cost(command, environment)
            if number:
                taken[name].append(taking)
    return taken


def _environment(folder: Path) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    own = {"PYTHONPYCACHEPREFIX": "compiled", "XDG_STATE_HOME": "state"}
    return environment | {name: str(folder / value) for name, value in own.items()} | {"UAMI_ACCESS_TOKEN": "bench"}


def cost(command: tuple[str, ...], environment: Mapping[str, str], folder: Path | None = None) -> Cost:
    """What a command takes, run in this folder, with all processes that it starts and waits for.

    Raises:
        RuntimeError: it failed.
    """
    # By way of a small process: what one holds at most is counted from before it becomes another program.
    ended = subprocess.run(
        [sys.executable, "-c", _WAITING, *command],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {ended.stderr}")
    cpu_s, memory_kib = ended.stdout.split()
    return Cost(float(cpu_s) * 1000, int(memory_kib) / 1024)


def _row(name: str, figures: list[float], unit: str, bound: float) -> Row:
    return Row(name, median(figures), unit, bound, (min(figures), max(figures)))


def _with_credentials(identities: int) -> str:
    """A manifest of so many identities with a federated credential each, a hundred to a group."""
    lines = ["version: 1", f"subscription: {SUBSCRIPTION}", "owner: bench", "resourceGroups:"]
    for number in range(identities):
        if number % 100 == 0:
            lines += [f"  rg-{number // 100:05}:", "    identities:"]
        lines += [
            f"      - name: id-{number:06}",
            "        location: westeurope",
            f'        tags: {{number: "{number}", team: a}}',
            "        federatedCredentials:",
            "          - name: main",
            "            issuer: https://oidc.example/c1",
            f"            subject: system:serviceaccount:team:id-{number:06}",
        ]
    return "\n".join(lines) + "\n"


def _state(identities: int) -> dict[str, object]:
    """A sandbox in which the identities of `manifest_text` live as it lists them."""
    groups = [
        {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-{number:05}", "location": "westeurope"}
        for number in range((identities + 99) // 100)
    ]
    return {
        "version": 1,
        "subscriptions": [{"subscriptionId": SUBSCRIPTION, "displayName": "bench"}],
        "resourceGroups": groups,
        "identities": [
            {
                "id": f"{groups[number // 100]['id']}/{TYPE}/id-{number:06}",
                "location": "westeurope",
                "tags": {"number": str(number), "team": "a", "uami-owner": "bench"},
                "properties": {
                    "tenantId": SUBSCRIPTION,
                    "principalId": f"0b2c0000-0000-4000-8000-{number:012}",
                    "clientId": f"c11e0000-0000-4000-8000-{number:012}",
                },
            }
            for number in range(identities)
        ],
    }
