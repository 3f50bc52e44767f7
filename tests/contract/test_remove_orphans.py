"""The removal of orphans: exactly ours go, nobody's whose principal is back, and nothing half-way."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from reconciler.apply.result import Moment
from reconciler.errors import AuthError, Interrupted
from reconciler.guards import Allowances
from reconciler.journal.call import Outcome
from reconciler.model.access import RoleAssignment as LiveAssignment
from reconciler.model.ids import ResourceId, identity_of
from reconciler.model.violation import PlanRefused
from reconciler.sandbox.state.kinds import RoleAssignment
from tests.builders import SUBSCRIPTION, TENANT, resource_id
from tests.contract.access import (
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    lives,
    principal_of,
    with_roles,
)
from tests.contract.applying import Run
from tests.contract.arm import OpenArm, contents, in_process
from tests.contract.faults import ALWAYS, Behaviour, Fault, Forward, answer, answer_body, fail_after, meddle
from tests.contract.impact import without
from tests.contract.removing import OLD, OURS, START, Removal, left, names_of, old
from tests.unit.guardrails.rails import rails

BY_IDS = "/directoryObjects/getByIds"
DELETE = "Microsoft.Authorization/roleAssignments/delete"
ALL = {one.name for one in START.of(RoleAssignment)}
KNOWN = {principal_of(one): resource_id(one) for one in ("id-a", "id-b")}
"""What a journal says of the two that are gone."""
OF_US = names_of(*(old(*one) for one in OURS))


def assignment_path(identity: str, role: str, scope: str = IN_GROUP) -> str:
    """The path of a role of ours."""
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{old(identity, role, scope).name}"


def knows(identity: str) -> Behaviour:
    """Whoever seemed to be gone is known to the directory."""

    def behave(request: httpx.Request, forward: Forward) -> httpx.Response:
        ids = json.loads(request.content)["ids"]
        if principal_of(identity) not in ids:
            return forward(request)
        kind = {"@odata.type": "#microsoft.graph.servicePrincipal"}
        return httpx.Response(200, json={"value": [{**kind, "id": one} for one in ids]}, request=request)

    return behave


def identity_with(principal_id: str) -> Behaviour:
    """An identity that has a principal."""
    ids = {"principalId": principal_id, "clientId": principal_of("client"), "tenantId": TENANT}
    return answer_body({"id": str(resource_id("id-a")), "location": "westeurope", "tags": {}, "properties": ids})


def test_removal_deletes_exactly_what_is_ours_and_orphaned(arm: OpenArm) -> None:
    opened = arm(START)

    result = Removal(opened).carry_out()

    assert {one.outcome for one in result.results} == {Outcome.DONE}
    assert (len(result.results), result.verified) == (3, True)
    assert left(opened) == ALL - OF_US
    assert {method for method, _, _ in opened.writes} == {"DELETE"}


def test_what_several_owners_left_goes_in_one_run(arm: OpenArm) -> None:
    opened = arm(START)
    removal = Removal(opened, owners=(OWNER, "team-b"))

    result = removal.carry_out()

    assert removal.shown[0].violations == ()
    assert (len(result.results), {one.outcome for one in result.results}) == (4, {Outcome.DONE})


def test_second_removal_finds_nothing_and_writes_nothing(arm: OpenArm) -> None:
    opened = arm(START)
    Removal(opened).carry_out()
    before = opened.writes

    removal = Removal(opened)
    result = removal.carry_out()

    assert (result.results, opened.writes) == ((), before)
    assert [one.changes for one in removal.shown] == [()]


def test_removal_asks_for_no_identity_and_for_no_group_of_those_that_are_gone(arm: OpenArm) -> None:
    opened = arm(START)

    Removal(opened).carry_out()

    assert [path for _, path in opened.asked if "(gone)" in path or "%28gone%29" in path] == []


def test_roles_above_the_subscription_stay_and_are_said(arm: OpenArm) -> None:
    opened = arm(with_roles(START, old("id-a", READER, "/")))

    removal = Removal(opened)
    removal.carry_out()

    assert left(opened) == (ALL - OF_US) | names_of(old("id-a", READER, "/"))
    (shown,) = removal.shown
    assert "1 orphaned role assignment of ours above the subscription stays: a run over one removes none there." in (
        shown.notes
    )


def test_more_than_the_limit_are_refused_and_raised_by_the_flag(arm: OpenArm) -> None:
    many = [old(f"id-{number}", READER) for number in range(21)]
    opened = arm(with_roles(START, *many))

    with pytest.raises(PlanRefused) as refused:
        Removal(opened).carry_out()

    (violation,) = refused.value.violations
    assert violation.code == "revoke-limit"
    assert violation.message == "24 role assignments would be deleted in this run, over the limit of 20"
    assert violation.hint.endswith(" If all are meant: --max-revokes 24.")
    assert left(opened) == ALL | names_of(*many)

    Removal(opened, allowances=Allowances(max_revokes=24)).carry_out()

    assert left(opened) == ALL - OF_US


def test_lock_refuses_what_it_covers_before_anything_is_deleted(arm: OpenArm) -> None:
    opened = arm(START)
    opened.lock(IN_GROUP)

    with pytest.raises(PlanRefused) as refused:
        Removal(opened).carry_out()

    (violation,) = refused.value.violations
    assert (violation.code, len(violation.refused)) == ("locked", 2)
    assert left(opened) == ALL

    Removal(opened).carry_out(skip_refused=True)

    assert left(opened) == ALL - names_of(old("id-a", CONTRIBUTOR, IN_SUBSCRIPTION))


def test_guardrails_hold_back_what_they_do_not_let_through(arm: OpenArm) -> None:
    opened = arm(START)
    removal = Removal(opened, guardrails=(rails("resourceGroups: ['rg-*']"),))

    with pytest.raises(PlanRefused):
        removal.carry_out()

    assert left(opened) == ALL

    removal.carry_out(skip_refused=True)

    assert left(opened) == (ALL - OF_US) | names_of(old("id-a", CONTRIBUTOR, IN_SUBSCRIPTION))
    assert removal.shown[0].guardrails == removal.guardrails[0].sha256


def test_without_the_right_to_delete_nothing_is_begun(arm: OpenArm) -> None:
    opened = arm(replace(START, permissions=(without(DELETE),)))

    with pytest.raises(AuthError, match=re.escape(DELETE)):
        Removal(opened, KNOWN).carry_out()

    assert opened.writes == []


def test_principal_that_is_back_keeps_all_of_its_roles(arm: OpenArm) -> None:
    opened = arm(START, Fault("POST", BY_IDS, knows("id-a"), times=ALWAYS, passes=2))

    result = Removal(opened).carry_out()

    assert {(one.outcome, one.because) for one in result.results if one.outcome is not Outcome.DONE} == {
        (Outcome.STALE, "its principal is not gone: Microsoft Graph knows it")
    }
    assert left(opened) == ALL - names_of(old("id-b", READER))


def test_identity_that_a_journal_names_and_that_is_back_keeps_its_roles(arm: OpenArm) -> None:
    back = Fault("GET", str(resource_id("id-a")), identity_with(principal_of("id-a")), times=ALWAYS, passes=1)
    opened = arm(START, back)
    known = {principal_of("id-a"): resource_id("id-a")}

    result = Removal(opened, known).carry_out()

    assert {(one.outcome, one.because) for one in result.results if one.outcome is not Outcome.DONE} == {
        (Outcome.STALE, "its principal is not gone: rg-app/id-a has it")
    }
    assert left(opened) == ALL - names_of(old("id-b", READER))


def test_identity_that_was_created_again_takes_no_roles_of_the_old_one_back(arm: OpenArm) -> None:
    opened = arm(START)
    known = {principal_of("id-a"): resource_id("id-a")}

    result = Removal(opened, known).carry_out(lambda _: opened.put("id-a"))

    assert result.complete
    assert left(opened) == ALL - OF_US


def test_permissions_of_a_place_are_asked_once_before_the_confirmation(arm: OpenArm) -> None:
    opened = arm(START)

    with pytest.raises(Interrupted):
        Removal(opened).carry_out(confirm=_interrupted)

    asked = [path for _, path in opened.asked if path.casefold().endswith("/microsoft.authorization/permissions")]
    assert len(asked) == len(set(map(str.casefold, asked)))


def _interrupted(_: object) -> None:
    raise Interrupted("asked to stop")


@pytest.mark.parametrize("known", [{}, KNOWN], ids=["found by the directory", "named by a journal"])
@pytest.mark.parametrize(
    ("fault", "because"),
    [
        (answer_body({"value": []}), "it shows nobody any more whom it showed before"),
        (answer(403, "Authorization_RequestDenied"), "missing Directory.Read.All in Microsoft Graph"),
        (answer(400, "Request_BadRequest", "Bad."), "Microsoft Graph: 400 Request_BadRequest"),
    ],
)
def test_directory_that_says_nothing_any_more_proves_nothing(
    arm: OpenArm, fault: Behaviour, because: str, known: dict[str, ResourceId]
) -> None:
    looks = 1 if known else 2  # where a journal and ARM prove it, the second look is spared
    opened = arm(START, Fault("POST", BY_IDS, fault, times=ALWAYS, passes=looks))

    result = Removal(opened, known).carry_out()

    said = f"whether its principal is still gone could not be looked up in Microsoft Graph: {because}"
    assert {(one.outcome, one.because.partition(" (")[0]) for one in result.results} == {(Outcome.STALE, said)}
    assert left(opened) == ALL


def test_what_arm_alone_has_proven_needs_no_directory(arm: OpenArm) -> None:
    opened = arm(START, Fault("POST", BY_IDS, answer(403, "Authorization_RequestDenied"), times=ALWAYS))

    Removal(opened, KNOWN).carry_out()

    assert left(opened) == ALL - OF_US


def test_identity_that_cannot_be_read_any_more_keeps_the_roles(arm: OpenArm) -> None:
    identity = "/userAssignedIdentities/id-a"
    opened = arm(START, Fault("GET", identity, answer(400, "Bad", "Bad."), times=ALWAYS, passes=1))
    known = {principal_of("id-a"): resource_id("id-a")}

    result = Removal(opened, known).carry_out()

    assert {one.outcome for one in result.results} == {Outcome.DONE, Outcome.FAILED}
    assert left(opened) == ALL - names_of(old("id-b", READER))


def test_principal_is_looked_up_once_for_all_of_its_roles(arm: OpenArm) -> None:
    opened = arm(START)

    Removal(opened).carry_out()

    # Twice to find them, and once for each of the two.
    assert [one.path for one in opened.application.requests].count(f"/v1.0{BY_IDS}") == 4


def test_role_that_was_changed_meanwhile_stays(arm: OpenArm) -> None:
    opened = arm(START)
    given = old("id-b", READER)
    properties = {
        "roleDefinitionId": given.role_definition_id,
        "principalId": given.principal_id,
        "principalType": "ServicePrincipal",
        "description": "Kept on purpose",
    }

    result = Removal(opened).carry_out(
        lambda _: opened.send("PUT", assignment_path("id-b", READER), "2022-04-01", {"properties": properties})
    )

    (stale,) = [one for one in result.results if one.outcome is not Outcome.DONE]
    assert (stale.outcome, stale.because.partition(":")[0]) == (Outcome.STALE, "changed since the plan was made")
    assert left(opened) == (ALL - OF_US) | names_of(given)


def test_role_that_somebody_else_has_deleted_meanwhile_is_done(arm: OpenArm) -> None:
    opened = arm(START)

    result = Removal(opened).carry_out(
        lambda _: opened.send("DELETE", assignment_path("id-b", READER), "2022-04-01", None)
    )

    assert result.complete
    assert left(opened) == ALL - OF_US


def test_delete_whose_answer_is_lost_is_looked_at_and_done(arm: OpenArm) -> None:
    opened = arm(START, Fault("DELETE", "", fail_after))
    run = Run(opened)

    result = Removal(opened).carry_out(run=run)

    assert result.complete
    assert left(opened) == ALL - OF_US
    assert [outcome for kind, _, _, outcome in run.journal.lines if kind == "end"].count(Outcome.IN_DOUBT) == 1


def test_one_that_is_refused_does_not_stop_the_others(arm: OpenArm) -> None:
    path = assignment_path("id-a", READER)
    opened = arm(START, Fault("DELETE", path, answer(409, "DenyAssignment", "No."), times=ALWAYS))

    result = Removal(opened).carry_out()

    assert sorted(one.outcome for one in result.results) == [Outcome.DONE, Outcome.DONE, Outcome.FAILED]
    assert left(opened) == (ALL - OF_US) | names_of(old("id-a", READER))


def test_server_that_fails_is_not_waited_for_as_for_a_new_principal(arm: OpenArm) -> None:
    opened = arm(START, Fault("DELETE", assignment_path("id-a", READER), answer(503, "Busy", "Busy."), times=ALWAYS))
    run = Run(opened)

    result = Removal(opened).carry_out(run=run)

    assert sorted(one.outcome for one in result.results) == [Outcome.DONE, Outcome.DONE, Outcome.FAILED]
    assert Moment.WAITING not in {event.moment for event in run.events}


def test_interrupted_removal_begins_nothing_more_and_the_next_one_goes_on(arm: OpenArm) -> None:
    opened = arm(START, Fault("DELETE", "", meddle(lambda: opened.stop.request())))

    result = Removal(opened).carry_out()

    assert sorted(one.outcome for one in result.results) == [Outcome.DONE, Outcome.NOT_TRIED, Outcome.NOT_TRIED]
    assert result.interrupted
    assert len(left(opened)) == len(ALL) - 1

    again = arm(opened.application.state.contents())

    assert Removal(again).carry_out().complete
    assert left(again) == ALL - OF_US


def test_interrupted_while_it_looks_again_deletes_nothing(arm: OpenArm) -> None:
    def interrupt(_: httpx.Request, __: Forward) -> httpx.Response:
        raise Interrupted("asked to stop")

    opened = arm(START, Fault("POST", BY_IDS, interrupt, times=ALWAYS, passes=2))

    result = Removal(opened).carry_out()

    assert {one.outcome for one in result.results} == {Outcome.NOT_TRIED}
    assert left(opened) == ALL


def test_each_call_is_journalled_with_what_was_there(arm: OpenArm) -> None:
    run = Run(arm(START))

    Removal(run.arm).carry_out(run=run)

    calls = run.journal.calls.values()
    assert {one.resource_id.address for one in calls} == {
        f"{SUBSCRIPTION}/(gone)/{principal_of(identity)}/roleAssignments/{name}@{scope}"
        for identity, name, scope in (
            ("id-a", "Reader", IN_GROUP),
            ("id-a", "Contributor", IN_SUBSCRIPTION),
            ("id-b", "Reader", IN_GROUP),
        )
    }
    assert {one.before.name for one in calls if isinstance(one.before, LiveAssignment)} == OF_US
    assert {identity_of(one.resource_id) for one in calls} == {
        ResourceId(SUBSCRIPTION, "(gone)", principal_of(one)) for one in ("id-a", "id-b")
    }


OWNERS = (OWNER, "team-b", None)
PLACES = (IN_GROUP, IN_SUBSCRIPTION, "/", str(resource_id("id-stays")))
ROLES = st.tuples(
    st.sampled_from(["id-stays", "id-a", "id-b"]),
    st.sampled_from([READER, CONTRIBUTOR]),
    st.sampled_from(PLACES),
    st.sampled_from(OWNERS),
    st.booleans(),
)


@generated(st.lists(ROLES, max_size=12, unique_by=lambda one: one[:3]))
def test_what_a_removal_deletes_in_any_world_is_what_is_ours_and_of_nobody(
    world: list[tuple[str, str, str, str | None, bool]],
) -> None:
    """A role that was given just now is of somebody whom the directory may not know yet, if no older one says more."""
    roles = [
        replace(old(identity, role, scope, owner=owner), created_on=datetime.now(UTC).isoformat() if is_young else OLD)
        for identity, role, scope, owner, is_young in world
    ]
    aged = {identity for identity, _, _, _, is_young in world if not is_young}
    ours = {
        one.name
        for one, (identity, _, scope, owner, _) in zip(roles, world, strict=True)
        if owner == OWNER and identity in aged - {"id-stays"} and scope != "/"
    }

    with in_process(with_roles(contents(lives("id-stays")), *roles)) as opened:
        result = Removal(opened).carry_out()

        assert result.complete
        assert left(opened) == names_of(*roles) - ours
