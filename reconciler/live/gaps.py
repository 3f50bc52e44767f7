"""Why something could not be looked at, in words: what is not known is told with its reason, never taken for empty."""

import re

from reconciler.arm import permissions
from reconciler.arm.http.client import ArmClient
from reconciler.errors import ArmError, AuthError, NotFound

# Source: recorded traffic (AuthorizationFailed names the action in its message).
_ACTION = re.compile(r"perform action '([^'\s]+)'")


def missing(action: str) -> str:
    """The reason that most are: a right that the caller does not have."""
    return f"missing {action}"


def why_not(error: ArmError | AuthError) -> str:
    """What kept a read from its answer: the missing right where ARM names one, else status and code.

    Not the whole message: it may have ids of the one request in it, and a plan is the same for the same live state.
    """
    action = _ACTION.search(error.message) if isinstance(error, AuthError) else None
    if action:
        return missing(action[1])
    if isinstance(error, ArmError) and error.status is not None:
        return " ".join(str(part) for part in (error.status, error.arm_code) if part)
    return error.message


def missing_right(client: ArmClient, scope: str, action: str) -> str | None:
    """Why a list at a scope could be incomplete, None where the caller may see all of it.

    ARM leaves out of a list what the caller may not read, without a word.

    Raises:
        NotFound: the scope does not exist.
    """
    try:
        return None if permissions.read_at(client, scope).allows(action) else missing(action)
    except NotFound:
        raise
    except AuthError:
        return missing(action)
    except ArmError as error:
        return why_not(error)
