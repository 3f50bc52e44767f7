"""What a role assignment has besides who gets which role on what: read, shown, kept, changed and given back."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.apply.verify import verify_result
from reconciler.manifest.desired import DesiredGroup
from reconciler.plan.changes import Action, field_text
from reconciler.plan.document import change_document
from reconciler.report.plan_text import render_plan
from reconciler.report.rows import Header
from reconciler.sandbox.state.kinds import RoleAssignment
from reconciler.sandbox.state.state import Contents
from tests.builders import desired_group, listed
from tests.contract.access import CONTRIBUTOR, OWNER, READER, full_plan, given, lives, role, with_roles
from tests.contract.applying import apply_now
from tests.contract.arm import Arm, OpenArm, contents
from tests.contract.journaling import apply_with_journal, lines_of

CONDITION = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'a'"
DETAILS = {
    "condition": CONDITION,
    "condition_version": "2.0",
    "description": "for the nightly job",
    "delegated_managed_identity_resource_id": "/subscriptions/other",
}


def bounded(assignment: RoleAssignment) -> RoleAssignment:
    """An assignment with everything that one can have."""
    return replace(
        assignment,
        condition=CONDITION,
        condition_version="2.0",
        description="for the nightly job",
        delegated_identity_id="/subscriptions/other",
    )


def start(*assignments: RoleAssignment) -> Contents:
    """An identity of ours with these roles."""
    return with_roles(contents(lives("id-api", tags={"uami-owner": OWNER})), *assignments)


def assignments(arm: Arm) -> list[RoleAssignment]:
    """The role assignments that live, without the times at which they were written."""
    return [
        replace(one, created_on=None, updated_on=None, created_by=None, updated_by=None)
        for one in arm.application.state.contents().of(RoleAssignment)
    ]


def meddle(arm: Arm, assignment: RoleAssignment) -> None:
    """Somebody else writes an assignment."""
    arm.application.state.put(assignment)


GIVEN = given("id-api", READER, owner=OWNER)
NONE_LISTED = desired_group(listed("id-api", role_assignments=[]), owner=OWNER)
LISTED = desired_group(listed("id-api", role_assignments=[role("Reader")]), owner=OWNER)


def test_delete_is_planned_and_journalled_with_all_that_goes(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(start(bounded(GIVEN)))
    plan = full_plan(opened, NONE_LISTED)

    apply_with_journal(opened, plan, tmp_path / "run.jsonl")

    (change,) = plan.applicable
    document = change_document(change)
    journalled = next(one for one in lines_of(tmp_path / "run.jsonl") if one["kind"] == "intent")
    for before in (document["before"], journalled["before"]):
        assert isinstance(before, dict)
        assert {name: before[name] for name in DETAILS} == DETAILS
    assert assignments(opened) == []


def test_condition_that_came_after_the_plan_keeps_a_role_from_being_taken_away(arm: OpenArm) -> None:
    opened = arm(start(GIVEN))
    plan = full_plan(opened, NONE_LISTED)
    meddle(opened, bounded(GIVEN))

    (result,) = apply_now(opened, plan).results

    assert result.outcome == "stale"
    assert result.because.startswith(f"changed since the plan was made: condition is now {CONDITION!r}")
    assert assignments(opened) == [bounded(GIVEN)]


def test_condition_that_no_line_names_is_kept_and_shown(arm: OpenArm) -> None:
    theirs = bounded(given("id-api", CONTRIBUTOR))
    opened = arm(start(bounded(GIVEN), theirs))

    plan = full_plan(opened, LISTED)

    assert plan.applicable == ()
    text = render_plan(plan, Header("", ""), color=False)
    assert "roleAssignments/Reader@" in text
    assert ", with a condition that the manifest does not name." in text
    assert ", made by others, with a condition." in text


def naming(**details: str | None) -> DesiredGroup:
    """The role listed by a line that names these details."""
    return desired_group(listed("id-api", role_assignments=[role("Reader", details=details)]), owner=OWNER)


@pytest.mark.parametrize(
    ("named", "differences", "after"),
    [
        (
            {"condition": "y", "condition_version": "2.0"},
            [("condition", CONDITION, "y")],
            replace(bounded(GIVEN), condition="y"),
        ),
        (
            {"condition": None, "condition_version": None},
            [("condition", CONDITION, None), ("condition_version", "2.0", None)],
            replace(bounded(GIVEN), condition=None, condition_version=None),
        ),
        (
            {"description": "other"},
            [("description", "for the nightly job", "other")],
            replace(bounded(GIVEN), description="other"),
        ),
        (
            {"delegated_managed_identity_resource_id": None},
            [("delegated_managed_identity_resource_id", "/subscriptions/other", None)],
            replace(bounded(GIVEN), delegated_identity_id=None),
        ),
    ],
    ids=["condition", "no condition", "description", "no delegated identity"],
)
@pytest.mark.parametrize("name", [GIVEN.name, given("id-api", READER).name], ids=["ours", "others'"])
def test_detail_that_a_line_names_is_written_and_all_others_stay(
    arm: OpenArm,
    name: str,
    named: dict[str, str | None],
    differences: list[tuple[str, str | None, str | None]],
    after: RoleAssignment,
) -> None:
    opened = arm(start(replace(bounded(GIVEN), name=name)))
    plan = full_plan(opened, naming(**named))

    result = apply_now(opened, plan)

    (change,) = plan.applicable
    assert change.action is Action.UPDATE
    assert [(field_text(one), one.before, one.after) for one in change.differences] == differences
    assert result.complete
    assert assignments(opened) == [replace(after, name=name)]
    assert full_plan(opened, naming(**named)).applicable == ()


def test_detail_that_lives_as_named_is_no_change(arm: OpenArm) -> None:
    opened = arm(start(bounded(GIVEN)))

    assert full_plan(opened, naming(**DETAILS)).applicable == ()


def test_new_role_comes_with_the_details_that_its_line_names(arm: OpenArm) -> None:
    opened = arm(start())

    result = apply_now(opened, full_plan(opened, naming(**DETAILS)))

    assert result.complete
    (made,) = assignments(opened)
    assert (made.condition, made.condition_version, made.description) == (CONDITION, "2.0", "for the nightly job")
    assert full_plan(opened, naming(**DETAILS)).applicable == ()


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        (replace(bounded(GIVEN), condition="z"), "changed since the plan was made: condition is now 'z'"),
        (None, "the role assignment has been deleted since the plan was made"),
    ],
    ids=["another condition", "gone"],
)
def test_update_of_what_changed_meanwhile_is_stale(arm: OpenArm, meanwhile: RoleAssignment | None, told: str) -> None:
    opened = arm(start(bounded(GIVEN)))
    plan = full_plan(opened, naming(description="other"))
    opened.application.state.remove(bounded(GIVEN))
    if meanwhile is not None:
        meddle(opened, meanwhile)

    (result,) = apply_now(opened, plan).results

    assert (result.outcome, result.because) == ("stale", told)
    assert assignments(opened) == ([] if meanwhile is None else [meanwhile])


def test_detail_that_does_not_hold_is_said(arm: OpenArm) -> None:
    opened = arm(start(bounded(GIVEN)))
    result = apply_now(opened, full_plan(opened, naming(description="other")))
    meddle(opened, bounded(GIVEN))

    (again,) = verify_result(result, opened.resources, sleep=lambda _: None).results

    assert again.not_held == ("description came back as 'for the nightly job', not 'other'",)
