"""Whatever the manifest and the live state say: one apply is enough, and touches nothing that it should not."""

from hypothesis import given, settings

from reconciler.guards import Allowance, Allowances, judge
from reconciler.manifest.desired import Desired
from reconciler.model.identity import Identity as LiveIdentity
from reconciler.model.identity import Live
from reconciler.plan.changes import IdentityChange
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.plan import Plan, make_plan
from reconciler.sandbox.state.state import Contents, Identity
from tests.builders import TODAY
from tests.contract.applying import apply_now
from tests.contract.arm import PARALLELISM, Arm, contents, in_process, there
from tests.strategies import GROUPS, OWNERS, World, worlds

FEW_RUNS = settings(max_examples=30)
ALLOWED = Allowances(
    tuple(Allowance("foreign-owner", owner) for owner in OWNERS), max_deletes=1000, max_delete_percent=100
)


def emulated(live: Live) -> Contents:
    """The emulator's form of a live state, beside a group that no manifest knows."""
    everything = [_emulated(one) for group in live.groups for one in group.identities]
    return contents(*everything, there("id-api", group="rg-unknown"), groups=(*GROUPS, "rg-unknown"))


def _emulated(one: LiveIdentity) -> Identity:
    return there(
        one.resource_id.name,
        group=one.resource_id.resource_group,
        tags=dict(one.tags),
        location=one.location,
        isolation_scope=str(one.isolation_scope),
    )


def plan_now(arm: Arm, desired: Desired) -> Plan:
    """The plan against what lives now."""
    live = arm.read(desired)
    changes = diff_states(desired, live, judged_on=TODAY)
    return make_plan(desired, live, changes, judge(changes, ALLOWED), cloud="AzureCloud", targets=())


@FEW_RUNS
@given(worlds(groups_exist=True))
def test_plan_after_an_apply_is_empty(world: World) -> None:
    with in_process(emulated(world.live)) as arm:
        result = apply_now(arm, plan_now(arm, world.desired), parallelism=PARALLELISM)

        assert result.complete
        assert plan_now(arm, world.desired).applicable == ()


@FEW_RUNS
@given(worlds(groups_exist=True))
def test_apply_changes_exactly_what_the_plan_shows(world: World) -> None:
    with in_process(emulated(world.live)) as arm:
        plan = plan_now(arm, world.desired)
        expected = arm.live
        for change in plan.applicable:
            assert isinstance(change, IdentityChange)
            address = f"{change.resource_id.resource_group}/{change.resource_id.name}"
            expected.pop(address, None)
            if change.after is not None:
                expected[address] = dict(change.after.tags)

        apply_now(arm, plan, parallelism=PARALLELISM)

        assert arm.live == expected


@FEW_RUNS
@given(worlds(groups_exist=True))
def test_plan_writes_nothing(world: World) -> None:
    start = emulated(world.live)

    with in_process(start) as arm:
        plan_now(arm, world.desired)

        assert arm.writes == []
        assert arm.application.state.contents() == start
