"""What an answer means for a call, where whole runs seldom come: who waits for a new identity, and whose a find is."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.apply.assignment import AssignmentCalls
from reconciler.apply.before_delete import look_before_delete
from reconciler.apply.checks import Done, Stale, Write
from reconciler.apply.credential import CredentialCalls
from reconciler.apply.identity import IdentityCalls
from reconciler.apply.verify import verify_result
from reconciler.errors import ArmAuthError, ArmError, NotFound, Throttled
from reconciler.journal.call import Outcome
from reconciler.model.access import AssignmentDetails, Children, RoleAssignment, assignment_name
from reconciler.model.identity import OWNER_TAG, PlannedIdentity, Tags
from reconciler.model.impact import Impact
from reconciler.plan.changes import Action, AssignmentChange, CredentialChange, IdentityChange
from reconciler.sandbox.state.kinds import FederatedCredential
from tests.builders import desired_group, label, listed, live_identity
from tests.contract.access import (
    AUDIENCE,
    IN_GROUP,
    IN_SUBSCRIPTION,
    ISSUER,
    OWNER,
    full_plan,
    given,
    lives,
    principal_of,
    role,
    trusts,
    with_roles,
    with_trusts,
)
from tests.contract.access import READER as READER_GUID
from tests.contract.applying import Run, apply_now, no_children
from tests.contract.arm import Arm, OpenArm, contents, there
from tests.contract.faults import ALWAYS, Fault, answer, answer_body, meddle, reset_after, reset_before
from tests.contract.impact import VM

BAD = ArmError("Bad.", status=400)
GONE = NotFound("Gone.", status=404)
BUSY = ArmError("Busy.", status=503, transient=True)
SLOW = Throttled("Slow down.", status=429, transient=True)
ITSELF = f"{there('id-new').resource_id}"
BELOW = f"{ITSELF}/federatedIdentityCredentials/main"
BESIDE = f"{ITSELF}-2"
LIVE = live_identity("id-new")


def role_of_new(arm: Arm, scope: str) -> AssignmentChange:
    """The role of an identity that is still to be made."""
    plan = full_plan(arm, desired_group(listed("id-new", role_assignments=[role("Reader", IN_GROUP)])))
    (change,) = (one for one in plan.changes if isinstance(one, AssignmentChange))
    return replace(change, resource_id=replace(change.resource_id, scope=scope))


def role_calls(
    arm: Arm,
    change: AssignmentChange,
    *,
    is_scope_new: bool = False,
    arm_time: Callable[[], float | None] = lambda: None,
) -> AssignmentCalls:
    """The calls on the role."""
    return AssignmentCalls(change, LIVE, arm.resources, arm_time, is_scope_new=is_scope_new)


@pytest.mark.parametrize(
    ("scope", "is_new", "is_scope_new", "error", "settles"),
    [
        (ITSELF, True, False, GONE, True),
        (ITSELF.upper(), True, False, GONE, True),
        (BELOW, True, False, GONE, True),
        (BESIDE, True, False, GONE, False),
        (IN_GROUP, True, False, GONE, False),
        (ITSELF, True, False, BAD, False),
        (IN_GROUP, True, False, BUSY, True),
        (IN_GROUP, True, False, SLOW, False),
        (ITSELF, False, False, GONE, False),
        (ITSELF, False, False, BUSY, False),
        (IN_GROUP, False, True, GONE, True),
        (IN_GROUP, False, True, BUSY, False),
        (IN_GROUP, False, True, BAD, False),
        (IN_GROUP, True, True, BUSY, True),
    ],
)
def test_role_waits_for_what_may_be_too_new_to_be_known(
    arm: OpenArm, scope: str, is_new: bool, is_scope_new: bool, error: ArmError, settles: bool
) -> None:
    opened = arm(contents())
    change = role_of_new(opened, scope)
    change = change if is_new else replace(change, identity=LIVE)

    assert role_calls(opened, change, is_scope_new=is_scope_new).settles(error) is settles


@pytest.mark.parametrize(
    ("is_new", "error", "settles"),
    [
        (True, GONE, True),
        (True, BUSY, True),
        (True, SLOW, False),
        (True, BAD, False),
        (False, GONE, False),
        (False, BUSY, False),
    ],
)
def test_credential_waits_for_an_identity_that_may_be_too_new_to_be_known(
    arm: OpenArm, is_new: bool, error: ArmError, settles: bool
) -> None:
    opened = arm(contents())
    plan = full_plan(opened, desired_group(listed("id-new", federated_credentials=trusts(fic_a="a"))))
    (change,) = (one for one in plan.changes if isinstance(one, CredentialChange))
    change = change if is_new else replace(change, identity=LIVE)

    assert CredentialCalls(change, Action.CREATE, opened.resources).settles(error) is settles


@pytest.mark.parametrize(("created_s", "is_ours"), [(99.0, False), (100.0, True), (101.0, True), (None, True)], ids=str)
def test_role_that_is_found_after_a_first_attempt_is_ours_unless_it_was_made_before(
    arm: OpenArm, created_s: float | None, is_ours: bool
) -> None:
    opened = arm(contents(lives("id-new")))
    calls = role_calls(opened, role_of_new(arm(contents()), IN_GROUP), arm_time=lambda: 100.0)
    planned = calls.check(None)
    assert isinstance(planned, Write) and planned.after is not None
    with pytest.raises(ArmError):
        # The emulator knows no principal of this id, and no answer matters here but that an attempt was made.
        calls.write(planned.after, is_first=True)

    found = calls.check(replace(planned.after, created_s=created_s))

    assert isinstance(found, Stale)
    assert (found.as_planned, found.not_ours) == (is_ours, not is_ours)


def test_role_that_is_found_while_nobody_knows_arms_time_may_be_ours(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-new")))
    calls = role_calls(opened, role_of_new(arm(contents()), IN_GROUP))
    planned = calls.check(None)
    assert isinstance(planned, Write) and planned.after is not None
    with pytest.raises(ArmError):
        calls.write(planned.after, is_first=True)

    found = calls.check(replace(planned.after, created_s=1.0))

    assert isinstance(found, Stale)
    assert (found.as_planned, found.not_ours) == (True, False)


def test_later_attempt_to_give_a_role_is_not_taken_for_the_first(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-new")))
    times = iter((100.0, 200.0))
    calls = role_calls(opened, role_of_new(arm(contents()), IN_GROUP), arm_time=lambda: next(times))
    planned = calls.check(None)
    assert isinstance(planned, Write) and planned.after is not None
    for is_first in (True, False):
        with pytest.raises(ArmError):
            calls.write(planned.after, is_first=is_first)

    found = calls.check(replace(planned.after, created_s=150.0))

    assert isinstance(found, Stale)
    assert (found.as_planned, found.not_ours) == (True, False)


def test_role_whose_details_are_updated_was_there_and_is_no_stranger(arm: OpenArm) -> None:
    start = with_roles(contents(lives("id-api")), given("id-api", READER_GUID))
    opened = arm(start)
    lines = [role("Reader", IN_GROUP, {"description": "why"})]
    plan = full_plan(opened, desired_group(listed("id-api", role_assignments=lines)))
    (change,) = (one for one in plan.changes if isinstance(one, AssignmentChange))
    assert change.action is Action.UPDATE
    calls = role_calls(opened, change, arm_time=lambda: 1e12)
    live = calls.read()
    assert live is not None
    found = calls.check(live)
    assert isinstance(found, Write)

    assert calls.write(found.after, is_first=True) is None
    assert calls.check(replace(live, details=AssignmentDetails("x", "2.0"), created_s=1.0)) == Stale(
        "changed since the plan was made: condition is now 'x', condition_version is now '2.0'"
    )
    assert calls.check(calls.read()) == Done()
    assert opened.time.slept_s == []


def test_change_that_no_plan_makes_is_not_sent(arm: OpenArm) -> None:
    opened = arm(contents("id-api"))
    (change,) = full_plan(opened, desired_group("id-api")).changes
    assert isinstance(change, IdentityChange)
    calls = IdentityCalls(change, opened.resources, no_children)

    for after in (None, PlannedIdentity("westeurope", Tags({}), "None")):
        with pytest.raises(AssertionError, match="a change that no plan makes"):
            calls.write(after, is_first=True)
    assert opened.writes == []


def delete_of_old(arm: Arm, impact: Impact | None) -> IdentityChange:
    """The delete of `id-old`, for which the plan saw this."""
    (change,) = full_plan(arm, desired_group("id-api")).applicable
    assert isinstance(change, IdentityChange)
    return replace(change, impact=impact)


def test_children_of_a_delete_that_is_tried_again_are_those_of_its_first_try(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old"))
    change = delete_of_old(opened, Impact())
    first = Children((), (given_role := RoleAssignment("name", IN_GROUP, READER_GUID, "principal"),), ())
    answers = iter([first, Children((), (), ())])
    calls = IdentityCalls(change, opened.resources, lambda *_: next(answers))

    calls.read()
    found = calls.check(calls.read())

    # The first try may have taken them along.
    assert isinstance(found, Write)
    assert found.children is not None
    assert found.children.assignments == (given_role,)


def test_use_that_nobody_had_looked_for_is_a_surprise(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old"))
    change = delete_of_old(opened, None)
    assert look_before_delete(change, opened.resources).surprise is None
    opened.attach(VM, "id-old")

    surprise = look_before_delete(change, opened.resources).surprise

    assert surprise is not None
    assert surprise.why.endswith("attached to virtualMachines vm-a (rg-app)")


@pytest.mark.parametrize("path", ["/listAssociatedResources", "/federatedIdentityCredentials"])
def test_use_that_nobody_had_looked_for_and_cannot_be_read_stops_the_delete(arm: OpenArm, path: str) -> None:
    method = "POST" if path.startswith("/list") else "GET"
    opened = arm(contents("id-api", "id-old"), Fault(method, path, answer(403, "AuthorizationFailed"), times=ALWAYS))
    change = replace(delete_of_old(arm(contents("id-api", "id-old")), Impact()), impact=None)

    with pytest.raises(ArmAuthError):
        look_before_delete(change, opened.resources)


def test_lock_elsewhere_is_in_nobodys_way(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old"))
    change = delete_of_old(opened, Impact())
    opened.lock(f"{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-api")

    assert look_before_delete(change, opened.resources).surprise is None


def test_lock_above_is_in_the_way(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old"))
    change = delete_of_old(opened, Impact())
    opened.lock(IN_SUBSCRIPTION)

    surprise = look_before_delete(change, opened.resources).surprise

    assert surprise is not None
    assert surprise.why.startswith("a lock is in the way that the plan did not show: CanNotDelete lock 'keep'")


def test_call_in_doubt_that_made_no_identity_is_not_recorded_as_having_made_one(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")), Fault("PUT", "fic-a", reset_after))
    run = Run(opened)

    result = run.apply(full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_a="a")))))

    assert result.complete
    assert [(one.outcome, one.made) for one in run.journal.calls.values()] == [(Outcome.DONE, None)]


def test_role_that_is_there_again_did_not_hold(arm: OpenArm) -> None:
    ours = given("id-api", READER_GUID, owner=OWNER)
    opened = arm(
        with_roles(contents(lives("id-api", {OWNER_TAG: OWNER})), ours), Fault("DELETE", ours.name, answer_body({}))
    )
    result = apply_now(opened, full_plan(opened, desired_group(listed("id-api", role_assignments=[]), owner=OWNER)))

    verified = verify_result(result, opened.resources, sleep=opened.time.sleep)

    assert [(one.outcome, one.not_held) for one in verified.results] == [(Outcome.DONE, ("is there again",))]


def test_credential_that_is_there_again_or_gone_did_not_hold(arm: OpenArm) -> None:
    opened = arm(
        with_trusts(contents(lives("id-api")), "id-api", {"fic-old": "old"}),
        Fault("DELETE", "fic-old", answer_body({})),
    )
    listed_ones = listed("id-api", federated_credentials=trusts(fic_new="new"))
    result = apply_now(opened, full_plan(opened, desired_group(listed_ones)))
    opened.send("DELETE", f"{there('id-api').resource_id}/federatedIdentityCredentials/fic-new", "2024-11-30", None)

    verified = verify_result(result, opened.resources, sleep=opened.time.sleep)

    assert [(label(one.change).rpartition("/")[2], one.not_held) for one in verified.results] == [
        ("fic-new", ("is not there",)),
        ("fic-old", ("is there again",)),
    ]


def test_role_that_appears_between_two_attempts_is_stale_and_not_in_doubt(arm: OpenArm) -> None:
    name = assignment_name(IN_GROUP, principal_of("id-api"), READER_GUID)
    theirs = replace(given("id-api", READER_GUID), name=name, created_on="2020-01-01T00:00:00.0000000Z")
    opened = arm(
        contents(lives("id-api")),
        Fault("PUT", name, reset_before),
        Fault("PUT", name, meddle(lambda: opened.application.state.put(theirs))),
    )

    result = apply_now(opened, full_plan(opened, desired_group(listed("id-api", role_assignments=[role("Reader")]))))

    assert [one.outcome for one in result.results] == [Outcome.STALE]


def test_lock_that_azure_lists_and_that_stands_elsewhere_is_in_nobodys_way(arm: OpenArm) -> None:
    place = f"{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-api"
    lock = {
        "id": f"{place}/providers/Microsoft.Authorization/locks/keep",
        "name": "keep",
        "properties": {"level": "CanNotDelete"},
    }
    opened = arm(contents("id-api", "id-old"), Fault("GET", "/locks", answer_body({"value": [lock]}), times=ALWAYS))
    change = delete_of_old(arm(contents("id-api", "id-old")), Impact())

    assert look_before_delete(change, opened.resources).surprise is None


def test_credential_that_a_lost_call_made_late_is_ours(arm: OpenArm) -> None:
    late = FederatedCredential(there("id-api").resource_id, "fic-a", ISSUER, "a", (AUDIENCE,))
    opened = arm(
        contents(lives("id-api")),
        Fault("PUT", "fic-a", reset_before),
        Fault("PUT", "fic-a", meddle(lambda: opened.application.state.put(late))),
    )

    result = apply_now(
        opened, full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_a="a"))))
    )

    assert [(one.outcome, one.because) for one in result.results] == [(Outcome.DONE, "")]


def test_credential_that_is_changed_was_there_and_is_no_stranger(arm: OpenArm) -> None:
    opened = arm(with_trusts(contents(lives("id-api")), "id-api", {"fic-a": "old"}))

    result = apply_now(
        opened, full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_a="a"))))
    )

    assert [(one.outcome, one.because) for one in result.results] == [(Outcome.DONE, "")]
