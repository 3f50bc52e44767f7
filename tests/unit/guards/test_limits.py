"""The guard that keeps a broken manifest from deleting: over the run, as a share of a group, or all of a group."""

import pytest

from reconciler.manifest.desired import DesiredGroup, IdentitiesPolicy, Ignore, Limits, Policy
from reconciler.model.identity import OWNER_TAG, LiveGroup
from reconciler.model.violation import Violation
from tests.builders import DEFAULT_LIMITS, desired_group, group_id, live_group, live_identity, resource_id
from tests.unit.guarding import GROUP_ADDRESS, codes, names, verdict


def group_of(live: int, kept: int, limits: Limits = DEFAULT_LIMITS) -> tuple[DesiredGroup, LiveGroup]:
    """A group with so many live identities, of which the manifest lists so many."""
    return desired_group(*names(kept), limits=limits), live_group(*names(live))


# delete-limit of the run


def test_more_deletes_than_the_limit_of_the_run_are_refused() -> None:
    violations = verdict(*group_of(live=5, kept=2, limits=Limits(max_deletes=2)))

    assert violations == (
        Violation(
            "delete-limit",
            None,
            "3 identities would be deleted in this run, over the limit of 2",
            "Check that the manifest is whole. If it is: --max-deletes 3, or limits.maxDeletes.",
            tuple(resource_id(name) for name in names(5)[2:]),
        ),
    )


def test_one_delete_over_a_limit_of_none_is_told_in_the_singular() -> None:
    (violation,) = verdict(*group_of(live=2, kept=1, limits=Limits(max_deletes=0)))

    assert violation.message == "1 identity would be deleted in this run, over the limit of 0"


def test_deletes_at_the_limit_of_the_run_pass() -> None:
    assert verdict(*group_of(live=5, kept=2, limits=Limits(max_deletes=3))) == ()


def test_three_listed_of_nine_live_pass_by_default() -> None:
    assert verdict(*group_of(live=9, kept=3)) == ()


def test_deletes_of_several_groups_add_up_to_the_limit_of_the_run() -> None:
    groups = ("rg-a", "rg-b", "rg-c")
    desired = [desired_group("id-000", name=name) for name in groups]

    violations = verdict(desired, [live_group(*names(5), name=name) for name in groups])

    assert [(one.code, one.address, len(one.refused)) for one in violations] == [("delete-limit", "", 12)]


def test_group_of_a_higher_limit_does_not_lend_it_to_others() -> None:
    careful = desired_group("id-000", name="rg-a", limits=Limits(max_deletes=2))
    generous = desired_group("id-000", name="rg-b", limits=Limits(max_deletes=50))
    live = [live_group(*names(4), name="rg-a"), live_group(*names(4), name="rg-b")]

    (violation,) = verdict([careful, generous], live)

    assert violation.refused == tuple(resource_id(name, "rg-a") for name in names(4)[1:])


def test_limit_of_the_run_is_lifted_by_its_count() -> None:
    desired, live = group_of(live=5, kept=2, limits=Limits(max_deletes=2))

    assert verdict(desired, live, max_deletes=("3",)) == ()


@pytest.mark.parametrize("max_deletes", [("2",), ("100%",), ("2", "100%")])
def test_limit_of_the_run_is_lifted_by_nothing_else(max_deletes: tuple[str, ...]) -> None:
    desired, live = group_of(live=5, kept=2, limits=Limits(max_deletes=2))

    violations = verdict(desired, live, "foreign-owner=rg-app/id-002", max_deletes=max_deletes)

    assert codes(violations) == [("delete-limit", "")]


def test_max_deletes_does_not_lower_the_limit_of_the_run() -> None:
    desired, live = group_of(live=5, kept=2)

    assert verdict(desired, live, max_deletes=("1",)) == ()


def test_max_deletes_does_not_lower_the_share_of_a_group() -> None:
    desired, live = group_of(live=10, kept=7)

    assert verdict(desired, live, max_deletes=("1%",)) == ()


# delete-limit as a share of a group


def test_larger_share_of_a_group_than_the_limit_is_refused() -> None:
    violations = verdict(*group_of(live=12, kept=8))

    assert violations == (
        Violation(
            "delete-limit",
            group_id(),
            "4 of the group's 12 live identities would be deleted, over 30 %",
            "Check that the manifest is whole. If it is: --max-deletes 34%, or limits.maxDeletePercent.",
            tuple(resource_id(name) for name in names(12)[8:]),
        ),
    )


@pytest.mark.parametrize(
    ("live", "kept", "percent", "refused"),
    [
        (10, 7, 30, False),
        (10, 6, 30, True),
        (9, 1, 30, False),
        (9, 1, 0, False),
        (10, 9, 0, True),
        (100, 71, 29, False),
        (100, 70, 29, True),
        (1000, 701, 30, False),
        (1000, 700, 30, False),
        (1000, 699, 30, True),
        (10, 1, 100, False),
    ],
)
def test_share_of_a_group_is_limited_from_ten_live_identities_on(
    live: int, kept: int, percent: int, refused: bool
) -> None:
    limits = Limits(max_deletes=1000, max_delete_percent=percent)

    violations = verdict(*group_of(live, kept, limits))

    assert codes(violations) == ([("delete-limit", GROUP_ADDRESS)] if refused else [])


@pytest.mark.parametrize(("live", "kept"), [(12, 8), (10, 3), (11, 7), (1000, 500)])
def test_share_that_the_hint_names_is_the_least_that_lifts_it(live: int, kept: int) -> None:
    desired, lives = group_of(live, kept, Limits(max_deletes=1000))
    (violation,) = verdict(desired, lives)

    named = int(violation.hint.partition("--max-deletes ")[2].partition("%")[0])

    assert verdict(desired, lives, max_deletes=(f"{named}%",)) == ()
    assert verdict(desired, lives, max_deletes=(f"{named - 1}%",)) != ()


def test_ignored_identities_are_no_part_of_the_whole() -> None:
    desired = desired_group("id-000", ignore=Ignore(identities=("aks-*",)))

    assert verdict(desired, live_group(*names(9), *names(50, "aks"))) == ()


@pytest.mark.parametrize(("percent", "refused"), [(20, False), (19, True)])
def test_kept_identities_of_others_are_part_of_the_whole(percent: int, refused: bool) -> None:
    ours = [live_identity(name, tags={OWNER_TAG: "team-a"}) for name in names(3)]
    limits = Limits(max_delete_percent=percent)
    desired = desired_group("id-000", owner="team-a", policy=Policy(IdentitiesPolicy.OWNED), limits=limits)

    violations = verdict(desired, live_group(*ours, *names(7, "other")))

    assert codes(violations) == ([("delete-limit", GROUP_ADDRESS)] if refused else [])


def test_count_does_not_lift_the_share() -> None:
    desired, live = group_of(live=12, kept=8)

    assert codes(verdict(desired, live, max_deletes=("100",))) == [("delete-limit", GROUP_ADDRESS)]


# delete-limit of a group that would be emptied


def test_manifest_emptied_by_mistake_is_refused() -> None:
    violations = verdict(desired_group(), live_group(*names(2)))

    assert violations == (
        Violation(
            "delete-limit",
            group_id(),
            "the group would lose every live identity it has (2 of 2)",
            "Check that the manifest is whole. If the group is to be emptied: --max-deletes 100%.",
            tuple(resource_id(name) for name in names(2)),
        ),
    )


def test_group_whose_identities_are_all_new_names_is_refused() -> None:
    violations = verdict(desired_group("new-a", "new-b"), live_group("old-a", "old-b"))

    assert [(one.code, one.refused) for one in violations] == [
        ("delete-limit", (resource_id("old-a"), resource_id("old-b"))),
    ]


def test_all_that_bears_the_owner_counts_as_every_identity_under_owned() -> None:
    ours = live_identity("id-a", tags={OWNER_TAG: "team-a"})
    desired = desired_group(owner="team-a", policy=Policy(IdentitiesPolicy.OWNED))

    (violation,) = verdict(desired, live_group(ours, "id-other"))

    assert violation.message == "the group would lose every live identity it has (1 of 1)"


def test_emptied_group_is_refused_once_even_where_its_share_is_too_large_as_well() -> None:
    violations = verdict(desired_group(limits=Limits(max_deletes=100)), live_group(*names(20)))

    assert codes(violations) == [("delete-limit", GROUP_ADDRESS)]


def test_emptying_a_group_is_lifted_by_the_whole_share() -> None:
    assert verdict(desired_group(), live_group(*names(2)), max_deletes=("100%",)) == ()


@pytest.mark.parametrize("max_deletes", [("99%",), ("1000",)])
def test_emptying_a_group_is_lifted_by_nothing_less(max_deletes: tuple[str, ...]) -> None:
    violations = verdict(desired_group(), live_group(*names(2)), max_deletes=max_deletes)

    assert codes(violations) == [("delete-limit", GROUP_ADDRESS)]


def test_limit_of_the_manifest_does_not_lift_emptying() -> None:
    desired = desired_group(limits=Limits(max_deletes=100, max_delete_percent=100))

    assert codes(verdict(desired, live_group(*names(2)))) == [("delete-limit", GROUP_ADDRESS)]


@pytest.mark.parametrize(
    "limits", [Limits(max_deletes=100, max_delete_percent=0), Limits(max_deletes=0, max_delete_percent=100)], ids=str
)
def test_limit_of_nothing_refuses_a_single_delete(limits: Limits) -> None:
    violations = verdict(*group_of(live=200, kept=199, limits=limits))

    assert [(one.code, one.refused) for one in violations] == [("delete-limit", (resource_id("id-199"),))]
