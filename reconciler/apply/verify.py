"""After a run: read again what it changed, and say what did not hold.

A policy, another writer or a slow replica can undo a change that ARM had confirmed; only another read shows it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.apply.verify_lists import Lists, read_lists
from reconciler.arm.resources import Resources, lane_of
from reconciler.errors import CallFailed
from reconciler.journal import Outcome
from reconciler.model import (
    NO_DETAILS,
    Identity,
    PlannedIdentity,
    ResourceGroupId,
    RoleAssignment,
    assignment_name,
    normalize_location,
    normalize_scope,
)
from reconciler.plan import (
    Action,
    AssignmentChange,
    Change,
    CredentialChange,
    FieldChange,
    IdentityChange,
    detail_differences,
    diff_identity,
    field_text,
    trust_differences,
    value_text,
)

PATIENCE_S = (1.0, 2.0, 4.0)
"""Waits between one look and the next; what has not settled after the last is reported."""


def verify_result(
    result: ApplyResult,
    resources: Resources,
    *,
    sleep: Callable[[float], None],
    sizes: Mapping[ResourceGroupId, int] = MappingProxyType({}),
) -> ApplyResult:
    """Read each change that is done, and each role that was given back, again, with patience for replicas that lag.

    Args:
        sizes: how many identities the groups have, as far as is known: what a list of one costs.

    Returns:
        The result, with `not_held` filled in where a read shows something other than what was applied.

    Raises:
        Interrupted: from `sleep`, when the run is asked to stop.
    """

    def look(one: ChangeResult, lists: Lists = Lists()) -> ChangeResult:  # noqa: B008 - a value
        written = one.outcome is Outcome.DONE or one.given_back is not None
        return replace(one, not_held=_look(one, resources, lists)) if written else one

    lists = read_lists(result.results, resources, sizes)
    results = resources.map("Verifying", lambda one: look(one, lists), result.results, _lane_of)
    for patience_s in PATIENCE_S:
        if not any(one.not_held for one in results):
            break
        late = [one for one in results if one.not_held]
        with resources.activity.part("Verifying again what is not to be seen yet", len(late)):
            sleep(patience_s)
            seen = iter(resources.pool.map(look, late, _lane_of))
        results = [next(seen) if one.not_held else one for one in results]
    return replace(result, results=tuple(results), verified=True)


def _lane_of(result: ChangeResult) -> str:
    return lane_of(result.change.resource_id)


def _look(result: ChangeResult, resources: Resources, lists: Lists) -> tuple[str, ...]:
    try:
        if result.given_back is not None:
            return _look_at_returned(result.given_back, resources)
        return _look_at_change(result.change, resources, lists)
    except CallFailed as error:
        return (f"could not be read again: {error.message}",)


def _look_at_change(change: Change, resources: Resources, lists: Lists) -> tuple[str, ...]:
    match change:
        case IdentityChange(action=Action.DELETE):
            return _look_at_identity(change, resources.identities.get(change.resource_id))
        case IdentityChange():
            return _look_at_identity(change, lists.identity(change.resource_id, resources.identities.get))
        case CredentialChange():
            return _look_at_credential(change, resources, lists)
        case AssignmentChange():
            return _look_at_assignment(change, resources, lists)


def _look_at_identity(change: IdentityChange, live: Identity | None) -> tuple[str, ...]:
    if change.desired is None or live is None:
        return _presence(change, live)
    differences = diff_identity(change.group, change.desired, live).differences
    return (*_came_back(differences), *_location_not_held(change, live))


def _look_at_credential(change: CredentialChange, resources: Resources, lists: Lists) -> tuple[str, ...]:
    listed = None if change.action is Action.DELETE else lists.credentials.get(change.resource_id)
    live = listed or resources.credentials.get(change.resource_id)
    if change.after is None or live is None:
        return _presence(change, live)
    # Read from the manifest's side, as the others are: `before` is what came back.
    return _came_back(trust_differences(live.trust, change.after))


def _look_at_assignment(change: AssignmentChange, resources: Resources, lists: Lists) -> tuple[str, ...]:
    if change.before is not None:
        return _details_not_held(change, resources.assignments.get(change.before.scope, change.before.name))
    identity = lists.identity(change.resource_id.identity, resources.identities.get)
    if identity is None:
        return ("its identity is not there",)
    scope, role_guid = change.resource_id.scope, change.resource_id.role_guid
    live = resources.assignments.get(scope, assignment_name(scope, identity.principal_id, role_guid))
    if live is not None:
        return _details_not_held(change, live)
    # The role may have been given under another name, which ARM refuses to give again.
    given = resources.assignments.list(scope, identity.principal_id)
    planned = (normalize_scope(scope), role_guid)
    # One that is inherited from above may go without this one.
    return _details_not_held(
        change, next((one for one in given if (normalize_scope(one.scope), one.role_guid) == planned), None)
    )


def _look_at_returned(given: RoleAssignment, resources: Resources) -> tuple[str, ...]:
    live = resources.assignments.get(given.scope, given.name)
    if live is None:
        return ("is not there",)
    return _came_back(detail_differences(live.details, given.details))


def _details_not_held(change: AssignmentChange, live: RoleAssignment | None) -> tuple[str, ...]:
    """What of the details that the line names, and of the mark, is not as planned; the others are not ours to judge."""
    if change.desired is None or change.after is None or live is None:
        return _presence(change, live)
    details = live.details or NO_DETAILS
    named = {"owner": change.after.details.owner, **dict(change.desired.details)}
    return _came_back(detail_differences(details, replace(details, **named)))


def _presence(change: Change, live: object) -> tuple[str, ...]:
    """Of what was deleted, or is not there."""
    if change.action is Action.DELETE:
        return () if live is None else ("is there again",)
    return ("is not there",)


def _came_back(differences: tuple[FieldChange, ...]) -> tuple[str, ...]:
    return tuple(
        f"{field_text(one)} came back as {value_text(one.before)}, not {value_text(one.after)}" for one in differences
    )


def _location_not_held(change: IdentityChange, live: Identity) -> list[str]:
    match change.after:
        case PlannedIdentity(location=str(planned)):
            if normalize_location(planned) != normalize_location(live.location):
                return [f"location came back as {live.location!r}, not {planned!r}"]
    return []
