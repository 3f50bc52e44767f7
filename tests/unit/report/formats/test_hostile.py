"""Every form of every report keeps the rules of what is printed, whatever it is about, and is known again in a file."""

import json

import pytest

from reconciler.files.kinds import is_kind
from reconciler.report.formats import Format, Occasion, ReportFormat, report_format
from tests.cli.hostile import TOKEN, faults, without_own_commands
from tests.unit.report.hostile import texts
from tests.unit.report.markdown_faults import markdown_faults

OCCASION = Occasion("plan", "plan-x", {"AGENT_TEMPDIRECTORY": "/tmp/agent", "GITHUB_WORKSPACE": "/w"}, "t0ken")


def form_of(name: Format) -> ReportFormat:
    return report_format(name, color=False, occasion=OCCASION)


def kept_secret(text: str) -> str:
    """The text as the sink prints it: hiding tokens is its business, and not a form's."""
    return text.replace(TOKEN, "[secret]").replace(TOKEN[-20:], "[secret]")


@pytest.mark.parametrize("name", Format)
def test_no_line_of_any_report_is_obeyed_but_those_that_are_the_form_s_own(name: Format) -> None:
    for kind, text in texts(form_of(name)):
        assert faults(kept_secret(without_own_commands(text, name.value))) == [], kind


@pytest.mark.parametrize("name", Format)
def test_what_a_form_writes_beside_stdout_is_no_worse(name: Format) -> None:
    for beside in form_of(name).beside:
        for kind, text in texts(beside.form(0)):
            assert faults(kept_secret(text)) == [], (beside.variable, kind)


def test_markdown_of_any_report_has_no_link_image_or_html_of_others() -> None:
    reports = [*texts(form_of(Format.MARKDOWN))]

    assert len(reports) >= 10
    assert {kind: markdown_faults(text) for kind, text in reports if markdown_faults(text)} == {}


@pytest.mark.parametrize("name", Format)
def test_file_of_a_form_is_known_again_and_taken_for_no_other(name: Format) -> None:
    form = form_of(name)
    if form.file_kind is None:
        return
    others = [other.file_kind for one in Format if (other := form_of(one)).file_kind not in (None, form.file_kind)]

    for kind, text in texts(form):
        content = f"{form.beginning}{text}".encode()
        assert is_kind(content, form.file_kind), kind
        assert [one for one in others if one is not None and is_kind(content, one)] == [], kind


def test_json_of_any_report_is_one_document() -> None:
    assert all(isinstance(json.loads(text), dict) for _, text in texts(form_of(Format.JSON)))
