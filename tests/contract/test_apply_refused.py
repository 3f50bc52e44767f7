"""ARM refuses a call (403): a right that is missing stops what needs the same right at the same scope, and whatever
forbids one call alone stops that one alone."""

import pytest

from reconciler.journal.call import Outcome
from reconciler.model.identity import OWNER_TAG
from reconciler.sandbox.state.state import Grant
from tests.builders import GROUP, desired_group, listed
from tests.contract.access import (
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    full_plan,
    given,
    lives,
    principal_of,
    role,
    roles_of,
    trusts,
    with_roles,
)
from tests.contract.applying import apply_now, endings, outcomes, plan_now
from tests.contract.arm import OpenArm, contents
from tests.contract.faults import ALWAYS, Behaviour, Fault, answer, answer_body

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
CREDENTIALS = f"{IDENTITIES}/federatedIdentityCredentials"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
DATA = f"{IN_SUBSCRIPTION}/resourceGroups/rg-data"
OURS = {OWNER_TAG: OWNER}

CONDITION = (
    "The client 'c' with object id 'o' has an authorization with ABAC condition that is not fulfilled to perform action"
    f" '{IDENTITIES}/write' over scope '{IN_GROUP}' or the scope is invalid."
)
DENIED = (
    f"The client 'c' with object id 'o' has permission to perform action '{IDENTITIES}/write' on scope '{IN_GROUP}';"
    " however, the access is denied because of the deny assignment with name 'locked by AKS' and Id 'd' at scope '/'."
)


def lacks(action: str) -> Behaviour:
    """What ARM answers whoever has not the right."""
    message = (
        f"The client 'c' does not have authorization to perform action '{action}' over scope '/x' or it is invalid."
    )
    return answer(403, "AuthorizationFailed", message)


def breaks_policy(**info: str) -> Behaviour:
    """What ARM answers to what a policy denies."""
    violation = {"type": "PolicyViolation", "info": info}
    error = {"code": "RequestDisallowedByPolicy", "message": "Disallowed by policy.", "additionalInfo": [violation]}
    return answer_body({"error": error}, 403)


ONE_CALL_ALONE = [
    answer(403, "AuthorizationFailed", CONDITION),
    answer(403, "DenyAssignmentAuthorizationFailed", DENIED),
    answer(403, "AuthorizationFailed", "No."),
    answer(403, "LinkedAuthorizationFailed", "No right to perform action 'Microsoft.X/y/join/action' on the linked."),
    breaks_policy(policyDefinitionDisplayName="Allowed names"),
]


@pytest.mark.parametrize(
    "behaviour", ONE_CALL_ALONE, ids=["condition", "deny-assignment", "unnamed", "linked", "policy"]
)
def test_what_forbids_one_call_stops_that_change_and_what_needs_it(arm: OpenArm, behaviour: Behaviour) -> None:
    opened = arm(contents(), Fault("PUT", "id-b", behaviour))
    plan = full_plan(
        opened,
        desired_group("id-a", listed("id-b", federated_credentials=trusts(main="b")), *(f"id-{n}" for n in range(9))),
    )

    result = apply_now(opened, plan)

    ended = {name: (outcome, because) for name, outcome, because in endings(result)}
    others = {name: outcome for name, (outcome, _) in ended.items() if not name.startswith("id-b")}
    assert set(others.values()) == {Outcome.DONE}
    assert len(others) == 10
    assert ended["id-b"][0] is Outcome.FAILED
    assert ended["id-b/federatedCredentials/main"] == (Outcome.SKIPPED, "its identity could not be created")


def test_policy_that_forbids_a_call_is_named_in_the_hint(arm: OpenArm) -> None:
    denial = breaks_policy(
        policyDefinitionDisplayName="Allowed locations", policyDefinitionName="e56962a6", policyAssignmentName="deny-eu"
    )
    opened = arm(contents(), Fault("PUT", "id-new", denial))

    (ended,) = apply_now(opened, plan_now(opened, desired_group("id-new"))).results

    assert ended.error is not None
    assert (ended.error.code, ended.error.hint) == (
        "RequestDisallowedByPolicy",
        "Azure Policy 'Allowed locations' (assignment 'deny-eu') forbids it: change the manifest as the policy asks,"
        " or ask its administrator for an exemption.",
    )


def refused(what: str, place: str, action: str, name: str) -> str:
    """Why what needs the same right is not tried."""
    return f"ARM refused the right to {what} at resource group {place} ({action}, for {name})"


def test_right_that_is_missing_for_roles_at_one_scope_stops_roles_there_alone(arm: OpenArm) -> None:
    grants = [Grant("*", IN_SUBSCRIPTION, ("*/read",)), Grant("*", IN_GROUP, ("*",))]
    opened = arm(contents(lives("id-a", OURS), lives("id-b", OURS), groups=(GROUP, "rg-data"), permissions=grants))
    entries = [
        listed("id-a", role_assignments=[role("Reader", DATA)]),
        listed("id-b", role_assignments=[role("Reader", DATA), role("Reader")]),
    ]

    result = apply_now(opened, full_plan(opened, desired_group(*entries, "id-c", owner=OWNER)))

    because = refused("give roles", "rg-data", f"{ASSIGNMENTS}/write", f"id-a/roleAssignments/Reader@{DATA}")
    ended = {name: (outcome, because) for name, outcome, because in endings(result)}
    assert ended.pop(f"id-a/roleAssignments/Reader@{DATA}")[0] is Outcome.FAILED
    assert ended == {
        "id-c": (Outcome.DONE, ""),
        f"id-b/roleAssignments/Reader@{DATA}": (Outcome.SKIPPED, because),
        f"id-b/roleAssignments/Reader@{IN_GROUP}": (Outcome.DONE, ""),
    }
    assert [status for _, _, status in opened.writes].count(403) == 1


def test_right_that_is_missing_for_credentials_does_not_stop_identities(arm: OpenArm) -> None:
    grants = [Grant("*", IN_SUBSCRIPTION, ("*/read", f"{IDENTITIES}/write", f"{IDENTITIES}/delete"))]
    opened = arm(contents(lives("id-a"), permissions=grants))
    entries = [listed(name, federated_credentials=trusts(main=name)) for name in ("id-a", "id-b")]

    result = apply_now(opened, full_plan(opened, desired_group(*entries)))

    because = refused(
        "create and update federated credentials", GROUP, f"{CREDENTIALS}/write", "id-a/federatedCredentials/main"
    )
    assert [one[:2] for one in endings(result)] == [
        ("id-a/federatedCredentials/main", Outcome.FAILED),
        ("id-b", Outcome.DONE),
        ("id-b/federatedCredentials/main", Outcome.SKIPPED),
    ]
    assert endings(result)[-1][2] == because


def test_read_that_is_refused_stops_what_needs_the_same_read(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("GET", "id-a", lacks(f"{IDENTITIES}/read"), times=ALWAYS))

    result = apply_now(opened, plan_now(opened, desired_group("id-a", "id-b")))

    because = refused("read identities", GROUP, f"{IDENTITIES}/read", "id-a")
    assert endings(result)[1] == ("id-b", Outcome.SKIPPED, because)
    assert opened.writes == []


def test_right_that_is_missing_to_delete_identities_leaves_the_roles_of_the_next_ones(arm: OpenArm) -> None:
    start = contents(lives("id-keep", OURS), lives("id-old", OURS), lives("id-older", OURS))
    given_roles = [given(name, READER, owner=OWNER) for name in ("id-old", "id-older")]
    opened = arm(with_roles(start, *given_roles), Fault("DELETE", "/id-old", lacks(f"{IDENTITIES}/delete")))

    result = apply_now(opened, full_plan(opened, desired_group("id-keep", owner=OWNER)))

    ended = dict(outcomes(result))
    assert (ended["id-old"], ended["id-older"]) == (Outcome.FAILED, Outcome.SKIPPED)
    assert roles_of(opened, principal_of("id-older")) == {(IN_GROUP, READER)}
    assert [name for method, name, _ in opened.writes if method == "DELETE" and name == "id-older"] == []
