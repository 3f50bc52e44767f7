"""The pages of a plan and of drift: what a reviewer asks first stands first, and nothing is left out."""

from dataclasses import replace

import pytest

from reconciler.model import PlanRefused, identity_of
from reconciler.plan import NotUndone, Plan
from reconciler.report.html.plan import SAVED_PLAN, drift_page, plan_page, refused_page
from reconciler.report.html.views import Line, PageView, Tally, Tone
from reconciler.report.rows import Header
from tests.builders import TENANT, desired_group, listed, live_group, plan_of, resource_id
from tests.unit.reporting import plan_of_everything, refused_plan

HEADER = Header("state.json", "pipeline (object id 1)")
UNDO = Header("", "", is_undo=True)


def page(plan: Plan, header: Header = HEADER, *, group: bool = True) -> PageView:
    return plan_page(plan, header, group=group)


def names(view: PageView) -> list[str]:
    return [section.name for section in view.sections]


def test_page_of_a_plan_has_its_numbers_and_where_it_looked() -> None:
    view = page(plan_of_everything())

    assert (view.kind, view.verdict, view.tone) == ("Plan", "Plan: 1 to add, 2 to change, 1 to destroy.", Tone.DELETE)
    assert view.tallies == (
        Tally(1, "to add", Tone.CREATE, "changes"),
        Tally(2, "to change", Tone.UPDATE, "changes"),
        Tally(1, "to destroy", Tone.DELETE, "deletes"),
    )
    assert view.facts[:2] == (("SANDBOX", "state.json"), ("Tenant", TENANT))
    assert view.facts[-1] == ("Principal", "pipeline (object id 1)")
    assert names(view) == ["deletes", "changes", "stays"]


def test_every_change_is_in_one_section() -> None:
    plan = plan_of_everything()

    titles = [block.title for section in page(plan).sections for group in section.groups for block in group.blocks]

    assert sorted(titles) == sorted(identity_of(change.resource_id).name for change in plan.applicable)


def test_refusals_come_before_the_changes_and_are_said_below_the_verdict() -> None:
    view = page(refused_plan())

    assert view.tone is Tone.REFUSED
    assert view.asides == (Line("", "Refused: 2 changes by 3 guards.", Tone.REFUSED),)
    assert view.tallies[-1] == Tally(2, "refused", Tone.REFUSED, "refused")
    assert names(view) == ["refused", "changes"]


def test_plan_without_changes_is_good() -> None:
    view = page(plan_of(desired_group("id-a"), live_group("id-a")))

    assert (view.verdict, view.tone) == ("No changes. Live identities match the manifest.", Tone.GOOD)
    assert view.sections == ()


def test_what_is_held_has_its_section_and_its_number() -> None:
    view = page(plan_of(desired_group(listed("id-a", hold="later", tags={"a": "b"})), live_group("id-a")))

    (section,) = view.sections
    assert section.name == "held"
    assert section.groups[0].blocks[0].entries[0].summary == 'would be updated in place; held: "later"'
    assert view.tallies[-1] == Tally(1, "held", Tone.HELD, "held")


def test_large_plan_has_tables_with_a_column_for_what_happens() -> None:
    new = desired_group(*(f"id-{one}" for one in range(30)), name="rg-new", owner="a")
    old = desired_group("id-stays", name="rg-old", owner="b")
    lives = [live_group(name="rg-new"), live_group("id-stays", name="rg-old")]

    view = page(plan_of([new, old], lives))

    by_group, by_owner = (one for one in view.sections if one.table is not None)
    assert by_group.table is not None
    assert by_owner.table is not None
    assert by_group.table.headings == ("resource group", "to add", "to change")
    assert by_group.table.rows == (("rg-new", "30", ""), ("rg-old", "", "1"))
    assert [row[0] for row in by_owner.table.rows] == ["a", "b"]


def test_saved_plan_and_undo_are_called_so() -> None:
    plan = plan_of_everything()

    assert page(plan, Header("plan.json, made today", "", kind=SAVED_PLAN)).kind == "Saved plan"
    assert page(plan, UNDO).kind == "Undo"


def test_what_an_undo_leaves_is_said_below_the_verdict_and_before_the_changes() -> None:
    stays = NotUndone(resource_id("id-a"), "", "it was changed since", "Look.")

    view = page(replace(plan_of_everything(), not_undone=(stays,)), UNDO)

    assert view.asides == (Line("", "Not taken back: 1 part of the run, as said below.", Tone.WARNING),)
    assert names(view)[:3] == ["deletes", "not-taken-back", "changes"]


def test_refused_run_says_that_nothing_was_changed() -> None:
    plan = refused_plan()

    view = refused_page(plan, PlanRefused(plan.violations), group=True)

    assert (view.kind, view.tone) == ("Apply", Tone.REFUSED)
    assert [line.text for line in view.asides] == [
        "The plan is refused by 3 guards; nothing was changed.",
        "Refused: 2 changes by 3 guards.",
    ]


@pytest.mark.parametrize("group", [True, False])
def test_drift_has_a_section_for_each_list(group: bool) -> None:
    view = drift_page(plan_of_everything(), HEADER, group=group)

    assert view.verdict == "Drift: 1 missing, 1 unexpected, 2 changed."
    assert names(view) == ["unexpected", "changed", "missing", "stays"]
    assert view.tallies == (
        Tally(1, "unexpected", Tone.DELETE, "unexpected"),
        Tally(2, "changed", Tone.UPDATE, "changed"),
        Tally(1, "missing", Tone.CREATE, "missing"),
    )


def test_no_drift_is_good() -> None:
    view = drift_page(plan_of(desired_group("id-a"), live_group("id-a")), HEADER, group=True)

    assert (view.verdict, view.tone) == ("No changes. Live identities match the manifest.", Tone.GOOD)
