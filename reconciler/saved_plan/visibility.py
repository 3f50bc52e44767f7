"""What one of two plans could not look at and the other could: no change of the live state, but a difference of rights.

Whoever applies a saved plan may be somebody else than who made it. What only one of them may see looks as if it had
come or gone, and planning again would never end that; so it is told as what it is.
"""

from collections.abc import Iterable, Iterator

from reconciler.errors import StaleDetail
from reconciler.model import (
    AddressBook,
    AnyId,
    AssignmentId,
    Impact,
    Part,
    is_within,
    noted,
    roles_elsewhere,
    roles_of_deleted,
    roles_unnamed,
    subscription_of,
)
from reconciler.plan import Action, IdentityChange, Plan

SIGHT_HINT = (
    "Plan as whoever applies, or give both the same view: with the role Reader at the scopes above (az role assignment"
    ' create --role Reader --scope "SCOPE" --assignee PRINCIPAL), both see all of it.'
)
"""How to go on where two plans differ in what they may look at."""


def why_unseen(resource_id: AnyId, plan: Plan) -> str | None:
    """The plan's own note by which something may be there that it does not speak of; None where it has looked."""
    if not isinstance(resource_id, AssignmentId):
        return None
    scope, group = resource_id.scope, str(resource_id.group_id)
    at_group = noted(roles_of_deleted(group), plan.notes)
    # A list of a group shows what is given in it and above it.
    if at_group or is_within(scope, group) or is_within(group, scope):
        return at_group
    root = subscription_of(scope) or scope
    places = (roles_elsewhere(root), roles_of_deleted(root), roles_unnamed())
    return next((note for what in places if (note := noted(what, plan.notes))), None)


def sight_differs(missing: Iterable[tuple[AnyId, Plan]], saved: Plan, now: Plan) -> Iterator[StaleDetail]:
    """A detail for each thing that only one of the plans could look at, where that makes a difference.

    Args:
        missing: what one of the plans speaks of, with the other, which does not.
    """
    notes = dict.fromkeys((plan is now, note) for one, plan in missing if (note := why_unseen(one, plan)))
    for is_now, note in notes:
        blind, seeing = ("applies", "planned") if is_now else ("planned", "applies")
        yield StaleDetail("", "", f"the one who {blind} cannot look at what the one who {seeing} can: {note}")
    book = AddressBook(group.group_id for group in now.desired.groups)
    impacts = _impacts(now)
    for change, impact in _impacts(saved).items():
        other = impacts.get(change)
        for what, before, after in _parts(impact, other) if other is not None else ():
            message = _sight_of(what, before.not_checked, after.not_checked)
            if message:
                yield StaleDetail(change.address, book.short(change), message)


def _impacts(plan: Plan) -> dict[AnyId, Impact]:
    deletes = (one for one in plan.changes if isinstance(one, IdentityChange) and one.action is Action.DELETE)
    return {one.resource_id: one.impact for one in deletes if one.impact is not None}


def _parts(one: Impact, other: Impact) -> Iterator[tuple[str, Part[object], Part[object]]]:
    yield "what it is attached to", one.attachments, other.attachments
    yield "its role assignments", one.assignments, other.assignments
    yield "its federated credentials", one.credentials, other.credentials
    yield "its locks", one.locks, other.locks


def _sight_of(what: str, before: str | None, after: str | None) -> str:
    """How two looks at a part of an impact differ; empty where both, or neither, saw all of it."""
    if after is not None and before is None:
        return f"{what} could be read by the one who planned, and not by the one who applies ({after})"
    if before is not None and after is None:
        return f"{what} can be read by the one who applies, and could not by the one who planned ({before})"
    return ""
