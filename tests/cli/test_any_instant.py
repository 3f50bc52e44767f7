"""A signal at any instant of a command: one ending, the true one, in words, in the exit code and in the files.

Either the signal came first: "nothing was changed", and nothing was. Or the command's own words are the last: as
without a signal, or, of a run that was cut short, exactly what it has done.
"""

import hashlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import TIMEOUT_S, Uami
from tests.cli.inputs import write_manifest, write_state
from tests.cli.signalled import COMMAND, MAIN, Asked, Signalled

ROOT = Path(__file__).parents[2]
SANDBOX = ("--sandbox", "s.json")
JSON = ("--format", "json")

SPREAD = 4
"""Instants of the command's own thread, evenly over its whole length."""

TURNS = ("Ending.", "output.print_", "carry_out.carry_out", "replace.output_file.<locals>.write", "replace._create")
"""Where the story of a run takes a turn: each of these is an instant whenever its last time comes."""

INTERRUPTED = "Interrupted; nothing was changed."
VARYING = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|/tmp/[^/\s]+/|\d{8}T\d{9}Z|\d{4}-\d\d-\d\dT[\d:.]+Z"
)
"""What differs from run to run: ids, digests, folders and times."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A command that is interrupted, and the signal."""

    arguments: tuple[str, ...]
    number: signal.Signals

    @property
    def is_document(self) -> bool:
        """Whether stdout gets one JSON document."""
        return "json" in self.arguments

    @property
    def code(self) -> int:
        """The exit code of what the signal has ended."""
        return 128 + self.number


VARIANTS = {
    "validate": Variant(("validate", "m.yaml", *JSON), signal.SIGINT),
    "error": Variant(("plan", "nothing.yaml", *SANDBOX, *JSON), signal.SIGTERM),
    "plan": Variant(("plan", "m.yaml", *SANDBOX, "--detailed-exitcode"), signal.SIGTERM),
    "plan-saved": Variant(("plan", "m.yaml", *SANDBOX, *JSON, "-o", "p.json"), signal.SIGINT),
    "drift": Variant(("drift", "m.yaml", *SANDBOX, *JSON), signal.SIGTERM),
    "declined": Variant(("apply", "m.yaml", *SANDBOX), signal.SIGINT),
    "refused": Variant(("apply", "empty.yaml", *SANDBOX, *JSON, "-y"), signal.SIGTERM),
    "apply": Variant(("apply", "m.yaml", *SANDBOX, "-y", "--parallelism", "1"), signal.SIGTERM),
    "apply-json": Variant(("apply", "m.yaml", *SANDBOX, *JSON, "-y", "--journal", "j.jsonl"), signal.SIGINT),
    "undo": Variant(("undo", "run.jsonl", *SANDBOX, *JSON, "-y", "--digest", "DIGEST"), signal.SIGINT),
}


@pytest.fixture
def inputs(uami: Uami, folder: Path, request: pytest.FixtureRequest) -> Path:
    """A plan of two creates and an update; for `undo`, what is left of it, and its journal."""
    write_manifest(
        folder / "m.yaml", {"rg-a": ["id-one", "id-two", {"name": "id-old", "tags": {"a": "b"}}]}, owner="us"
    )
    write_manifest(folder / "empty.yaml", {"rg-a": []}, owner="us")
    write_state(folder / "s.json", {"rg-a": {"id-old": {"uami-owner": "us"}}})
    if request.node.callspec.id == "undo":
        assert uami("apply", "m.yaml", *SANDBOX, "-y", "--journal", "run.jsonl").code == 0
    return folder


class Harness:
    """The program that runs a variant again and again."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path, variant: Variant) -> None:
        self._process = process
        self._folder = folder
        self._number = int(variant.number)
        journal = folder / "run.jsonl"
        digest = hashlib.sha256(journal.read_bytes()).hexdigest() if journal.exists() else ""
        self._arguments = [digest if one == "DIGEST" else one for one in variant.arguments]

    def undisturbed(self) -> Signalled:
        """The run without a signal, and all instants that it has."""
        return next(self._ask(0, []))

    def signalled(self, instants: Sequence[tuple[str, int]]) -> Iterator[Signalled]:
        """A run for each instant."""
        return self._ask(self._number, list(instants))

    def _ask(self, number: int, instants: list[tuple[str, int]]) -> Iterator[Signalled]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = Asked(self._arguments, str(self._folder), number, instants)
        self._process.stdin.write(json.dumps({one: getattr(asked, one) for one in asked.__slots__}) + "\n")
        self._process.stdin.flush()
        for _ in range(len(instants) or 1):
            answer = json.loads(self._process.stdout.readline())
            answer["passed"] = [tuple(one) for one in answer["passed"]]
            yield Signalled(**answer)


@contextmanager
def harness(variant: Variant, folder: Path, environment: dict[str, str]) -> Iterator[Harness]:
    """The program, with its modules imported."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cli.signalled"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    ) as process:
        try:
            yield Harness(process, folder, variant)
        finally:
            process.kill()


def chosen(passed: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
    """Instants worth a signal: spread over the run, where its story takes a turn, and all of its end."""
    names = {thread: [name for one, name in passed if one == thread] for thread in (COMMAND, MAIN)}
    length = len(names[COMMAND])
    last = {name: number for number, name in enumerate(names[COMMAND], start=1) if any(one in name for one in TURNS)}
    spread = range(1, length + 1, max(1, length // SPREAD))
    # Before its handlers are in their place, Python's own are; no program can say anything by then.
    ready = max(at for at, name in enumerate(names[MAIN], start=1) if name == "signals.Signals.__init__")
    mains = [*range(ready + 1, len(names[MAIN]), 20), *range(len(names[MAIN]) - 2, len(names[MAIN]) + 1)]
    command = {*spread, *last.values(), length - 1, length}
    return [*((COMMAND, one) for one in sorted(command)), *((MAIN, one) for one in sorted({*mains}))]


def identities(files: dict[str, str]) -> dict[str, Any]:
    """The tags of each identity in the state, by its name."""
    return {one["id"].rpartition("/")[2]: one["tags"] for one in json.loads(files["folder/s.json"])["identities"]}


def outcome_of(ended: Signalled, variant: Variant, undisturbed: Signalled, before: dict[str, str]) -> str:
    """Which of the three endings a run had; fails where it is none of them, or not the true one."""
    where = f"{ended.instant}: exit {ended.code}\n{ended.stdout}\n{ended.stderr}"
    assert "Traceback" not in ended.stderr, where
    assert "Exception ignored" not in ended.stderr, where
    document = json.loads(ended.stdout) if variant.is_document else None
    said = document.get("error", {}).get("message", "") if document else ended.stderr
    if INTERRUPTED in said:
        assert (ended.code, ended.files) == (variant.code, before), where
        assert "Apply" not in ended.stdout, where
        return "nothing done"
    if ended.code == undisturbed.code:
        assert VARYING.sub("*", ended.stdout) == VARYING.sub("*", undisturbed.stdout), where
        assert identities(ended.files).keys() == identities(undisturbed.files).keys(), where
        assert len(ended.files) == len(undisturbed.files), where
        return "as without a signal"
    assert ended.code == variant.code, where
    check_cut_short(ended, document, before, where)
    return "cut short"


def check_cut_short(ended: Signalled, document: Any, before: dict[str, str], where: str) -> None:
    """A run that was asked to stop has done what it says, and nothing else."""
    touched = {name for name, tags in identities(ended.files).items() if identities(before).get(name) != tags}
    touched |= identities(before).keys() - identities(ended.files).keys()
    if document is None:
        found = re.search(r": (\d+) added, (\d+) changed, (\d+) destroyed", ended.stdout)
        assert found is not None, where
        assert sum(int(one) for one in found.groups()) == len(touched), where
        return
    result = document["result"]
    assert result["interrupted"], where
    done = {one["address"].rpartition("/")[2] for one in result["changes"] if one["outcome"] == "done"}
    assert done == touched, where
    # No call, no journal.
    assert (document["journal"] is not None) == (len(ended.files) > len(before)), where


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_signal_at_any_instant_has_one_ending_and_the_true_one(
    variant: Variant, inputs: Path, environment: dict[str, str]
) -> None:
    before = {f"folder/{path.name}": path.read_text() for path in inputs.iterdir()}
    with harness(variant, inputs, environment) as runs:
        undisturbed = runs.undisturbed()
        instants = chosen(undisturbed.passed)

        outcomes = [outcome_of(ended, variant, undisturbed, before) for ended in runs.signalled(instants)]

    writes = undisturbed.files["folder/s.json"] != before["folder/s.json"]
    expected = {"nothing done", "as without a signal", *(["cut short"] if writes else [])}
    assert set(outcomes) == expected
    # The last instant of each thread comes after the last word.
    assert {outcomes[at] for at, (thread, _) in enumerate(instants) if thread == MAIN and at == len(instants) - 1} == {
        "as without a signal"
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("wait_ms", [0, 1, 3, 8, 20])
def test_signal_after_the_last_line_changes_nothing(
    uami: Uami, quickstart: Path, number: signal.Signals, wait_ms: int
) -> None:
    with uami.started("apply", "identities.yaml", "--sandbox", "sandbox.json", "-y") as run:
        run.wait_for("Apply complete!", stream="stdout")
        time.sleep(wait_ms / 1000)
        run.signal(number)
        ended = run.end()

    assert ended.code == 0
    assert ended.stdout.endswith("\nApply complete! Resources: 2 added, 2 changed, 1 destroyed.\n")
    assert ended.stderr.count("Journal: ") == 1
    assert "Interrupted" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_signal_while_the_reader_is_slow_leaves_the_document_whole(uami: Uami, folder: Path) -> None:
    # More than a pipe holds, so that the command waits for its reader in the midst of its document.
    write_manifest(folder / "m.yaml", {"rg-a": [f"id-{number:03}" for number in range(300)]})
    write_state(folder / "s.json", {"rg-a": {}})

    with uami.started("plan", "m.yaml", *SANDBOX, *JSON) as run:
        run.wait_for("{", stream="stdout")
        run.signal(signal.SIGINT)
        time.sleep(0.3)
        run.signal(signal.SIGTERM)
        ended = run.end()

    assert (ended.code, ended.stderr) == (0, "")
    assert ended.document["summary"]["create"] == 300


def test_process_that_is_interrupted_at_the_prompt_leaves_no_file_behind(uami: Uami, quickstart: Path) -> None:
    before = sorted(path.name for path in quickstart.iterdir())

    with uami.at_terminal("apply", "identities.yaml", "--sandbox", "sandbox.json", "--journal", "r.jsonl") as run:
        run.wait_for("Answer: ")
        run.signal(signal.SIGINT)
        ended = run.end()

    assert ended.code == 130
    assert sorted(path.name for path in quickstart.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("plan", "identities.yaml", "--sandbox", "sandbox.json"), 1),
        (("plan", "identities.yaml", "--sandbox", "sandbox.json", *JSON), 1),
        (("apply", "identities.yaml", "--sandbox", "sandbox.json", "-y", *JSON), 1),
        (("apply", "identities.yaml", "--sandbox", "sandbox.json", *JSON), 1),
        (("validate", "nothing.yaml", *JSON), 65),
        (("--help",), 1),
        (("plan", "-h"), 1),
        (("--version",), 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_report_onto_a_full_disk_is_told_on_stderr(
    uami: Uami, quickstart: Path, arguments: tuple[str, ...], code: int
) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [str(Path(sys.executable).parent / "uami"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=quickstart,
            env=uami.environment,
            timeout=TIMEOUT_S,
            check=False,
        )

    assert ended.returncode == code
    assert "Error: " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
