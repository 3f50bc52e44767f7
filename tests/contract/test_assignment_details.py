"""What a role assignment has besides who gets which role on what: read, shown, kept, changed and given back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.apply.verify import verify_result
from reconciler.manifest.desired import DesiredGroup
from reconciler.model.owner_mark import MarkedDescription
from reconciler.plan.changes import Action
from reconciler.plan.document import change_document
from reconciler.plan.fields import field_text
from reconciler.report.plan_text import render_plan
from reconciler.report.rows import Header
from reconciler.sandbox.state.kinds import RoleAssignment
from reconciler.sandbox.state.state import Contents
from reconciler.undo.restore import CONDITION_UNKNOWN
from tests.builders import desired_group, listed
from tests.contract.access import CONTRIBUTOR, OWNER, READER, full_plan, given, lives, role, with_roles
from tests.contract.applying import apply_now
from tests.contract.arm import Arm, OpenArm, contents
from tests.contract.journaling import apply_with_journal, lines_of, undo_now, undo_plan

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
        description=replace(MarkedDescription.read(assignment.description), text="for the nightly job").written,
        delegated_identity_id="/subscriptions/other",
    )


def marked(text: str) -> str | None:
    """A description of ours as ARM keeps it."""
    return MarkedDescription(text, OWNER).written


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
    said = " ".join(text.split())
    assert "Kept: role Reader on rg-app of rg-app/id-api, with a condition that the manifest does not name." in said
    assert "Left alone: role Contributor on rg-app of rg-app/id-api, made by others, with a condition." in said


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
            replace(bounded(GIVEN), description=marked("other")),
        ),
        (
            {"delegated_managed_identity_resource_id": None},
            [("delegated_managed_identity_resource_id", "/subscriptions/other", None)],
            replace(bounded(GIVEN), delegated_identity_id=None),
        ),
    ],
    ids=["condition", "no condition", "description", "no delegated identity"],
)
@pytest.mark.parametrize("name", [GIVEN.name, given("id-api", READER).name], ids=["name we give", "another name"])
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
    assert (made.condition, made.condition_version, made.description) == (
        CONDITION,
        "2.0",
        marked("for the nightly job"),
    )
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


def test_role_that_a_run_took_away_is_given_back_as_it_was(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(start(bounded(GIVEN)))
    apply_with_journal(opened, full_plan(opened, NONE_LISTED), tmp_path / "run.jsonl")

    undo_now(opened, tmp_path / "run.jsonl")

    assert assignments(opened) == [bounded(GIVEN)]


def test_details_that_a_run_changed_are_what_they_were(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(start(bounded(GIVEN)))
    line = naming(condition=None, condition_version=None)
    apply_with_journal(opened, full_plan(opened, line), tmp_path / "run.jsonl")

    undo_now(opened, tmp_path / "run.jsonl")

    assert assignments(opened) == [bounded(GIVEN)]


def test_deleted_identity_gets_its_roles_back_as_they_were(arm: OpenArm, tmp_path: Path) -> None:
    theirs = bounded(given("id-api", CONTRIBUTOR))
    opened = arm(start(bounded(GIVEN), theirs))
    line = desired_group("id-other", owner=OWNER)
    apply_with_journal(opened, full_plan(opened, line), tmp_path / "run.jsonl")

    undo_now(opened, tmp_path / "run.jsonl")

    returned = [one for one in assignments(opened) if one.principal_id != GIVEN.principal_id]
    assert len(returned) == 2
    assert {(one.condition, one.description, one.delegated_identity_id) for one in returned} == {
        (CONDITION, marked("for the nightly job"), "/subscriptions/other"),
        (CONDITION, "for the nightly job", "/subscriptions/other"),
    }


@pytest.mark.parametrize("line", [NONE_LISTED, desired_group("id-other", owner=OWNER)], ids=["role", "identity"])
def test_role_of_which_a_journal_does_not_say_the_condition_is_not_given_back(
    arm: OpenArm, tmp_path: Path, line: DesiredGroup
) -> None:
    opened = arm(start(bounded(GIVEN)))
    apply_with_journal(opened, full_plan(opened, line), tmp_path / "run.jsonl")
    before_details = [json.loads(one) for one in (tmp_path / "run.jsonl").read_text().splitlines()]
    for one in before_details:
        hanging = one.get("hanging") or {}
        for state in (one.get("before"), one.get("after"), *(hanging.get("role_assignments") or ())):
            for name in DETAILS:
                (state or {}).pop(name, None)
    (tmp_path / "old.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in before_details))

    plan = undo_plan(opened, tmp_path / "old.jsonl")

    assert [one for one in plan.applicable if one.resource_id.address.count("roleAssignments")] == []
    assert CONDITION_UNKNOWN in {one.because for one in plan.not_undone or ()}


@pytest.mark.parametrize(
    ("listed_first", "run", "meanwhile"),
    [
        ((GIVEN,), NONE_LISTED, bounded(GIVEN)),
        ((), LISTED, bounded(GIVEN)),
        ((GIVEN,), naming(description="other"), bounded(GIVEN)),
    ],
    ids=["taken away, and given again", "given, and narrowed", "described, and narrowed"],
)
def test_role_that_somebody_has_changed_since_is_left_alone(
    arm: OpenArm, tmp_path: Path, listed_first: tuple[RoleAssignment, ...], run: DesiredGroup, meanwhile: RoleAssignment
) -> None:
    opened = arm(start(*listed_first))
    apply_with_journal(opened, full_plan(opened, run), tmp_path / "run.jsonl")
    meddle(opened, meanwhile)

    plan = undo_plan(opened, tmp_path / "run.jsonl")

    assert plan.applicable == ()
    assert [one.because for one in plan.not_undone or ()] == ["it is no longer as the run has left it"]
