"""Whatever guards hold back: the rest is carried out without a failure, and a second run has nothing left to do."""

import uuid
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.guards import Allowance, Allowances
from reconciler.journal.call import Outcome
from reconciler.model.access import assignment_name
from reconciler.model.violation import Violation
from reconciler.plan.changes import Changes
from reconciler.sandbox.state.kinds import FederatedCredential, RoleAssignment
from reconciler.sandbox.state.state import Contents, Identity, ResourceGroup, Subscription
from tests.builders import SUBSCRIPTION
from tests.contract.access import IN_SUBSCRIPTION, full_plan
from tests.contract.applying import apply_now
from tests.contract.arm import Arm, in_process
from tests.contract.test_convergence import emulated
from tests.exchanges import SEEDS, draw_world
from tests.strategies import GROUPS, World

FEW_RUNS = settings(max_examples=40)
ALLOWED = Allowances(
    tuple(Allowance("trusted", group) for group in GROUPS),
    max_deletes=1000,
    max_delete_percent=100,
    max_revokes=1000,
)
DONE = Outcome.DONE
LOCKS = st.sampled_from([None, None, "CanNotDelete", "ReadOnly"])


class Refusing:
    """A guard that refuses changes by chance, and the same ones each time."""

    def __init__(self, random: Random, share: float) -> None:
        self._random = random
        self._share = share
        self._refused: dict[str, bool] = {}

    def __call__(self, changes: Changes) -> tuple[Violation, ...]:
        ids = [one.resource_id for one in changes]
        for one in ids:
            self._refused.setdefault(one.address, self._random.random() < self._share)
        return (Violation("test", None, "no", "", tuple(one for one in ids if self._refused[one.address])),)


def start_of(world: World) -> Contents:
    """The emulator's form of a world: each identity with a principal of its own, and who is trusted and allowed."""
    start = emulated(world.live)
    identities = tuple(replace(one, principal_id=principal_of(one)) for one in start.of(Identity))
    groups = {one.group_id.resource_group for one in world.live.groups if one.resource_group is not None}
    credentials = [
        FederatedCredential(
            str(identity), one.credential_id.name, one.trust.issuer, one.trust.subject, (one.trust.audience,)
        )
        for identity, listed in world.access.credentials.items()
        for one in listed
        if one.trust is not None
    ]
    return (
        start.having(Identity, identities)
        .having(ResourceGroup, tuple(one for one in start.of(ResourceGroup) if one.name in groups))
        .having(FederatedCredential, tuple(credentials))
    )


def principal_of(identity: Identity) -> str:
    """A principal for each identity, since one name may be that of several."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, identity.resource_id))


def with_live_roles(start: Contents, world: World) -> Contents:
    """The same with the roles that identities have, under the names that we give them."""
    principals = {one.resource_id.casefold(): one.principal_id for one in start.of(Identity)}
    scopes = {one.scope.split("/")[2] for roles in world.access.assignments.values() for one in roles}
    subscriptions = tuple(Subscription(one, "Data") for one in sorted(scopes - {SUBSCRIPTION}))
    roles = [
        RoleAssignment(
            one.scope,
            assignment_name(one.scope, principals[str(identity).casefold()], one.role_guid),
            f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{one.role_guid}",
            principals[str(identity).casefold()],
            "ServicePrincipal",
            description=one.details.marked_description.written if one.details else None,
        )
        for identity, assignments in world.access.assignments.items()
        for one in assignments
    ]
    all_subscriptions = (*start.of(Subscription), *subscriptions)
    return start.having(Subscription, all_subscriptions).having(RoleAssignment, tuple(roles))


@FEW_RUNS
@given(SEEDS, st.sampled_from([0.0, 0.1, 0.4]), LOCKS)
def test_what_is_not_refused_is_applied_without_a_failure_and_is_all_that_there_was(
    seed: int, share: float, level: str | None
) -> None:
    random = Random(seed)
    world, refusing = draw_world(random), Refusing(random, share)
    with in_process(with_live_roles(start_of(world), world)) as arm:
        _lock_one(arm, world, random, level)
        plan = full_plan(arm, *world.desired.groups, allowances=ALLOWED, also=refusing)

        result = apply_now(arm, plan)

        assert [(str(one.change.resource_id), one.because) for one in result.results if one.outcome is not DONE] == []
        assert {status for _, _, status in arm.writes} <= {200, 201, 204}
        assert full_plan(arm, *world.desired.groups, allowances=ALLOWED, also=refusing).applicable == ()


def _lock_one(arm: Arm, world: World, random: Random, level: str | None) -> None:
    """Somebody locks an identity, or a whole group."""
    there = [group for group in world.live.groups if group.resource_group is not None]
    if level is None or not there:
        return
    group = random.choice(there)
    scopes = [str(one.resource_id) for one in group.identities]
    arm.lock(random.choice([str(group.group_id), *scopes]), level)
