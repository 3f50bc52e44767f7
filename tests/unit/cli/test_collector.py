"""The collector rests while files are read, and is there again for what runs for long."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from reconciler.cli.collector import pause_collector, resume_collector


class _Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


def test_nothing_is_looked_for_while_it_rests() -> None:
    pause_collector()
    cycle = weakref.ref(_Cycle())

    made = [[] for _ in range(200_000)]  # type: ignore[var-annotated]

    assert len(made) == 200_000
    assert cycle() is not None


def test_cycles_are_found_again_afterwards() -> None:
    pause_collector()
    resume_collector()
    cycle = weakref.ref(_Cycle())

    made = [[] for _ in range(200_000)]  # type: ignore[var-annotated]

    assert len(made) == 200_000
    assert cycle() is None
