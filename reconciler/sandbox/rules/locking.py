"""What locks stop. A lock holds for its scope and everything below; a delete is also stopped by locks below its scope,
since it would take them with it.

Source: recorded traffic (azure-cli, lab tests: ScopeLocked on deleting a group with a locked resource), users' reports
(azure-cli issue 28242: a lock on an identity stops the deletion of its credentials) and Azure documentation on locks.
"""

from reconciler.sandbox.gateway import ArmRefusalError, Call, by_gateway
from reconciler.sandbox.rules.extensions import applying_at, reaching
from reconciler.sandbox.state import LOCK_TYPE, Lock, State, path_key, split_path

READ_ONLY = "ReadOnly"
LEVELS = ("CanNotDelete", READ_ONLY)
"""Source: OpenAPI, which also lists NotSpecified; that it cannot be asked for is assumed."""


def refuse_locked(state: State, call: Call) -> None:
    """Refuse a DELETE of what has a lock at, above or below it, and any other write of what has a ReadOnly at or above.

    That ReadOnly refuses PUT, PATCH and POST is documented; its answer was not recorded: code and text are assumed to
    be those of a delete.
    """
    scope = "/" + "/".join(split_path(call.path))  # in the answer it stands as it was asked: recorded traffic
    key = path_key(scope)
    if call.method == "DELETE":
        locked = [lock.scope for lock in reaching(state.shelf(Lock), key, LOCK_TYPE)]
    else:
        applying = applying_at(state.shelf(Lock), key, LOCK_TYPE)
        locked = [lock.scope for lock in applying if lock.level == READ_ONLY]
    if locked:
        raise _refusal(scope, "delete" if call.method == "DELETE" else "write", locked)


def _refusal(scope: str, operation: str, locked: list[str]) -> ArmRefusalError:
    scopes = ",".join(dict.fromkeys(locked))
    return by_gateway(
        409,
        "ScopeLocked",
        f"The scope '{scope}' cannot perform {operation} operation because following scope(s) are locked: '{scopes}'. "
        "Please remove the lock and try again.",
    )
