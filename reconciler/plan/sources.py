"""Where in a manifest a change comes from, beside the line of its identity."""

from reconciler.errors import SourcePos
from reconciler.plan.changes import AssignmentChange, Change, CredentialChange


def given_by(change: Change) -> SourcePos | None:
    """The line of the default that gives a credential or a role to its identity; None where the identity lists it."""
    match change:
        case CredentialChange(desired=desired) | AssignmentChange(desired=desired):
            return None if desired is None else desired.given_by
    return None
