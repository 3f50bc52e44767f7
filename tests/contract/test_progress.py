"""No call goes out unnamed: the counter knows what a run reads or writes, and no long wait is silent."""

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from reconciler.apply.verify import verify_result
from reconciler.arm.activity import Doing
from reconciler.cli.support.progress import LINE_EVERY_S, LOOK_EVERY_S, SHOWN_AFTER_S, ProgressCounter
from reconciler.doctor.doctor import Caller, run_doctor
from reconciler.guards import NO_ALLOWANCES
from reconciler.manifest.desired import Desired
from reconciler.snapshot.read import SnapshotScope, read_snapshot
from reconciler.workflow.declare import Declaration
from reconciler.workflow.output import run_output
from tests.builders import SUBSCRIPTION, TODAY
from tests.contract.access import full_plan
from tests.contract.arm import Arm, OpenArm
from tests.contract.exporting import export_now
from tests.contract.journaling import IN_USE_TOO, apply_with_journal, undo_now
from tests.contract.test_undo import before_the_run, the_run

ANSWER_S = 8.0
"""How long each answer takes: longer than both a terminal's bound, and than what a log shows in one line."""


class SlowDays:
    """Every call of a run takes long, on a clock that moves for nothing else; the counter looks meanwhile."""

    def __init__(self, arm: Arm, *, is_terminal: bool) -> None:
        self.unnamed: list[str] = []
        self.parts: list[str] = []
        self.written_s = [0.0]
        self.now_s = 0.0
        self._arm = arm
        self._lock = threading.Lock()
        over = self._write if is_terminal else None
        self._counter = ProgressCounter(arm.retries.activity, lambda: self.now_s, self._write, over)
        arm.client.http.event_hooks = {"request": [self._call]}

    def _write(self, text: str) -> None:
        if text.strip():
            self.written_s.append(self.now_s)

    def _call(self, request: httpx.Request) -> None:
        with self._lock:
            doing = self._arm.retries.activity.look()
            self.parts += [] if doing is None else [doing.what]
            if not _is_named(doing):
                self.unnamed.append(f"{request.method} {request.url.path}")
            for _ in range(round(ANSWER_S / LOOK_EVERY_S)):
                self.now_s += LOOK_EVERY_S
                self._counter.look()

    @property
    def longest_silence_s(self) -> float:
        """Between two lines, or the beginning and the first, or the last and the end."""
        times_s = [*self.written_s, self.now_s]
        return max(later - earlier for earlier, later in pairwise(times_s))


def _is_named(doing: Doing | None) -> bool:
    return doing is not None and doing.number > 0


def _plan(arm: Arm, folder: Path) -> None:
    full_plan(arm, the_run(), allowances=IN_USE_TOO)


def _apply(arm: Arm, folder: Path) -> None:
    plan = full_plan(arm, the_run(), allowances=IN_USE_TOO)
    apply_with_journal(arm, plan, folder / "run.jsonl")


def _undo(arm: Arm, folder: Path) -> None:
    _apply(arm, folder)
    undo_now(arm, folder / "run.jsonl")


def _snapshot(arm: Arm, folder: Path) -> None:
    read_snapshot((SnapshotScope(SUBSCRIPTION),), arm.resources)


def _export(arm: Arm, folder: Path) -> None:
    export_now(arm)


def _doctor(arm: Arm, folder: Path) -> None:
    run_doctor(Desired((the_run(),)), (), arm.azure, Caller("here", "token", lambda: None, lambda: None))


def _verify(arm: Arm, folder: Path) -> None:
    """With a role that does not show at once, so that it is looked for again."""
    result = apply_with_journal(arm, full_plan(arm, the_run(), allowances=IN_USE_TOO), folder / "run.jsonl")
    arm.delete("id-new")
    verify_result(result, arm.resources, sleep=arm.retries.sleep)


def _output(arm: Arm, folder: Path) -> None:
    desired = Desired((the_run(),))
    listed = Declaration(desired, (), NO_ALLOWANCES, (), strict=False, judged_on=TODAY)
    run_output(listed, arm.azure, allow_missing=True)


STORIES = [_plan, _apply, _verify, _undo, _snapshot, _export, _doctor, _output]


@pytest.mark.parametrize(("is_terminal", "most_s"), [(True, SHOWN_AFTER_S), (False, LINE_EVERY_S)])
@pytest.mark.parametrize("story", STORIES)
def test_no_call_is_unnamed_and_no_phase_is_silent(
    arm: OpenArm, tmp_path: Path, story: Callable[[Arm, Path], None], is_terminal: bool, most_s: float
) -> None:
    opened = before_the_run(arm)
    slow = SlowDays(opened, is_terminal=is_terminal)

    story(opened, tmp_path)

    assert slow.unnamed == []
    assert len(slow.parts) > 3
    assert slow.longest_silence_s <= most_s
