"""The comparison: what differs by ARM's own equality, and who is out of bounds."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.desired import (
    Desired,
    DesiredGroup,
    DesiredIdentity,
    IdentitiesPolicy,
    Ignore,
    Policy,
    TagsPolicy,
)
from reconciler.model.address import Target
from reconciler.model.identity import OWNER_TAG, Identity, IsolationScope, Live, LiveGroup, PlannedIdentity, Tags
from reconciler.model.ids import identity_of
from reconciler.plan.changes import Action, IdentityChange, Reason, Skipped, SkipReason
from reconciler.plan.diff_identities import diff_states, is_deciding_tag
from reconciler.plan.fields import Field, FieldChange, field_text
from tests.builders import (
    TODAY,
    compare,
    desired_group,
    group_id,
    listed,
    live_group,
    live_identity,
    live_of,
    removed,
    resource_id,
)
from tests.strategies import FEW_EXAMPLES, World, live_states, worlds

EXACT_TAGS = Policy(tags=TagsPolicy.EXACT)
OWNED = Policy(IdentitiesPolicy.OWNED)
MERGE = Policy(IdentitiesPolicy.MERGE)


def only_change(desired: DesiredGroup, live: LiveGroup) -> IdentityChange:
    """The change of a group with one identity."""
    (change,) = compare(desired, live).identities()
    return change


def actions(desired: DesiredGroup, live: LiveGroup) -> list[tuple[str, Action, Reason]]:
    """Name, action and reason of each change."""
    return [(change.resource_id.name, change.action, change.reason) for change in compare(desired, live).identities()]


def as_listed(identity: Identity) -> DesiredIdentity:
    """The entry that says exactly what a live identity is."""
    return listed(
        identity.resource_id.name,
        group=identity.resource_id.resource_group,
        location=identity.location,
        isolation_scope=IsolationScope(identity.isolation_scope),
        tags=dict(identity.tags),
    )


def manifest_of(live: Live) -> Desired:
    """A manifest that lists everything that lives, under the strictest policy."""
    return Desired(
        tuple(
            desired_group(
                *(as_listed(one) for one in group.identities), name=group.group_id.resource_group, policy=EXACT_TAGS
            )
            for group in live.groups
        )
    )


@FEW_EXAMPLES
@given(live_states())
def test_state_against_itself_changes_nothing(live: Live) -> None:
    changes = diff_states(manifest_of(live), live, judged_on=TODAY)

    assert {change.action for change in changes} <= {Action.NO_OP}
    assert [one for group in changes.groups for one in group.skipped] == []


@FEW_EXAMPLES
@given(worlds(), st.randoms(use_true_random=False))
def test_order_of_manifest_and_lists_does_not_matter(world: World, shuffle: random.Random) -> None:
    groups = [
        desired_group(
            *shuffle.sample(group.identities, len(group.identities)),
            name=group.group_id.resource_group,
            owner=group.owner,
            policy=group.policy,
            limits=group.limits,
            ignore=group.ignore,
            remove=shuffle.sample(group.remove, len(group.remove)),
            role_scopes=group.role_scopes,
        )
        for group in shuffle.sample(world.desired.groups, len(world.desired.groups))
    ]
    lives = [
        LiveGroup(one.group_id, one.resource_group, tuple(shuffle.sample(one.identities, len(one.identities))))
        for one in world.live.groups
    ]

    mixed = diff_states(Desired(tuple(groups)), live_of(*lives), judged_on=TODAY)

    ordered = diff_states(world.desired, world.live, judged_on=TODAY)
    assert {one.group.group_id: (one.changes, one.skipped) for one in mixed.groups} == {
        one.group.group_id: (one.changes, one.skipped) for one in ordered.groups
    }


@FEW_EXAMPLES
@given(worlds())
def test_nothing_outside_the_declared_groups_is_touched(world: World) -> None:
    declared = {group.group_id for group in world.desired.groups}

    changes = diff_states(world.desired, world.live, judged_on=TODAY)

    assert {change.resource_id.group_id for change in changes} <= declared


@FEW_EXAMPLES
@given(worlds())
def test_every_live_and_listed_identity_is_told_of_exactly_once(world: World) -> None:
    listed_ids = {one.resource_id for group in world.desired.groups for one in group.identities}
    listed_ids |= {one.resource_id for group in world.desired.groups for one in group.remove}
    live_ids = {one.resource_id for group in world.live.groups for one in group.identities}

    changes = diff_states(world.desired, world.live, judged_on=TODAY)

    told = [one.resource_id for one in changes]
    told += [one.resource_id for group in changes.groups for one in group.skipped]
    assert sorted(told, key=lambda one: one.key) == sorted(listed_ids | live_ids, key=lambda one: one.key)


def test_identity_that_is_only_listed_is_created() -> None:
    entry = listed("id-api", location="northeurope", tags={"env": "prod", "old": None})

    change = only_change(desired_group(entry), live_group())

    group = desired_group(entry)
    after = PlannedIdentity("northeurope", Tags({"env": "prod"}), IsolationScope.NONE)
    assert change == IdentityChange(resource_id("id-api"), Action.CREATE, Reason.MISSING, group, entry, None, after)


@pytest.mark.parametrize(
    ("own", "default", "of_group", "expected"),
    [
        ("northeurope", "uksouth", "westeurope", "northeurope"),
        (None, "uksouth", "westeurope", "uksouth"),
        (None, None, "westeurope", "westeurope"),
        (None, None, None, None),
    ],
)
def test_create_takes_the_nearest_location(
    own: str | None, default: str | None, of_group: str | None, expected: str | None
) -> None:
    group = desired_group(listed("id-api", location=own), default_location=default)

    change = only_change(group, live_group(location=of_group))

    assert change.after == PlannedIdentity(expected, Tags(), IsolationScope.NONE)


def test_default_location_says_nothing_about_a_live_identity() -> None:
    change = only_change(desired_group("id-api", default_location="uksouth"), live_group("id-api"))

    assert (change.action, change.contradicts_location) == (Action.NO_OP, False)


def test_identity_that_is_only_live_is_deleted_under_exact() -> None:
    assert actions(desired_group("id-api"), live_group("id-api", "id-old")) == [
        ("id-api", Action.NO_OP, Reason.EQUAL),
        ("id-old", Action.DELETE, Reason.NOT_LISTED),
    ]


def test_empty_list_empties_the_group_under_exact() -> None:
    assert actions(desired_group(), live_group("id-a", "id-b")) == [
        ("id-a", Action.DELETE, Reason.NOT_LISTED),
        ("id-b", Action.DELETE, Reason.NOT_LISTED),
    ]


def test_only_what_bears_the_owner_is_deleted_under_owned() -> None:
    ours = live_identity("id-ours", tags={OWNER_TAG: "team-a"})
    theirs = live_identity("id-theirs", tags={OWNER_TAG: "team-b"})

    (group,) = compare(desired_group(owner="team-a", policy=OWNED), live_group(ours, theirs, "id-nobody")).groups

    assert [(change.resource_id, change.action) for change in group.changes] == [
        (resource_id("id-ours"), Action.DELETE)
    ]
    assert group.skipped == (
        Skipped(resource_id("id-nobody"), SkipReason.NOT_OURS),
        Skipped(resource_id("id-theirs"), SkipReason.NOT_OWNED),
    )


def test_nothing_is_deleted_under_merge() -> None:
    (group,) = compare(desired_group("id-api", policy=MERGE), live_group("id-api", "id-old")).groups

    assert [change.action for change in group.changes] == [Action.NO_OP]
    assert group.skipped == (Skipped(resource_id("id-old"), SkipReason.NOT_LISTED),)


def test_ignored_identity_is_no_extra_in_any_case() -> None:
    (group,) = compare(
        desired_group(ignore=Ignore(identities=("aks-*",))), live_group("AKS-Pool", "id-old", "id-aks-x")
    ).groups

    assert [change.resource_id.name for change in group.changes] == ["id-aks-x", "id-old"]
    assert group.skipped == (Skipped(resource_id("AKS-Pool"), SkipReason.IGNORED),)
    assert (group.deletable_count, group.removed_count) == (2, 0)


def test_group_is_counted_whole_whatever_the_target_leaves_out() -> None:
    target = Target(group_id(), "id-old", "rg-app/id-old")

    (group,) = compare(desired_group("id-api", "id-new"), live_group("id-api", "id-old", "id-x"), (target,)).groups

    assert [change.resource_id.name for change in group.changes] == ["id-old"]
    assert [(identity_of(one.resource_id).name, one.reason) for one in group.skipped] == [
        ("id-api", SkipReason.NOT_TARGETED),
        ("id-new", SkipReason.NOT_TARGETED),
        ("id-x", SkipReason.NOT_TARGETED),
    ]
    assert (group.deletable_count, group.removed_count) == (3, 0)


def test_spelling_of_names_and_locations_causes_no_change() -> None:
    entry = listed("ID-Api", location="West Europe", tags={"ENV": "prod"})

    change = only_change(desired_group(entry), live_group(live_identity("id-api", tags={"env": "prod"})))

    assert (change.action, change.differences, change.contradicts_location) == (Action.NO_OP, (), False)
    assert change.resource_id.name == "id-api"


@pytest.mark.parametrize(
    ("wanted", "live", "expected"),
    [
        (None, IsolationScope.NONE, None),
        (None, IsolationScope.REGIONAL, None),
        (IsolationScope.NONE, IsolationScope.NONE, None),
        (IsolationScope.REGIONAL, IsolationScope.REGIONAL, None),
        (IsolationScope.REGIONAL, IsolationScope.NONE, ("None", "Regional")),
        (IsolationScope.NONE, IsolationScope.REGIONAL, ("Regional", "None")),
        (None, "Zonal", None),
        (IsolationScope.NONE, "Zonal", ("Zonal", "None")),
    ],
)
def test_isolation_scope_changes_only_where_it_is_listed_and_differs(
    wanted: IsolationScope | None, live: IsolationScope | str, expected: tuple[str, str] | None
) -> None:
    group = desired_group(listed("id-api", isolation_scope=wanted))

    change = only_change(group, live_group(live_identity("id-api", isolation_scope=live)))

    assert change.differences == ((FieldChange(Field.ISOLATION_SCOPE, *expected),) if expected else ())


def test_unlisted_isolation_scope_stays_when_something_else_changes() -> None:
    group = desired_group(listed("id-api", tags={"env": "prod"}))

    change = only_change(group, live_group(live_identity("id-api", isolation_scope=IsolationScope.REGIONAL)))

    assert change.after == PlannedIdentity("westeurope", Tags({"env": "prod"}), IsolationScope.REGIONAL)


def test_unlisted_tags_stay_under_merge() -> None:
    group = desired_group(listed("id-api", tags={"env": "test"}))

    change = only_change(group, live_group(live_identity("id-api", tags={"Env": "prod", "Team": "x"})))

    assert change.differences == (FieldChange(Field.TAG, "prod", "test", "Env"),)
    assert change.after is not None
    assert dict(change.after.tags) == {"Env": "test", "Team": "x"}


def test_unlisted_tags_go_under_exact() -> None:
    group = desired_group(listed("id-api", tags={"env": "prod"}), policy=EXACT_TAGS)

    change = only_change(group, live_group(live_identity("id-api", tags={"env": "prod", "Team": "x"})))

    assert change.differences == (FieldChange(Field.TAG, "x", None, "Team"),)


def test_null_tag_goes_under_merge() -> None:
    group = desired_group(listed("id-api", tags={"TEAM": None, "never": None}))

    change = only_change(group, live_group(live_identity("id-api", tags={"Team": "x"})))

    assert change.differences == (FieldChange(Field.TAG, "x", None, "Team"),)


def test_ignored_tags_stay_under_exact_in_any_case() -> None:
    group = desired_group("id-api", policy=EXACT_TAGS, ignore=Ignore(tags=("hidden-*",)))

    change = only_change(group, live_group(live_identity("id-api", tags={"Hidden-Link": "x"})))

    assert change.action is Action.NO_OP


def test_tags_of_this_tool_stay_under_exact() -> None:
    group = desired_group("id-api", policy=EXACT_TAGS)

    change = only_change(group, live_group(live_identity("id-api", tags={OWNER_TAG: "team-b", "uami-later": "x"})))

    assert change.action is Action.NO_OP


def test_tag_values_differ_by_case() -> None:
    group = desired_group(listed("id-api", tags={"env": "Prod"}))

    change = only_change(group, live_group(live_identity("id-api", tags={"env": "prod"})))

    assert change.differences == (FieldChange(Field.TAG, "prod", "Prod", "env"),)


def test_differences_are_in_order_of_the_tag_names() -> None:
    entry = listed("id-api", isolation_scope=IsolationScope.REGIONAL, tags={"Beta": "1", "alpha": "1", "gamma": None})

    change = only_change(desired_group(entry), live_group(live_identity("id-api", tags={"gamma": "0"})))

    assert [field_text(one) for one in change.differences] == [
        "tags.alpha",
        "tags.Beta",
        "tags.gamma",
        "isolation_scope",
    ]


def test_created_identity_bears_the_owner() -> None:
    change = only_change(desired_group("id-api", owner="team-a"), live_group())

    assert change.after == PlannedIdentity("westeurope", Tags({OWNER_TAG: "team-a"}), IsolationScope.NONE)


def test_live_identity_without_an_owner_is_adopted() -> None:
    change = only_change(desired_group("id-api", owner="team-a"), live_group("id-api"))

    assert (change.action, change.reason) == (Action.UPDATE, Reason.ADOPT)
    assert change.differences == (FieldChange(Field.TAG, None, "team-a", OWNER_TAG),)


def test_identity_that_bears_the_owner_already_is_not_adopted_again() -> None:
    group = desired_group(listed("id-api", tags={"env": "prod"}), owner="team-a")

    change = only_change(group, live_group(live_identity("id-api", tags={OWNER_TAG: "team-a"})))

    assert (change.action, change.reason) == (Action.UPDATE, Reason.DIFFERS)
    assert change.differences == (FieldChange(Field.TAG, None, "prod", "env"),)


def test_claimed_location_elsewhere_is_a_contradiction_and_no_difference() -> None:
    group = desired_group(listed("id-api", location="northeurope"))

    change = only_change(group, live_group("id-api"))

    assert (change.contradicts_location, change.action, change.differences) == (True, Action.NO_OP, ())


@pytest.mark.parametrize(
    ("listed_tags", "policy", "tag", "decides"),
    [
        (None, TagsPolicy.EXACT, "env", False),
        (None, TagsPolicy.EXACT, OWNER_TAG, True),
        ({}, TagsPolicy.MERGE, "env", False),
        ({}, TagsPolicy.EXACT, "env", True),
        ({"ENV": "x"}, TagsPolicy.MERGE, "env", True),
        ({}, TagsPolicy.EXACT, "ignored", False),
    ],
)
def test_tag_decides_where_it_is_ours_listed_or_removed_by_the_policy(
    listed_tags: dict[str, str | None] | None, policy: TagsPolicy, tag: str, decides: bool
) -> None:
    entry = None if listed_tags is None else listed("id-a", tags=listed_tags)
    group = desired_group("id-a", policy=Policy(tags=policy), ignore=Ignore(tags=("ignored",)))

    assert is_deciding_tag(group, entry, tag) is decides


def test_new_identity_gets_the_isolation_scope_that_its_line_names() -> None:
    entry = listed("id-a", isolation_scope=IsolationScope.REGIONAL)

    (change,) = compare(desired_group(entry, "id-b"), live_group("id-b")).groups[0].changes[:1]

    assert change.after is not None
    assert change.after.isolation_scope is IsolationScope.REGIONAL


@pytest.mark.parametrize(
    ("owner", "live_owner", "reason"),
    [
        ("team-a", None, Reason.ADOPT),
        ("team-a", "team-a", Reason.DIFFERS),
        ("team-a", "team-b", Reason.ADOPT),
        (None, None, Reason.DIFFERS),
        (None, "team-a", Reason.DIFFERS),
    ],
)
def test_identity_is_adopted_only_by_an_owner_and_only_where_it_has_not_that_one(
    owner: str | None, live_owner: str | None, reason: Reason
) -> None:
    live = live_identity("id-a", tags={} if live_owner is None else {OWNER_TAG: live_owner})

    (change,) = compare(desired_group(listed("id-a", tags={"env": "x"}), owner=owner), live_group(live)).identities()

    assert (change.action, change.reason) == (Action.UPDATE, reason)


def test_limits_are_a_share_of_what_the_manifest_could_delete_and_does_not_remove_by_name() -> None:
    ours, theirs = {OWNER_TAG: "team-a"}, {OWNER_TAG: "team-b"}
    lives = [live_identity(name, tags=ours) for name in ("id-a", "id-old", "id-bye")]
    group = desired_group(
        "id-a", owner="team-a", policy=Policy(IdentitiesPolicy.OWNED), remove=[removed("id-bye"), removed("id-gone")]
    )

    (found,) = compare(group, live_group(*lives, live_identity("id-theirs", tags=theirs))).groups

    assert (found.deletable_count, found.removed_count) == (2, 1)
