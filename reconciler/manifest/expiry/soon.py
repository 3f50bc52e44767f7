"""What a manifest gives for a time only, and whose day comes within a few: a warning while there is time to answer it.

A day is no mistake, so the warning is about nothing but the calendar. It says the day and not how many are left: the
same manifest says the same on each day of the time ahead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from reconciler.manifest.desired import Desired, DesiredAssignment, DesiredCredential, DesiredIdentity
from reconciler.manifest.finding import Finding
from reconciler.model import AssignmentId, CredentialId

EXPIRES_SOON = "expires-soon"
"""The warning."""

DAYS_AHEAD = 14
"""So many days before something ends, that is warned about."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """The days that are looked ahead: those after `today`, in UTC, up to `days` of them."""

    today: date
    days: int = DAYS_AHEAD

    def covers(self, day: date | None) -> bool:
        """Whether that day is among them."""
        # Not `today + days`: no calendar has a day so far away as a number can be.
        return day is not None and timedelta() < day - self.today <= timedelta(days=self.days)


def find_expiring(desired: Desired, ahead: Ahead | None) -> Iterator[Finding]:
    """What ends within the days ahead, and with None whatever ends at all."""
    for group in desired.groups:
        for identity in group.identities:
            for credential in identity.federated_credentials or ():
                if _ends(credential.expires, ahead):
                    about = CredentialId(identity.resource_id, credential.name)
                    yield _of_line(about, credential, "the credential is deleted")
            for role in identity.role_assignments or ():
                if _ends(role.expires, ahead):
                    yield _of_line(role_id(identity, role), role, "the role is taken away")
        for removal in group.remove:
            for code, end in removal.expires:
                if _ends(end, ahead):
                    message = f"allows {code} until {end}: from that day on the guard stops the deletion again"
                    hint = "Delete the identity before that day, or write a later one."
                    yield Finding(EXPIRES_SOON, removal.resource_id, removal.source, message, hint)


def role_id(identity: DesiredIdentity, role: DesiredAssignment) -> AssignmentId:
    """What a line of `roleAssignments` is about: the manifest alone does not say the role's GUID."""
    return AssignmentId(identity.resource_id, role.role, "", role.scope)


def _ends(day: date | None, ahead: Ahead | None) -> bool:
    return day is not None if ahead is None else ahead.covers(day)


def _of_line(
    about: CredentialId | AssignmentId, line: DesiredCredential | DesiredAssignment, what_then: str
) -> Finding:
    message = f"expires on {line.expires}: from that day on {what_then}, whatever the policy"
    hint = "If it is needed for longer, write a later day; else remove the line once it is gone."
    return Finding(EXPIRES_SOON, about, line.source, message, hint, given_by=line.given_by)
