"""Guards over identities one by one, and their roles: where they would be, whose they are, what they can hold."""

import shlex
from collections.abc import Iterator

from reconciler.guards.allowances import FOREIGN_OWNER, Allowances, is_lifted, ways_to_lift
from reconciler.guards.words import changes_below, count, create_group_command, ids_of
from reconciler.manifest.desired import DesiredIdentity
from reconciler.model import (
    MAX_DESCRIPTION,
    MAX_TAGS,
    Identity,
    PlannedAssignment,
    PlannedIdentity,
    RoleAssignment,
    Violation,
)
from reconciler.plan import Action, AssignmentChange, Changes, IdentityChange

_LEAVE_ALONE = {
    Action.UPDATE: "To leave it alone, take it off the list.",
    Action.DELETE: "To leave it alone, list it under ignore.identities or use policy.identities: owned.",
}


def check_group_missing(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse creates in a resource group that does not exist: this tool manages identities, not groups."""
    for group in changes.groups:
        creates = ids_of(change for change in group.changes if change.action is Action.CREATE)
        if group.live.resource_group is None and creates:
            group_id = group.group.group_id
            yield Violation(
                code="group-missing",
                about=group_id,
                message=f"resource group {group_id.resource_group} does not exist,"
                f" and {count(len(creates), 'identity')} would be created in it",
                hint=f"Create it first: {create_group_command(group_id)}",
                refused=creates,
            )


def check_location(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse an identity whose manifest claims another location than the live one."""
    for change in changes.identities():
        match change:
            case IdentityChange(
                contradicts_location=True, desired=DesiredIdentity() as desired, before=Identity(location=live)
            ):
                yield Violation(
                    code="location",
                    about=change.resource_id,
                    message=f"the manifest says {desired.location}, but the identity is in {live}; an identity cannot"
                    " move, and a new one is a new principal",
                    hint=f"Write location: {live} (or leave it out). To move for real: list a new name, move what uses"
                    " the old identity to it, then take the old name off the list.",
                    refused=ids_of([change]),
                )


def check_foreign_owner(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse touching an identity that another owner marked, and deleting one that never was this manifest's."""
    below = changes_below(changes)
    for change in changes.identities():
        touched = [one for one in (change, *below.get(change.resource_id, ())) if one.action is not Action.NO_OP]
        if not touched or change.before is None:
            continue
        live_owner, our_owner = change.before.owner, change.group.owner
        never_ours = change.action is Action.DELETE and live_owner is None and our_owner is not None
        has_other_owner = live_owner is not None and live_owner != our_owner
        if not (never_ours or has_other_owner) or _is_allowed(change, live_owner, changes, allowances):
            continue
        verb = Action.DELETE if change.action is Action.DELETE else Action.UPDATE
        yield Violation(
            code=FOREIGN_OWNER,
            about=change.resource_id,
            message=f"would {verb} an identity that {_whose(live_owner, our_owner)}",
            hint=f"If it is meant: {ways_to_lift(FOREIGN_OWNER, change, changes)}. {_leave_alone(change, verb)}",
            refused=ids_of(touched),
        )


def check_foreign_roles(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse changing or taking away a role assignment that has another owner's mark."""
    for change in changes.access():
        match change:
            # An orphan's mark is what made it ours.
            case AssignmentChange(before=RoleAssignment(owner=str(live_owner)), action=action, orphan=None):
                if action is Action.NO_OP or live_owner == change.group.owner:
                    continue
                if allowances.lift_owner(live_owner) or is_lifted(FOREIGN_OWNER, change, changes, allowances):
                    continue
                ways = (changes.addresses.short(change.resource_id), live_owner)
                flags = " or ".join(f"--allow {shlex.quote(f'{FOREIGN_OWNER}={one}')}" for one in ways)
                leave = "take it off the list" if change.desired else "list it under ignore.roleAssignments"
                yield Violation(
                    code=FOREIGN_OWNER,
                    about=change.resource_id,
                    message=f"would {action} a role assignment that {_whose(live_owner, change.group.owner)}",
                    hint=f"If it is meant: {flags}. To leave it alone, {leave}.",
                    refused=ids_of([change]),
                )


def _whose(live_owner: str | None, our_owner: str | None) -> str:
    state = f"belongs to {live_owner!r}" if live_owner is not None else "has no owner"
    whose = f"this manifest's owner is {our_owner!r}" if our_owner is not None else "this manifest has no owner"
    return f"{state}; {whose}"


def _is_allowed(change: IdentityChange, owner: str | None, changes: Changes, allowances: Allowances) -> bool:
    return allowances.lift_owner(owner) or is_lifted(FOREIGN_OWNER, change, changes, allowances)


def _leave_alone(change: IdentityChange, verb: Action) -> str:
    return _LEAVE_ALONE[verb] if change.removal is None else "To leave it alone, take it off remove."


def check_tag_limit(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse more tags than a resource can have, counting those that stay."""
    for change in changes.identities():
        match change:
            case IdentityChange(action=Action.CREATE | Action.UPDATE, after=PlannedIdentity(tags=tags)):
                if len(tags) > MAX_TAGS:
                    yield Violation(
                        code="tag-limit",
                        about=change.resource_id,
                        message=f"would have {len(tags)} tags, over ARM's limit of {MAX_TAGS}",
                        hint="List fewer tags, or take live ones away by listing them as null.",
                        refused=ids_of([change]),
                    )


def check_description_limit(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse a description that would be too long with the mark behind it, where it lives as others wrote it."""
    for change in changes.access():
        match change:
            case AssignmentChange(action=Action.CREATE | Action.UPDATE, after=PlannedAssignment(details=details)):
                length = len(details.marked_description.written or "")
                if length > MAX_DESCRIPTION:
                    yield Violation(
                        code="description-limit",
                        about=change.resource_id,
                        message=f"its description would have {length} characters with the mark of its owner, over ARM's"
                        f" limit of {MAX_DESCRIPTION}",
                        hint="Write a shorter description on the line that lists it.",
                        refused=ids_of([change]),
                    )
