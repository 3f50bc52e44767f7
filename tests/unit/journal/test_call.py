"""What a journal keeps of a call and of its error."""

from dataclasses import replace

import pytest

from reconciler.errors import ArmError, AuthError, Conflict, ReconcilerError
from reconciler.journal import CallError, Outcome, call_error
from tests.unit.journal.calls import CREATED


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (
            Conflict("m", "h", status=409, arm_code="Busy", correlation_id="c", transient=True),
            CallError(409, "Busy", "m", "h", "c"),
        ),
        (ArmError("no answer"), CallError(None, "", "no answer", "", "")),
        (AuthError("no token", "sign in"), CallError(None, "not-allowed", "no token", "sign in", "")),
    ],
)
def test_error_is_kept_in_arms_words_or_our_own(error: ReconcilerError, kept: CallError) -> None:
    assert call_error(error) == kept


@pytest.mark.parametrize(
    ("outcome", "doubtful"),
    [(None, True), (Outcome.IN_DOUBT, True), (Outcome.DONE, False), (Outcome.FAILED, False)],
)
def test_call_is_in_doubt_until_an_answer_says_what_it_did(outcome: Outcome | None, doubtful: bool) -> None:
    assert replace(CREATED, outcome=outcome).in_doubt is doubtful
