"""Why a call failed, as results show it and journals keep it."""

from dataclasses import dataclass

from reconciler.errors import ArmError, ReconcilerError
from reconciler.model.document import Document, JsonObject


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


def error_document(error: CallError) -> JsonObject:
    """Why a call failed."""
    return {
        "status": error.status,
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "correlation_id": error.correlation_id,
    }


def read_error(document: Document) -> CallError:
    """The error of a call that a document is; a schema has checked it."""
    return CallError(*(document[name] for name in ("status", "code", "message", "hint", "correlation_id")))
