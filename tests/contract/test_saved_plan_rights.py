"""Whoever applies a saved plan may see less, or more, than whoever made it: that is told as what it is."""

from dataclasses import replace

import pytest

from reconciler.errors import PlanStale, StaleDetail
from reconciler.plan import Plan
from reconciler.sandbox.state.state import Contents, Grant
from reconciler.saved_plan.content import parse_plan
from reconciler.saved_plan.staleness import check_unchanged, find_differences
from reconciler.saved_plan.visibility import SIGHT_HINT
from reconciler.workflow.declare import load_declaration
from reconciler.workflow.plan import run_plan
from tests.contract.access import CONTRIBUTOR, IN_GROUP, IN_SUBSCRIPTION, OWNER, READER, given, with_roles
from tests.contract.arm import PIPELINE, in_process
from tests.contract.impact import EVERYTHING, without
from tests.contract.saved import live, request
from tests.unit.saving import NAME, save

READ = "Microsoft.Authorization/roleAssignments/read"
READER_OF_ALL = (Grant(PIPELINE, "/", ("*/read",)), Grant(PIPELINE, IN_GROUP, EVERYTHING))
CONTRIBUTOR_OF_THE_GROUP = (Grant(PIPELINE, IN_GROUP, EVERYTHING),)
ELSEWHERE = f"{IN_SUBSCRIPTION}/resourceGroups/rg-other"
ROLES_NOTE = f"Role assignments elsewhere in {IN_SUBSCRIPTION} were not looked for: {READ} is missing there."


def start() -> Contents:
    """An identity to delete with a role of ours and one of others in another group, and one that stays with one."""
    return with_roles(
        live(),
        given("id-old", CONTRIBUTOR, ELSEWHERE, owner=OWNER),
        given("id-old", READER, ELSEWHERE),
        given("id-api", CONTRIBUTOR, ELSEWHERE, owner=OWNER),
    )


def planned(grants: tuple[Grant, ...]) -> Plan:
    """The plan as it is saved by whoever has these rights."""
    with in_process(replace(start(), permissions=grants)) as arm:
        return parse_plan(NAME, save(run_plan(load_declaration(request()), arm.azure))).plan


def difference(saved: Plan, now: Plan) -> tuple[tuple[StaleDetail, ...], str]:
    """What makes a plan stale, and what to do."""
    with pytest.raises(PlanStale) as raised:
        check_unchanged(saved, now)
    return raised.value.details, raised.value.hint


def test_who_applies_and_sees_less_is_told_so_and_not_that_roles_are_gone() -> None:
    details, hint = difference(planned(READER_OF_ALL), planned(CONTRIBUTOR_OF_THE_GROUP))

    told = [one.message for one in details]
    assert told[0] == f"the one who applies cannot look at what the one who planned can: {ROLES_NOTE}"
    assert not [one for one in told if "gone" in one or "deleted" in one]
    assert any(f"and not by the one who applies (missing {READ} at {IN_SUBSCRIPTION})" in one for one in told)
    assert hint == SIGHT_HINT


def test_who_applies_and_sees_more_is_told_so_and_not_that_roles_are_new() -> None:
    details, hint = difference(planned(CONTRIBUTOR_OF_THE_GROUP), planned(READER_OF_ALL))

    told = [one.message for one in details]
    assert told[0] == f"the one who planned cannot look at what the one who applies can: {ROLES_NOTE}"
    assert not [one for one in told if "is new" in one]
    assert hint == SIGHT_HINT


@pytest.mark.parametrize("grants", [READER_OF_ALL, CONTRIBUTOR_OF_THE_GROUP])
def test_plan_of_whoever_applies_is_not_stale(grants: tuple[Grant, ...]) -> None:
    assert list(find_differences(planned(grants), planned(grants))) == []


def test_role_that_is_truly_gone_where_both_can_look_is_told_as_that() -> None:
    saved = planned(CONTRIBUTOR_OF_THE_GROUP)
    fewer = replace(
        saved, changes=tuple(one for one in saved.changes if "Contributor@" not in one.resource_id.below_identity)
    )

    details, _ = difference(saved, fewer)

    assert [(one.label, one.message) for one in details] == [
        (f"rg-app/id-old/roleAssignments/Contributor@{IN_GROUP}", "has been deleted")
    ]


def test_lock_that_only_one_of_them_may_read_is_a_matter_of_rights() -> None:
    blind = (without("Microsoft.Authorization/locks/read", scope="/"),)

    details, hint = difference(planned(()), planned(blind))

    (told,) = (one.message for one in details if one.label == "rg-app/id-old")
    assert told.startswith("its locks could be read by the one who planned, and not by the one who applies (")
    assert hint == SIGHT_HINT
