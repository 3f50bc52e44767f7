"""What is kept of a call that failed."""

import pytest

from reconciler.errors import ArmError, AuthError, Conflict, ReconcilerError
from reconciler.model import CallError, call_error


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
