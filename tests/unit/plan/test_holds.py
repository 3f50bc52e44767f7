"""What a manifest holds: compared, and in nothing that guards judge, limits count or apply does."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES, judge
from reconciler.manifest.desired import (
    Desired,
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    DesiredIdentity,
    IdentitiesPolicy,
    Limits,
    Policy,
    RemovalAllowance,
)
from reconciler.model import (
    OWNER_TAG,
    PROTECT_TAG,
    Access,
    AssignmentId,
    CredentialId,
    FederatedCredential,
    LiveGroup,
    RoleDefinition,
    RoleLookup,
    Target,
    Trust,
    identity_of,
    role_key,
)
from reconciler.plan import Action, Changes, Hold, Plan, Skipped, SkipReason, hold_of, make_plan, order_work
from reconciler.plan.diff_access import diff_access
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.holds import is_held
from tests.builders import (
    MANIFEST,
    TODAY,
    compare,
    desired_group,
    given_role,
    group_id,
    label,
    listed,
    live_group,
    live_identity,
    live_of,
    plan_of,
    removed,
    resource_id,
)
from tests.strategies import FEW_EXAMPLES, World, worlds_with_holds
from tests.unit.guarding import codes, names, verdict

DAY = timedelta(days=1)
READER, WRITER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "b24988ac-6180-42a0-ab88-20f7382dd24c"
SCOPE = "/subscriptions/1"
HERE = SourcePos(MANIFEST, 7, 7)
OURS = {OWNER_TAG: "team-a"}


def held(changes: Changes) -> list[tuple[str, Action]]:
    """Name and action of everything that is held."""
    return [(label(change), change.action) for group in changes.groups for change in group.held]


@pytest.mark.parametrize(
    ("live", "tags", "action"),
    [((), {}, Action.CREATE), (("id-a",), {"x": "1"}, Action.UPDATE), (("id-a",), {}, Action.NO_OP)],
)
def test_held_identity_is_compared_and_stands_apart(
    live: tuple[str, ...], tags: dict[str, str], action: Action
) -> None:
    changes = compare(desired_group(listed("id-a", tags=tags, hold="why")), live_group(*live))

    assert (list(changes), held(changes)) == ([], [("id-a", action)])


THEIRS = {OWNER_TAG: "team-b"}
MANY_TAGS = {f"t{number}": "" for number in range(60)}


@pytest.mark.parametrize(
    ("entry", "live"),
    [
        (listed("id-a", location="uksouth", hold="why"), live_group("id-a")),
        (listed("id-a", expect="another", hold="why"), live_group("id-a")),
        (listed("id-a", expect="another", hold="why"), live_group()),
        (listed("id-a", tags={"x": "1"}, hold="why"), live_group(live_identity("id-a", tags=THEIRS))),
        (listed("id-a", tags=MANY_TAGS, hold="why"), live_group("id-a")),
        (listed("id-a", hold="why"), live_group(location=None)),
    ],
    ids=["location", "principal", "no principal", "owner", "tags", "group"],
)
def test_no_guard_judges_what_is_held(entry: DesiredIdentity, live: LiveGroup) -> None:
    free = desired_group(replace(entry, hold=None), owner="team-a")

    assert verdict(free, live) != ()
    assert verdict(desired_group(entry, owner="team-a"), live) == ()


def test_hold_of_one_identity_holds_no_other() -> None:
    desired = desired_group(listed("id-a", tags={"x": "1"}, hold="why"), listed("id-b", tags={"x": "1"}))

    changes = compare(desired, live_group("id-a", "id-b", "id-old"))

    assert [(label(one), one.action) for one in changes] == [("id-b", Action.UPDATE), ("id-old", Action.DELETE)]
    assert held(changes) == [("id-a", Action.UPDATE)]


def test_held_identity_outside_of_the_targets_is_left_alone_like_any_other() -> None:
    desired = desired_group(listed("id-a", hold="why"), "id-b")

    (group,) = compare(desired, live_group("id-a", "id-b"), (Target(group_id(), "id-b", "rg-app/id-b"),)).groups

    assert (group.held, group.skipped) == ((), (Skipped(resource_id("id-a"), SkipReason.NOT_TARGETED),))


# children


def with_children(hold: str | None) -> tuple[DesiredGroup, LiveGroup, Access]:
    """An identity of which credentials and roles are to be created, changed and deleted."""
    trusts = {name: Trust("https://i", name, "a") for name in ("new", "moved", "before", "gone")}
    entry = listed(
        "id-a",
        federated_credentials=[
            DesiredCredential("moved", trusts["moved"], HERE),
            DesiredCredential("new", trusts["new"], HERE),
        ],
        role_assignments=[DesiredAssignment("Reader", SCOPE, HERE), DesiredAssignment("Raeder", SCOPE, HERE)],
        hold=hold,
    )
    identity, principal = resource_id("id-a"), "principal-of-id-a"
    given = given_role("team-a", SCOPE, principal, WRITER)
    access = Access(
        {
            identity: (
                FederatedCredential(CredentialId(identity, "gone"), trusts["gone"]),
                FederatedCredential(CredentialId(identity, "moved"), trusts["before"]),
            )
        },
        {identity: (given,)},
        {
            role_key("Reader", SCOPE): RoleLookup("Reader", SCOPE, (RoleDefinition(READER, "Reader"),)),
            role_key("Raeder", SCOPE): RoleLookup("Raeder", SCOPE, ()),
        },
        {WRITER: "Writer"},
    )
    return desired_group(entry, owner="team-a"), live_group(live_identity("id-a", tags=OURS)), access


def planned(hold: str | None) -> Plan:
    desired, live, access = with_children(hold)
    changes = diff_access(compare(desired, live), access)
    verdict = judge(changes, NO_ALLOWANCES)
    return make_plan(Desired((desired,)), live_of(live), changes, verdict, cloud="AzureCloud", targets=())


def test_children_are_held_with_their_identity_and_stand_behind_it() -> None:
    free, plan = planned(None), planned("why")

    assert (plan.changes, plan.applicable, plan.violations) == ((), (), ())
    assert [label(one) for one in plan.held] == [
        "id-a",
        "id-a/federatedCredentials/gone",
        "id-a/federatedCredentials/moved",
        "id-a/federatedCredentials/new",
        f"id-a/roleAssignments/Reader@{SCOPE}",
    ]
    assert {one.resource_id: one.action for one in plan.held} == {one.resource_id: one.action for one in free.changes}
    assert order_work(plan.changes, plan.refused, plan.kept_credentials) == []


def test_role_of_a_held_identity_that_nobody_knows_is_left_alone_and_refuses_nothing() -> None:
    assert "role-unknown" in [one.code for one in planned(None).violations]
    unknown = AssignmentId(resource_id("id-a"), "Raeder", "", SCOPE)
    assert planned("why").violations == ()
    assert Skipped(unknown, SkipReason.HELD) in planned("why").skipped


# removals before their day


@pytest.mark.parametrize("policy", list(IdentitiesPolicy))
@pytest.mark.parametrize(
    ("after", "is_deleted"), [(TODAY + DAY, False), (TODAY, True), (TODAY - DAY, True), (None, True)]
)
def test_removal_waits_for_its_day_under_every_policy(
    policy: IdentitiesPolicy, after: date | None, is_deleted: bool
) -> None:
    desired = desired_group("id-a", owner="team-a", policy=Policy(policy), remove=[removed("id-old", after=after)])
    live = live_group(*(live_identity(name, tags=OURS) for name in ("id-a", "id-old")))

    changes = compare(desired, live)

    assert ("id-old" in [label(one) for one in changes]) is is_deleted
    assert held(changes) == ([] if is_deleted else [("id-old", Action.DELETE)])


def test_removal_before_its_day_of_what_is_gone_asks_for_nothing() -> None:
    plan = plan_of(desired_group("id-a", remove=[removed("id-old", after=TODAY + DAY)]), live_group("id-a"))

    assert (plan.held, [label(one) for one in plan.removed_already]) == ((), ["id-old"])


def test_removal_before_its_day_is_judged_by_no_guard_and_breaks_nothing_yet() -> None:
    live = live_group("id-a", live_identity("id-old", tags={PROTECT_TAG: "true"}))
    desired = desired_group("id-a", remove=[removed("id-old", principal_id="another", after=TODAY + DAY)])

    assert verdict(desired, live) == ()
    assert [code for code, _ in codes(judge(compare(desired, live, judged_on=TODAY + DAY), NO_ALLOWANCES))] == [
        "principal-changed",
        "protected",
    ]


def test_limits_count_no_held_delete() -> None:
    everything = names(12)
    removals = [removed(name, after=TODAY + DAY) for name in everything[2:]]
    desired = desired_group(*everything[:2], limits=Limits(0, 0), remove=removals)

    assert verdict(desired, live_group(*everything)) == ()


def test_held_identity_stays_and_so_its_group_does_not_lose_all() -> None:
    """One may always go, if others stay; a held one does."""
    desired = desired_group(listed("id-a", tags={"x": "1"}, hold="why"))

    assert verdict(desired, live_group("id-a", "id-old")) == ()


def test_allowance_lifts_nothing_from_its_day_on() -> None:
    in_use = RemovalAllowance.IN_USE
    desired = desired_group("id-a", remove=[removed("id-old", in_use, expires={in_use: TODAY})])
    live = live_group("id-a", "id-old")

    before, after = (
        [change.removal.allow for change in compare(desired, live, judged_on=day).identities() if change.removal]
        for day in (TODAY - DAY, TODAY)
    )

    assert (before, after) == ([(in_use,)], [()])


# why


def test_hold_is_the_line_that_says_so() -> None:
    desired = desired_group(listed("id-a", hold="why", line=20), remove=[removed("id-b", after=TODAY + DAY, line=30)])

    (first, second) = plan_of(desired, live_group("id-a", "id-b")).held

    assert hold_of(first) == Hold("why", None, SourcePos(MANIFEST, 21, 15))
    assert hold_of(second) == Hold(None, TODAY + DAY, SourcePos(MANIFEST, 30, 9))


def test_change_that_nothing_holds_has_no_hold() -> None:
    (change,) = compare(desired_group("id-a"), live_group("id-a")).identities()

    assert not is_held(change, TODAY)
    with pytest.raises(ValueError, match=r"nothing holds .*/rg-app/id-a"):
        hold_of(change)


@FEW_EXAMPLES
@given(worlds_with_holds())
def test_nothing_of_what_is_held_is_judged_counted_or_applied(world: World) -> None:
    changes = diff_access(diff_states(world.desired, world.live, judged_on=TODAY), world.access)
    verdict = judge(changes, NO_ALLOWANCES)
    plan = make_plan(world.desired, world.live, changes, verdict, cloud="AzureCloud", targets=())
    groups = world.desired.groups
    holds = {one.resource_id for group in groups for one in group.identities if one.hold is not None}
    holds |= {one.resource_id for group in groups for one in group.remove if one.after and one.after > TODAY}
    live = {one.resource_id for group in world.live.groups for one in group.identities}

    steps = order_work(plan.changes, frozenset(), plan.kept_credentials)
    about = {identity_of(one) for violation in verdict for one in violation.refused}
    assert not {work.identity for work in steps} & holds
    assert not about & holds
    assert {identity_of(one.resource_id) for one in plan.changes} & holds <= holds - live  # removed already
    assert {identity_of(one.resource_id) for one in plan.held} <= holds
