"""What a job of GitHub Actions gets: annotations by its rules, a summary, and outputs that nobody can forge."""

from reconciler.errors import SourcePos
from reconciler.report.ci.notices import Level, Notice
from reconciler.report.formats import Occasion
from reconciler.report.formats.github import GithubFormat
from reconciler.report.formats.text import TextFormat
from reconciler.report.markdown.document import utf8_bytes
from reconciler.report.rows import Header
from tests.builders import desired_group, live_group, plan_of
from tests.unit.reporting import plan_of_everything

TEXT = TextFormat(color=False)
FILES = {"GITHUB_STEP_SUMMARY": "/t/summary", "GITHUB_OUTPUT": "/t/output"}
BARE = Header("", "")


def form(**environment: str) -> GithubFormat:
    return GithubFormat(TEXT, Occasion("plan", "plan-x", environment, "t0ken"))


def test_annotation_is_escaped_by_the_rules_of_its_values() -> None:
    notice = Notice(Level.ERROR, "a: b, 5%", "5% ::x::\n##[y]", SourcePos("d,:/m.yaml", 7, 1))

    assert form().notice(notice) == (
        "::error file=d%2C%3A/m.yaml,line=7,title=a%3A b%2C 5%25::5%25 ::x::\\n#\\x23[y]\n"
    )


def test_annotation_of_no_line_has_no_file() -> None:
    notices = (Notice(Level.WARNING, "t", "x"), Notice(Level.WARNING, "t", "x", SourcePos("<stdin>", 1, 1)))

    assert {form().notice(one) for one in notices} == {"::warning title=t::x\n"}


def test_file_is_named_as_in_the_checkout(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "infra").mkdir()
    monkeypatch.chdir(tmp_path / "infra")
    notice = Notice(Level.ERROR, "t", "x", SourcePos("m.yaml", 7, 1))

    assert "file=infra/m.yaml," in form(GITHUB_WORKSPACE=str(tmp_path)).notice(notice)
    assert "file=m.yaml," in form(GITHUB_WORKSPACE=str(tmp_path / "elsewhere")).notice(notice)


def test_summary_and_outputs_go_into_the_files_of_the_job() -> None:
    summary, outputs = form(**FILES).beside

    assert [(one.path, one.appends) for one in (summary, outputs)] == [("/t/summary", True), ("/t/output", True)]
    assert [one.path for one in form().beside] == [None, None]
    assert summary.form(0).plan(plan_of_everything(), BARE).startswith("<!-- uami:plan-x -->\n**Plan: ")
    assert (
        outputs.form(0)
        .plan(plan_of_everything(), BARE)
        .startswith("outcome<<uami_t0ken\nchanges\nuami_t0ken\nchanges<<uami_t0ken\n4\nuami_t0ken\n")
    )


def test_summary_takes_no_more_than_a_step_has_left() -> None:
    plan = plan_of(desired_group(*(f"id-{number:04}" for number in range(2_000)), owner="us"), live_group())
    (summary, _) = form(**FILES).beside

    text = summary.form(1024 * 1024 - 50_000).plan(plan, BARE)

    assert utf8_bytes(text) <= 50_000
    assert "Not shown here" in text
