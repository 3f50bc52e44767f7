"""After a run: read again what it changed, and say what did not hold.

A policy, another writer or a slow replica can undo a change that ARM had confirmed; who does not look cannot know.
"""

from collections.abc import Callable
from dataclasses import replace

from reconciler.arm.identities import Identities
from reconciler.diff import Action, Change, diff_identity, value_text
from reconciler.errors import ArmError, AuthError
from reconciler.events import ApplyResult, ChangeResult, Outcome
from reconciler.model import Identity, normalize_location
from reconciler.parallel import map_parallel

PATIENCE_S = (1.0, 2.0, 4.0)
"""Waits between one look and the next; what has not settled after the last is reported."""


def verify_result(
    result: ApplyResult, identities: Identities, *, sleep: Callable[[float], None], parallelism: int
) -> ApplyResult:
    """Read each change that is done again, with patience for replicas that lag.

    Returns:
        The result, with `not_held` filled in where a read shows something other than what was applied.

    Raises:
        Interrupted: from `sleep`, when the run is asked to stop.
    """

    def look(one: ChangeResult) -> ChangeResult:
        return replace(one, not_held=_look(one.change, identities)) if one.outcome is Outcome.DONE else one

    results = map_parallel(look, result.results, parallelism)
    for patience_s in PATIENCE_S:
        if not any(one.not_held for one in results):
            break
        sleep(patience_s)
        results = [look(one) if one.not_held else one for one in results]
    return replace(result, results=tuple(results), verified=True)


def _look(change: Change, identities: Identities) -> tuple[str, ...]:
    try:
        fresh = identities.get(change.resource_id)
    except (ArmError, AuthError) as error:
        return (f"could not be read again: {error.message}",)
    if change.action is Action.DELETE:
        return () if fresh is None else ("is there again",)
    if fresh is None:
        return ("is not there",)
    return (*_fields_not_held(change, fresh), *_location_not_held(change, fresh))


def _fields_not_held(change: Change, fresh: Identity) -> list[str]:
    if change.desired is None:
        raise AssertionError("a create or an update without a manifest entry")
    return [
        f"{one.field} came back as {value_text(one.before)}, not {value_text(one.after)}"
        for one in diff_identity(change.group, change.desired, fresh).differences
    ]


def _location_not_held(change: Change, fresh: Identity) -> list[str]:
    planned = change.after.location if change.after else None
    if planned is None or normalize_location(planned) == normalize_location(fresh.location):
        return []
    return [f"location came back as {fresh.location!r}, not {planned!r}"]
