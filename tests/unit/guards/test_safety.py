"""Whatever manifest, live state, flags and token say: what a plan would delete, it may delete.

What may be deleted is said here a second time, in words of the contract and without the guards' own code.
"""

from enum import Enum

from hypothesis import given
from hypothesis import strategies as st

from reconciler.guards import Allowance, Allowances, Runner, judge
from reconciler.manifest.desired import Desired, DesiredGroup, DesiredRemoval, IdentitiesPolicy, RemovalAllowance
from reconciler.model.access import FederatedCredential, Trust
from reconciler.model.identity import OWNER_TAG, Identity
from reconciler.model.ids import CredentialId, ResourceId, identity_of
from reconciler.model.impact import AttachedResource, Impact, Impacts, Part
from reconciler.plan.changes import Action, AssignmentChange, Change, CredentialChange, IdentityChange
from reconciler.plan.diff_access import diff_access
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.plan import Plan, make_plan
from tests.builders import TODAY, address, desired_group, live_group, live_identity, live_of, removed, resource_id
from tests.strategies import FEW_EXAMPLES, GROUPS, OWNERS, World, worlds_with_access


class Use(Enum):
    """What a plan may know of an identity that is to go."""

    ATTACHED = Impact(attachments=Part((AttachedResource("/a/vm"),), "the rest was not looked at"))
    TRUSTED = Impact(
        credentials=Part((FederatedCredential(CredentialId(resource_id("id"), "main"), Trust("https://i", "s", "a")),))
    )
    UNKNOWN = Impact(attachments=Part((), "missing a right"))


_NAMES = ("id-api", "id-job", "id-old")

_ALLOWANCES = st.builds(
    Allowances,
    st.lists(
        st.builds(
            Allowance,
            st.sampled_from(["foreign-owner", "self", "in-use", "trusted", "use-unknown"]),
            st.sampled_from([*OWNERS, *(address(name, group) for name in _NAMES for group in GROUPS)]),
        ),
        max_size=4,
    ).map(tuple),
    st.sampled_from([None, 0, 1000]),
    st.sampled_from([None, 100]),
)
_USES = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(Use))
"""What is known of the use of identities, by their names; of all others, that nothing uses them."""

_RUNNERS = st.sampled_from([None, Runner(), Runner("principal-of-id-api"), Runner("x", "client-of-id-old")])


Uses = dict[str, Use]


def impact_of(identity: ResourceId, uses: Uses) -> Impact:
    """What the plan knows of the use of one identity."""
    use = uses.get(identity.name.casefold())
    return Impact() if use is None else use.value


def plan_world(world: World, allowances: Allowances, runner: Runner | None, uses: Uses) -> Plan:
    """The whole plan of a generated manifest and state."""
    compared = diff_access(diff_states(world.desired, world.live, judged_on=TODAY), world.access)
    going = (one.resource_id for one in compared.identities() if one.action is Action.DELETE)
    changes = compared.with_impacts(Impacts({one: impact_of(one, uses) for one in going}))
    verdict = judge(changes, allowances, runner=runner)
    return make_plan(world.desired, world.live, changes, verdict, cloud="AzureCloud", targets=())


@FEW_EXAMPLES
@given(worlds_with_access(), _ALLOWANCES, _RUNNERS, _USES)
def test_nothing_is_deleted_that_may_not_be(
    world: World, allowances: Allowances, runner: Runner | None, uses: Uses
) -> None:
    plan = plan_world(world, allowances, runner, uses)

    wrong = [
        (change.resource_id.address, reason)
        for change in plan.applicable
        if change.action is Action.DELETE
        for reason in objections(change, world, allowances, runner, uses)
    ]
    assert wrong == []


@FEW_EXAMPLES
@given(worlds_with_access())
def test_no_more_is_deleted_than_the_limits_say(world: World) -> None:
    plan = plan_world(world, Allowances(tuple(Allowance("foreign-owner", owner) for owner in OWNERS)), Runner(), {})

    deletes = [one for one in plan.applicable if one.action is Action.DELETE]
    going = {one.resource_id for one in deletes}
    named = {one.resource_id for group in world.desired.groups for one in group.remove}
    for group in world.desired.groups:
        lower = {one.group_id for one in world.desired.groups if one.limits.max_deletes <= group.limits.max_deletes}
        counted = [one for one in deletes if isinstance(one, IdentityChange) and one.resource_id not in named]
        assert sum(one.resource_id.group_id in lower for one in counted) <= group.limits.max_deletes
        here = sum(one.resource_id.group_id == group.group_id for one in counted)
        could = _count_deletable(group, world)
        assert here < could or not here
        assert here <= 1 or 100 * here <= group.limits.max_delete_percent * could
        lower = {one.group_id for one in world.desired.groups if one.limits.max_revokes <= group.limits.max_revokes}
        revokes = [one.resource_id for one in deletes if identity_of(one.resource_id) not in going]
        assert sum(one.group_id in lower for one in revokes) <= group.limits.max_revokes


def _count_deletable(group: DesiredGroup, world: World) -> int:
    """The live identities that a manifest could delete if it listed nothing, but for those that it removes by name."""
    removed_names = {one.resource_id.name.casefold() for one in group.remove}
    (live,) = [one for one in world.live.groups if one.group_id == group.group_id]
    return sum(
        not _is_kept_by_policy(group, one)
        and one.resource_id.name.casefold() not in removed_names
        and not (group.ignore.identities and one.resource_id.name.casefold().startswith("aks-"))
        for one in live.identities
    )


_CONDITIONS = st.fixed_dictionaries(
    {"owner": st.sampled_from([None, OWNERS[0], OWNERS[1]]), "protected": st.booleans(), "removed": st.booleans()}
)
_LIFTING = st.lists(
    st.builds(
        Allowance,
        st.sampled_from(["foreign-owner", "self", "in-use", "trusted", "use-unknown"]),
        st.sampled_from([address(name) for name in _NAMES]),
    ),
    max_size=5,
)


@FEW_EXAMPLES
@given(st.lists(_CONDITIONS, min_size=3, max_size=3), _LIFTING, _RUNNERS, _USES)
def test_nothing_of_many_deletes_is_deleted_that_may_not_be(
    conditions: list[dict[str, object]], lifted: list[Allowance], runner: Runner | None, uses: Uses
) -> None:
    removals, lives = [], [live_identity("id-kept")]
    for name, of in zip(_NAMES, conditions, strict=True):
        tags = {OWNER_TAG: str(of["owner"])} if of["owner"] else {}
        lives.append(live_identity(name, tags=tags | ({"uami-protect": "true"} if of["protected"] else {})))
        if of["removed"]:
            removals.append(removed(name, RemovalAllowance.IN_USE))
    group = desired_group("id-kept", owner=OWNERS[0], remove=removals)
    world = World(Desired((group,)), live_of(live_group(*lives)))
    allowances = Allowances(tuple(lifted), 1000, 100)

    plan = plan_world(world, allowances, runner, uses)

    deletes = [one for one in plan.changes if one.action is Action.DELETE]
    wrong = {one.resource_id: objections(one, world, allowances, runner, uses) for one in deletes}
    assert {one.resource_id for one in plan.applicable if one.action is Action.DELETE} == {
        identity for identity, reasons in wrong.items() if not reasons
    }


@FEW_EXAMPLES
@given(worlds_with_access(), _ALLOWANCES, _RUNNERS, _USES)
def test_what_is_held_back_takes_everything_that_hangs_on_it_along(
    world: World, allowances: Allowances, runner: Runner | None, uses: Uses
) -> None:
    plan = plan_world(world, allowances, runner, uses)

    held_back = {one.resource_id for one in plan.changes if isinstance(one, IdentityChange) and _is_refused(one, plan)}
    hanging = [one for one in plan.applicable if isinstance(one, CredentialChange | AssignmentChange)]
    assert [one for one in hanging if one.resource_id.identity in held_back] == []


def _is_refused(change: Change, plan: Plan) -> bool:
    return change.resource_id in plan.refused


def objections(change: Change, world: World, allowances: Allowances, runner: Runner | None, uses: Uses) -> list[str]:
    """Why the contract forbids a delete."""
    (group,) = [one for one in world.desired.groups if one.group_id == change.resource_id.group_id]
    live = change.identity
    assert live is not None
    name = live.resource_id.name.casefold()
    allowed = {(one.code, one.value.casefold()) for one in allowances.allowed}
    reasons = {
        "ignored": bool(group.ignore.identities) and name.startswith("aks-"),
        "pinned to another principal": _is_pinned_elsewhere(group, live),
        "foreign": _is_foreign(change, group, live) and not _is_foreign_allowed(group, live, allowed),
    }
    runs = runner is not None and (runner.object_id == live.principal_id or runner.client_id == live.client_id)
    if isinstance(change, IdentityChange):
        reasons |= {
            "protected": "uami-protect" in {tag.casefold() for tag in live.tags},
            "listed": any(one.resource_id.name.casefold() == name for one in group.identities),
            "kept by policy": _is_kept_by_policy(group, live) and _removal_of(group, live) is None,
            "runs this run": runs,
        }
        use = uses.get(name)
        if use is not None:
            code = {Use.UNKNOWN: "use-unknown", Use.TRUSTED: "trusted"}.get(use, "in-use")
            removal = _removal_of(group, live)
            lifted = (code, live.resource_id.address.casefold()) in allowed or (removal and code in removal.allow)
            reasons[code] = not lifted
    else:
        reasons["runs this run"] = runs and ("self", change.resource_id.address.casefold()) not in allowed
    return [reason for reason, holds in reasons.items() if holds]


def _removal_of(group: DesiredGroup, live: Identity) -> DesiredRemoval | None:
    name = live.resource_id.name.casefold()
    return next((one for one in group.remove if one.resource_id.name.casefold() == name), None)


def _is_pinned_elsewhere(group: DesiredGroup, live: Identity) -> bool:
    name = live.resource_id.name.casefold()
    pins = [one.expected_principal_id for one in group.identities if one.resource_id.name.casefold() == name]
    pins += [one.principal_id for one in group.remove if one.resource_id.name.casefold() == name]
    return any(pin is not None and pin.casefold() != live.principal_id.casefold() for pin in pins)


def _is_foreign(change: Change, group: DesiredGroup, live: Identity) -> bool:
    if live.tags.get("uami-owner") is None:
        return isinstance(change, IdentityChange) and group.owner is not None
    return live.tags["uami-owner"] != group.owner


def _is_foreign_allowed(group: DesiredGroup, live: Identity, allowed: set[tuple[str, str]]) -> bool:
    named = {("foreign-owner", live.resource_id.address.casefold()), ("foreign-owner", live.tags.get("uami-owner"))}
    removal = _removal_of(group, live)
    return bool(named & allowed) or (removal is not None and "foreign-owner" in removal.allow)


def _is_kept_by_policy(group: DesiredGroup, live: Identity) -> bool:
    if group.policy.identities is IdentitiesPolicy.OWNED:
        return live.tags.get("uami-owner") != group.owner
    return group.policy.identities is IdentitiesPolicy.MERGE
