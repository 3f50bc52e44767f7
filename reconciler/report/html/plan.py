"""The pages of a plan and of drift: what a reviewer asks first stands first."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model import PlanRefused, refusers
from reconciler.plan import Action, Plan
from reconciler.report.drift_text import PENDING, drift_line
from reconciler.report.held_rows import held_rows
from reconciler.report.html.changes import groups_of, tone_of
from reconciler.report.html.remarks import (
    REFUSED,
    TRUST,
    WARNINGS,
    not_undone_section,
    notes_section,
    refused_section,
    stays_section,
    trust_section,
    warnings_section,
)
from reconciler.report.html.views import Line, PageView, Section, Table, Tally, Tone
from reconciler.report.names import Names, names_of
from reconciler.report.parts.header import connection_lines, guardrail_rows
from reconciler.report.parts.totals import HEADINGS, is_large, totals_of
from reconciler.report.parts.undo import count_not_undone
from reconciler.report.plan_text import count_line, refused_line
from reconciler.report.rows import ChangeRow, Header, beyond_guardrails, change_rows, drift_rows, refused_rows
from reconciler.report.trust import plan_lines

DELETES, CHANGES, HELD = "deletes", "changes", "held"
"""The names of sections."""

_COUNTED = (
    (Action.CREATE, Tone.CREATE, "to add", CHANGES),
    (Action.UPDATE, Tone.UPDATE, "to change", CHANGES),
    (Action.DELETE, Tone.DELETE, "to destroy", DELETES),
)


def plan_page(plan: Plan, header: Header, *, group: bool) -> PageView:
    """What apply would do: what it deletes, what guards refuse, who gains what, and then all of it."""
    names, rows = names_of(plan), change_rows(plan, is_undo=header.is_undo)
    refused = refused_line(plan) if plan.violations else ""
    asides = [
        Line("", text, tone)
        for text, tone in ((refused, Tone.REFUSED), (count_not_undone(plan, "below"), Tone.WARNING))
    ]
    return PageView(
        "Undo" if header.is_undo else header.kind if header.kind == SAVED_PLAN else "Plan",
        count_line(plan, is_undo=header.is_undo),
        _tone(plan, rows),
        tuple(one for one in asides if one.text),
        facts_of(plan, header),
        (*_tallies(rows), *_more_tallies(plan, names)),
        tuple(filter(None, _sections(plan, rows, names, header, group=group))),
    )


SAVED_PLAN = "Saved plan"
"""The kind of a header, and of the page."""


def refused_page(plan: Plan, refused: PlanRefused, *, group: bool) -> PageView:
    """A plan of which nothing was started, and why."""
    page = plan_page(plan, Header("", ""), group=group)
    lines = (Line("", line, Tone.REFUSED) for line in refused.lines)
    # Its hint points to the refusals, which say themselves what lifts them.
    return replace(page, kind="Apply", tone=Tone.REFUSED, asides=(*lines, *page.asides))


def facts_of(plan: Plan, header: Header) -> tuple[tuple[str, str], ...]:
    """Where a run looked and as whom, by label."""
    place = [(header.kind, header.place)] if header.place else []
    return (*place, *connection_lines(plan.cloud, plan.subscriptions, header), *guardrail_rows(plan))


def _tone(plan: Plan, rows: Iterable[ChangeRow]) -> Tone:
    tones = {tone_of(row) for row in rows}
    if plan.violations:
        return Tone.REFUSED
    return next((one for one in (Tone.DELETE, Tone.UPDATE, Tone.ADOPT, Tone.CREATE) if one in tones), Tone.GOOD)


def _tallies(rows: Iterable[ChangeRow]) -> Iterator[Tally]:
    actions = [row.action for row in rows]
    yield from (Tally(actions.count(action), words, tone, name) for action, tone, words, name in _COUNTED)


def _more_tallies(plan: Plan, names: Names) -> Iterator[Tally]:
    for number, words, tone, name in (
        (len(refused_rows(plan)), "refused", Tone.REFUSED, REFUSED),
        (len(plan_lines(plan, names)), "trust and rights", Tone.WARNING, TRUST),
        (len(held_rows(plan)), "held", Tone.HELD, HELD),
        (len(plan.findings), "warnings" if len(plan.findings) > 1 else "warning", Tone.WARNING, WARNINGS),
    ):
        if number:
            yield Tally(number, words, tone, name)


def _sections(plan: Plan, rows: Iterable[ChangeRow], names: Names, header: Header, *, group: bool) -> Iterator[Section]:
    rows = tuple(rows)
    deletes = tuple(row for row in rows if row.action is Action.DELETE)
    others = tuple(row for row in rows if row.action is not Action.DELETE)
    yield Section(
        DELETES,
        "Deletes, and what they break",
        Tone.DELETE,
        groups=groups_of(deletes, names, group=group),
        number=len(deletes),
    )
    refused = f"Refused by {refusers(plan.violations)}, and not part of the plan"
    yield refused_section(plan.violations, refused_rows(plan), names, refused, group=group)
    yield trust_section(plan_lines(plan, names, group=group), names)
    yield not_undone_section(plan)
    yield from totals_sections(plan, names)
    yield Section(CHANGES, "Changes", Tone.UPDATE, groups=groups_of(others, names, group=group), number=len(others))
    yield held_section(plan, names, group=group)
    yield warnings_section(plan.findings, names, group=group)
    yield notes_section(plan, names, group=group)
    yield stays_section(plan, names, is_undo=header.is_undo)


def held_section(plan: Plan, names: Names, *, group: bool) -> Section:
    """What the manifest holds back, which no run makes."""
    rows = held_rows(plan)
    groups = groups_of(rows, names, group=group)
    return Section(HELD, "Held by the manifest, and not part of the plan", Tone.HELD, groups=groups, number=len(rows))


def totals_sections(plan: Plan, names: Names) -> Iterator[Section]:
    """The numbers of a large plan by resource group, and by owner."""
    for number, (title, totals) in enumerate(totals_of(plan, names) if is_large(plan, names) else (), start=1):
        columns = [at for at in range(len(HEADINGS)) if any(one.numbers[at] for one in totals)]
        rows = tuple((one.name, *(str(one.numbers[at] or "") for at in columns)) for one in totals)
        table = Table((title.removeprefix("Totals by "), *(HEADINGS[at] for at in columns)), rows)
        yield Section(f"totals-{number}", title, table=table, is_folded=len(rows) > _FEW_ROWS)


_FEW_ROWS = 12
"""A table of more rows is closed at first."""


def drift_page(plan: Plan, header: Header, *, group: bool) -> PageView:
    """The differences between manifest and live, in three lists."""
    names, drift = names_of(plan), drift_rows(plan)
    lists = (
        ("unexpected", "Unexpected: live, but not listed", drift.unexpected, Tone.DELETE),
        ("changed", "Changed: live, but not as listed", drift.changed, Tone.UPDATE),
        ("missing", "Missing: listed, but not live", drift.missing, Tone.CREATE),
    )
    refused = beyond_guardrails(plan)
    sections = (
        *(
            Section(name, title, tone, groups=groups_of(rows, names, group=group), number=len(rows))
            for name, title, rows, tone in (*lists, ("pending", PENDING, drift.pending, Tone.QUIET))
        ),
        refused_section(refused, (), names, "Refused by guardrails"),
        stays_section(plan, names, with_not_due=True),
    )
    return PageView(
        "Drift",
        drift_line(drift),
        next((tone for _, _, rows, tone in lists if rows), Tone.GOOD),
        (),
        facts_of(plan, header),
        tuple(Tally(len(rows), name, tone, name) for name, _, rows, tone in lists),
        tuple(filter(None, sections)),
    )
