"""A plan as its reviewer reads it: refusals and deletes first, open and complete, whatever else there is."""

import re

from reconciler.guards import parse_allowances
from reconciler.manifest.desired import IdentitiesPolicy, Policy
from reconciler.model.identity import OWNER_TAG
from reconciler.model.ids import identity_of
from reconciler.plan.plan import Plan
from reconciler.report.formats.markdown import MarkdownFormat
from reconciler.report.markdown.document import utf16_units
from reconciler.report.markdown.plan import plan_head, plan_sections
from reconciler.report.rows import Header
from tests.builders import OTHER_SUBSCRIPTION, desired_group, live_group, live_identity, plan_of
from tests.unit.report.markdown_faults import markdown_faults
from tests.unit.reporting import OURS, plan_of_everything, refused_plan

MARKDOWN = MarkdownFormat("plan-x")
BARE = Header("", "")
MOST_OF_A_COMMENT = 65_536
"""By the contract, and not by the code: characters of a comment."""
ALL_DELETES = parse_allowances((), ("2000", "100%"), None)


def large_plan(creates: int, deletes: int, name: str = "id-with-a-rather-long-name-for-an-identity") -> Plan:
    desired = desired_group(*(f"{name}-new-{number:04}" for number in range(creates)), owner="team-a")
    live = live_group(*(live_identity(f"{name}-old-{number:04}", tags=OURS) for number in range(deletes)))
    return plan_of(desired, live)


def test_numbers_come_first_and_then_what_is_deleted() -> None:
    text = MARKDOWN.plan(plan_of_everything(), Header("state.json", "pipeline"))

    lines = text.split("\n")
    assert lines[:2] == ["<!-- uami:plan-x -->", "**Plan: 1 to add, 2 to change, 1 to destroy.**"]
    assert "SANDBOX `state.json`" in lines[3]
    assert "Principal `pipeline`" in lines[3]
    assert text.index("**Deleted, and what that breaks") < text.index("`rg-app/id-old`") < text.index("<details>")
    assert markdown_faults(text) == []


def test_refusals_come_before_all_else_with_what_lifts_them() -> None:
    plan = refused_plan()

    text = MARKDOWN.plan(plan, BARE)

    assert text.split("\n")[1].startswith("**Refused: ")
    headings = re.findall(r"^\*\*([A-Z][^:*]+)\*\*$", text, re.MULTILINE)
    assert headings[0] == "Refused by guards, and not part of the plan"
    assert all(f"- `{one.code}` at " in text for one in plan.violations)


def test_refused_changes_are_each_named_also_where_one_refusal_holds_back_many() -> None:
    plan = large_plan(0, 30)

    text = MARKDOWN.plan(plan, BARE)

    assert {one.code for one in plan.violations} == {"delete-limit"}
    assert all(f"rg-app/{identity_of(one).name}`" in text for one in plan.refused)


def test_of_2000_changes_each_of_100_deletes_is_kept_and_the_rest_is_counted() -> None:
    desired = desired_group(*(f"id-with-a-rather-long-name-{number:04}" for number in range(1_900)), owner="team-a")
    tags = {**OURS, **{f"t{number}": "x" * 200 for number in range(10)}}
    names = [f"id-old-{number:03}" for number in range(100)]
    plan = plan_of(desired, live_group(*(live_identity(name, tags=tags) for name in names)), ALL_DELETES)
    assert not plan.violations

    text = MARKDOWN.plan(plan, BARE)

    assert utf16_units(text) <= MOST_OF_A_COMMENT
    assert all(f"- `rg-app/{name}`\n" in text for name in names)
    shown = text.count("will be created")
    assert shown < 1_900
    assert f"{1_900 - shown:,} of 1,900 changes" in text.split("\n")[3]


def test_of_2000_deletes_as_many_are_kept_as_fit_and_the_first_lines_count_the_others() -> None:
    desired = desired_group(owner="team-a", policy=Policy(identities=IdentitiesPolicy.OWNED))
    name = "id-with-a-rather-long-name-{:04}-that-goes-on"
    live = live_group(*(live_identity(name.format(number), tags=OURS) for number in range(2_000)))

    text = MARKDOWN.plan(plan_of(desired, live, ALL_DELETES), BARE)

    shown = text.count("- `rg-app/id-with")
    line = len(f"- `rg-app/{name.format(0)}`\n")
    assert MOST_OF_A_COMMENT - 3 * line < utf16_units(text) <= MOST_OF_A_COMMENT
    assert f"{2_000 - shown:,} of 2,000 deletes" in text.split("\n")[3]


def test_of_2000_refused_deletes_as_many_are_kept_as_fit() -> None:
    text = MARKDOWN.plan(large_plan(0, 2_000), BARE)

    shown = text.count("- delete `")
    assert utf16_units(text) <= MOST_OF_A_COMMENT < utf16_units(text) + 500
    assert f"{2_000 - shown:,} of 2,000 refused changes" in text.split("\n")[3]


def test_totals_are_told_by_group_and_by_owner() -> None:
    desired = [
        desired_group("id-a", owner="team-a"),
        desired_group("id-b", name="rg-b", owner="team-b", subscription=OTHER_SUBSCRIPTION),
    ]
    plan = plan_of(desired, [live_group(), live_group(name="rg-b", subscription=OTHER_SUBSCRIPTION)])

    titles = [one.title for one in plan_sections(plan, BARE) if one.noun == "totals" and one.entries]

    assert titles == ["Totals by resource group", "Totals by owner"]
    assert plan_head(plan, BARE)[0] == "**Plan: 2 to add, 0 to change, 0 to destroy.**"


def test_hostile_tags_are_code() -> None:
    tags = {OWNER_TAG: "team-a", "x": "[a](b) <img src=x> @all #1 ::error::"}
    text = MARKDOWN.plan(
        plan_of(desired_group("id-a", owner="team-a"), live_group(live_identity("id-old", tags=tags))), BARE
    )

    assert markdown_faults(text) == []
