"""Changes as entries: what is done to what, with its place, and below it the rest."""

from reconciler.model.identity import OWNER_TAG
from reconciler.model.violation import Violation
from reconciler.plan.changes import Action
from reconciler.report.markdown.rows import delete_entry, described, row_entry, sections_by_group, violation_entry
from reconciler.report.names import names_of
from reconciler.report.rows import change_rows
from tests.builders import resource_id
from tests.orphans import orphan, removal_of
from tests.unit.reporting import plan_of_everything

PLAN = plan_of_everything()
NAMES = names_of(PLAN)
ROWS = change_rows(PLAN)


def test_update_says_both_values() -> None:
    (row,) = (one for one in ROWS if one.symbol == "~")

    entry = row_entry(row, NAMES)

    assert entry.brief == ("- `~` `rg-app/id-api` will be updated in place, `identities.yaml:8`",)
    assert "  - `tags.env`: (absent) to `prod`" in entry.more


def test_delete_says_why_and_what_it_breaks_below_its_line() -> None:
    (row,) = (one for one in ROWS if one.action is Action.DELETE)

    entry = delete_entry(row, NAMES)

    assert entry.brief == ("- `rg-app/id-old`",)
    assert entry.more[0].startswith("  - will be destroyed: ")
    assert entry.more[1].startswith("  - **impact** `none found")
    assert f"  - `tags.{OWNER_TAG}`: `team-a`" in entry.more


def test_refusal_names_guard_place_reason_and_what_lifts_it() -> None:
    entry = violation_entry(Violation("location", resource_id("id-api"), "it is elsewhere", "Pass --x."), NAMES)

    assert (*entry.brief, *entry.more) == (
        "- `location` at `rg-app/id-api`",
        "  - it is elsewhere",
        "  - Pass `--x`.",
    )
    assert violation_entry(Violation("self", None, "no", ""), NAMES).brief == ("- `self` at `this run`",)


def test_changes_are_folded_by_group_with_their_numbers() -> None:
    (section,) = sections_by_group((one for one in ROWS if one.action is not Action.DELETE), NAMES)

    assert section.title == "<code>rg-app</code>: 1 to add, 2 to change"
    assert (section.folded, len(section.entries)) == (True, 3)
    assert described(resource_id("id-x"), NAMES) == "`rg-app/id-x`"


def test_change_that_no_manifest_asks_for_names_no_place() -> None:
    plan = removal_of(orphan())
    (row,) = change_rows(plan)

    for entry in (row_entry(row, names_of(plan)), delete_entry(row, names_of(plan))):
        assert "will be destroyed: its principal is gone\n" in "\n".join((*entry.brief, *entry.more, ""))
        assert '`""`' not in "".join((*entry.brief, *entry.more))
