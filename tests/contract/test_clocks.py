"""Which clock is asked for what: somebody who sets the wall clock in the middle of a run changes nothing in it."""

import time
from pathlib import Path

import httpx
import pytest

from reconciler.cli.flags.shared import AzureFlags
from reconciler.cli.support.session import open_session
from reconciler.journal.call import Outcome
from reconciler.stop import Stop
from tests.builders import desired_group
from tests.cli.inputs import write_state
from tests.contract.applying import apply_now, outcomes, plan_now
from tests.contract.arm import OpenArm, contents
from tests.contract.faults import Behaviour, Fault, Forward, answer


@pytest.mark.parametrize("by_s", [-45.0, 3600.0])
def test_apply_ends_as_ever_while_the_wall_clock_is_set(arm: OpenArm, by_s: float) -> None:
    def meddle_and_fail(status: int, retry_after: str | None = None) -> Behaviour:
        fail = answer(status, "Busy", retry_after=retry_after)

        def behave(request: httpx.Request, forward: Forward) -> httpx.Response:
            opened.time.wall_set_by_s += by_s
            return fail(request, forward)

        return behave

    opened = arm(
        contents(),
        Fault("PUT", "id-new", meddle_and_fail(503), times=2),
        Fault("PUT", "id-new", meddle_and_fail(429, "7"), times=3),
        Fault("GET", "id-new", meddle_and_fail(503), passes=2),
    )

    result = apply_now(opened, plan_now(opened, desired_group("id-new")))

    assert outcomes(result) == [("id-new", Outcome.DONE)]
    assert sorted(opened.time.slept_s) == [0.25, 0.25, 0.5, 7.0, 7.0, 7.0]


def test_session_measures_time_by_the_monotonic_clock_and_dates_by_the_wall_clock(tmp_path: Path) -> None:
    state = write_state(tmp_path / "state.json", {})
    flags = AzureFlags(sandbox=str(state), parallelism=1)

    with open_session(flags, Stop(), writes=False) as session:
        retries, client = session.retries, session.azure.resources.client

    assert retries.clock is time.monotonic
    assert (retries.wall, client.clock) == (time.time, time.time)
