"""What a journal keeps of a call."""

from dataclasses import replace

import pytest

from reconciler.journal import Outcome
from tests.unit.journal.calls import CREATED


@pytest.mark.parametrize(
    ("outcome", "doubtful"),
    [(None, True), (Outcome.IN_DOUBT, True), (Outcome.DONE, False), (Outcome.FAILED, False)],
)
def test_call_is_in_doubt_until_an_answer_says_what_it_did(outcome: Outcome | None, doubtful: bool) -> None:
    assert replace(CREATED, outcome=outcome).in_doubt is doubtful
