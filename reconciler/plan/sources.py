"""What lines of a manifest say of a change beside its place: the default that gives it, and the day it ends."""

from datetime import date

from reconciler.errors import SourcePos
from reconciler.manifest.desired import DesiredCredential, has_expired
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


def ended_line(change: CredentialChange, day: date) -> DesiredCredential | None:
    """The line, whatever it is called, whose issuer and subject a credential has now and must not have on that day."""
    line = _line_of_live(change)
    return line if has_expired(line, day) else None


def live_expires_on(change: Change) -> date | None:
    """The day from which on what a change finds must not exist; for a create, what it makes.

    A credential can have what another line trusts: then that line's day counts, and not that of the line for its name.
    """
    line = _line_of_live(change) if isinstance(change, CredentialChange) else None
    return expires_on(change) if line is None else line.expires


def _line_of_live(change: CredentialChange) -> DesiredCredential | None:
    trust = None if change.before is None else change.before.trust
    if trust is None:
        return None
    return next((one for one in change.entry.federated_credentials or () if one.trust.who == trust.who), None)
