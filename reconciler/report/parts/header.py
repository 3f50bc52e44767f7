"""The first lines of a report: where it looked, and as whom."""

from collections.abc import Iterator

from reconciler.plan import Plan
from reconciler.report.page import Page
from reconciler.report.rows import Header

USUAL_CLOUD = "AzureCloud"
"""The one cloud that a report does not name."""


def write_header(page: Page, plan: Plan, header: Header) -> None:
    """The lines, their labels aligned, and an empty one."""
    if header.place:
        page.line((f"{header.kind:<14}{header.place}", "bold magenta"))
    for label, text in _lines(plan, header):
        page.line(f"{label:<14}", text)
    page.line()


def _lines(plan: Plan, header: Header) -> Iterator[tuple[str, str]]:
    if plan.cloud != USUAL_CLOUD:
        yield "Cloud", plan.cloud
    if plan.subscriptions:
        yield "Tenant", plan.tenant or "several"
    for one in plan.subscriptions:
        yield "Subscription", f"{one.display_name} ({one.subscription_id})"
    if header.principal:
        yield "Principal", header.principal
    for sha256 in (plan.guardrails or "").split("+"):
        if sha256:
            yield "Guardrails", f"sha256 {sha256}"
