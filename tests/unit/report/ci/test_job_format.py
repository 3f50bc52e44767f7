"""The forms for jobs: the text for the log, then the commands; a run that writes says the worst at its end."""

from reconciler.report.ci.job_format import JobFormat
from reconciler.report.formats import Occasion
from reconciler.report.formats.azure_devops import AzureDevopsFormat
from reconciler.report.formats.github import GithubFormat
from reconciler.report.formats.text import TextFormat
from reconciler.report.rows import Header
from tests.unit.reporting import plan_of_everything, result_of_everything

TEXT = TextFormat(color=False)
BARE = Header("", "")
PLAN = plan_of_everything()


def test_text_is_whole_and_commands_stand_behind_it() -> None:
    forms: tuple[JobFormat, ...] = (GithubFormat(TEXT, Occasion("plan")), AzureDevopsFormat(TEXT, Occasion("plan")))
    for form in forms:
        text = TEXT.plan(PLAN, BARE)
        printed = form.plan(PLAN, BARE)

        assert printed.startswith(text)
        assert all(line.startswith(("::", "##vso[")) for line in printed.removeprefix(text).splitlines())


def test_plan_of_a_run_that_writes_has_no_commands_since_its_end_has_them() -> None:
    form = GithubFormat(TEXT, Occasion("apply"))

    ended = form.result(PLAN, result_of_everything(PLAN), journal=None, continue_with="x")

    assert form.plan(PLAN, BARE) == TEXT.plan(PLAN, BARE)
    assert ended.count("\n::error ") == 2
