"""What is not started any more because of what happened to something else."""

from dataclasses import replace

import pytest

from reconciler.apply.failures import Failures, no_login
from reconciler.apply.result import ChangeResult
from reconciler.errors import JournalError
from reconciler.journal import Outcome
from reconciler.model import AnyId, CallError
from reconciler.plan import Work, needs_of_step, order_work
from tests.builders import desired_group, live_group, live_identity, plan_of

LIVE = live_group(live_identity("id-old"), live_identity("id-other"))
PLAN = plan_of(desired_group("id-new", "id-newer", "id-other"), LIVE)
WORKS = {one.identity.name: one for one in order_work(PLAN.changes, frozenset(), ())}
UNAUTHORIZED = CallError(401, "ExpiredAuthenticationToken", "creating id-new: 401", "Sign in.", "")


def failed(name: str, **more: object) -> ChangeResult:
    """The change of a work, failed."""
    return replace(ChangeResult(WORKS[name].steps[0].change, Outcome.FAILED, "no"), **more)  # type: ignore[arg-type]


def why_skip(failures: Failures, work: Work) -> str:
    """Why the first step of a work is not started."""
    return failures.why_skip(work, work.steps[0])


def test_failure_stops_deletes_of_its_group_alone() -> None:
    failures = Failures()
    failures.note(failed("id-new"))

    assert why_skip(failures, WORKS["id-newer"]) == ""
    assert why_skip(failures, WORKS["id-old"]) == "nothing is deleted in a group where a change failed (id-new)"


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.NOT_TRIED, Outcome.SKIPPED])
def test_what_did_not_fail_stops_nothing(outcome: Outcome) -> None:
    failures = Failures()
    failures.note(failed("id-new", outcome=outcome))

    assert [why_skip(failures, work) for work in WORKS.values()] == [""] * len(WORKS)


def test_right_that_is_missing_stops_what_needs_it() -> None:
    failures = Failures()
    (need, *_) = needs_of_step(WORKS["id-new"].steps[0])
    failures.note(failed("id-new", refused=need))

    assert why_skip(failures, WORKS["id-newer"]).startswith("ARM refused the right to ")


def test_journal_that_cannot_be_written_stops_all() -> None:
    failures = Failures()
    failures.note(failed("id-new", error=CallError(None, JournalError.code, "full", "", ""), because="full"))

    assert {why_skip(failures, work) for work in WORKS.values()} == {"full"}


def test_change_is_counted_once_however_often_it_ends() -> None:
    counted: list[AnyId] = []
    failures = Failures(counted.append)

    for name in ("id-new", "id-old", "id-new"):
        failures.note(failed(name))

    assert len(counted) == 2


def test_first_one_without_a_token_says_so_and_the_next_ones_are_not_tried() -> None:
    failures = Failures()
    first, second = (failed(name, error=UNAUTHORIZED, signed_out=True) for name in ("id-new", "id-newer"))

    assert failures.said_once(first) == first
    failures.note(first)

    assert failures.signed_out
    assert failures.said_once(second) == no_login(second.change)
    assert no_login(second.change).outcome is Outcome.NOT_TRIED


def test_write_that_was_refused_for_its_token_leaves_it_to_the_next_read_whether_there_is_another() -> None:
    failures = Failures()
    failures.note(failed("id-new", error=UNAUTHORIZED))
    of_something_else, without_token = failed("id-newer"), failed("id-newer", signed_out=True)

    assert not failures.signed_out
    assert failures.said_once(of_something_else) == of_something_else
    assert failures.said_once(without_token) == no_login(without_token.change)
