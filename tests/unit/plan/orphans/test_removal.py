"""Which orphans a removal deletes, and as which changes."""

from dataclasses import replace

import pytest

from reconciler.errors import NO_PLACE
from reconciler.model import ResourceGroupId
from reconciler.plan import Action, AssignmentChange, Reason
from reconciler.plan.orphans.removal import is_removable, orphan_changes
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, TODAY
from tests.orphans import IN_GROUP, IN_SUBSCRIPTION, orphan

ABOVE = "/providers/Microsoft.Management/managementGroups/all"


@pytest.mark.parametrize(
    ("scope", "is_ours", "removable"),
    [
        (IN_SUBSCRIPTION, True, True),
        (IN_GROUP, True, True),
        (IN_GROUP.upper(), True, True),
        (IN_GROUP, False, False),
        (ABOVE, True, False),
        ("/", True, False),
        (f"/subscriptions/{OTHER_SUBSCRIPTION}", True, False),
    ],
)
def test_only_ours_within_the_subscription_can_be_removed(scope: str, is_ours: bool, removable: bool) -> None:
    assert is_removable(orphan(scope, is_ours=is_ours), SUBSCRIPTION) is removable


@pytest.mark.parametrize("kind", ["User", "Group", "ForeignGroup", ""])
def test_mark_of_ours_on_a_role_of_no_identity_removes_nothing(kind: str) -> None:
    assert not is_removable(replace(orphan(), principal_type=kind), SUBSCRIPTION)


def test_what_is_in_doubt_is_not_removed() -> None:
    assert not is_removable(replace(orphan(), doubt="only a journal says it"), SUBSCRIPTION)


def test_a_removal_deletes_what_lives_and_knows_no_identity() -> None:
    gone = orphan()

    changes = orphan_changes([gone, orphan(IN_SUBSCRIPTION, is_ours=False)], SUBSCRIPTION, judged_on=TODAY)

    (change,) = changes.access()
    assert isinstance(change, AssignmentChange)
    assert (change.resource_id, change.before, change.orphan) == (
        gone.resource_id(SUBSCRIPTION),
        gone.assignment,
        gone,
    )
    assert (change.action, change.reason, change.source) == (Action.DELETE, Reason.ORPHANED, NO_PLACE)
    assert (change.identity, change.entry, change.desired, change.after) == (None, None, None, None)
    assert [one.group.group_id for one in changes.groups] == [ResourceGroupId(SUBSCRIPTION, "(gone)")]
    assert changes.groups[0].revokes() == (change,)


def test_a_removal_of_nothing_has_no_group() -> None:
    assert orphan_changes([orphan(is_ours=False)], SUBSCRIPTION, judged_on=TODAY).groups == ()


@pytest.mark.parametrize(
    ("owners", "owner"), [(("a", "a"), "a"), (("a", "b"), None), (("a", None), None), ((None, None), None)]
)
def test_the_owner_of_a_removal_is_that_of_all_that_it_deletes(
    owners: tuple[str | None, str | None], owner: str | None
) -> None:
    one, other = (orphan(scope, owner=each) for scope, each in zip((IN_GROUP, IN_SUBSCRIPTION), owners, strict=True))

    changes = orphan_changes([one, other], SUBSCRIPTION, judged_on=TODAY)

    assert changes.groups[0].group.owner == owner
