"""What a job of Azure Pipelines gets: issues by its rules, variables, and a page that is there when it is named."""

from reconciler.errors import SourcePos
from reconciler.report.ci.notices import Level, Notice
from reconciler.report.formats import Occasion
from reconciler.report.formats.azure_devops import AzureDevopsFormat
from reconciler.report.formats.text import TextFormat
from reconciler.report.rows import Header
from tests.unit.reporting import plan_of_everything


def form(**environment: str) -> AzureDevopsFormat:
    return AzureDevopsFormat(TextFormat(color=False), Occasion("plan", "plan-x", environment, "t0ken"))


def test_issue_is_escaped_by_the_rules_of_its_values() -> None:
    notice = Notice(Level.WARNING, "a;b", "5% ]x;\n##vso[y]", SourcePos("a;]%.yaml", 7, 1))

    assert form().notice(notice) == (
        "##vso[task.logissue type=warning;sourcepath=a%3B%5D%AZP25.yaml;linenumber=7]a;b: 5%AZP25 ]x;\\n#\\x23vso[y]\n"
    )


def test_variables_and_the_page_are_the_last_lines() -> None:
    printed = form(AGENT_TEMPDIRECTORY="/agent/_temp/").plan(plan_of_everything(), Header("", ""))

    assert "##vso[task.setvariable variable=deletes;isOutput=true]1\n" in printed
    assert printed.endswith("##vso[task.uploadsummary]/agent/_temp/uami-t0ken.md\n")


def test_page_is_written_where_the_agent_clears_up_and_nowhere_without_one() -> None:
    (page,) = form(AGENT_TEMPDIRECTORY="/agent").beside
    (nowhere,) = form().beside

    assert (page.path, page.appends, nowhere.path) == ("/agent/uami-t0ken.md", False, None)
    assert page.form(0).plan(plan_of_everything(), Header("", "")).startswith("<!-- uami:plan-x -->")
    assert "uploadsummary" not in form().plan(plan_of_everything(), Header("", ""))
