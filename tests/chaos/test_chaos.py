"""A few scenarios of chaos, one of each kind that takes little time; `python -m tests.chaos` plays hundreds."""

from pathlib import Path

import pytest

from tests.chaos.scenario import play

SCENARIOS = [("plain", 1), ("saved-plan", 14), ("signal", 3), ("kill", 4), ("two-applies", 5), ("full-disk", 6)]


@pytest.mark.parametrize(("mode", "seed"), SCENARIOS)
def test_scenario_keeps_every_promise(tmp_path: Path, mode: str, seed: int) -> None:
    played = play(seed, tmp_path, mode)

    assert played.findings == []
    assert played.codes
