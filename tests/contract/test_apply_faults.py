"""Apply on a bad wire: every call converges, none takes effect twice, and what is not known is called a doubt."""

import httpx
import pytest

from reconciler.apply.result import ChangeResult, Moment
from reconciler.errors import AuthError
from reconciler.journal.call import Outcome
from reconciler.manifest.desired import DesiredGroup
from reconciler.model.call_error import CallError
from reconciler.model.identity import OWNER_TAG
from reconciler.sandbox.state.state import Grant
from tests.builders import GROUP, SUBSCRIPTION, desired_group, label, listed
from tests.contract.applying import Run, apply_now, endings, outcomes, plan_now
from tests.contract.arm import CORRELATION_ID, PIPELINE, Arm, OpenArm, contents, there
from tests.contract.faults import (
    ALWAYS,
    Behaviour,
    Fault,
    Forward,
    answer,
    answer_body,
    fail_after,
    meddle_after,
    reset_after,
    reset_before,
    truncate,
)

# One identity to create, one to update, one to delete; each test strikes one of the three calls.
WANTED = (listed("id-api", tags={"env": "prod"}), "id-new")
WANTED_LIVE = {"rg-app/id-api": {"env": "prod"}, "rg-app/id-new": {}}
CALLS = [("PUT", "id-new", 201), ("PATCH", "id-api", 200), ("DELETE", "id-old", 200)]
IDS = ["create", "update", "delete"]
ALL_DONE = [("id-api", Outcome.DONE), ("id-new", Outcome.DONE), ("id-old", Outcome.DONE)]
BAD_REQUEST = answer(400, "BadRequest", "No.")
URL = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"


def wanted() -> DesiredGroup:
    """A group that needs one of each action."""
    return desired_group(*WANTED)


def one_of_each(arm: OpenArm, *faults: Fault) -> Arm:
    """An emulator in which that group needs them."""
    return arm(contents(there("id-api", tags={"env": "test"}), "id-old"), *faults)


@pytest.mark.parametrize(("method", "name", "status"), CALLS, ids=IDS)
def test_call_in_doubt_is_followed_to_its_end_although_the_time_is_over(
    arm: OpenArm, method: str, name: str, status: int
) -> None:
    def lose_the_answer(request: httpx.Request, forward: Forward) -> httpx.Response:
        opened.retries.budget.end(opened.time.clock())
        return reset_after(request, forward)

    opened = one_of_each(arm, Fault(method, name, lose_the_answer))
    opened.retries.budget.start(opened.time.clock())

    result = apply_now(opened, plan_now(opened, wanted()))

    assert (name, Outcome.DONE) in outcomes(result)


@pytest.mark.parametrize(("method", "name", "status"), CALLS, ids=IDS)
@pytest.mark.parametrize("misfortune", [reset_after, fail_after, truncate], ids=["reset", "error 500", "truncated"])
def test_call_that_took_effect_without_an_answer_is_done_and_not_sent_again(
    arm: OpenArm, misfortune: Behaviour, method: str, name: str, status: int
) -> None:
    opened = one_of_each(arm, Fault(method, name, misfortune))

    result = apply_now(opened, plan_now(opened, wanted()))

    assert outcomes(result) == ALL_DONE
    assert [one for one in opened.writes if one[1] == name] == [(method, name, status)]
    assert opened.live == WANTED_LIVE


@pytest.mark.parametrize(("method", "name", "status"), CALLS, ids=IDS)
@pytest.mark.parametrize("misfortune", [reset_before, answer(503)], ids=["reset", "error 503"])
def test_call_that_was_lost_is_sent_again_and_takes_effect_once(
    arm: OpenArm, misfortune: Behaviour, method: str, name: str, status: int
) -> None:
    opened = one_of_each(arm, Fault(method, name, misfortune, times=2))

    result = apply_now(opened, plan_now(opened, wanted()))

    assert outcomes(result) == ALL_DONE
    assert [one for one in opened.writes if one[1] == name] == [(method, name, status)]
    assert opened.live == WANTED_LIVE
    assert opened.time.slept_s == [0.25, 0.5]


@pytest.mark.parametrize(("method", "name", "status"), CALLS, ids=IDS)
def test_throttled_call_is_sent_again_when_it_was_asked_for(arm: OpenArm, method: str, name: str, status: int) -> None:
    throttled = answer(429, "TooManyRequests", "Slow down.", retry_after="17")
    opened = one_of_each(arm, Fault(method, name, throttled))

    result = apply_now(opened, plan_now(opened, wanted()))

    assert outcomes(result) == ALL_DONE
    assert [one for one in opened.writes if one[1] == name] == [(method, name, status)]
    assert opened.time.slept_s == [17.0]


def test_call_that_is_to_wait_longer_than_a_run_may_last_is_not_tried_and_ends_the_run(arm: OpenArm) -> None:
    throttled = answer(429, "TooManyRequests", "Slow down.", retry_after="3601")
    opened = arm(contents("id-old"), Fault("PUT", "id-new", throttled, times=ALWAYS))

    result = apply_now(opened, plan_now(opened, desired_group("id-new")))

    because = "the run's time (1h) was over, or shorter than ARM asked to wait"
    assert endings(result) == [("id-new", Outcome.NOT_TRIED, because), ("id-old", Outcome.NOT_TRIED, because)]
    assert (result.exit_code, result.interrupted, opened.time.slept_s) == (5, False, [])
    assert list(opened.live) == ["rg-app/id-old"]


@pytest.mark.parametrize(("method", "name", "status"), CALLS, ids=IDS)
def test_throttled_call_is_waited_for_as_often_as_arm_asks(arm: OpenArm, method: str, name: str, status: int) -> None:
    throttled = answer(429, "429", "Slow down.", retry_after="10")
    opened = one_of_each(arm, Fault(method, name, throttled, times=100), Fault(method, name, answer(503)))

    result = apply_now(opened, plan_now(opened, wanted()))

    assert outcomes(result) == ALL_DONE
    assert [one for one in opened.writes if one[1] == name] == [(method, name, status)]
    assert opened.time.slept_s == [10.0] * 100 + [0.25]


def test_throttled_run_ends_when_its_time_is_over_and_says_what_was_not_tried(arm: OpenArm) -> None:
    throttled = answer(429, "429", "Slow down.", retry_after="60")
    opened = arm(contents("id-old"), Fault("PUT", "id-new", throttled, times=ALWAYS))

    result = apply_now(opened, plan_now(opened, desired_group("id-new")))

    assert [one[:2] for one in endings(result)] == [("id-new", Outcome.NOT_TRIED), ("id-old", Outcome.NOT_TRIED)]
    assert (result.exit_code, sum(opened.time.slept_s)) == (5, 3540.0)


def test_call_that_never_arrives_has_failed_once_a_read_shows_so(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("PUT", "id-new", reset_before, times=ALWAYS))
    run = Run(opened)

    result = run.apply(plan_now(opened, desired_group("id-new")))

    because = f"creating {URL}/id-new: no answer (ReadError: Connection reset by peer)"
    assert endings(result) == [("id-new", Outcome.FAILED, because)]
    assert [attempt for step, _, attempt, _ in run.journal.lines if step == "begin"] == [1, 2, 3, 4, 5, 6]
    assert opened.live == {}


@pytest.mark.parametrize(("method", "name", "status"), CALLS, ids=IDS)
def test_call_without_an_answer_that_cannot_be_looked_for_is_in_doubt(
    arm: OpenArm, method: str, name: str, status: int
) -> None:
    # The first read is the one before the call.
    unreadable = Fault("GET", name, answer(500), passes=1, times=ALWAYS)
    opened = one_of_each(arm, Fault(method, name, reset_after), unreadable)

    result = apply_now(opened, plan_now(opened, wanted()))

    ended = {label(one.change): (one.outcome, one.error and one.error.status) for one in result.results}
    assert ended[name] == (Outcome.IN_DOUBT, None)


def test_call_without_an_answer_whose_effect_somebody_else_changed_is_in_doubt(arm: OpenArm) -> None:
    others: list[Arm] = []

    def lose_and_change(request: httpx.Request, forward: Forward) -> httpx.Response:
        meddle_after(lambda: others[0].patch("id-new", {OWNER_TAG: "team-b"}))(request, forward)
        raise httpx.ReadError("Connection reset by peer", request=request)

    opened = arm(contents(), Fault("PUT", "id-new", lose_and_change))
    others.append(opened)

    result = apply_now(opened, plan_now(opened, desired_group("id-new", owner="team-a")))

    because = "an identity of this name has appeared since the plan was made"
    assert endings(result) == [("id-new", Outcome.IN_DOUBT, because)]
    assert opened.live == {"rg-app/id-new": {OWNER_TAG: "team-b"}}


def test_conflict_after_a_call_without_an_answer_is_waited_for(arm: OpenArm) -> None:
    opened = arm(
        contents(), Fault("PUT", "id-new", reset_before), Fault("PUT", "id-new", answer(409, "Conflict", "Busy."))
    )

    result = apply_now(opened, plan_now(opened, desired_group("id-new")))

    assert outcomes(result) == [("id-new", Outcome.DONE)]


def test_conflict_by_itself_is_a_failure(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("PUT", "id-new", answer(409, "Conflict", "Busy."), times=ALWAYS))

    result = apply_now(opened, plan_now(opened, desired_group("id-new")))

    assert endings(result) == [("id-new", Outcome.FAILED, f"creating {URL}/id-new: 409 Conflict (Busy.)")]
    assert opened.time.slept_s == []


def test_malformed_answer_to_a_call_is_looked_into(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("PUT", "id-new", answer_body(b"<html>")))

    result = apply_now(opened, plan_now(opened, desired_group("id-new")))

    assert outcomes(result) == [("id-new", Outcome.DONE)]
    assert opened.live == {"rg-app/id-new": {}}


def test_journal_says_of_each_attempt_what_was_known(arm: OpenArm) -> None:
    opened = arm(
        contents(), Fault("PUT", "id-new", answer(429, "TooManyRequests")), Fault("PUT", "id-new", reset_after)
    )
    run = Run(opened)

    run.apply(plan_now(opened, desired_group("id-new")))

    assert run.journal.lines == [
        ("begin", "id-new", 1, None),
        ("end", "id-new", 1, Outcome.FAILED),
        ("begin", "id-new", 2, None),
        ("end", "id-new", 2, Outcome.IN_DOUBT),
        # The read after it shows that it had taken effect.
        ("end", "id-new", 2, Outcome.DONE),
    ]


def test_refusal_by_arm_is_told_in_its_words(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("PUT", "id-new", BAD_REQUEST))
    plan = plan_now(opened, desired_group("id-new"))

    result = apply_now(opened, plan)

    message = f"creating {URL}/id-new: 400 BadRequest (No.)"
    error = CallError(400, "BadRequest", message, "", CORRELATION_ID)
    assert result.results == (ChangeResult(plan.applicable[0], Outcome.FAILED, message, error),)


def test_failure_does_not_stop_what_is_independent_and_holds_back_the_deletes_of_its_group(arm: OpenArm) -> None:
    start = contents("a-old", there("b-old", group="rg-other"), groups=(GROUP, "rg-other"))
    opened = arm(start, Fault("PUT", "a-new", BAD_REQUEST))
    plan = plan_now(opened, desired_group("a-new", "a-next"), desired_group("b-new", name="rg-other"))

    result = apply_now(opened, plan)

    assert outcomes(result) == [
        ("a-new", Outcome.FAILED),
        ("a-next", Outcome.DONE),
        ("b-new", Outcome.DONE),
        ("a-old", Outcome.SKIPPED),
        ("b-old", Outcome.DONE),
    ]
    assert sorted(opened.live) == ["rg-app/a-next", "rg-app/a-old", "rg-other/b-new"]


def test_delete_that_fails_holds_back_the_later_deletes_of_its_group(arm: OpenArm) -> None:
    opened = arm(contents("a-old", "b-old"), Fault("DELETE", "a-old", BAD_REQUEST))

    result = apply_now(opened, plan_now(opened, desired_group()))

    assert endings(result)[1] == (
        "b-old",
        Outcome.SKIPPED,
        "nothing is deleted in a group where a change failed (a-old)",
    )


def test_missing_right_stops_what_needs_it_in_its_group_and_in_no_other(arm: OpenArm) -> None:
    in_subscription = f"/subscriptions/{SUBSCRIPTION}"
    grants = [
        Grant("*", in_subscription, ("*/read",)),
        Grant("*", f"{in_subscription}/resourceGroups/rg-other", ("*",)),
    ]
    start = contents("a-old", groups=(GROUP, "rg-other"), permissions=grants)
    opened = arm(start)
    plan = plan_now(opened, desired_group("a-new", "a-next"), desired_group("b-new", name="rg-other"))

    result = apply_now(opened, plan)

    action = "Microsoft.ManagedIdentity/userAssignedIdentities/write"
    because = f"ARM refused the right to create and update identities at resource group rg-app ({action}, for a-new)"
    assert [(name, outcome) for name, outcome, _ in endings(result)] == [
        ("a-new", Outcome.FAILED),
        ("a-next", Outcome.SKIPPED),
        ("b-new", Outcome.DONE),
        ("a-old", Outcome.SKIPPED),
    ]
    assert [one[2] for one in endings(result) if one[1] is Outcome.SKIPPED] == [
        because,
        "nothing is deleted in a group where a change failed (a-new)",
    ]
    assert [name for method, name, status in opened.writes if status == 403] == ["a-new"]


def test_missing_right_names_the_role_that_has_it(arm: OpenArm) -> None:
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    opened = arm(contents(permissions=[Grant(PIPELINE, scope, ("*/read",))]))

    result = apply_now(opened, plan_now(opened, desired_group("id-new")))

    error = result.results[0].error
    assert error is not None
    action = "Microsoft.ManagedIdentity/userAssignedIdentities/write"
    assert (error.status, error.code) == (403, "AuthorizationFailed")
    assert error.hint == (
        f"Ask for the role Managed Identity Contributor at {URL}/id-new: it has the missing action {action}."
        " A new grant takes some minutes to be seen."
    )


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_token_that_cannot_be_had_any_more_ends_one_change(arm: OpenArm, method: str) -> None:
    def lose_the_token(_: httpx.Request, __: Forward) -> httpx.Response:
        raise AuthError("no token", "Sign in.")

    opened = arm(contents(), Fault(method, "id-a", lose_the_token))

    result = apply_now(opened, plan_now(opened, desired_group("id-a", "id-b")))

    assert [(one.outcome, one.error) for one in result.results] == [
        (Outcome.FAILED, CallError(None, "not-allowed", "no token", "Sign in.", "")),
        (Outcome.DONE, None),
    ]


def test_identity_that_cannot_be_read_is_not_written(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("GET", "id-new", answer(404, "SubscriptionNotFound", "No."), times=ALWAYS))

    result = apply_now(opened, plan_now(opened, desired_group("id-new")))

    assert outcomes(result) == [("id-new", Outcome.FAILED)]
    assert opened.writes == []


def test_change_that_is_skipped_shows_no_progress(arm: OpenArm) -> None:
    opened = arm(contents("id-old"), Fault("PUT", "id-new", BAD_REQUEST))
    run = Run(opened)

    result = run.apply(plan_now(opened, desired_group("id-new")))

    assert outcomes(result) == [("id-new", Outcome.FAILED), ("id-old", Outcome.SKIPPED)]
    assert [(label(one.change), one.moment) for one in run.events] == [
        ("id-new", Moment.STARTED),
        ("id-new", Moment.ENDED),
    ]
