"""What is told in sentences: refusals, warnings, notes, and what stays as it is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.manifest.findings import Finding
from reconciler.model import AnyId, Violation, identity_of
from reconciler.plan import Plan, hold_of
from reconciler.report.held_rows import WOULD_BE, not_due
from reconciler.report.html.changes import groups_of, members_at, members_by_id
from reconciler.report.html.views import Members, Remark, Section, Tone
from reconciler.report.names import Names
from reconciler.report.parts.blocks import hold_words
from reconciler.report.parts.left_alone import children_left_alone, counts_left_alone
from reconciler.report.parts.members import several
from reconciler.report.parts.notes import TOLD_ONCE, Note, notes_of
from reconciler.report.parts.refusals import Said, refusals_of, title_of
from reconciler.report.parts.undo import what_stays
from reconciler.report.rows import ChangeRow
from reconciler.report.trust import TrustLine
from reconciler.report.warnings import alike_findings, default_label
from reconciler.report.warnings import title_of as title_of_findings

REFUSED, TRUST, WARNINGS, STAYS = "refused", "trust", "warnings", "stays"
"""The names of sections."""


def refused_section(
    violations: Iterable[Violation], rows: Sequence[ChangeRow], names: Names, title: str, *, group: bool = True
) -> Section:
    """Why guards refuse and what lifts each, then the changes that they hold back."""
    remarks = [_refusal(code, one, names) for code, said in refusals_of(violations, names).items() for one in said]
    held = tuple(replace(row, summary=WOULD_BE[row.action]) for row in rows)
    return Section(
        REFUSED,
        title,
        Tone.REFUSED,
        then="Held back:" if held else "",
        groups=groups_of(held, names, group=group, tone=Tone.REFUSED),
        remarks=tuple(remarks),
        number=len(rows),
    )


def _refusal(code: str, said: Said, names: Names) -> Remark:
    hint = (said.hint,) if said.hint else ()
    if len(said.violations) == 1:
        (one,) = said.violations
        return Remark(Tone.REFUSED, one.message, code, names.describe(one.about), hint)
    groups = tuple((names.book.short_group(one), "") for one in said.groups)
    listed = (*((Members("", "", groups),) if groups else ()), *members_by_id(said.ids, names))
    return Remark(Tone.REFUSED, said.message, code, title_of(said), hint, members=listed)


def trust_section(lines: Sequence[TrustLine], names: Names) -> Section:
    """Who may do what afterwards that they could not before, and who no longer may: a sentence each."""
    remarks = tuple(
        Remark(
            Tone.WARNING if one.is_gain else Tone.HELD,
            one.text,
            "gains" if one.is_gain else "loses",
            place="" if one.members else one.place,
            members=(
                *members_at(one.members, names),
                *((Members("", "", tuple((who, "") for who in one.whos)),) if one.whos else ()),
            ),
        )
        for one in lines
    )
    return Section(TRUST, "Trust and rights", Tone.WARNING, remarks=remarks, number=len(lines))


def warnings_section(findings: Sequence[Finding], names: Names, *, group: bool = True, lead: str = "") -> Section:
    """What is usually a mistake in the manifest; what a default gives to many is told once, at the default."""
    remarks = tuple(one for same in alike_findings(findings, group=group) for one in _warnings(same, names))
    return Section(WARNINGS, "Warnings", Tone.WARNING, lead, remarks=remarks, number=len(findings))


def _warnings(same: Sequence[Finding], names: Names) -> Iterator[Remark]:
    first = same[0]
    if first.given_by is not None:
        title, place = default_label(same, names), str(first.given_by)
        yield Remark(Tone.WARNING, first.message, first.code, title, (first.hint,), place)
    elif len(same) < TOLD_ONCE:
        for one in same:
            title, place = one.label(names.book), str(one.pos)
            yield Remark(Tone.WARNING, one.message, one.code, title, (one.hint,), place)
    else:
        places = [
            (identity_of(one.resource_id), f"{one.pos.file}:{one.pos.line}")
            for one in same
            if isinstance(one.resource_id, AnyId)
        ]
        members = members_at(places, names)
        yield Remark(
            Tone.WARNING, first.message, first.code, title_of_findings(same, names), (first.hint,), "", members
        )


def notes_section(plan: Plan, names: Names, *, group: bool) -> Section:
    """What could not be looked at, and what should be known besides."""
    remarks = tuple(_note(one, names) for one in notes_of(plan, names, group=group))
    return Section("notes", "Notes", Tone.WARNING, remarks=remarks, number=len(plan.notes))


def _note(note: str | list[Note], names: Names) -> Remark:
    if isinstance(note, str):
        return Remark(Tone.WARNING, note)
    members = members_at([(one.identity, one.source) for one in note], names)
    if note[0].ids:
        members = tuple(Members("", "", ((names.identity(one.identity), f"  {', '.join(one.ids)}"),)) for one in note)
    elif not note[0].source:
        members = members_by_id([one.identity for one in note], names)
    return Remark(Tone.WARNING, note[0].general, title=several("", len(note)), members=members)


def not_undone_section(plan: Plan) -> Section:
    """What of a run an undo leaves, each with why and with what its reader can do."""
    remarks = tuple(
        Remark(Tone.WARNING, one.because, title=what_stays(plan, one), hint=(one.advice,))
        for one in plan.not_undone or ()
    )
    return Section("not-taken-back", "Not taken back", Tone.WARNING, remarks=remarks, number=len(remarks))


def stays_section(plan: Plan, names: Names, *, is_undo: bool = False, with_not_due: bool = False) -> Section:
    """What of the live side a run does not touch, and why; what is gone already; what nobody lists any more."""
    counts = counts_left_alone(plan, is_undo=is_undo)
    remarks = [Remark(Tone.QUIET, f"{', '.join(counts)}.", title="Left alone")] if counts else []
    for one in children_left_alone(plan, names, is_undo=is_undo):
        is_one = len(one.ids) == 1
        what = names.describe(one.ids[0]) if is_one else several(one.label, len(one.ids))
        members = () if is_one else members_by_id(one.ids, names)
        remarks.append(Remark(Tone.QUIET, f"{what}, {one.words}.", title=one.lead, members=members))
    for removed in plan.removed_already:
        place = f"{removed.source.file}:{removed.source.line}"
        remarks.append(Remark(Tone.QUIET, names.describe(removed.resource_id), title="Removed already", place=place))
    for change in not_due(plan) if with_not_due else ():
        hold = hold_of(change)
        text = f"{names.describe(change.resource_id)}, listed under remove and {hold_words(hold)}"
        place = f"{hold.source.file}:{hold.source.line}"
        remarks.append(Remark(Tone.HELD, text, title="Not due", place=place))
    if plan.abandoned:
        listed = tuple((one.resource_id.address, f"  owner {one.owner}") for one in plan.abandoned)
        text = "they have this manifest's owner, in groups that it does not name; not touched."
        remarks.append(Remark(Tone.WARNING, text, title="Abandoned", members=(Members("", "", listed),)))
    return Section(STAYS, "Stays as it is", Tone.QUIET, remarks=tuple(remarks))
