"""How much has expired and is still there, and how much expires soon: what tells that a nightly job does not run."""

from collections.abc import Iterator
from datetime import date

from reconciler.manifest.desired import DesiredRemoval
from reconciler.manifest.expiry.soon import Ahead
from reconciler.plan.changes import Change, IdentityChange, Reason
from reconciler.plan.expiry.only import as_ended, is_due_removal
from reconciler.plan.plan import Plan
from reconciler.plan.sources import expires_on


def expired_items(plan: Plan) -> tuple[Change, ...]:
    """What must not exist any more and does: credentials, roles, and identities under `remove`; held ones too."""
    due = tuple(one for one in plan.changes if is_due_removal(one))  # before its day, a removal is held
    return (*due, *(one for one in _all(plan) if as_ended(one, plan.judged_on).reason is Reason.EXPIRED))


def expiring_items(plan: Plan) -> tuple[Change, ...]:
    """What has its day within the next two weeks after that of the plan."""
    ahead = Ahead(plan.judged_on)
    return tuple(one for one in _all(plan) if ahead.covers(_day_of(one)))


def _all(plan: Plan) -> Iterator[Change]:
    yield from plan.changes
    yield from plan.held


def _day_of(change: Change) -> date | None:
    match change:
        case IdentityChange(removal=DesiredRemoval(after=day)):
            return None if change.before is None else day
    return expires_on(change)
