"""The roles that new trust would hand out, and those who may give roles: read where a change raises it, or named."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconciler.live.access import read_access
from reconciler.live.held_roles import read_held_roles
from reconciler.live.may_read import MayRead
from reconciler.manifest.desired import Desired, DesiredGroup, DesiredIdentity
from reconciler.model.ids import ResourceId
from reconciler.model.not_read import NotRead
from reconciler.model.roles.held import HeldRoles
from reconciler.plan.diff_access import diff_access
from reconciler.plan.diff_identities import diff_states
from reconciler.sandbox.state.state import Contents, Subscription
from tests.builders import OTHER_SUBSCRIPTION, TODAY, desired_group, listed, resource_id
from tests.contract.access import (
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    READER,
    given,
    lives,
    role,
    trusts,
    with_roles,
    with_trusts,
)
from tests.contract.arm import Arm, OpenArm, contents
from tests.contract.faults import ALWAYS, Fault, answer
from tests.contract.impact import GRAPH, without

OWNER_ROLE = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
ELSEWHERE = f"/subscriptions/{OTHER_SUBSCRIPTION}"
FORBIDDEN = answer(403, "AuthorizationFailed")
TRUSTING = listed("id-a", federated_credentials=trusts(main="s"))


def read(arm: Arm, *groups: DesiredGroup) -> HeldRoles:
    """What is read of held roles for a plan of these groups."""
    desired, may_read = Desired(groups), MayRead(arm.client)
    identities = diff_states(desired, arm.read(desired), judged_on=TODAY)
    access = read_access(identities, arm.resources, may_read)
    return read_held_roles(diff_access(identities, access), access, arm.resources, may_read)


def seen(read_roles: HeldRoles, identity: str = "id-a") -> list[tuple[str, str]] | str:
    """Names and scopes of the roles of an identity, or why they could not be read."""
    held = read_roles.of(resource_id(identity))
    return held.because if isinstance(held, NotRead) else [(one.name, one.scope) for one in held]


def with_other_subscription(start: Contents) -> Contents:
    """The contents with one subscription more."""
    return start.having(Subscription, (*start.of(Subscription), Subscription(OTHER_SUBSCRIPTION, "Other")))


@pytest.mark.parametrize("owner", [None, "team-a"])
def test_roles_of_an_identity_that_gets_trust_are_read_everywhere(arm: OpenArm, owner: str | None) -> None:
    start = with_other_subscription(contents(lives("id-a")))
    start = with_roles(
        start, given("id-a", READER), given("id-a", OWNER_ROLE, ELSEWHERE), given("id-a", OWNER_ROLE, "/")
    )

    held = read(arm(start), desired_group(TRUSTING, owner=owner))

    assert seen(held) == [("Owner", "/"), ("Reader", IN_GROUP), ("Owner", ELSEWHERE)]


def test_built_in_role_that_nobody_can_look_up_is_held_by_its_name(arm: OpenArm) -> None:
    opened = arm(
        with_roles(contents(lives("id-a")), given("id-a", READER)),
        Fault("GET", f"/roleDefinitions/{READER}", FORBIDDEN, times=ALWAYS),
    )

    assert seen(read(opened, desired_group(TRUSTING))) == [("Reader", IN_GROUP)]


@pytest.mark.parametrize(
    ("fault", "because"),
    [
        (
            Fault("POST", GRAPH, FORBIDDEN, times=ALWAYS),
            "Resource Graph: 403 AuthorizationFailed",
        ),
        (Fault("GET", "/roleAssignments", FORBIDDEN, times=ALWAYS), "403 AuthorizationFailed"),
    ],
    ids=["elsewhere", "own subscription"],
)
def test_roles_that_cannot_be_read_are_named(arm: OpenArm, fault: Fault, because: str) -> None:
    assert seen(read(arm(contents(lives("id-a")), fault), desired_group(TRUSTING))) == because


def test_list_that_may_lack_roles_is_not_believed(arm: OpenArm) -> None:
    right = "Microsoft.Authorization/roleAssignments/read"
    start = replace(contents(lives("id-a")), permissions=(without(right),))

    assert seen(read(arm(start), desired_group(TRUSTING))) == f"missing {right}"


def test_roles_of_many_are_one_list_and_one_question(arm: OpenArm) -> None:
    names = [f"id-{number}" for number in range(8)]
    opened = arm(with_roles(contents(*map(lives, names)), *(given(name, READER) for name in names)))
    entries = [listed(name, federated_credentials=trusts(main=name)) for name in names]

    held = read(opened, desired_group(*entries))

    assert all(seen(held, name) == [("Reader", IN_GROUP)] for name in names)
    assert [path.rpartition("/")[2] for method, path in opened.asked if "roleAssignments" in path] == [
        "roleAssignments"
    ]
    assert sum(GRAPH in path for _, path in opened.asked) == 1


@pytest.mark.parametrize(
    "entries",
    [
        ["id-a"],
        [listed("id-a", federated_credentials=trusts(main="s-old"))],
        [listed("id-a", federated_credentials=[])],
        ["id-a", listed("id-new", federated_credentials=trusts(main="s"))],
        [listed("id-a", role_assignments=[role("Reader")])],
        [listed("id-a", role_assignments=[role("Owner", IN_SUBSCRIPTION)])],
    ],
    ids=["nothing", "no-op", "delete", "of a new identity", "harmless role", "role that says enough"],
)
def test_nothing_is_asked_where_no_change_raises_it(arm: OpenArm, entries: list[DesiredIdentity | str]) -> None:
    opened = arm(with_trusts(contents(lives("id-a")), "id-a", {"main": "s-old"}))

    held = read(opened, desired_group(*entries))

    assert (held.by_identity, held.givers) == ({}, {})
    assert not any(GRAPH in path for _, path in opened.asked)


GROUPS_OF_OTHERS = ("rg-app", "rg-other")


def start_with_giver(role_guid: str = OWNER_ROLE) -> Contents:
    """An identity in another group that has a role on a group of its own."""
    giver = replace(lives("id-giver"), resource_group="rg-other")
    start = contents(lives("id-a"), giver, groups=GROUPS_OF_OTHERS)
    return with_roles(start, given("id-giver", role_guid, IN_GROUP))


GIVER = resource_id("id-giver", "rg-other")
IN_OTHER = f"{IN_SUBSCRIPTION}/resourceGroups/rg-other"


@pytest.mark.parametrize(
    ("scope", "givers"),
    [
        (IN_SUBSCRIPTION, (GIVER,)),
        (IN_OTHER, (GIVER,)),
        (IN_OTHER.upper(), (GIVER,)),
        (str(GIVER), (GIVER,)),
        (IN_GROUP, ()),
        (str(resource_id("id-a")), ()),
        (f"{IN_OTHER}/providers/Microsoft.Storage/storageAccounts/sa", ()),
    ],
)
def test_those_who_may_give_roles_are_found_by_the_scope_of_a_role_that_becomes_others(
    arm: OpenArm, scope: str, givers: Sequence[ResourceId]
) -> None:
    opened = arm(start_with_giver())
    entry = listed("id-a", role_assignments=[role("Contributor", scope)])

    assert read(opened, desired_group(entry)).givers_within(scope) == givers


def test_identity_that_may_give_no_roles_is_no_giver(arm: OpenArm) -> None:
    entry = listed("id-a", role_assignments=[role("Contributor", IN_SUBSCRIPTION)])

    assert read(arm(start_with_giver(CONTRIBUTOR)), desired_group(entry)).givers_within(IN_SUBSCRIPTION) == ()


def test_scope_of_a_held_role_that_becomes_others_is_looked_at_too(arm: OpenArm) -> None:
    start = with_roles(start_with_giver(), given("id-a", CONTRIBUTOR, IN_OTHER))

    assert read(arm(start), desired_group(TRUSTING)).givers_within(IN_OTHER) == (GIVER,)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(
            "GET",
            "rg-other/providers/Microsoft.ManagedIdentity/userAssignedIdentities",
            FORBIDDEN,
            times=ALWAYS,
        ),
        Fault("GET", "/roleAssignments", FORBIDDEN, times=ALWAYS),
    ],
    ids=["identities", "their roles"],
)
def test_those_who_may_give_roles_are_named_as_not_read(arm: OpenArm, fault: Fault) -> None:
    opened = arm(start_with_giver(READER), fault)
    entry = listed("id-new", role_assignments=[role("Contributor", IN_OTHER)])

    found = read(opened, desired_group(entry)).givers_within(IN_OTHER)

    assert isinstance(found, NotRead)
    assert found.because == "403 AuthorizationFailed"
