"""A run that is asked to stop: nothing new begins, calls in flight finish, and nothing is claimed that is not known."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from reconciler.apply.result import ApplyEvent, ApplyResult, Moment
from reconciler.apply.workers import GRACE_S
from reconciler.journal.call import Outcome
from reconciler.plan.plan import Plan
from tests.builders import desired_group, listed
from tests.contract.access import full_plan, lives, trusts
from tests.contract.applying import Run, apply_now, endings, outcomes, plan_now
from tests.contract.arm import Arm, OpenArm, contents
from tests.contract.faults import ALWAYS, Fault, Forward, answer, meddle, reset_before

PATIENCE_S = 60.0
STOPPED = "the run was asked to stop"


@dataclass
class Hold:
    """Keeps a call in flight until it is let go."""

    arrived: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def behave(self, request: httpx.Request, forward: Forward) -> httpx.Response:
        """Say that the call is under way, wait, and send it on."""
        self.arrived.set()
        assert self.let_go.wait(PATIENCE_S)
        return forward(request)


@dataclass
class Background:
    """A run on a thread of its own, so that the test can act while a call is in flight."""

    run: Run
    results: list[ApplyResult] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def note(self, event: ApplyEvent) -> None:
        """Learn that a change has ended, even where the run did not wait for it."""
        if event.moment is Moment.ENDED:
            self.ended.set()

    def result(self, thread: threading.Thread) -> ApplyResult:
        """The end of the run."""
        thread.join(PATIENCE_S)
        assert self.results, "the run did not end"
        return self.results[0]


@contextmanager
def in_flight(arm: Arm, hold: Hold, plan: Plan) -> Iterator[tuple[Background, threading.Thread]]:
    """Begin a run and wait until its held call is under way; at the end everything is let go and waited for."""
    background = Background(Run(arm))
    background.run.on_event = background.note
    thread = threading.Thread(target=lambda: background.results.append(background.run.apply(plan)))
    thread.start()
    try:
        assert hold.arrived.wait(PATIENCE_S)
        yield background, thread
    finally:
        hold.let_go.set()
        thread.join(PATIENCE_S)
        assert background.ended.wait(PATIENCE_S)


def test_call_in_flight_finishes_and_the_rest_is_not_tried(arm: OpenArm) -> None:
    hold = Hold()
    opened = arm(contents("id-old"), Fault("PUT", "id-a", hold.behave))

    with in_flight(opened, hold, plan_now(opened, desired_group("id-a", "id-b"))) as (background, thread):
        opened.stop.request()
        hold.let_go.set()
        result = background.result(thread)

    assert endings(result) == [
        ("id-a", Outcome.DONE, ""),
        ("id-b", Outcome.NOT_TRIED, STOPPED),
        ("id-old", Outcome.NOT_TRIED, STOPPED),
    ]
    assert result.interrupted
    assert sorted(opened.live) == ["rg-app/id-a", "rg-app/id-old"]


def test_second_request_leaves_the_call_in_flight_in_doubt(arm: OpenArm) -> None:
    hold = Hold()
    opened = arm(contents("id-old"), Fault("PUT", "id-a", hold.behave))

    with in_flight(opened, hold, plan_now(opened, desired_group("id-a", "id-b"))) as (background, thread):
        opened.stop.request()
        opened.stop.request()
        result = background.result(thread)

    assert endings(result) == [
        ("id-a", Outcome.IN_DOUBT, "the run ended before ARM answered"),
        ("id-b", Outcome.NOT_TRIED, STOPPED),
        ("id-old", Outcome.NOT_TRIED, STOPPED),
    ]


def test_call_that_does_not_finish_in_time_is_left_in_doubt(arm: OpenArm) -> None:
    hold = Hold()
    opened = arm(contents(), Fault("PUT", "id-a", hold.behave))

    with in_flight(opened, hold, plan_now(opened, desired_group("id-a"))) as (background, thread):
        opened.stop.request()
        while thread.is_alive():
            # The clock passes only here; the run looks at it each time that it wakes.
            opened.time.now_s += GRACE_S
            thread.join(0.05)
        result = background.result(thread)

    assert outcomes(result) == [("id-a", Outcome.IN_DOUBT)]


def test_stop_before_the_first_change_begins_nothing(arm: OpenArm) -> None:
    opened = arm(contents("id-old"))
    plan = plan_now(opened, desired_group("id-a"))
    opened.stop.request()
    run = Run(opened)

    result = run.apply(plan)

    assert outcomes(result) == [("id-a", Outcome.NOT_TRIED), ("id-old", Outcome.NOT_TRIED)]
    assert (run.events, run.journal.lines, opened.writes) == ([], [], [])


def test_stop_between_the_read_and_the_call_makes_no_call(arm: OpenArm) -> None:
    late: list[Arm] = []
    opened = arm(contents(), Fault("GET", "id-a", meddle(lambda: late[0].stop.request())))
    late.append(opened)

    result = apply_now(opened, plan_now(opened, desired_group("id-a")))

    assert endings(result) == [("id-a", Outcome.NOT_TRIED, STOPPED)]
    assert opened.writes == []


def test_stop_while_a_read_waits_for_its_next_try_makes_no_call(arm: OpenArm) -> None:
    late: list[Arm] = []

    def stop_and_fail(request: httpx.Request, forward: Forward) -> httpx.Response:
        late[0].stop.request()
        return answer(503)(request, forward)

    opened = arm(contents(), Fault("GET", "id-a", stop_and_fail, times=ALWAYS))
    late.append(opened)

    result = apply_now(opened, plan_now(opened, desired_group("id-a")))

    assert endings(result) == [("id-a", Outcome.NOT_TRIED, STOPPED)]


def test_stop_while_a_call_waits_for_its_next_try_tells_its_failure(arm: OpenArm) -> None:
    late: list[Arm] = []

    def stop_and_lose(request: httpx.Request, forward: Forward) -> httpx.Response:
        late[0].stop.request()
        return reset_before(request, forward)

    opened = arm(contents(), Fault("PUT", "id-a", stop_and_lose))
    late.append(opened)

    result = apply_now(opened, plan_now(opened, desired_group("id-a")))

    assert outcomes(result) == [("id-a", Outcome.FAILED)]
    assert (opened.writes, opened.live) == ([], {})


def test_run_that_is_stopped_while_a_failed_call_is_looked_for_says_that_it_failed(arm: OpenArm) -> None:
    def stop() -> None:
        opened.stop.request()

    failing = Fault("PUT", "id-new", answer(503, "Busy"))
    opened = arm(contents(), failing, Fault("GET", "id-new", meddle(stop), passes=1))

    result = apply_now(opened, plan_now(opened, desired_group("id-new")))

    assert outcomes(result) == [("id-new", Outcome.FAILED)]
    assert opened.live == {}


def test_time_that_is_over_at_the_read_of_its_identity_leaves_a_credential_not_tried(arm: OpenArm) -> None:
    slow_down = answer(429, "TooManyRequests", "Slow down.", retry_after="30")
    opened = arm(contents(lives("id-api")), Fault("GET", "userAssignedIdentities/id-api", slow_down, times=ALWAYS))
    plan = full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_a="a"))))
    opened.retries.budget.start(opened.time.clock())
    opened.retries.budget.end(opened.time.clock() + 5.0)

    result = apply_now(opened, plan)

    assert [one.outcome for one in result.results] == [Outcome.NOT_TRIED]
