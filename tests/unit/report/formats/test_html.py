"""The form `html`: each report is a page with its own words, and equal changes are told once where that is asked."""

from reconciler.errors import UsageError
from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.model import PlanRefused
from reconciler.report.formats.html import HtmlFormat
from reconciler.report.rows import Header
from tests.builders import desired_group, live_group, plan_of
from tests.unit.reporting import complete_result, plan_of_everything, refused_plan

HTML = HtmlFormat()
BARE = Header("", "")


def verdict(page: str) -> str:
    return page.partition("<h1>")[2].partition("</h1>")[0]


def test_each_report_is_a_page_with_its_last_line_as_its_heading() -> None:
    plan, refused = plan_of_everything(), refused_plan()
    done = complete_result(plan)

    assert verdict(HTML.plan(plan, BARE)) == "Plan: 1 to add, 2 to change, 1 to destroy."
    assert verdict(HTML.drift(plan, BARE)) == "Drift: 1 missing, 1 unexpected, 2 changed."
    assert verdict(HTML.result(plan, done, journal=None, continue_with="")).startswith("Apply complete!")
    assert "nothing was changed" in HTML.refused(refused, PlanRefused(refused.violations))
    assert verdict(HTML.error(UsageError("No such thing."))) == "No such thing."
    assert verdict(HTML.validated(Desired((desired_group("id-a"),)), (), (), DeclaredVerdict(), strict=False)) == (
        "The manifest is valid: 1 identity in 1 resource group."
    )


def test_equal_changes_are_told_once_where_that_is_asked() -> None:
    names = ("id-1", "id-2", "id-3")
    plan = plan_of(desired_group(*names, default_location="westeurope"), live_group())

    once, each = HtmlFormat(group=True).plan(plan, BARE), HtmlFormat(group=False).plan(plan, BARE)

    assert (once.count('class="block'), each.count('class="block')) == (1, 3)


def test_errors_are_part_of_the_page_and_nothing_streams() -> None:
    assert HTML.streams is False
