"""Which record of a log made a difference, where the log has only some of what was done."""

from dataclasses import replace

import pytest

from reconciler.arm.logs.activity_log import ChangeKind, RecordedChange
from reconciler.errors import SourcePos
from reconciler.live.attribution.history import Found, assignment_id, find_cause, make_log
from reconciler.manifest.desired import DesiredCredential
from reconciler.model import (
    AssignmentId,
    CredentialId,
    FederatedCredential,
    RoleAssignment,
    Trust,
    normalize_scope,
)
from reconciler.plan import Action, AssignmentChange, Change, CredentialChange, Reason
from reconciler.plan.drift.attribution import Event
from tests.builders import MANIFEST, desired_group, listed, resource_id

GROUP = desired_group("id-api")
IDENTITY = resource_id("id-api")
ENTRY = listed("id-api")
MAIN = CredentialId(IDENTITY, "main")
TRUST = Trust("https://i", "s", "a")
LIVE = FederatedCredential(MAIN, TRUST)
LISTED = DesiredCredential("main", TRUST, SourcePos(MANIFEST, 7, 7))
SCOPE = "/subscriptions/1/resourceGroups/rg"
ROLE = RoleAssignment("name", SCOPE, "guid", "principal")
ROLE_ID = assignment_id(SCOPE, "name")

EXTRA = CredentialChange(MAIN, Action.DELETE, Reason.NOT_LISTED, GROUP, None, ENTRY, None, LIVE, None)
MISSING = CredentialChange(MAIN, Action.CREATE, Reason.MISSING, GROUP, None, ENTRY, LISTED, None, TRUST)
EXTRA_ROLE = AssignmentChange(
    AssignmentId(IDENTITY, "Reader", "guid", SCOPE),
    Action.DELETE,
    Reason.NOT_LISTED,
    GROUP,
    None,
    None,
    None,
    ROLE,
    None,
)


def record(kind: ChangeKind, target: object, at_s: float) -> RecordedChange:
    return RecordedChange(kind, normalize_scope(str(target)), at_s, "someone", "User", "", "", f"c-{at_s}")


def cause(change: Change, *records: RecordedChange) -> Found | None:
    """By the Activity Log alone."""
    return find_cause(change, make_log(()), make_log(records))


def test_credential_of_which_the_log_has_no_beginning_is_the_last_writers() -> None:
    written = record(ChangeKind.UPDATE, MAIN, 5)

    assert cause(EXTRA, record(ChangeKind.UPDATE, MAIN, 3), written) == (Event.WRITTEN, written)


def test_credential_that_went_with_its_identity_at_the_moment_of_its_last_write_is_the_deleters() -> None:
    gone = record(ChangeKind.DELETE, IDENTITY, 5)

    assert cause(MISSING, record(ChangeKind.UPDATE, MAIN, 5), gone) == (Event.IDENTITY_DELETED, gone)


@pytest.mark.parametrize(
    ("created_s", "event"), [(None, Event.CREATED), (70.0, Event.CREATED), (71.0, Event.WRITTEN)], ids=str
)
def test_role_is_its_creators_where_its_own_time_is_that_of_the_event_or_is_not_known(
    created_s: float | None, event: Event
) -> None:
    made = record(ChangeKind.CREATE, ROLE_ID, 10)

    assert cause(replace(EXTRA_ROLE, before=replace(ROLE, created_s=created_s)), made) == (event, made)
