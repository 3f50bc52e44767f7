"""What a manifest names under `remove`: deleted under any policy, counted by no limit, a no-op once it is gone."""

import pytest

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES, judge
from reconciler.manifest.desired import Desired, DesiredGroup, IdentitiesPolicy, Ignore, Limits, Policy
from reconciler.manifest.findings import find_doubts, finding_violation
from reconciler.model.address import Target
from reconciler.model.identity import OWNER_TAG, PROTECT_TAG
from reconciler.model.violation import Violation
from reconciler.plan.changes import Action, Reason, SkipReason
from reconciler.plan.fields import field_text
from tests.builders import (
    MANIFEST,
    address,
    compare,
    desired_group,
    group_id,
    listed,
    live_group,
    live_identity,
    plan_of,
    removed,
    resource_id,
)
from tests.unit.guarding import codes, names, verdict

# the comparison


@pytest.mark.parametrize("policy", list(IdentitiesPolicy))
def test_removed_identity_is_deleted_under_every_policy(policy: IdentitiesPolicy) -> None:
    desired = desired_group("id-a", owner="team-a", policy=Policy(policy), remove=[removed("ID-Old")])
    ours = [live_identity(name, tags={OWNER_TAG: "team-a"}) for name in ("id-a", "id-old")]

    (keep, go) = compare(desired, live_group(*ours)).identities()

    assert (keep.action, go.action, go.reason) == (Action.NO_OP, Action.DELETE, Reason.REMOVED)
    assert (go.resource_id.name, go.source) == ("id-old", SourcePos(MANIFEST, 9, 9))


@pytest.mark.parametrize("location", ["westeurope", None], ids=["in its group", "without a group"])
def test_removed_identity_that_is_gone_asks_for_nothing(location: str | None) -> None:
    desired = desired_group(remove=[removed("id-old", principal_id="p-1")])
    plan = plan_of(desired, live_group(location=location))

    (change,) = plan.changes

    assert (change.action, change.reason) == (Action.NO_OP, Reason.REMOVED)
    assert (plan.applicable, plan.violations, plan.removed_already) == ((), (), (change,))


def test_removed_identity_that_lives_is_not_removed_already() -> None:
    assert plan_of(desired_group("id-a", remove=[removed("id-b")]), live_group("id-a", "id-b")).removed_already == ()


@pytest.mark.parametrize(
    "desired",
    [
        desired_group("id-a", "id-b", remove=[removed("id-b")]),
        desired_group("id-a", ignore=Ignore(("id-b",)), remove=[removed("id-b")]),
    ],
    ids=["listed", "ignored"],
)
def test_removal_never_wins_over_a_list_or_an_ignored_name(desired: DesiredGroup) -> None:
    """Such a manifest is refused when it is loaded; a plan from elsewhere may say it all the same."""
    changes = compare(desired, live_group("id-a", "id-b"))

    assert {(one.action, one.reason) for one in changes.identities()} == {(Action.NO_OP, Reason.EQUAL)}


def test_removal_lies_within_its_target_or_is_left_alone() -> None:
    desired = desired_group("id-a", remove=[removed("id-b"), removed("id-c")])
    target = Target(group_id(), "id-b", "rg-app/id-b")

    (group,) = compare(desired, live_group("id-a", "id-b", "id-c"), (target,)).groups

    assert [one.resource_id.name for one in group.changes] == ["id-b"]
    assert {(one.resource_id, one.reason) for one in group.skipped} == {
        (resource_id("id-a"), SkipReason.NOT_TARGETED),
        (resource_id("id-c"), SkipReason.NOT_TARGETED),
    }


# limits


def test_removals_count_against_no_limit() -> None:
    everything = names(30)
    desired = desired_group(limits=Limits(0, 0), remove=[removed(name) for name in everything])

    assert verdict(desired, live_group(*everything)) == ()


def test_removals_do_not_hide_that_the_rest_of_a_group_would_go() -> None:
    desired = desired_group(remove=[removed("id-a")])

    assert verdict(desired, live_group("id-a", "id-b", "id-c")) == (
        Violation(
            "delete-limit",
            group_id(),
            "the group would lose every live identity it has (2 of 2); not counted: 1 under remove",
            "Check that the manifest is whole. If the group is to be emptied: --max-deletes 100%.",
            (resource_id("id-b"), resource_id("id-c")),
        ),
    )


def test_removals_do_not_lower_the_share_of_the_rest() -> None:
    lives = names(20)
    desired = desired_group(*lives[:6], remove=[removed(name) for name in lives[10:]])

    assert verdict(desired, live_group(*lives)) == (
        Violation(
            "delete-limit",
            group_id(),
            "4 of the 10 live identities of rg-app would be deleted, over 30 %; not counted: 10 under remove",
            "Check that the manifest is whole. If it is: --max-deletes 40%, or limits.maxDeletePercent.",
            tuple(resource_id(name) for name in lives[6:10]),
        ),
    )


def test_removals_do_not_make_a_group_too_small_for_its_share_to_be_limited() -> None:
    lives = names(10)
    desired = desired_group(*lives[:3], remove=[removed(name) for name in lives[7:]])

    violations = verdict(desired, live_group(*lives))

    assert [(one.code, len(one.refused)) for one in violations] == [("delete-limit", 4)]


def test_removal_outside_the_target_does_not_hide_that_the_rest_would_go() -> None:
    desired = desired_group(remove=[removed("id-c")])
    targets = tuple(Target(group_id(), name, f"rg-app/{name}") for name in ("id-a", "id-b"))

    violations = judge(compare(desired, live_group("id-a", "id-b", "id-c"), targets), NO_ALLOWANCES)

    assert [(one.code, len(one.refused)) for one in violations] == [("delete-limit", 2)]


def test_limit_of_the_run_counts_extras_beside_removals() -> None:
    lives = names(8)
    desired = desired_group(*lives[:3], limits=Limits(2, 100), remove=[removed(name) for name in lives[5:]])
    refused = desired_group(*lives[:2], limits=Limits(2, 100), remove=[removed(name) for name in lives[5:]])

    assert verdict(desired, live_group(*lives)) == ()
    assert codes(verdict(refused, live_group(*lives))) == [("delete-limit", "")]


# protection, as a tag


@pytest.mark.parametrize(
    ("protect", "live", "differences"),
    [
        (True, {}, [("tags.uami-protect", None, "true")]),
        (True, {PROTECT_TAG: "true"}, []),
        (True, {"UAMI-Protect": "no"}, [("tags.UAMI-Protect", "no", "true")]),
        (False, {PROTECT_TAG: "true"}, [("tags.uami-protect", "true", None)]),
        (False, {}, []),
        (None, {PROTECT_TAG: "true"}, []),
        (None, {}, []),
    ],
)
@pytest.mark.parametrize("ignored", [(), ("uami-*",)])
def test_protection_is_written_taken_away_or_left(
    protect: bool | None,
    live: dict[str, str],
    differences: list[tuple[str, str | None, str | None]],
    ignored: tuple[str, ...],
) -> None:
    desired = desired_group(listed("id-a", protect=protect), ignore=Ignore(tags=ignored))

    (change,) = compare(desired, live_group(live_identity("id-a", tags=live))).identities()

    assert [(field_text(one), one.before, one.after) for one in change.differences] == differences


# the pin


def test_removal_without_a_pin_is_found_and_one_with_it_is_not() -> None:
    desired = Desired((desired_group(remove=[removed("id-a"), removed("id-b", principal_id="p-1", line=10)]),))

    (found,) = find_doubts(desired, "")

    assert (found.code, found.address, found.pos) == ("remove-unpinned", address("id-a"), SourcePos(MANIFEST, 9, 9))
    assert found.message == (
        "names no principal under remove: while the entry stays, an identity that is created again under this"
        " name is deleted too"
    )
    assert found.hint == "Add `principalId:` with what `az identity show --query principalId` prints."


def test_strict_run_holds_back_a_removal_without_a_pin() -> None:
    group = desired_group("id-a", remove=[removed("id-b")])
    (found,) = find_doubts(Desired((group,)), "")

    (violation,) = judge(compare(group, live_group("id-a", "id-b")), NO_ALLOWANCES, also=(finding_violation(found),))

    assert (violation.code, violation.refused) == ("remove-unpinned", (resource_id("id-b"),))
