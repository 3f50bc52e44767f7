"""Markdown begins with the marker by which a comment is found again, and keeps to its limit."""

from reconciler.report.formats.markdown import MarkdownFormat
from reconciler.report.markdown.document import utf8_bytes
from reconciler.report.rows import Header
from tests.builders import desired_group, live_group, plan_of
from tests.unit.report.hostile import texts


def test_every_report_begins_with_the_marker() -> None:
    assert all(text.startswith("<!-- uami:drift-prod -->\n**") for _, text in texts(MarkdownFormat("drift-prod")))


def test_every_report_keeps_to_its_limit() -> None:
    form = MarkdownFormat("x", 60_000, utf8_bytes)

    assert all(utf8_bytes(text) <= 60_000 for _, text in texts(form))


def test_run_without_anything_to_do_says_so() -> None:
    plan = plan_of(desired_group(), live_group())

    assert MarkdownFormat("x").plan(plan, Header("", "")).split("\n")[1] == (
        "**No changes. Live identities match the manifest.**"
    )
