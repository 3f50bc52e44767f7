"""Numbers of large plans: by group and owner, and the end in a few lines; nothing of them in small ones."""

from dataclasses import replace

from reconciler.guards import Allowances, parse_allowances
from reconciler.model import AssignmentId, Violation
from reconciler.plan import Plan
from reconciler.report.names import names_of
from reconciler.report.page import Page
from reconciler.report.parts.totals import write_digest, write_totals
from reconciler.report.rows import change_rows, refused_rows
from tests.builders import desired_group, group_id, live_group, plan_of, resource_id

SCOPE = str(group_id("rg-data"))
ALL: Allowances = parse_allowances((), ("100", "100%"), None)


def plan(creates: int, deletes: int, *, owners: tuple[str | None, str | None] = (None, None)) -> Plan:
    """Creates in `rg-new`, deletes in `rg-old`, and nothing to do in `rg-same`."""
    new = desired_group(*(f"id-{one:02}" for one in range(creates)), name="rg-new", owner=owners[0])
    old = desired_group("id-stays", name="rg-old", owner=owners[1])
    lives = [
        live_group(name="rg-new"),
        live_group("id-stays", *(f"id-{one:02}" for one in range(deletes)), name="rg-old"),
        live_group("id-a", name="rg-same"),
    ]
    made = plan_of([new, old, desired_group("id-a", name="rg-same")], lives, ALL)
    return made if owners == (None, None) else replace(made, violations=())


def totals(plan: Plan) -> list[str]:
    page = Page(color=False)
    write_totals(page, plan, names_of(plan))
    return page.text().splitlines()


def digest(plan: Plan) -> str:
    page, rows = Page(color=False), change_rows(plan)
    deletes = [row for row in rows if row.symbol == "-"]
    write_digest(page, deletes, refused_rows(plan), plan.violations, names_of(plan))
    return page.text()


def test_large_plan_counts_by_group() -> None:
    assert totals(plan(20, 5)) == ["Totals by resource group:", "  rg-new  20 to add", "  rg-old  5 to destroy", ""]


def test_large_plan_of_several_owners_counts_by_owner_too() -> None:
    assert [line for line in totals(plan(20, 5, owners=("us", "them"))) if "own" in line or "us" in line] == [
        "Totals by owner:",
        "  us    20 to add",
    ]


def test_small_plan_and_plan_of_one_group_have_no_totals() -> None:
    assert totals(plan(10, 5)) == []
    assert totals(plan(30, 0)) == []


def test_what_is_refused_is_counted_by_itself() -> None:
    made = plan(20, 5)
    held = tuple(change.resource_id for change in made.changes if change.group.group_id.resource_group == "rg-new")

    counted = totals(replace(made, violations=(Violation("code", None, "no", "hint", held[:3]),)))

    assert counted[1] == "  rg-new  17 to add, 3 refused"


def test_many_deletes_and_refusals_are_told_once_more_in_short() -> None:
    made = plan(20, 5)
    held = tuple(change.resource_id for change in made.changes if change.group.group_id.resource_group == "rg-new")
    refused = replace(made, violations=(Violation("code", None, "no", "hint", held),))

    assert digest(refused) == (
        "In short:\n"
        "  destroyed: 5 (rg-old/id-00, rg-old/id-01, rg-old/id-02, rg-old/id-03,\n"
        "    rg-old/id-04)\n"
        "  refused by code: 20 (rg-new/id-00, rg-new/id-01, rg-new/id-02, rg-new/id-03,\n"
        "    rg-new/id-04 and 15 more)\n"
        "\n"
    )


def test_same_role_of_many_is_one_word_in_short() -> None:
    many = [AssignmentId(resource_id(f"id-{one}"), role, "", SCOPE) for role in ("Reader", "Owner") for one in "123456"]
    held = (*many, AssignmentId(resource_id("id-a"), "Contributor", "", SCOPE))
    made, page = plan_of(desired_group("id-a"), live_group("id-a")), Page(color=False)

    write_digest(page, [], change_rows(plan(20, 0)), [Violation("code", None, "no", "hint", held)], names_of(made))

    assert page.text() == (
        "In short:\n"
        "  refused by code: 13 (role Reader on rg-data of 6 identities, role Owner on\n"
        "    rg-data of 6 identities, role Contributor on rg-data of rg-app/id-a)\n"
        "\n"
    )


def test_few_are_not() -> None:
    assert digest(plan(20, 5)) == ""
