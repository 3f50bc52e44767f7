"""The first lines of a report: where it looked, and as whom."""

from collections.abc import Iterable, Iterator

from reconciler.model import Subscription
from reconciler.plan import Plan
from reconciler.report.page import Page
from reconciler.report.rows import Header

USUAL_CLOUD = "AzureCloud"
"""The one cloud that a report does not name."""


def write_header(page: Page, plan: Plan, header: Header) -> None:
    """The lines of a plan's report, their labels aligned, and an empty one."""
    write_connection(page, plan.cloud, plan.subscriptions, header)
    for label, text in guardrail_rows(plan):
        page.line(f"{label:<14}", text)
    page.line()


def guardrail_rows(plan: Plan) -> Iterator[tuple[str, str]]:
    """Label and text for each file of guardrails."""
    yield from (("Guardrails", f"sha256 {one}") for one in (plan.guardrails or "").split("+") if one)


def write_connection(page: Page, cloud: str, subscriptions: Iterable[Subscription], header: Header) -> None:
    """The lines alone, of a run that read these subscriptions."""
    if header.place:
        page.line((f"{header.kind:<14}{header.place}", "bold magenta"))
    for label, text in connection_lines(cloud, tuple(subscriptions), header):
        page.line(f"{label:<14}", text)


def connection_lines(cloud: str, subscriptions: tuple[Subscription, ...], header: Header) -> Iterator[tuple[str, str]]:
    """Label and text of each line but the one of the place."""
    if cloud != USUAL_CLOUD:
        yield "Cloud", cloud
    tenants = {one.tenant_id for one in subscriptions}
    if tenants:
        yield "Tenant", tenants.pop() if len(tenants) == 1 else "several"
    for one in subscriptions:
        yield "Subscription", f"{one.display_name} ({one.subscription_id})"
    if header.principal:
        yield "Principal", header.principal
