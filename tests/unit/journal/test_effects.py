"""What a run did to each resource, its calls taken together."""

from dataclasses import replace

import pytest

from reconciler.journal.call import Call, Outcome
from reconciler.journal.effects import NetEffect, net_effects
from reconciler.journal.record import RunRecord
from tests.unit.journal.calls import (
    CALLS,
    CHILDREN,
    CREATED,
    CREDENTIAL,
    CREDENTIAL_ID,
    DELETED,
    ERROR,
    HEADER,
    IDENTITY,
    IDENTITY_ID,
    NO_ANSWER,
    PLANNED,
    SOURCE,
    TRUST,
    UPDATED,
)


def effects(*calls: Call) -> tuple[NetEffect, ...]:
    """The effects of a run of these calls."""
    return net_effects(RunRecord(HEADER, calls, None, torn=False))


@pytest.mark.parametrize(
    ("outcome", "error", "counts"),
    [
        (Outcome.DONE, None, True),
        (Outcome.STALE, None, False),
        (Outcome.FAILED, ERROR, False),
        (Outcome.IN_DOUBT, NO_ANSWER, True),
        (None, None, True),
    ],
)
def test_call_counts_unless_it_is_known_to_have_done_nothing(
    outcome: Outcome | None, error: object, counts: bool
) -> None:
    found = effects(replace(UPDATED, outcome=outcome, error=error))  # type: ignore[arg-type]

    assert found == ((NetEffect(IDENTITY_ID, SOURCE, IDENTITY, PLANNED, None, None),) if counts else ())


def test_repeated_call_keeps_what_was_before_the_first_and_is_after_the_last() -> None:
    first = replace(CREATED, outcome=Outcome.IN_DOUBT, error=NO_ANSWER)
    last = replace(UPDATED, after=replace(PLANNED, location="eastus"), outcome=Outcome.DONE, made=IDENTITY)

    (effect,) = effects(first, last)

    assert (effect.before, effect.after, effect.made) == (None, last.after, IDENTITY)


def test_what_a_later_call_does_not_say_is_kept_from_an_earlier_one() -> None:
    made = replace(UPDATED, outcome=Outcome.DONE, made=IDENTITY)
    deleted = replace(DELETED, outcome=Outcome.IN_DOUBT)
    again = replace(DELETED, number=11, attempt=2, children=None, outcome=Outcome.DONE)

    (effect,) = effects(made, deleted, again)

    assert (effect.after, effect.children, effect.made) == (None, CHILDREN, IDENTITY)


def test_credential_that_was_deleted_and_created_again_is_one_effect() -> None:
    deleted, created = replace(CALLS[7], before=CREDENTIAL), CALLS[5]

    assert effects(*(replace(one, outcome=Outcome.DONE) for one in (deleted, created))) == (
        NetEffect(CREDENTIAL_ID, SOURCE, CREDENTIAL, TRUST, None, None),
    )


def test_effects_come_in_the_order_in_which_their_resources_were_begun() -> None:
    calls = [replace(one, outcome=Outcome.DONE) for one in (CALLS[8], CALLS[5], CALLS[9], CREATED)]

    assert [one.resource_id for one in effects(*calls)] == [CALLS[8].resource_id, CREDENTIAL_ID, IDENTITY_ID]
