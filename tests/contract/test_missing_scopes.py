"""Roles at scopes that do not exist are refused by the plan, each for itself, and never tried."""

import pytest

from reconciler.errors import ArmAuthError
from reconciler.sandbox.state.state import Grant, Subscription
from tests.builders import OTHER_SUBSCRIPTION, desired_group, label, listed, resource_id
from tests.contract.access import IN_GROUP, IN_SUBSCRIPTION, full_plan, lives, role
from tests.contract.arm import PIPELINE, Arm, OpenArm, contents, subscription
from tests.contract.faults import ALWAYS, Fault, answer

VAULT = f"{IN_GROUP}/providers/Microsoft.KeyVault/vaults/kv-tpyo"
NOWHERE = f"{IN_SUBSCRIPTION}/resourceGroups/rg-tpyo"
GONE = f"/subscriptions/{OTHER_SUBSCRIPTION}"
NOBODY = "00000000-0000-0000-0000-000000000000"


def scopes_asked(arm: Arm) -> int:
    """How often it was asked whether a scope exists."""
    return sum(1 for _, path in arm.asked if path.endswith(NOBODY))


@pytest.mark.parametrize("scope", [VAULT, NOWHERE, f"{NOWHERE}/providers/Microsoft.KeyVault/vaults/kv-a"])
@pytest.mark.parametrize("name", ["id-api", "id-new"])
def test_role_at_a_scope_that_does_not_exist_is_refused_and_the_rest_is_not(
    arm: OpenArm, scope: str, name: str
) -> None:
    opened = arm(contents(lives("id-api")))
    entry = listed(name, role_assignments=[role("Reader", scope), role("Reader")])

    plan = full_plan(opened, desired_group(*(["id-api"] if name == "id-new" else []), entry))

    (violation,) = plan.violations
    assert (violation.code, violation.message) == (
        "scope-missing",
        f"{scope} does not exist, and no line of the manifest makes it",
    )
    assert [label(one) for one in plan.applicable if "/" in label(one)] == [f"{name}/roleAssignments/Reader@{IN_GROUP}"]


def test_role_on_an_identity_that_neither_lives_nor_is_listed_is_refused(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")))
    entry = listed("id-api", role_assignments=[role("Reader", str(resource_id("id-tpyo")))])

    plan = full_plan(opened, desired_group(entry))

    assert [one.code for one in plan.violations] == ["scope-missing"]


def test_role_on_an_identity_whose_group_does_not_exist_is_refused_with_it(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")))
    target = resource_id("id-z", group="rg-none")
    holder = desired_group(listed("id-api", role_assignments=[role("Reader", str(target))]))

    plan = full_plan(opened, holder, desired_group("id-z", name="rg-none"))

    assert sorted(one.code for one in plan.violations) == ["group-missing", "scope-missing"]
    assert plan.applicable == ()


def test_scope_that_the_run_makes_or_has_read_is_not_asked_for(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")))
    scopes = [IN_GROUP, IN_SUBSCRIPTION, str(resource_id("id-api")), str(resource_id("id-new"))]
    entry = listed("id-api", role_assignments=[role("Reader", scope) for scope in scopes])

    plan = full_plan(opened, desired_group(entry, "id-new"))

    assert (plan.violations, scopes_asked(opened)) == ((), 0)


def test_scope_of_several_roles_is_asked_for_once(arm: OpenArm) -> None:
    opened = arm(contents(groups=("rg-app", "rg-data")))
    scope = f"{IN_SUBSCRIPTION}/resourceGroups/rg-data"
    entries = [listed(name, role_assignments=[role("Reader", scope)]) for name in ("id-a", "id-b")]

    plan = full_plan(opened, desired_group(*entries))

    assert (plan.violations, scopes_asked(opened)) == ((), 1)


def test_scope_that_cannot_be_looked_at_is_a_note_and_no_refusal(arm: OpenArm) -> None:
    forbidden = answer(403, "AuthorizationFailed", "No.")
    opened = arm(contents(groups=("rg-app", "rg-data")), Fault("GET", NOBODY, forbidden, times=ALWAYS))
    scope = f"{IN_SUBSCRIPTION}/resourceGroups/rg-data"

    plan = full_plan(opened, desired_group(listed("id-new", role_assignments=[role("Reader", scope)])))

    assert plan.violations == ()
    assert plan.notes == (f"Scopes of roles were not looked for at {scope}: 403 AuthorizationFailed.",)
    assert len(plan.applicable) == 2


@pytest.mark.parametrize("name", ["id-api", "id-new"])
def test_role_in_a_subscription_that_is_gone_is_refused_and_the_rest_is_planned(arm: OpenArm, name: str) -> None:
    opened = arm(contents(lives("id-api")))
    entry = listed(name, role_assignments=[role("Reader", f"{GONE}/resourceGroups/rg-a"), role("Reader")])

    plan = full_plan(opened, desired_group(*(["id-api"] if name == "id-new" else []), entry))

    (violation,) = plan.violations
    assert (violation.code, violation.message) == (
        "scope-missing",
        f"the roles at {GONE}/resourceGroups/rg-a could not be read: 404 SubscriptionNotFound",
    )
    assert [label(one) for one in plan.applicable if "/" in label(one)] == [f"{name}/roleAssignments/Reader@{IN_GROUP}"]


@pytest.mark.parametrize("name", ["id-api", "id-new"])
def test_role_in_a_subscription_that_is_closed_to_the_caller_is_refused_alone(arm: OpenArm, name: str) -> None:
    start = contents(lives("id-api"), permissions=[Grant(PIPELINE, IN_SUBSCRIPTION, ("*",))])
    opened = arm(start.having(Subscription, (subscription(), subscription(OTHER_SUBSCRIPTION))))
    entry = listed(name, role_assignments=[role("Reader", GONE), role("Reader")])

    plan = full_plan(opened, desired_group(*(["id-api"] if name == "id-new" else []), entry))

    (violation,) = plan.violations
    assert violation.code == "role-unknown"
    assert violation.message.startswith(f"the roles at {GONE} could not be read: missing Microsoft.Authorization/")
    assert [label(one) for one in plan.applicable if "/" in label(one)] == [f"{name}/roleAssignments/Reader@{IN_GROUP}"]


def test_token_that_is_refused_while_roles_are_looked_up_ends_the_plan(arm: OpenArm) -> None:
    expired = answer(401, "ExpiredAuthenticationToken", "No.")
    opened = arm(contents(lives("id-api")), Fault("GET", "/roleDefinitions", expired, times=ALWAYS))

    with pytest.raises(ArmAuthError):
        full_plan(opened, desired_group(listed("id-api", role_assignments=[role("Reader")])))
