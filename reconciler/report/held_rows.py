"""What the manifest holds back, as rows: what would be done, and why it is not. No row of it has a change's symbol."""

from dataclasses import replace

from reconciler.model import identity_of
from reconciler.plan import Action, Change, IdentityChange, Plan, hold_of
from reconciler.plan.drift.differences import claimed_location, differs
from reconciler.report.names import Names, names_of
from reconciler.report.rows import ChangeRow, change_row, differing_row

WOULD_BE = {
    Action.CREATE: "would be created",
    Action.UPDATE: "would be updated in place",
    Action.DELETE: "would be destroyed",
    Action.NO_OP: "is as it should be",
}
"""What is said of a change that no run makes."""


def held_rows(plan: Plan) -> tuple[ChangeRow, ...]:
    """What is held, in the plan's order, each with the line that holds it.

    A held identity of which nothing differs has a row too, so that no hold is forgotten.
    """
    names = names_of(plan)
    with_rows = {identity_of(change.resource_id) for change in plan.held if differs(change)}
    return tuple(
        _row(change, names)
        for change in plan.held
        if differs(change) or (isinstance(change, IdentityChange) and change.resource_id not in with_rows)
    )


def not_due(plan: Plan) -> tuple[Change, ...]:
    """The removals whose day has not come."""
    return tuple(change for change in plan.held if hold_of(change).until is not None)


def _row(change: Change, names: Names) -> ChangeRow:
    hold = hold_of(change)
    row = change_row(change, names)
    summary = WOULD_BE[change.action]
    if claimed_location(change) is not None:
        row = differing_row(change, names)
        summary = row.summary
    source = f"{hold.source.file}:{hold.source.line}"
    # What a delete would break is looked at once the delete is due.
    return replace(row, symbol="", summary=summary, source=source, impact=(), hold=hold)
