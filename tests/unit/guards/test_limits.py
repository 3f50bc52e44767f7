"""The guard that keeps a broken manifest from deleting: over the run, as a share of a group, or all of a group."""

from dataclasses import replace

import pytest

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES, Allowances, judge
from reconciler.manifest.desired import DesiredCredential, DesiredGroup, IdentitiesPolicy, Ignore, Limits, Policy
from reconciler.model.access import Access, FederatedCredential, RoleAssignment, Trust
from reconciler.model.address import Target
from reconciler.model.identity import OWNER_TAG, Identity, LiveGroup
from reconciler.model.ids import CredentialId, ResourceGroupId, ResourceId
from reconciler.model.violation import Violation
from reconciler.plan.changes import Changes
from reconciler.plan.diff_access import diff_access
from tests.builders import (
    DEFAULT_LIMITS,
    GROUP,
    MANIFEST,
    SUBSCRIPTION,
    TODAY,
    compare,
    desired_group,
    given_role,
    group_id,
    label,
    listed,
    live_group,
    live_identity,
    resource_id,
    unused,
)
from tests.orphans import orphan, removal_of
from tests.unit.guarding import GROUP_ADDRESS, codes, names, verdict


def group_of(live: int, kept: int, limits: Limits = DEFAULT_LIMITS) -> tuple[DesiredGroup, LiveGroup]:
    """A group with so many live identities, of which the manifest lists so many."""
    return desired_group(*names(kept), limits=limits), live_group(*names(live))


def run_limit(number: int) -> Limits:
    """That many deletes in a run, whatever their share of a group."""
    return Limits(max_deletes=number, max_delete_percent=100)


# delete-limit of the run


def test_more_deletes_than_the_limit_of_the_run_are_refused() -> None:
    violations = verdict(*group_of(live=5, kept=2, limits=run_limit(2)))

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
    (violation,) = verdict(*group_of(live=2, kept=1, limits=run_limit(0)))

    assert violation.message == "1 identity would be deleted in this run, over the limit of 0"


def test_deletes_at_the_limit_of_the_run_pass() -> None:
    assert verdict(*group_of(live=5, kept=2, limits=run_limit(3))) == ()


def test_one_listed_of_nine_live_is_refused_by_default() -> None:
    violations = verdict(*group_of(live=9, kept=1))

    assert [(one.code, one.address, one.message) for one in violations] == [
        ("delete-limit", GROUP_ADDRESS, "8 of the 9 live identities of rg-app would be deleted, over 30 %")
    ]


def test_deletes_of_several_groups_add_up_to_the_limit_of_the_run() -> None:
    groups = ("rg-a", "rg-b", "rg-c")
    desired = [desired_group("id-000", name=name, limits=run_limit(10)) for name in groups]

    violations = verdict(desired, [live_group(*names(5), name=name) for name in groups])

    assert [(one.code, one.address, len(one.refused)) for one in violations] == [("delete-limit", "", 12)]


def test_group_of_a_higher_limit_does_not_lend_it_to_others() -> None:
    careful = desired_group("id-000", name="rg-a", limits=run_limit(2))
    generous = desired_group("id-000", name="rg-b", limits=run_limit(50))
    live = [live_group(*names(4), name="rg-a"), live_group(*names(4), name="rg-b")]

    (violation,) = verdict([careful, generous], live)

    assert violation.refused == tuple(resource_id(name, "rg-a") for name in names(4)[1:])


def test_limit_of_the_run_is_lifted_by_its_count() -> None:
    desired, live = group_of(live=5, kept=2, limits=run_limit(2))

    assert verdict(desired, live, max_deletes=("3",)) == ()


@pytest.mark.parametrize("max_deletes", [("2",), ("99%",), ("2", "100%")])
def test_limit_of_the_run_is_lifted_by_nothing_else(max_deletes: tuple[str, ...]) -> None:
    desired, live = group_of(live=5, kept=2, limits=run_limit(2))

    violations = verdict(desired, live, "foreign-owner=rg-app/id-002", max_deletes=max_deletes)

    assert codes(violations) == [("delete-limit", "")]


def test_max_deletes_does_not_lower_the_limit_of_the_run() -> None:
    desired, live = group_of(live=10, kept=7)

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
            "4 of the 12 live identities of rg-app would be deleted, over 30 %",
            "Check that the manifest is whole. If it is: --max-deletes 34%, or limits.maxDeletePercent.",
            tuple(resource_id(name) for name in names(12)[8:]),
        ),
    )


@pytest.mark.parametrize(
    ("live", "kept", "percent", "refused"),
    [
        (10, 7, 30, False),
        (10, 6, 30, True),
        (9, 7, 30, False),
        (9, 6, 30, True),
        (3, 1, 30, True),
        (3, 1, 67, False),
        (4, 2, 49, True),
        (4, 2, 50, False),
        # One may always go where others stay.
        (3, 2, 30, False),
        (2, 1, 30, False),
        (2, 1, 0, False),
        (200, 199, 0, False),
        (200, 198, 0, True),
        (100, 71, 29, False),
        (100, 70, 29, True),
        (1000, 701, 30, False),
        (1000, 700, 30, False),
        (1000, 699, 30, True),
        (10, 1, 100, False),
    ],
)
def test_share_of_a_group_is_limited_whatever_its_size(live: int, kept: int, percent: int, refused: bool) -> None:
    limits = Limits(max_deletes=1000, max_delete_percent=percent)

    violations = verdict(*group_of(live, kept, limits))

    assert codes(violations) == ([("delete-limit", GROUP_ADDRESS)] if refused else [])


@pytest.mark.parametrize(("live", "kept"), [(12, 8), (10, 3), (11, 7), (3, 1), (7, 1), (1000, 500)])
def test_share_that_the_hint_names_is_the_least_that_lifts_it(live: int, kept: int) -> None:
    desired, lives = group_of(live, kept, Limits(max_deletes=1000))
    (violation,) = verdict(desired, lives)

    named = int(violation.hint.partition("--max-deletes ")[2].partition("%")[0])

    assert verdict(desired, lives, max_deletes=(f"{named}%",)) == ()
    assert verdict(desired, lives, max_deletes=(f"{named - 1}%",)) != ()


def test_ignored_identities_are_no_part_of_the_whole() -> None:
    desired = desired_group("id-000", ignore=Ignore(identities=("aks-*",)))

    (violation,) = verdict(desired, live_group(*names(3), *names(50, "aks")))

    assert violation.message == (
        "2 of the 3 live identities of rg-app would be deleted, over 30 %; not counted: 50 ignored"
    )


def owned(kept: int, limits: Limits = DEFAULT_LIMITS) -> DesiredGroup:
    """A manifest that deletes nothing but what has its owner, and lists so many."""
    policy = Policy(IdentitiesPolicy.OWNED)
    return desired_group(*names(kept), owner="team-a", policy=policy, limits=limits)


def ours(number: int) -> list[Identity]:
    """So many live identities that have the owner."""
    return [live_identity(name, tags={OWNER_TAG: "team-a"}) for name in names(number)]


@pytest.mark.parametrize(("percent", "refused"), [(67, False), (66, True)])
def test_what_no_mistake_can_delete_is_no_part_of_the_whole(percent: int, refused: bool) -> None:
    theirs = [live_identity(name, tags={OWNER_TAG: "team-b"}) for name in names(40, "other")]

    violations = verdict(owned(1, Limits(max_delete_percent=percent)), live_group(*ours(3), *theirs, *names(40, "no")))

    message = f"2 of the 3 live identities of rg-app that bear the owner 'team-a' would be deleted, over {percent} %"
    assert [one.message for one in violations] == ([message] if refused else [])


def test_listed_identity_of_no_owner_yet_is_no_part_of_the_whole() -> None:
    desired = desired_group(*names(3)[:1], "id-new", owner="team-a", policy=Policy(IdentitiesPolicy.OWNED))

    violations = verdict(desired, live_group(*ours(3), "id-new"))

    assert [one.message.partition(" would ")[0] for one in violations] == [
        "2 of the 3 live identities of rg-app that bear the owner 'team-a'"
    ]


def test_group_is_the_whole_of_a_target_in_it() -> None:
    lives = live_group(*names(9))
    targets = tuple(Target(group_id(), name, name) for name in names(9)[6:])

    assert codes(judge(compare(desired_group(*names(6)), lives, targets), NO_ALLOWANCES)) == [
        ("delete-limit", GROUP_ADDRESS)
    ]
    assert judge(compare(desired_group(*names(6)), lives, targets[1:]), NO_ALLOWANCES) == ()


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
    (violation,) = verdict(owned(0), live_group(*ours(1), "id-other"))

    assert violation.message == "the group would lose every live identity that bears the owner 'team-a' (1 of 1)"


def test_what_is_listed_and_cannot_be_deleted_does_not_hide_that_the_rest_would_go() -> None:
    """Its owner is another, or none yet: taken off the list it would stay, too."""
    desired = desired_group("id-new", owner="team-a", policy=Policy(IdentitiesPolicy.OWNED))

    (violation,) = verdict(desired, live_group(*ours(2), "id-new"))

    assert violation.message == "the group would lose every live identity that bears the owner 'team-a' (2 of 2)"


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


def test_limit_of_no_deletes_refuses_a_single_one() -> None:
    violations = verdict(*group_of(live=200, kept=199, limits=run_limit(0)))

    assert [(one.code, one.refused) for one in violations] == [("delete-limit", (resource_id("id-199"),))]


# revoke-limit

PLACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-data"
HERE = SourcePos(MANIFEST, 7, 7)


def revoking(credentials: int, roles: int, limits: Limits = DEFAULT_LIMITS, group: str = GROUP) -> Changes:
    """An identity that lists no credential and no role, has so many of each, and stays; another goes with its role."""
    identity = resource_id("id-a", group)
    lives = {one: live_identity(one, group=group, tags={OWNER_TAG: "team-a"}) for one in ("id-a", "id-b", "id-old")}
    desired = desired_group(
        listed("id-a", group=group, federated_credentials=[], role_assignments=[]),
        listed("id-b", group=group),
        name=group,
        owner="team-a",
        policy=Policy(IdentitiesPolicy.OWNED),
        limits=limits,
    )
    given = {identity: tuple(ours_at(f"{PLACE}-{number}", lives["id-a"]) for number in range(roles))}
    access = Access(
        {identity: tuple(trusting(f"c-{number:02}", identity) for number in range(credentials))},
        given | {resource_id("id-old", group): (ours_at(PLACE, lives["id-old"]),)},
    )
    return unused(diff_access(compare(desired, live_group(*lives.values(), name=group)), access))


def ours_at(scope: str, identity: Identity) -> RoleAssignment:
    """A role that our manifest has given."""
    return given_role("team-a", scope, identity.principal_id, "reader")


def trusting(name: str, identity: ResourceId) -> FederatedCredential:
    """A credential whose subject is its name."""
    return FederatedCredential(CredentialId(identity, name), Trust("https://i", name, "a"))


def refused_by(changes: Changes, max_revokes: int | None = None) -> tuple[Violation, ...]:
    return judge(changes, Allowances(max_revokes=max_revokes))


def test_more_revokes_than_the_limit_of_the_run_are_refused() -> None:
    (violation,) = refused_by(revoking(credentials=2, roles=1, limits=Limits(max_revokes=2)))

    assert replace(violation, refused=()) == Violation(
        "revoke-limit",
        None,
        "2 federated credentials and 1 role assignment would be deleted in this run while their identities stay, over"
        " the limit of 2",
        "Check that the manifest is whole. If it is: --max-revokes 3, or limits.maxRevokes.",
    )
    assert [one.below_identity for one in violation.refused if not isinstance(one, ResourceId | ResourceGroupId)] == [
        "federatedCredentials/c-00",
        "federatedCredentials/c-01",
        f"roleAssignments/reader@{PLACE}-0",
    ]


@pytest.mark.parametrize(("credentials", "roles", "refused"), [(20, 0, 0), (0, 20, 0), (20, 1, 21), (0, 21, 21)])
def test_twenty_revokes_pass_by_default(credentials: int, roles: int, refused: int) -> None:
    violations = refused_by(revoking(credentials, roles))

    assert [(one.code, len(one.refused)) for one in violations] == ([("revoke-limit", refused)] if refused else [])


def test_one_kind_of_revoke_is_named_alone() -> None:
    (violation,) = refused_by(revoking(credentials=0, roles=1, limits=Limits(max_revokes=0)))

    assert violation.message.startswith("1 role assignment would be deleted in this run")


def test_what_goes_with_its_identity_is_no_revoke() -> None:
    """The role of `id-old`, which goes too."""
    changes = revoking(credentials=0, roles=0, limits=Limits(max_revokes=0))

    assert [label(one) for one in changes.access()] == [f"id-old/roleAssignments/reader@{PLACE}"]
    assert refused_by(changes) == ()


@pytest.mark.parametrize(("max_revokes", "refused"), [(2, True), (3, False), (0, True), (None, True)])
def test_limit_of_revokes_is_lifted_by_its_count(max_revokes: int | None, refused: bool) -> None:
    changes = revoking(credentials=3, roles=0, limits=Limits(max_revokes=1))

    assert [one.code for one in refused_by(changes, max_revokes)] == (["revoke-limit"] if refused else [])


def test_max_revokes_does_not_lower_the_limit() -> None:
    assert refused_by(revoking(credentials=3, roles=0), max_revokes=1) == ()


def test_revokes_of_several_documents_add_up_and_a_higher_limit_is_not_lent() -> None:
    careful = revoking(2, 0, Limits(max_revokes=1), "rg-a").groups
    generous = revoking(9, 0, Limits(max_revokes=50), "rg-b").groups

    (violation,) = refused_by(Changes((*careful, *generous), judged_on=TODAY))
    both_careful = refused_by(
        Changes((*careful, *revoking(1, 0, Limits(max_revokes=1), "rg-b").groups), judged_on=TODAY)
    )

    assert {one.group_id.resource_group for one in violation.refused} == {"rg-a"}
    assert [len(one.refused) for one in both_careful] == [3]


def test_credential_that_replaces_one_that_is_held_back_is_held_back_with_it() -> None:
    entry = listed("id-a", federated_credentials=[DesiredCredential("new", Trust("https://i", "c-00", "a"), HERE)])
    other = listed("id-b", federated_credentials=[DesiredCredential("new", Trust("https://i", "c-00", "a"), HERE)])
    desired = desired_group(entry, other, limits=Limits(max_revokes=0))
    access = Access({resource_id("id-a"): (trusting("c-00", resource_id("id-a")),)})
    changes = diff_access(compare(desired, live_group("id-a", "id-b")), access)

    (violation,) = [one for one in refused_by(changes) if one.code == "revoke-limit"]

    assert violation.refused == (CredentialId(resource_id("id-a"), "c-00"), CredentialId(resource_id("id-a"), "new"))


def test_orphans_count_as_revokes_in_words_of_their_own() -> None:
    orphans = [orphan(principal_id=f"0b2c0000-0000-0000-0000-0000000001{number:02}") for number in range(21)]

    (violation,) = removal_of(*orphans).violations

    assert (violation.code, len(violation.refused)) == ("revoke-limit", 21)
    assert violation.message == "21 role assignments would be deleted in this run, over the limit of 20"
    assert violation.hint == "Look at what makes each of them an orphan. If all are meant: --max-revokes 21."
    assert removal_of(*orphans, allowances=Allowances(max_revokes=21)).violations == ()
