"""What counts as a difference between what is live and what is listed, whether or not an apply could mend it."""

from reconciler.model import normalize_location
from reconciler.plan.changes import Action, Change, IdentityChange
from reconciler.plan.fields import Field, FieldChange


def differs(change: Change) -> bool:
    """Whether what is live is not as the manifest says, a claimed location included."""
    return change.action is not Action.NO_OP or claimed_location(change) is not None


def is_changed(change: Change) -> bool:
    """Whether something live differs from its manifest entry, a claimed location included."""
    return change.action is Action.UPDATE or claimed_location(change) is not None


def claimed_location(change: Change) -> FieldChange | None:
    """The location that the manifest claims for an identity that is elsewhere; no update can bring it about."""
    if not isinstance(change, IdentityChange) or not change.contradicts_location:
        return None
    if change.before is None or change.desired is None or change.desired.location is None:
        return None
    return FieldChange(Field.LOCATION, change.before.location, normalize_location(change.desired.location))
