"""Roles that were taken away before their identity, which then stays: they return as they were, or it is said."""

import json
import shlex
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from reconciler.apply.give_back import GIVEN_BACK
from reconciler.apply.result import ApplyResult
from reconciler.apply.verify import verify_result
from reconciler.errors import JournalError
from reconciler.journal import Call, read_journal
from reconciler.journal.call import Outcome
from reconciler.model.access import RoleAssignment as LiveAssignment
from reconciler.model.identity import OWNER_TAG
from reconciler.plan.changes import AssignmentChange
from reconciler.plan.plan import Plan
from reconciler.sandbox.state.kinds import RoleAssignment
from tests.builders import desired_group
from tests.contract.access import (
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    full_plan,
    given,
    lives,
    principal_of,
    with_roles,
)
from tests.contract.applying import MemoryJournal, Run, apply_now, endings
from tests.contract.arm import Arm, OpenArm, contents
from tests.contract.faults import ALWAYS, Behaviour, Fault, Forward, answer, meddle_after, reset_after, reset_before
from tests.contract.impact import VM
from tests.contract.journaling import apply_with_journal, lines_of, undo_plan
from tests.contract.test_apply_stop import PATIENCE_S, Hold, in_flight
from tests.contract.test_assignment_details import assignments, bounded

OURS = {OWNER_TAG: OWNER}
ATTACHED = "something has started to use it since the plan was made: attached to virtualMachines vm-a (rg-app)"
NOT_GIVEN_BACK = "it was taken away before its identity, which stays, and has not returned as it was: "
STOPPED = "the run was asked to stop"

ONE = bounded(given("id-old", READER, owner=OWNER))
TWO = given("id-old", CONTRIBUTOR, IN_SUBSCRIPTION, owner=OWNER)
BOTH = sorted((ONE, TWO), key=lambda one: one.name)
ROLES = {READER: "Reader", CONTRIBUTOR: "Contributor"}


class Stage:
    """An emulator with an identity that is to be deleted with its two roles, and what happens meanwhile.

    Attributes:
        happens: what happens right after so many roles are gone.
    """

    def __init__(self, open_: OpenArm, *faults: Fault) -> None:
        start = with_roles(contents(lives("id-api", OURS), lives("id-old", OURS)), ONE, TWO)
        noted = (Fault("DELETE", one.name, self._note) for one in BOTH)
        self.arm: Arm = open_(start, *faults, *noted)
        self.plan = full_plan(self.arm, desired_group("id-api", owner=OWNER))
        self.happens: dict[int, Callable[[], object]] = {}
        self._gone = 0

    def _note(self, request: httpx.Request, forward: Forward) -> httpx.Response:
        self._gone += 1
        return meddle_after(self.happens.get(self._gone, lambda: None))(request, forward)

    def attach(self) -> None:
        """Somebody starts to use the identity."""
        self.arm.attach(VM, "id-old")

    def recreate(self) -> None:
        """Somebody deletes the identity and makes another one of its name."""
        self.arm.recreate("id-old", tags=OURS)

    @property
    def roles(self) -> list[RoleAssignment]:
        """The roles that live."""
        return sorted(assignments(self.arm), key=lambda one: one.name)


def ended(result: ApplyResult) -> dict[str, tuple[Outcome, str]]:
    """How each change has ended, by the identity or the role's part of the address."""
    return {name: (outcome, because) for name, outcome, because in endings(result)}


def taken_in_order(plan: Plan) -> tuple[LiveAssignment, LiveAssignment]:
    """The roles in the order in which they are taken away."""
    first, second = (one.before for one in plan.applicable if isinstance(one, AssignmentChange))
    assert first is not None and second is not None
    return first, second


def stored(assignment: LiveAssignment) -> RoleAssignment:
    """A role as the emulator keeps it."""
    return next(one for one in BOTH if one.name == assignment.name)


def name_of(assignment: LiveAssignment) -> str:
    """The label of a role's change."""
    return f"id-old/roleAssignments/{ROLES[assignment.role_guid]}@{assignment.scope}"


def roles_ended(result: ApplyResult) -> set[tuple[Outcome, str]]:
    """How the roles have ended."""
    return {end for name, end in ended(result).items() if "/" in name}


@pytest.mark.parametrize("gone", [1, 2])
def test_identity_that_comes_into_use_meanwhile_keeps_its_roles_as_they_were(arm: OpenArm, gone: int) -> None:
    stage = Stage(arm)
    stage.happens[gone] = stage.attach

    run = Run(stage.arm)

    result = run.apply(stage.plan)

    assert ended(result)["id-old"] == (Outcome.STALE, ATTACHED)
    assert roles_ended(result) == {(Outcome.SKIPPED, GIVEN_BACK)}
    assert [one.reason for one in run.events if one.outcome is Outcome.SKIPPED] == ["given back"] * 2
    assert stage.roles == BOTH
    assert (result.complete, result.exit_code) == (False, 5)
    verified = verify_result(result, stage.arm.resources, sleep=stage.arm.time.sleep)
    assert all(not one.not_held for one in verified.results)


def test_giving_back_is_journalled_and_leaves_nothing_to_undo(arm: OpenArm, tmp_path: Path) -> None:
    stage = Stage(arm)
    stage.happens[2] = stage.attach

    apply_with_journal(stage.arm, stage.plan, tmp_path / "run.jsonl")

    calls = [(one.action.value, one.outcome) for one in read_journal(tmp_path / "run.jsonl").calls]
    assert calls == [("delete", Outcome.DONE)] * 2 + [("create", Outcome.DONE)] * 2
    intents = [one for one in lines_of(tmp_path / "run.jsonl") if one["kind"] == "intent"]
    assert {str(one["before"]) for one in intents[:2]} == {str(one["after"]) for one in intents[2:]}
    assert undo_plan(stage.arm, tmp_path / "run.jsonl").applicable == ()


def stop(stage: Stage) -> None:
    stage.arm.stop.request()


def spend_the_time(stage: Stage) -> None:
    stage.arm.retries.budget.end(stage.arm.retries.clock())


BUSY = [answer(503, "Busy"), answer(429, "TooManyRequests", retry_after="20"), reset_before]


@pytest.mark.parametrize(
    ("ends", "because"),
    [(stop, STOPPED), (spend_the_time, "the run's time (1h) was over, or shorter than ARM asked to wait")],
    ids=["stopped", "time-over"],
)
@pytest.mark.parametrize("behaviour", BUSY, ids=["503", "429", "reset"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_roles_are_given_back_though_the_run_ends_and_arm_is_busy(
    arm: OpenArm, ends: Callable[[Stage], None], because: str, behaviour: Behaviour, method: str
) -> None:
    # One read before each delete.
    stage = Stage(arm, Fault(method, ONE.name, behaviour, times=2, passes=1 if method == "GET" else 0))
    stage.happens[2] = lambda: ends(stage)

    result = apply_now(stage.arm, stage.plan)

    assert ended(result)["id-old"] == (Outcome.NOT_TRIED, because)
    assert roles_ended(result) == {(Outcome.SKIPPED, GIVEN_BACK)}
    assert stage.roles == BOTH


def test_giving_back_is_tried_within_bounds(arm: OpenArm) -> None:
    stage = Stage(arm, Fault("PUT", ONE.name, answer(429, "TooManyRequests", retry_after="25"), times=ALWAYS))
    stage.happens[2] = lambda: stop(stage)

    result = apply_now(stage.arm, stage.plan)

    because = f"{NOT_GIVEN_BACK}the run's time (1m) was over, or shorter than ARM asked to wait"
    assert ended(result)[f"id-old/roleAssignments/Reader@{IN_GROUP}"] == (Outcome.FAILED, because)
    assert sum(stage.arm.time.slept_s) <= 60


def keeps_by_lock(stage: Stage) -> None:
    stage.arm.lock(f"{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-old")


@pytest.mark.parametrize(
    ("faults", "meanwhile", "outcome"),
    [
        ((Fault("DELETE", "/id-old", answer(403, "AuthorizationFailed", "No.")),), None, Outcome.FAILED),
        ((Fault("DELETE", "/id-old", answer(409, "ScopeLocked", "Locked.")),), None, Outcome.FAILED),
        ((Fault("DELETE", "/id-old", reset_before, times=6),), None, Outcome.FAILED),
        ((), keeps_by_lock, Outcome.STALE),
        ((), lambda stage: stage.arm.patch("id-old", {OWNER_TAG: "team-b"}), Outcome.STALE),
        ((), lambda stage: stage.arm.patch("id-old", {**OURS, "uami-protect": "true"}), Outcome.STALE),
    ],
    ids=["forbidden", "refused", "never-arrives", "locked", "another-owner", "protected"],
)
def test_identity_that_stays_for_whatever_reason_gets_its_roles_back(
    arm: OpenArm, faults: tuple[Fault, ...], meanwhile: Callable[[Stage], object] | None, outcome: Outcome
) -> None:
    stage = Stage(arm, *(replace(one) for one in faults))
    if meanwhile is not None:
        stage.happens[2] = lambda: meanwhile(stage)

    result = apply_now(stage.arm, stage.plan)

    assert ended(result)["id-old"][0] is outcome
    assert {one for one, _ in roles_ended(result)} <= {Outcome.SKIPPED}
    assert stage.roles == BOTH


def test_role_that_cannot_be_taken_away_brings_back_those_that_were(arm: OpenArm) -> None:
    first, second = taken_in_order(Stage(arm).plan)
    stage = Stage(arm, Fault("DELETE", second.name, answer(400, "BadRequest", "No.")))

    result = apply_now(stage.arm, stage.plan)

    ends = ended(result)
    assert ends[name_of(first)] == (Outcome.SKIPPED, GIVEN_BACK)
    assert ends[name_of(second)][0] is Outcome.FAILED
    assert ends["id-old"][0] is Outcome.SKIPPED
    assert stage.roles == BOTH


def test_role_whose_removal_is_in_doubt_is_there_in_the_end(arm: OpenArm) -> None:
    _, second = taken_in_order(Stage(arm).plan)
    # The read before the call, and none of those after it, until it is given back.
    unreadable = Fault("GET", second.name, answer(500), passes=1, times=6)
    stage = Stage(arm, unreadable, Fault("DELETE", second.name, reset_after))

    result = apply_now(stage.arm, stage.plan)

    assert ended(result)["id-old"][0] is Outcome.SKIPPED
    assert stage.roles == BOTH


def test_role_that_others_took_away_before_is_not_given_back(arm: OpenArm) -> None:
    first, second = taken_in_order(Stage(arm).plan)
    stage = Stage(arm)

    def happens() -> None:
        stage.arm.application.state.remove(stored(second))
        stage.attach()

    stage.happens[1] = happens

    result = apply_now(stage.arm, stage.plan)

    assert ended(result)[name_of(second)] == (Outcome.DONE, "")
    assert stage.roles == [stored(first)]


@pytest.mark.parametrize("gone", [Stage.recreate, lambda stage: stage.arm.delete("id-old")], ids=["another", "deleted"])
def test_nobody_gets_the_roles_of_an_identity_that_is_gone(arm: OpenArm, gone: Callable[[Stage], object]) -> None:
    stage = Stage(arm)
    stage.happens[2] = lambda: gone(stage)

    result = apply_now(stage.arm, stage.plan)

    assert ended(result)["id-old"][0] is Outcome.STALE
    assert roles_ended(result) == {(Outcome.DONE, "")}
    assert stage.roles == []


def without_condition(request: httpx.Request, forward: Forward) -> httpx.Response:
    """Something between, a policy for one, takes the condition off."""
    body = json.loads(request.content)
    del body["properties"]["condition"], body["properties"]["conditionVersion"]
    headers = {name: value for name, value in request.headers.items() if name.casefold() != "content-length"}
    return forward(httpx.Request(request.method, request.url, headers=headers, json=body))


REFUSED = "creating /subscriptions"


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (answer(403, "AuthorizationFailed", "No."), REFUSED),
        (answer(409, "RoleAssignmentExists", "It is."), "it appeared meanwhile, under another name"),
        (without_condition, "it came back otherwise: condition is absent, and was "),
    ],
    ids=["forbidden", "under-another-name", "without-its-condition"],
)
def test_role_that_does_not_return_as_it_was_is_said_with_the_command_that_gives_it_back(
    arm: OpenArm, behaviour: Behaviour, why: str
) -> None:
    stage = Stage(arm, Fault("PUT", ONE.name, behaviour))
    stage.happens[2] = stage.attach

    result = apply_now(stage.arm, stage.plan)

    (failed,) = (one for one in result.results if one.outcome is Outcome.FAILED)
    assert failed.because.startswith(f"{NOT_GIVEN_BACK}{why}")
    assert failed.error is not None
    words = shlex.split(failed.error.hint.partition("Give it back with: ")[2])
    assert (result.exit_code, words[:5]) == (5, ["az", "rest", "--method", "put", "--url"])
    if ONE.name in [one.name for one in stage.roles]:
        stage.arm.application.state.remove(ONE)
    path, version = words[5].split("?api-version=")
    stage.arm.send("PUT", path, version, json.loads(words[7]))
    assert stage.roles == BOTH


def test_role_whose_name_another_one_has_by_now_is_not_written_over(arm: OpenArm) -> None:
    stage = Stage(arm)
    other = replace(ONE, principal_id=principal_of("id-api"))

    def happens() -> None:
        stage.attach()
        stage.arm.application.state.put(other)

    stage.happens[2] = happens

    result = apply_now(stage.arm, stage.plan)

    assert (Outcome.FAILED, f"{NOT_GIVEN_BACK}another role assignment has its name by now") in roles_ended(result)
    assert other in stage.roles


class FullJournal(MemoryJournal):
    """A journal that holds two calls and no more."""

    def begin(self, call: Call) -> int:
        """Keep a call, or say that there is no room."""
        if len(self.calls) == 2:
            raise JournalError("The disk is full.")
        return super().begin(call)


def test_role_that_the_journal_has_no_room_for_is_not_given_back_and_it_is_said(arm: OpenArm) -> None:
    stage = Stage(arm)

    result = Run(stage.arm, FullJournal()).apply(stage.plan)

    assert ended(result)["id-old"][0] is Outcome.FAILED
    assert roles_ended(result) == {(Outcome.FAILED, f"{NOT_GIVEN_BACK}The disk is full.")}
    assert stage.roles == []


def test_run_that_does_not_wait_for_the_giving_back_says_what_is_not_given_back_yet(arm: OpenArm) -> None:
    hold = Hold()
    stage = Stage(arm, Fault("PUT", TWO.name, hold.behave), Fault("PUT", ONE.name, hold.behave))
    stage.happens[2] = stage.attach

    with in_flight(stage.arm, hold, stage.plan) as (background, thread):
        stage.arm.stop.request()
        stage.arm.stop.request()
        result = background.result(thread)
        hold.let_go.set()
        # The calls go on behind the back of the run: the emulator must not end before them.
        deadline_s = time.monotonic() + PATIENCE_S
        while sum(one.outcome is Outcome.SKIPPED for one in background.run.events) < 2:
            assert time.monotonic() < deadline_s, "the roles were not given back"
            time.sleep(0.01)

    assert roles_ended(result) == {(Outcome.FAILED, f"{NOT_GIVEN_BACK}the run ended before")}
    assert stage.roles == BOTH


def test_role_that_vanishes_after_it_was_given_back_did_not_hold(arm: OpenArm) -> None:
    stage = Stage(arm)
    stage.happens[2] = stage.attach
    result = apply_now(stage.arm, stage.plan)
    stage.arm.application.state.remove(stored_one := BOTH[0])
    stage.arm.application.state.put(replace(BOTH[1], description="another"))

    verified = verify_result(result, stage.arm.resources, sleep=stage.arm.time.sleep)

    held = {one.given_back.name: one.not_held for one in verified.results if one.given_back is not None}
    assert held[stored_one.name] == ("is not there",)
    assert held[BOTH[1].name][0].startswith("description came back as 'another', not ")


def test_role_that_cannot_be_read_before_it_returns_is_said_and_not_written(arm: OpenArm) -> None:
    closed: list[bool] = []

    def refuse_later(request: httpx.Request, forward: Forward) -> httpx.Response:
        return answer(400, "BadRequest", "No.")(request, forward) if closed else forward(request)

    stage = Stage(arm, *(Fault("GET", one.name, refuse_later, times=ALWAYS) for one in BOTH))

    def attach_and_close() -> None:
        stage.attach()
        closed.append(True)

    stage.happens[2] = attach_and_close

    result = Run(stage.arm).apply(stage.plan)

    assert {outcome for outcome, _ in roles_ended(result)} == {Outcome.FAILED}
    assert all(because.startswith(NOT_GIVEN_BACK) and "No." in because for _, because in roles_ended(result))
    assert stage.roles == []
