"""A plan for its reviewer: what is refused and what is deleted first, then who gains or loses what, then the rest."""

from collections.abc import Iterator, Sequence

from reconciler.manifest.findings import Finding
from reconciler.model import Violation, refusers
from reconciler.plan import Action, Plan
from reconciler.report.held_rows import held_rows
from reconciler.report.markdown.document import Entry, Section, line_entry
from reconciler.report.markdown.escape import code, fenced, prose
from reconciler.report.markdown.rows import delete_entry, described, row_entry, sections_by_group, violation_entry
from reconciler.report.names import Names, names_of
from reconciler.report.page import Page
from reconciler.report.parts.header import connection_lines
from reconciler.report.parts.left_alone import write_left_alone, write_removed_already
from reconciler.report.parts.totals import totals_of
from reconciler.report.parts.undo import count_not_undone, what_stays
from reconciler.report.plan_text import count_line, refused_line
from reconciler.report.rows import ChangeRow, Header, change_rows, refused_rows
from reconciler.report.trust import TrustLine, plan_lines
from reconciler.report.visible import SafeText


def plan_head(plan: Plan, header: Header) -> tuple[str, ...]:
    """The first lines: what the plan would do, in numbers; then where it looked and as whom."""
    lines = [f"**{count_line(plan, is_undo=header.is_undo)}**"]
    if plan.violations:
        lines[0] = f"**{refused_line(plan)}** {lines[0]}"
    if count_not_undone(plan):
        lines += ["", f"**{count_not_undone(plan)}**"]
    return (*lines, *place_lines(plan, header))


def place_lines(plan: Plan, header: Header) -> tuple[str, ...]:
    """Where a run looked and as whom, in one line."""
    named = [(header.kind, header.place)] if header.place else []
    named += connection_lines(plan.cloud, plan.subscriptions[:_FEW], header)
    if len(plan.subscriptions) > _FEW:
        named.append(("Subscription", f"and {len(plan.subscriptions) - _FEW} more"))
    named += [("Guardrails", f"sha256 {one}") for one in (plan.guardrails or "").split("+") if one]
    return ("", ", ".join(f"{label} {code(text)}" for label, text in named)) if named else ()


_FEW = 10
"""Subscriptions that the first lines name."""


def _deleted(deletes: Sequence[ChangeRow]) -> str:
    """The heading of the deletes, with the most that was not looked at of any of them."""
    unlooked = max((row.not_looked_at for row in deletes), key=len, default="")
    return f"Deleted, and what that breaks ({unlooked})" if unlooked else "Deleted, and what that breaks"


def plan_sections(plan: Plan, header: Header, *, group: bool = True) -> tuple[Section, ...]:
    """All that a plan says, in the order of its worth; with `group`, equal sentences about trust are told once."""
    names = names_of(plan)
    rows = change_rows(plan, is_undo=header.is_undo)
    deletes = [row for row in rows if row.action is Action.DELETE]
    return (
        *refused_sections(plan.violations, refused_rows(plan), names),
        _not_undone(plan),
        Section(_deleted(deletes), "deletes", _entries(deletes, names), must=True, folded=False),
        _trust_section(plan, names, group=group),
        *_totals(plan, names),
        *sections_by_group((row for row in rows if row.action is not Action.DELETE), names),
        Section(
            "Held by the manifest, and not part of the plan",
            "held changes",
            tuple(row_entry(row, names) for row in held_rows(plan)),
        ),
        warnings_section(plan.findings, names),
        *left_sections(plan, names, is_undo=header.is_undo),
    )


def refused_sections(
    violations: Sequence[Violation], held_back: Sequence[ChangeRow], names: Names
) -> Iterator[Section]:
    """Why something is refused; then the changes that are held back and are not themselves what a guard is about."""
    about = {one.about for one in violations}
    rest = [row for row in held_back if row.resource_id not in about]
    refusals = tuple(violation_entry(one, names) for one in violations)
    title = f"Refused by {refusers(violations)}, and not part of the plan"
    yield Section(title, "refusals", refusals, must=True, folded=False)
    entries = tuple(
        line_entry(f"- {row.action.value} {described(row.resource_id, names)}", f"  - {code(row.place)}")
        for row in rest
    )
    yield Section("Held back by these refusals", "refused changes", entries, must=True, folded=False)


def _trust_section(plan: Plan, names: Names, *, group: bool) -> Section:
    """Who gains or loses which trust and right, a sentence each."""
    return Section(
        "Trust and rights",
        "sentences about trust and rights",
        tuple(_trust_entry(line, names) for line in plan_lines(plan, names, group=group)),
        folded=False,
    )


def _trust_entry(line: TrustLine, names: Names) -> Entry:
    place = "" if line.members else f" {code(line.place)}"
    members = (f"  - {code(names.book.short(one))} {code(where)}" for one, where in line.members)
    whos = (f"  - {prose(who)}" for who in line.whos)
    return line_entry(f"- {code('+' if line.is_gain else '-')} {prose(line.text)}{place}", *members, *whos)


def warnings_section(findings: Sequence[Finding], names: Names, *, folded: bool = True) -> Section:
    """What is usually a mistake in the manifest, each with its place and what to do."""
    entries = tuple(_warning_entry(one, names) for one in findings)
    return Section(f"Warnings: {len(entries)}", "warnings", entries, folded=folded)


def _warning_entry(one: Finding, names: Names) -> Entry:
    what = f"{code(one.label(names.book))} {prose(one.message)} ({code(one.code)})"
    return line_entry(f"- {code(str(one.given_by or one.pos))} {what}", f"  - {prose(one.hint)}")


def left_sections(plan: Plan, names: Names, *, is_undo: bool) -> Iterator[Section]:
    """What could not be looked at, what is not touched and why, and what of an undone run stays."""
    notes = tuple(line_entry(f"- {prose(note)}") for note in plan.notes)
    yield Section(f"Notes: {len(notes)}", "notes", notes)
    page = Page(color=False)
    write_removed_already(page, plan, names)
    write_left_alone(page, plan, names, is_undo=is_undo)
    yield text_section("Left alone", page.text(), "lists of what is left alone")


def text_section(title: str, text: SafeText, noun: str) -> Section:
    """A part of the text report, as it is, folded."""
    lines = text.strip("\n").split("\n")
    return Section(title, noun, (Entry(fenced(lines)),) if any(lines) else ())


def _not_undone(plan: Plan) -> Section:
    entries = tuple(
        line_entry(f"- {code(what_stays(plan, one))}: {prose(one.because)}", f"  - {prose(one.advice)}")
        for one in plan.not_undone or ()
    )
    return Section("Not taken back", "parts of the run that stay", entries, must=True, folded=False)


def _entries(rows: Sequence[ChangeRow], names: Names) -> tuple[Entry, ...]:
    return tuple(delete_entry(row, names) for row in rows)


def _totals(plan: Plan, names: Names) -> Iterator[Section]:
    for heading, totals in totals_of(plan, names):
        entries = tuple(line_entry(f"- {code(one.name)}: {one.text}") for one in totals)
        yield Section(heading, "totals", entries, folded=False)
