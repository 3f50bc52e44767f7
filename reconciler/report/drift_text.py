"""Drift for people at a terminal or reading a CI log: three lists, and their numbers last."""

from reconciler.plan import Plan
from reconciler.report.grouping import blocks_of
from reconciler.report.names import names_of
from reconciler.report.page import Page
from reconciler.report.parts.blocks import write_blocks
from reconciler.report.parts.header import write_header
from reconciler.report.parts.left_alone import write_left_alone, write_not_due
from reconciler.report.parts.refusals import write_refusals
from reconciler.report.plan_text import NO_CHANGES
from reconciler.report.rows import DriftRows, Header, beyond_guardrails, drift_rows
from reconciler.report.visible import SafeText

PENDING = "Pending, and no drift: in the files as they are, and not applied yet"
"""The heading of what is pending."""


def render_drift(plan: Plan, header: Header, *, color: bool, group: bool = True) -> SafeText:
    """The differences between manifest and live; with `group`, those that differ in nothing but their identity once."""
    page, names = Page(color=color), names_of(plan)
    write_header(page, plan, header)
    drift = drift_rows(plan)
    for heading, rows in (
        ("Missing: listed, but not live", drift.missing),
        ("Unexpected: live, but not listed", drift.unexpected),
        ("Changed: live, but not as listed", drift.changed),
        (PENDING, drift.pending),
    ):
        if rows:
            page.line((heading, "bold"))
            page.line()
        write_blocks(page, blocks_of(rows, group=group), names)
    write_not_due(page, plan, names)
    write_left_alone(page, plan, names)
    refused = beyond_guardrails(plan)
    if refused:
        page.line(("Refused by guardrails:", "bold red"))
        page.line()
    write_refusals(page, refused, names)
    page.line((drift_line(drift), "bold"))
    return page.text()


def drift_line(drift: DriftRows) -> str:
    """How much the live side differs, in numbers; against a commit, also how much is pending."""
    counts = f"{len(drift.missing)} missing, {len(drift.unexpected)} unexpected, {len(drift.changed)} changed"
    if not drift.base:
        return f"Drift: {counts}." if drift.count else NO_CHANGES
    pending = f"Pending: {len(drift.pending)}."
    if drift.count:
        return f"Drift: {counts}. {pending}"
    return f"No drift. Live identities are as {drift.base} says. {pending}"
