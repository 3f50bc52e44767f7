"""What appears between the last read before a create and its call: somebody else's, not counted and never undone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from reconciler.journal.call import Outcome
from reconciler.journal.read_file import read_journal
from reconciler.manifest.desired import DesiredGroup
from reconciler.model.access import assignment_name
from reconciler.plan.changes import Action
from reconciler.sandbox.state.kinds import FederatedCredential
from tests.builders import desired_group, listed
from tests.contract.access import (
    AUDIENCE,
    IN_GROUP,
    ISSUER,
    READER,
    credentials_of,
    full_plan,
    given,
    lives,
    principal_of,
    role,
    roles_of,
    trusts,
)
from tests.contract.applying import Run, endings, outcomes
from tests.contract.arm import Arm, OpenArm, contents, there
from tests.contract.faults import Behaviour, Fault, Forward, answer, answer_body, meddle, reset_after, reset_before
from tests.contract.journaling import apply_with_journal, undo_now, undo_plan

IDENTITY = desired_group(listed("id-new", tags={"env": "prod"}))
CREDENTIAL = desired_group(listed("id-api", federated_credentials=trusts(fic_a="a")))
ROLE = desired_group(listed("id-api", role_assignments=[role("Reader")]))
ROLE_NAME = assignment_name(IN_GROUP, principal_of("id-api"), READER)
LONG_AGO = "2020-01-01T00:00:00.0000000Z"
TAGS_REPLACED = "it appeared meanwhile: ARM created nothing, and its tags are now as this run sent it"


def put_identity(arm: Arm) -> None:
    """Somebody else creates the identity that the run is about to create."""
    arm.put("id-new", tags={"team": "b"})


def put_credential(arm: Arm) -> None:
    """Somebody else creates the credential that the run is about to create."""
    arm.application.state.put(
        FederatedCredential(there("id-api").resource_id, "fic-a", ISSUER, "theirs", (AUDIENCE,)),
    )


def put_role(arm: Arm, created_on: str | None = LONG_AGO) -> None:
    """Somebody else gives the role under the name that the run is about to give it."""
    assignment = replace(given("id-api", READER), name=ROLE_NAME, created_on=created_on)
    arm.application.state.put(assignment)


KINDS = [
    pytest.param(IDENTITY, "id-new", put_identity, id="identity"),
    pytest.param(CREDENTIAL, "fic-a", put_credential, id="credential"),
    pytest.param(ROLE, ROLE_NAME, put_role, id="role"),
]


def open_with(arm: OpenArm, path: str, meanwhile: Callable[[Arm], None], *faults: Fault) -> Arm:
    """An emulator in which something appears right before the first PUT that no other fault strikes."""
    opened: list[Arm] = []
    opened.append(arm(contents(lives("id-api")), *faults, Fault("PUT", path, meddle(lambda: meanwhile(opened[0])))))
    return opened[0]


@pytest.mark.parametrize(("group", "path", "meanwhile"), KINDS)
def test_create_that_arm_answers_as_an_update_is_stale_and_not_undone(
    arm: OpenArm, tmp_path: Path, group: DesiredGroup, path: str, meanwhile: Callable[[Arm], None]
) -> None:
    opened, journal = open_with(arm, path, meanwhile), tmp_path / "run.jsonl"

    result = apply_with_journal(opened, full_plan(opened, replace_identities(group)), journal)

    (ended,) = [one for one in result.results if one.change.action is Action.CREATE]
    assert (ended.outcome, result.count(Action.CREATE)) == (Outcome.STALE, 0)
    assert ended.because.startswith("it appeared meanwhile: ARM created nothing")
    (call,) = read_journal(journal).calls
    assert (call.outcome, call.made) == (Outcome.STALE, None)
    writes = list(opened.writes)
    notes = undo_plan(opened, journal).notes
    assert any("it appeared meanwhile, and the run did not make it" in note for note in notes)
    undo_now(opened, journal)
    assert opened.writes == writes


def replace_identities(group: DesiredGroup) -> DesiredGroup:
    """The group, with the identity that lives listed beside what it lists."""
    names = {one.resource_id.name for one in group.identities}
    extra = () if "id-api" in names else (listed("id-api"),)
    return desired_group(*extra, *group.identities)


@pytest.mark.parametrize(("group", "path", "meanwhile"), KINDS)
def test_refusal_before_what_appears_leaves_the_next_attempt_the_first(
    arm: OpenArm, group: DesiredGroup, path: str, meanwhile: Callable[[Arm], None]
) -> None:
    # ARM has refused the first attempt for certain, so that the second one is as good as the first.
    opened = open_with(arm, path, meanwhile, Fault("PUT", path, answer(429, "TooManyRequests", "Slow down.")))

    result = Run(opened).apply(full_plan(opened, replace_identities(group)))

    assert [one.outcome for one in result.results] == [Outcome.STALE]


def test_identity_that_appears_meanwhile_keeps_its_children_from_being_written(arm: OpenArm) -> None:
    opened = open_with(arm, "id-new", put_identity)
    entry = listed("id-new", tags={"env": "prod"}, federated_credentials=trusts(fic_a="a"))

    result = Run(opened).apply(full_plan(opened, desired_group("id-api", entry)))

    assert endings(result) == [
        ("id-new", Outcome.STALE, TAGS_REPLACED),
        ("id-new/federatedCredentials/fic-a", Outcome.SKIPPED, "its identity could not be created"),
    ]


def test_update_after_a_call_without_an_answer_is_this_run_s_own(arm: OpenArm) -> None:
    def let_the_lost_one_arrive(request: httpx.Request, forward: Forward) -> httpx.Response:
        opened.put("id-new", tags={"env": "prod"})
        return forward(request)

    opened = arm(contents(), Fault("PUT", "id-new", reset_before), Fault("PUT", "id-new", let_the_lost_one_arrive))
    run = Run(opened)

    result = run.apply(full_plan(opened, IDENTITY))

    assert outcomes(result) == [("id-new", Outcome.DONE)]
    assert list(opened.live) == ["rg-app/id-new"]
    assert run.journal.calls[2].made is not None


def test_identity_with_other_tags_than_were_sent_is_in_doubt_after_a_call_without_an_answer(arm: OpenArm) -> None:
    def appear_and_lose(request: httpx.Request, forward: Forward) -> httpx.Response:
        put_identity(opened)
        return reset_before(request, forward)

    opened = arm(contents(), Fault("PUT", "id-new", appear_and_lose))
    run = Run(opened)

    result = run.apply(full_plan(opened, desired_group("id-new")))

    assert [one.outcome for one in result.results] == [Outcome.IN_DOUBT]
    assert (run.journal.calls[1].made, opened.live) == (None, {"rg-app/id-new": {"team": "b"}})


@pytest.mark.parametrize("lost", [reset_after, reset_before])
def test_role_that_was_made_before_the_first_attempt_is_never_ours(arm: OpenArm, lost: Behaviour) -> None:
    opened: list[Arm] = []

    def appear_and_lose(request: httpx.Request, forward: Forward) -> httpx.Response:
        put_role(opened[0])
        return lost(request, forward)

    opened.append(arm(contents(lives("id-api")), Fault("PUT", ROLE_NAME, appear_and_lose)))
    run = Run(opened[0])

    result = run.apply(full_plan(opened[0], ROLE))

    assert [one.outcome for one in result.results] == [Outcome.STALE]
    assert run.journal.calls[1].outcome is Outcome.STALE


def test_role_that_was_given_without_an_answer_is_ours(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")), Fault("PUT", ROLE_NAME, reset_after))
    run = Run(opened)

    result = run.apply(full_plan(opened, ROLE))

    assert result.complete
    assert run.journal.calls[1].outcome is Outcome.DONE
    assert roles_of(opened, principal_of("id-api")) == {(IN_GROUP, READER)}


def test_credential_that_was_written_without_an_answer_is_ours(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")), Fault("PUT", "fic-a", reset_after))

    result = Run(opened).apply(full_plan(opened, CREDENTIAL))

    assert result.complete
    assert credentials_of(opened, "id-api") == {"fic-a": "a"}


def test_credential_that_a_repeated_call_is_answered_with_is_ours_only_as_it_was_sent(arm: OpenArm) -> None:
    theirs = {
        "id": f"{there('id-api').resource_id}/federatedIdentityCredentials/fic-a",
        "properties": {"issuer": ISSUER, "subject": "theirs", "audiences": [AUDIENCE]},
    }
    opened = arm(
        contents(lives("id-api")),
        Fault("PUT", "fic-a", reset_before),
        Fault("PUT", "fic-a", answer_body(theirs)),
    )

    result = Run(opened).apply(full_plan(opened, CREDENTIAL))

    (ended,) = result.results
    assert ended.outcome is not Outcome.DONE
    assert "it appeared meanwhile" in ended.because


def test_role_that_two_runs_give_at_once_is_one_and_counted_by_one(arm: OpenArm, tmp_path: Path) -> None:
    opened: list[Arm] = []
    others = Path(tmp_path / "other.jsonl")

    def other_run() -> None:
        assert apply_with_journal(opened[0], plans.pop(), others).complete

    opened.append(arm(contents(lives("id-api")), Fault("PUT", ROLE_NAME, meddle(other_run))))
    plans = [full_plan(opened[0], ROLE)]

    result = apply_with_journal(opened[0], plans[0], tmp_path / "run.jsonl")

    assert [one.outcome for one in result.results] == [Outcome.STALE]
    journals = [read_journal(tmp_path / "run.jsonl"), read_journal(others)]
    assert [[call.outcome for call in one.calls] for one in journals] == [[Outcome.STALE], [Outcome.DONE]]
    assert roles_of(opened[0], principal_of("id-api")) == {(IN_GROUP, READER)}
