"""Why a call failed, as results show it and journals keep it."""

from dataclasses import dataclass

from reconciler.errors import ArmError, ReconcilerError


@dataclass(frozen=True, slots=True)
class CallError:
    """Why a call failed, in ARM's words; `status` is None where no answer came."""

    status: int | None
    code: str
    message: str
    hint: str
    correlation_id: str


def call_error(error: ReconcilerError) -> CallError:
    """What is kept of an error."""
    if isinstance(error, ArmError):
        return CallError(error.status, error.arm_code, error.message, error.hint, error.correlation_id)
    # There was no token, so no call went out.
    return CallError(None, error.code, error.message, error.hint, "")
