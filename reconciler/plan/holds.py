"""What the manifest itself holds back: changes that are compared and shown, and that no run makes.

They are set apart where the comparison begins, so that no guard judges them, no limit counts them and apply never has
them: only reports and documents look at them at all.
"""

from dataclasses import dataclass
from datetime import date

from reconciler.errors import SourcePos
from reconciler.manifest.desired import DesiredRemoval
from reconciler.plan.changes import Change, IdentityChange


@dataclass(frozen=True, slots=True)
class Hold:
    """The line that keeps a change from being made.

    Attributes:
        reason: the words of a line `hold`; None where it is the day of a removal.
        until: that day; None where it is a line `hold`.
        source: where the line `hold`, or the entry of `remove`, stands.
    """

    reason: str | None
    until: date | None
    source: SourcePos


def is_held(change: IdentityChange, day: date) -> bool:
    """Whether the manifest keeps the change of an identity from being made on a day, and those of its children with it.

    A removal that is not due holds back nothing where there is nothing to delete.
    """
    if change.desired is not None:
        return change.desired.hold is not None
    return change.removal is not None and change.before is not None and not change.removal.is_due(day)


def hold_of(held: Change) -> Hold:
    """Why a change is held; raises ValueError for one that no manifest holds, as a damaged plan may say it."""
    entry = held.desired if isinstance(held, IdentityChange) else held.entry
    if entry is not None and entry.hold is not None:
        return Hold(entry.hold.reason, None, entry.hold.source)
    match held:
        case IdentityChange(removal=DesiredRemoval(after=date() as day) as removal):
            return Hold(None, day, removal.source)
    raise ValueError(f"nothing holds {held.resource_id.address}")
