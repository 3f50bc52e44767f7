"""The pages of a run: what an apply did, and a journal call by call."""

from collections.abc import Iterator

from reconciler.apply.result import ApplyResult
from reconciler.journal import Call, Outcome, RunRecord, names_of_run
from reconciler.model import CallError, refusers
from reconciler.plan import Action, Plan
from reconciler.report.html.changes import groups_of, kinds_of, values_of
from reconciler.report.html.plan import facts_of, held_section
from reconciler.report.html.remarks import not_undone_section, notes_section, refused_section, stays_section
from reconciler.report.html.views import Block, Entry, Line, PageView, Remark, Section, Tally, Tone
from reconciler.report.journal_text import (
    CUT_OFF,
    NO_OUTCOME,
    children_rows,
    header_rows,
    journal_line,
    state_fields,
)
from reconciler.report.names import Names, names_of
from reconciler.report.parts.undo import NOTHING_TO_UNDO, count_not_undone
from reconciler.report.plan_text import no_changes, refused_line
from reconciler.report.result_text import Cause, causes_of, complete_line, incomplete_line
from reconciler.report.rows import Header, change_row, not_held, outcome_heading, refused_rows

_WORST_FIRST = (Outcome.FAILED, Outcome.IN_DOUBT, Outcome.STALE, Outcome.SKIPPED, Outcome.NOT_TRIED)

_TONES = {
    Action.CREATE: (Tone.CREATE, "+"),
    Action.UPDATE: (Tone.UPDATE, "~"),
    Action.DELETE: (Tone.DELETE, "-"),
    Action.NO_OP: (Tone.QUIET, ""),
}

_MANY = 20
"""Of more calls, each is closed at first."""


def result_page(plan: Plan, result: ApplyResult, journal: str | None, continue_with: str, *, group: bool) -> PageView:
    """What an apply did: what did not work and why, what is done, and what guards held back."""
    names, done = names_of(plan), result.ended(Outcome.DONE)
    rows = [change_row(one.change, names) for one in done]
    refused = f"Refused by {refusers(plan.violations)}, and not applied"
    sections = (
        *(_outcome_section(outcome, result, names) for outcome in _WORST_FIRST),
        _not_held_section(result, names),
        refused_section(plan.violations, refused_rows(plan), names, refused, group=group),
        not_undone_section(plan),
        Section("done", "Done", Tone.GOOD, groups=groups_of(rows, names, group=group), number=len(rows)),
        held_section(plan, names, group=group),
        notes_section(plan, names, group=group),
        stays_section(plan, names, is_undo=plan.not_undone is not None),
    )
    verdict, tone = _verdict(plan, result)
    refused = refused_line(plan) if plan.violations else ""
    asides = ((refused, Tone.REFUSED), (count_not_undone(plan, "below"), Tone.WARNING))
    return PageView(
        "Apply" if plan.not_undone is None else "Undo",
        verdict,
        tone,
        tuple(Line("", text, tone) for text, tone in asides if text),
        (*facts_of(plan, Header("", "")), *_facts(result, journal, continue_with)),
        tuple(_tallies(result)),
        tuple(filter(None, sections)),
    )


def _verdict(plan: Plan, result: ApplyResult) -> tuple[str, Tone]:
    if not plan.applicable and not plan.violations:
        return no_changes(plan) if plan.not_undone is None else NOTHING_TO_UNDO, Tone.GOOD
    if not result.complete:
        return incomplete_line(result), Tone.REFUSED
    clean = not result.interrupted and not plan.violations
    return complete_line(plan, result)[0], Tone.GOOD if clean else Tone.WARNING


def _facts(result: ApplyResult, journal: str | None, continue_with: str) -> Iterator[tuple[str, str]]:
    if journal is not None:
        yield "Journal", journal
    yield "Correlation", result.correlation_id
    if not result.complete:
        yield "To continue", continue_with


def _tallies(result: ApplyResult) -> Iterator[Tally]:
    for action, words in ((Action.CREATE, "added"), (Action.UPDATE, "changed"), (Action.DELETE, "destroyed")):
        yield Tally(result.count(action), words, _TONES[action][0], "done")
    for outcome in _WORST_FIRST:
        number = len(result.ended(outcome))
        if number:
            yield Tally(number, outcome.value.replace("-", " "), Tone.REFUSED, outcome.value)


def _outcome_section(outcome: Outcome, result: ApplyResult, names: Names) -> Section:
    entries = result.ended(outcome)
    remarks = tuple(remark for cause in causes_of(entries) for remark in _cause(cause, result, names))
    return Section(outcome.value, outcome_heading(outcome), Tone.REFUSED, remarks=remarks, number=len(entries))


def _cause(cause: Cause, result: ApplyResult, names: Names) -> Iterator[Remark]:
    """The changes, then why: of several with one cause, the words of the first."""
    first = cause.entries[0]
    kinds = kinds_of((change_row(one.change, names) for one in cause.entries), names)
    yield from (Remark(Tone.QUIET, text, members=members) for text, members in kinds[:-1])
    title, members = kinds[-1]
    which = "" if cause.is_in_same_words else f"{cause.in_short}; the first of them: "
    ids = dict.fromkeys(one.error.correlation_id for one in cause.entries if one.error is not None)
    others = tuple(f"correlation id {one}" for one in ids if one and one != result.correlation_id)[:1]
    hint = (first.error.hint,) if first.error is not None and first.error.hint else ()
    yield Remark(Tone.REFUSED, f"{which}{first.because}", title=title, hint=(*hint, *others), members=members)


def _not_held_section(result: ApplyResult, names: Names) -> Section:
    remarks = tuple(
        Remark(Tone.REFUSED, text, title=names.describe(one.change.resource_id))
        for one in not_held(result)
        for text in one.not_held
    )
    lead = "These changes are done, and a later read showed otherwise."
    return Section("not-held", "Did not hold", Tone.REFUSED, lead, remarks=remarks, number=len(not_held(result)))


def journal_page(record: RunRecord) -> PageView:
    """A run: who ran what, what nobody knows of it, and each call in its order."""
    names = names_of_run(record)
    end = record.end
    is_good = end is not None and end.complete and not record.in_doubt
    in_doubt = tuple(
        Remark(Tone.REFUSED, f"{call.action.value} {names.describe(call.resource_id)}") for call in record.in_doubt
    )
    heading = outcome_heading(Outcome.IN_DOUBT)
    calls = tuple(_call(call, names, is_open=len(record.calls) <= _MANY) for call in record.calls)
    return PageView(
        "Journal",
        journal_line(record),
        Tone.GOOD if is_good else Tone.REFUSED,
        (Line("", CUT_OFF, Tone.WARNING),) if record.torn else (),
        tuple(header_rows(record.header)),
        tuple(
            Tally(number, outcome.value.replace("-", " "), Tone.GOOD if outcome is Outcome.DONE else Tone.REFUSED)
            for outcome, number in (() if end is None else end.counts)
            if number
        ),
        tuple(
            filter(
                None,
                (
                    Section("in-doubt", heading, Tone.REFUSED, remarks=in_doubt, number=len(in_doubt)),
                    Section("calls", "Calls, in the order in which they went out", blocks=calls, number=len(calls)),
                ),
            )
        ),
    )


def _call(call: Call, names: Names, *, is_open: bool) -> Block:
    tone, symbol = _TONES[call.action]
    outcome = NO_OUTCOME if call.outcome is None else call.outcome.value
    again = f", attempt {call.attempt}" if call.attempt > 1 else ""
    is_update = call.before is not None and call.after is not None
    also = () if call.children is None else children_rows(call, call.children, names)
    entry = Entry(
        tone,
        symbol,
        "",
        f"{call.action.value}: {outcome}{again}",
        call.source.file_and_line,
        values_of(state_fields(call, names), Action.UPDATE if is_update else call.action),
        (
            *(Line(label.rstrip(":"), text, Tone.WARNING) for label, text in also),
            *(() if call.error is None else _error(call.error)),
        ),
        f"{call.at} to {call.ended_at}" if call.ended_at else call.at,
    )
    return Block(f"{call.number}. {names.describe(call.resource_id)}", (entry,), is_open=is_open)


def _error(error: CallError) -> tuple[Line, ...]:
    ids = (Line("correlation id", error.correlation_id),) if error.correlation_id else ()
    return (Line("error", error.message, Tone.REFUSED), *ids)
