"""The guard over the scopes of roles: what a role is given on exists, or this very run makes it; and it stays."""

from collections.abc import Iterator

from reconciler.errors import SourcePos
from reconciler.guards.allowances import Allowances
from reconciler.guards.words import ids_of
from reconciler.model import AnyId, ResourceId, Violation, identity_at, normalize_scope
from reconciler.plan import Action, AssignmentChange, Changes, Hold, hold_of


def check_scope_missing(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse a role at a scope that does not exist, on an identity whose own group does not, or on one that goes."""
    nowhere, held = _in_missing_groups(changes), _holds(changes)
    going: dict[AnyId | None, SourcePos] = {
        one.resource_id: one.source for one in changes.identities() if one.action is Action.DELETE
    }
    for change in changes.access():
        if not isinstance(change, AssignmentChange) or change.action is not Action.CREATE:
            continue
        scope = change.resource_id.scope
        source = going.get(identity_at(scope))
        if source is not None:
            yield Violation(
                code="scope-missing",
                about=change.resource_id,
                message=f"{scope} is to be deleted, by {source.file}:{source.line}",
                hint="List that identity, or take this role off the list.",
                refused=ids_of([change]),
            )
        elif normalize_scope(scope) in changes.missing_scopes or identity_at(scope) in nowhere:
            hold = held.get(identity_at(scope))
            why = "no line of the manifest makes it" if hold is None else f"the manifest holds it at {hold.source}"
            correct = "Correct the scope in the manifest" if hold is None else "Remove the line `hold` there"
            yield Violation(
                code="scope-missing",
                about=change.resource_id,
                message=f"{scope} does not exist, and {why}",
                hint=f"{correct}, or create what it names first.",
                refused=ids_of([change]),
            )


def _holds(changes: Changes) -> dict[AnyId | None, Hold]:
    """What a line `hold` leaves as it is; of an identity that is not there, it keeps it from being made."""
    return {change.resource_id: hold_of(change) for group in changes.groups for change in group.held}


def _in_missing_groups(changes: Changes) -> set[ResourceId]:
    """Identities that cannot be there, since their group does not exist."""
    groups = (group for group in changes.groups if group.live.resource_group is None)
    return {change.resource_id for group in groups for change in group.changes}
