"""What the line of a manifest says of a change beside its place: the default that gives it, and the day it ends."""

from datetime import date

from reconciler.errors import SourcePos
from reconciler.plan.changes import AssignmentChange, Change, CredentialChange


def given_by(change: Change) -> SourcePos | None:
    """The line of the default that gives a credential or a role to its identity; None where the identity lists it."""
    match change:
        case CredentialChange(desired=desired) | AssignmentChange(desired=desired):
            return None if desired is None else desired.given_by
    return None


def expires_on(change: Change) -> date | None:
    """The day, in UTC, from which on a credential or a role must not exist; None where its line names none."""
    match change:
        case CredentialChange(desired=desired) | AssignmentChange(desired=desired):
            return None if desired is None else desired.expires
    return None
