"""The first lines of a report: labels in one column, whatever was looked at."""

from dataclasses import replace

import pytest

from reconciler.report.page import Page
from reconciler.report.parts.header import write_header
from reconciler.report.rows import Header
from tests.builders import desired_group, live_group, plan_of

PLAN = plan_of(desired_group("id-a"), live_group("id-a"))


@pytest.mark.parametrize("kind", ["SANDBOX", "Endpoint", "Saved plan"])
def test_labels_are_aligned(kind: str) -> None:
    page = Page(color=False)
    write_header(page, replace(PLAN, cloud="AzureChinaCloud", guardrails="a+b"), Header("place", "me", kind=kind))

    lines = page.text().splitlines()

    assert [line[:14].rstrip() for line in lines] == [
        *(kind, "Cloud", "Tenant", "Subscription", "Principal", "Guardrails", "Guardrails", "")
    ]
    assert [line[14:] for line in lines if line[14:]][:2] == ["place", "AzureChinaCloud"]
    assert [line[13:15] for line in lines if line] == [f" {line[14]}" for line in lines if line]
