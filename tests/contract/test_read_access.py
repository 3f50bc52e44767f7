"""What is read of credentials and roles: no more than is asked for, of nobody else, and with a reason for each gap."""

import pytest

from reconciler.errors import NotFound
from reconciler.live.access import read_access
from reconciler.live.children import ONE_LIST_FROM
from reconciler.live.may_read import MayRead
from reconciler.manifest.desired import Desired, DesiredGroup, Ignore, IgnoredAssignment
from reconciler.model import NotRead
from reconciler.model.access import Access
from reconciler.model.identity import OWNER_TAG
from reconciler.plan.diff_identities import diff_states
from reconciler.sandbox.state.state import Grant, Subscription
from tests.builders import OTHER_SUBSCRIPTION, TODAY, desired_group, listed, resource_id
from tests.contract.access import (
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    given,
    lives,
    role,
    trusts,
    with_roles,
)
from tests.contract.arm import PIPELINE, Arm, OpenArm, contents
from tests.contract.faults import ALWAYS, Fault, answer, answer_body
from tests.contract.impact import GRAPH

OURS = {OWNER_TAG: OWNER}
READ = "Microsoft.Authorization/roleAssignments/read"
PERMISSIONS = f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/permissions"


def access_of(arm: Arm, *groups: DesiredGroup) -> Access:
    """What is read for these groups against what lives now."""
    desired = Desired(groups)
    identities = diff_states(desired, arm.read(desired), judged_on=TODAY)
    return read_access(identities, arm.resources, MayRead(arm.client))


def count(arm: Arm, end: str) -> int:
    """How many requests went to paths with this end."""
    return sum(path.casefold().endswith(end.casefold()) for _, path in arm.asked)


def test_nothing_is_asked_about_the_children_of_an_identity_that_is_still_to_be_made(arm: OpenArm) -> None:
    opened = arm(contents())
    entry = listed("id-new", federated_credentials=trusts(fic_a="a"), role_assignments=[role("Reader")])
    ignore = Ignore(role_assignments=(IgnoredAssignment("No such role", IN_GROUP),))

    access = access_of(opened, desired_group(entry, owner=OWNER, ignore=ignore))

    assert (access.credentials, access.assignments, access.not_read) == ({}, {}, ())
    assert (count(opened, "/federatedIdentityCredentials"), count(opened, "/roleAssignments")) == (0, 0)
    assert count(opened, GRAPH) == 0
    assert set(access.definitions) == {READER}


def test_roles_of_identities_that_list_none_and_stay_are_not_asked_for(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api", OURS)))
    ignore = Ignore(role_assignments=(IgnoredAssignment("No such role", IN_GROUP),))

    access = access_of(opened, desired_group("id-api", owner=OWNER, ignore=ignore))

    assert (access.assignments, access.lookups, access.not_read) == ({}, {}, ())
    assert count(opened, "/roleAssignments") == 0


def test_index_is_asked_only_for_an_owner(arm: OpenArm) -> None:
    entry = listed("id-api", role_assignments=[])
    theirs, ours = arm(contents(lives("id-api"))), arm(contents(lives("id-api", OURS)))

    without = access_of(theirs, desired_group(entry))
    owned = access_of(ours, desired_group(entry, owner=OWNER))

    assert (count(theirs, GRAPH), count(ours, GRAPH)) == (0, 1)
    assert (without.complete, owned.complete) == (frozenset(), frozenset({resource_id("id-api")}))


def test_principal_that_nobody_asked_the_index_about_is_nobody(arm: OpenArm) -> None:
    row = {"id": "x", "principalId": "stranger", "scope": f"/subscriptions/{OTHER_SUBSCRIPTION}"}
    index = answer_body({"totalRecords": 1, "count": 1, "data": [row], "facets": [], "resultTruncated": "false"})
    opened = arm(contents(lives("id-api", OURS)), Fault("POST", GRAPH, index))

    access = access_of(opened, desired_group(listed("id-api", role_assignments=[]), owner=OWNER))

    assert (access.assignments, access.not_read) == ({resource_id("id-api"): ()}, ())


@pytest.mark.parametrize(("holders", "lists"), [(ONE_LIST_FROM - 1, ONE_LIST_FROM - 1), (ONE_LIST_FROM, 1)])
def test_roles_of_many_are_one_list_and_each_gets_its_own(arm: OpenArm, holders: int, lists: int) -> None:
    names = [f"id-{number}" for number in range(holders)]
    start = contents(*(lives(name) for name in (*names, "id-other")))
    roles = [given(name, READER) for name in (*names, "id-other")]
    opened = arm(with_roles(start, *roles))

    access = access_of(opened, desired_group(*(listed(name, role_assignments=[]) for name in names), "id-other"))

    assert ONE_LIST_FROM == 6
    assert count(opened, "/roleAssignments") == lists
    assert {one.name: [role.name for role in of] for one, of in access.assignments.items()} == {
        name: [given(name, READER).name] for name in names
    }


def test_roles_at_the_root_and_in_the_subscription_are_both_read(arm: OpenArm) -> None:
    opened = arm(
        with_roles(contents(lives("id-api")), given("id-api", READER, "/"), given("id-api", CONTRIBUTOR, IN_GROUP))
    )

    access = access_of(opened, desired_group(listed("id-api", role_assignments=[role("Reader", "/")])))

    (found,) = access.assignments.values()
    assert [(one.scope, one.role_guid) for one in found] == [("/", READER), (IN_GROUP, CONTRIBUTOR)]


def test_role_that_lives_where_a_line_names_another_subscription_is_found_without_the_index(arm: OpenArm) -> None:
    there, start = f"/subscriptions/{OTHER_SUBSCRIPTION}", contents(lives("id-api"))
    lives_there = given("id-api", READER, there)
    start = start.having(Subscription, (*start.of(Subscription), Subscription(OTHER_SUBSCRIPTION, "Other")))
    opened = arm(with_roles(start, lives_there))

    access = access_of(opened, desired_group(listed("id-api", role_assignments=[role("Reader", there)])))

    (found,) = access.assignments[resource_id("id-api")]
    assert (found.scope, found.name) == (there, lives_there.name)
    assert count(opened, GRAPH) == 0


def test_role_that_a_line_names_is_not_looked_up_again(arm: OpenArm) -> None:
    opened = arm(with_roles(contents(lives("id-api")), given("id-api", READER), given("id-api", CONTRIBUTOR)))

    access = access_of(opened, desired_group(listed("id-api", role_assignments=[role("Reader")])))

    assert access.names == {READER: "Reader", CONTRIBUTOR: "Contributor"}
    assert (count(opened, READER), count(opened, CONTRIBUTOR)) == (0, 1)


def test_subscription_that_goes_while_it_is_read_is_an_error(arm: OpenArm) -> None:
    gone = Fault("GET", PERMISSIONS, answer(404, "SubscriptionNotFound", "Gone."), passes=1, times=ALWAYS)
    opened = arm(contents(lives("id-api")), gone)

    with pytest.raises(NotFound):
        access_of(opened, desired_group(listed("id-api", role_assignments=[])))


def test_list_that_fails_is_named_for_identities_that_go_with_what_azure_answered(arm: OpenArm) -> None:
    fails = Fault("GET", "/roleAssignments", answer(400, "BadRequest", "No."), times=ALWAYS)
    opened = arm(contents(lives("id-api", OURS), lives("id-old", OURS)), fails)

    access = access_of(opened, desired_group("id-api", owner=OWNER))

    gap = NotRead(f"Role assignments at {IN_SUBSCRIPTION} of identities that would be deleted", "", "400 BadRequest")
    assert access.not_read == (gap,)
    assert (access.unread, access.complete) == ({resource_id("id-old"): gap}, frozenset())


def test_gap_is_a_reason_for_identities_that_go_and_none_for_those_that_stay(arm: OpenArm) -> None:
    grants = [Grant(PIPELINE, "/", ("*",), (READ,)), Grant(PIPELINE, IN_GROUP, ("*",))]
    opened = arm(contents(lives("id-api", OURS), lives("id-old", OURS), permissions=grants))

    access = access_of(opened, desired_group(listed("id-api", role_assignments=[]), owner=OWNER))

    assert set(access.unread) == {resource_id("id-old")}
    assert set(access.assignments) == {resource_id("id-api"), resource_id("id-old")}
    assert access.complete == frozenset()


def test_ignored_role_that_could_be_any_is_named_and_one_at_no_scope_is_not(arm: OpenArm) -> None:
    nowhere = f"/subscriptions/{OTHER_SUBSCRIPTION}"
    entries = [IgnoredAssignment(name, scope) for scope in (IN_GROUP, nowhere) for name in ("Reader", "No such role")]
    opened = arm(contents(lives("id-api", OURS)))
    group = desired_group(
        listed("id-api", role_assignments=[]), owner=OWNER, ignore=Ignore(role_assignments=tuple(entries))
    )

    access = access_of(opened, group)

    reason = "no role of this name can be given there; none that was given there is taken away"
    assert access.not_read == (NotRead("Role assignments to ignore (No such role)", IN_GROUP, reason),)


def test_ignored_role_at_a_scope_that_cannot_be_read_is_named_with_why(arm: OpenArm) -> None:
    refused = Fault("GET", "/roleDefinitions", answer(403, "AuthorizationFailed", "No."), times=ALWAYS)
    opened = arm(contents(lives("id-api", OURS)), refused)
    ignore = Ignore(role_assignments=(IgnoredAssignment("Reader", IN_GROUP),))

    access = access_of(opened, desired_group(listed("id-api", role_assignments=[]), owner=OWNER, ignore=ignore))

    reason = "403 AuthorizationFailed; none that was given there is taken away"
    assert access.not_read == (NotRead("Role assignments to ignore (Reader)", IN_GROUP, reason),)
