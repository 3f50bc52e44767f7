"""A comparison of which nothing remains but what has expired."""

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES, judge
from reconciler.manifest.desired import DesiredAssignment
from reconciler.model.access import Access, RoleLookup, role_key
from reconciler.plan.changes import Action, IdentityChange, Reason, SkipReason
from reconciler.plan.diff_access import diff_access
from reconciler.plan.expiry.only import is_due_removal, only_expired, only_expired_note
from tests.builders import MANIFEST, TODAY, compare, desired_group, label, listed, live_group, resource_id
from tests.unit.plan.expiry.expiring import changes, plan


def test_nothing_remains_but_deletes_of_what_has_expired() -> None:
    found = plan(only_expired(changes()))

    assert [(label(one), one.action, one.reason) for one in found.changes if one.action is not Action.NO_OP] == [
        ("id-a/federatedCredentials/other-name", Action.DELETE, Reason.EXPIRED),
        ("id-due", Action.DELETE, Reason.REMOVED),
    ]


def test_identity_of_what_goes_stays_as_it_is_and_refuses_nothing() -> None:
    compared = only_expired(changes())
    (kept,) = (one for one in compared.identities() if one.resource_id == resource_id("id-a"))

    assert (kept.action, kept.differences) == (Action.NO_OP, ())
    assert kept.before is not None
    assert kept.after is not None
    assert kept.after.tags == kept.before.tags
    assert "location" in [one.code for one in judge(changes(), NO_ALLOWANCES)]
    assert "location" not in [one.code for one in judge(compared, NO_ALLOWANCES)]


def test_everything_else_is_left_alone_and_counted() -> None:
    compared = only_expired(changes())
    (group,) = compared.groups
    left = [one.resource_id.address.rpartition("/")[2] for one in group.skipped if one.reason is SkipReason.NOT_EXPIRED]

    # The tags of both identities, two credentials to make, an identity to take away on another day, two others.
    assert left == ["id-a", "forever", "late", "id-early", "id-extra", "id-held", "id-now"]
    assert only_expired_note(compared) == (
        f"Only what has expired by {TODAY} is looked at; 7 other changes left for later.",
    )


def test_held_identity_keeps_what_has_expired_and_shows_it() -> None:
    (group,) = only_expired(changes()).groups

    assert [(label(one), one.action) for one in group.held] == [
        ("id-held", Action.NO_OP),
        ("id-held/federatedCredentials/ended", Action.DELETE),
    ]


def test_live_credential_that_is_left_alone_still_has_its_place() -> None:
    (group,) = only_expired(changes()).groups

    assert [one.credential_id.name for one in group.kept_credentials] == ["soon"]


def test_removal_is_due_where_it_has_a_day() -> None:
    due = [one.resource_id.name for one in changes().identities() if is_due_removal(one)]

    assert due == ["id-due"]
    assert not any(is_due_removal(one) for one in changes().access())
    assert all(isinstance(one, IdentityChange) for one in changes().identities())


def test_role_that_nobody_knows_refuses_where_its_line_has_ended_and_is_left_where_it_has_not() -> None:
    lines = [
        DesiredAssignment(role, "/subscriptions/1", SourcePos(MANIFEST, 7, 7), expires=expires)
        for role, expires in (("Ended", TODAY), ("Forever", None))
    ]
    group = desired_group(listed("id-a", role_assignments=lines))
    lookups = {role_key(one.role, one.scope): RoleLookup(one.role, one.scope, ()) for one in lines}

    (found,) = only_expired(diff_access(compare(group, live_group("id-a")), Access(lookups=lookups))).groups

    assert [one.desired.role for one in found.unresolved_roles] == ["Ended"]
    assert [one.resource_id.address.rpartition("/roleAssignments/")[2][:7] for one in found.skipped] == ["Forever"]
