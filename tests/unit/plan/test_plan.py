"""The plan: what is held back is in none of its counts, deletes come last, and its JSON is what the schema says."""

import json
from dataclasses import replace

from hypothesis import given

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES, Allowance, Allowances, judge
from reconciler.guards.allowances import lifted_by_removal
from reconciler.manifest.desired import Desired, DesiredCredential
from reconciler.model.access import Access, FederatedCredential, Trust
from reconciler.model.address import AddressBook
from reconciler.model.ids import CredentialId, ResourceGroupId
from reconciler.plan.changes import Action
from reconciler.plan.diff_access import diff_access
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.document import plan_document
from reconciler.plan.plan import Plan, make_plan
from tests.builders import (
    MANIFEST,
    OTHER_SUBSCRIPTION,
    TENANT,
    TODAY,
    address,
    compare,
    desired_group,
    label,
    listed,
    live_group,
    live_of,
    plan_of,
    removed,
    resource_id,
)
from tests.cli.documents import problems
from tests.strategies import FEW_EXAMPLES, OWNERS, World, worlds

HERE = SourcePos(MANIFEST, 7, 7)
EVERYTHING_ALLOWED = Allowances(
    tuple(Allowance("foreign-owner", owner) for owner in OWNERS), max_deletes=1000, max_delete_percent=100
)


def plan_world(world: World, allowances: Allowances = NO_ALLOWANCES) -> Plan:
    """The plan of a generated manifest and state."""
    changes = diff_states(world.desired, world.live, judged_on=TODAY)
    violations = judge(changes, allowances)
    return make_plan(world.desired, world.live, changes, violations, cloud="AzureCloud", targets=())


@FEW_EXAMPLES
@given(worlds())
def test_no_delete_reaches_outside_the_groups_of_the_manifest(world: World) -> None:
    declared: set[ResourceGroupId] = {group.group_id for group in world.desired.groups}

    plan = plan_world(world, EVERYTHING_ALLOWED)

    assert {change.resource_id.group_id for change in plan.applicable} <= declared


@FEW_EXAMPLES
@given(worlds())
def test_no_change_reaches_an_ignored_identity(world: World) -> None:
    plan = plan_world(world, EVERYTHING_ALLOWED)

    touched = [change for change in plan.applicable if change.group.ignore.identities]
    assert [label(one) for one in touched if label(one).casefold().startswith("aks-")] == []


@FEW_EXAMPLES
@given(worlds())
def test_nothing_of_another_owner_is_touched_without_its_allowance(world: World) -> None:
    # Everything but this one guard is lifted.
    plan = plan_world(world, Allowances(max_deletes=1000, max_delete_percent=100))

    owners = {
        (change.identity.owner, change.group.owner)
        for change in plan.applicable
        if change.identity and change.identity.owner and not lifted_by_removal("foreign-owner", change)
    }
    assert [pair for pair in owners if pair[0] != pair[1]] == []


@FEW_EXAMPLES
@given(worlds())
def test_no_unowned_identity_is_deleted_under_an_owner_without_its_allowance(world: World) -> None:
    plan = plan_world(world, Allowances(max_deletes=1000, max_delete_percent=100))

    deletes = [
        change
        for change in plan.applicable
        if change.action is Action.DELETE and change.group.owner and not lifted_by_removal("foreign-owner", change)
    ]
    assert [change for change in deletes if change.identity and change.identity.owner is None] == []


@FEW_EXAMPLES
@given(worlds())
def test_no_group_loses_everything_without_its_allowance(world: World) -> None:
    plan = plan_world(world)

    for group in diff_states(world.desired, world.live, judged_on=TODAY).groups:
        applicable = {one.resource_id for one in plan.applicable}
        lost = [one for one in group.counted_deletes() if one.resource_id in applicable]
        assert not lost or len(lost) < group.deletable_count


@FEW_EXAMPLES
@given(worlds())
def test_applicable_changes_are_those_that_do_something_and_are_not_refused(world: World) -> None:
    plan = plan_world(world)

    held_back = {one for violation in plan.violations for one in violation.refused}
    assert [one.resource_id for one in plan.applicable] == [
        one.resource_id for one in plan.changes if one.action is not Action.NO_OP and one.resource_id not in held_back
    ]


@FEW_EXAMPLES
@given(worlds())
def test_counts_and_what_is_refused_add_up_to_all_changes(world: World) -> None:
    plan = plan_world(world)

    assert sum(plan.count(action) for action in Action) + len(plan.refused) == len(plan.changes)


@FEW_EXAMPLES
@given(worlds())
def test_deletes_come_last(world: World) -> None:
    kinds = [change.action is Action.DELETE for change in plan_world(world).changes]

    assert kinds == sorted(kinds)


@FEW_EXAMPLES
@given(worlds())
def test_plan_document_is_what_the_schema_says(world: World) -> None:
    assert problems(plan_document(plan_world(world)), "plan:v1") == []


@FEW_EXAMPLES
@given(worlds())
def test_same_inputs_give_the_same_bytes(world: World) -> None:
    assert json.dumps(plan_document(plan_world(world))) == json.dumps(plan_document(plan_world(world)))


@FEW_EXAMPLES
@given(worlds())
def test_every_address_of_a_plan_is_found_again_by_its_short_form(world: World) -> None:
    book = AddressBook(group.group_id for group in world.desired.groups)

    for change in plan_world(world).changes:
        same = [
            one.resource_id
            for one in plan_world(world).changes
            if book.names(book.short(change.resource_id), one.resource_id)
        ]
        assert same == [change.resource_id]


def test_changes_are_in_order_of_their_addresses_with_deletes_last() -> None:
    plan = plan_of(
        [desired_group("id-z", "id-b"), desired_group("id-c", name="rg-data")],
        [live_group("id-a", "id-b"), live_group("id-c", "id-a", name="rg-data")],
    )

    assert [(one.action.value, one.resource_id.address) for one in plan.changes] == [
        ("no-op", address("id-b")),
        ("create", address("id-z")),
        ("no-op", address("id-c", "rg-data")),
        ("delete", address("id-a")),
        ("delete", address("id-a", "rg-data")),
    ]


def test_identity_that_only_contradicts_its_location_is_refused_and_counts_as_nothing_else() -> None:
    plan = plan_of(desired_group(listed("id-api", location="northeurope"), "id-job"), live_group("id-api", "id-job"))

    assert (plan.refused, plan.count(Action.NO_OP)) == (frozenset({resource_id("id-api")}), 1)


def test_tenant_of_subscriptions_in_one_tenant_is_known() -> None:
    groups = [desired_group("id-a"), desired_group("id-a", subscription=OTHER_SUBSCRIPTION)]

    plan = plan_of(groups, [live_group("id-a"), live_group("id-a", subscription=OTHER_SUBSCRIPTION)])

    assert plan.tenant == TENANT


def test_credential_that_is_deleted_and_created_again_stands_where_its_delete_is() -> None:
    trusts = {name: Trust("https://i", name, "a") for name in ("one", "other")}
    here = SourcePos(MANIFEST, 7, 7)
    entry = listed(
        "id-a",
        federated_credentials=[
            DesiredCredential("one", trusts["other"], here),
            DesiredCredential("other", trusts["one"], here),
        ],
    )
    live = tuple(FederatedCredential(CredentialId(resource_id("id-a"), name), trust) for name, trust in trusts.items())
    desired, lives = desired_group(entry), live_group("id-a")
    changes = diff_access(compare(desired, lives), Access({resource_id("id-a"): live}))

    plan = make_plan(Desired((desired,)), live_of(lives), changes, (), cloud="AzureCloud", targets=())

    assert [one.resource_id.below_identity for one in plan.changes] == [
        "",
        "federatedCredentials/one",
        "federatedCredentials/other",
    ]


def test_tenant_of_a_plan_is_that_of_all_its_subscriptions() -> None:
    plan = plan_of(desired_group("id-a"), live_group("id-a"))
    (one,) = plan.subscriptions

    assert replace(plan, subscriptions=(one, one)).tenant == TENANT
    assert replace(plan, subscriptions=(one, replace(one, tenant_id="t"))).tenant is None
    assert replace(plan, subscriptions=()).tenant is None


def test_only_what_is_named_to_remove_and_not_there_is_removed_already() -> None:
    group = desired_group(
        listed("id-new", federated_credentials=[DesiredCredential("main", Trust("https://i", "s", "a"), HERE)]),
        remove=[removed("id-gone"), removed("id-old")],
    )
    lives = live_group("id-old")
    changes = diff_access(compare(group, lives), Access())
    plan = make_plan(Desired((group,)), live_of(lives), changes, (), cloud="AzureCloud", targets=())

    assert [one.resource_id.name for one in plan.removed_already] == ["id-gone"]
