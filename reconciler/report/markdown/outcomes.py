"""What a run did, what differs live, and why there is nothing of either: each as a document."""

from collections.abc import Iterator

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.errors import Diagnostic, ManifestError, PlanStale, ReconcilerError
from reconciler.journal import Outcome
from reconciler.model import PlanRefused
from reconciler.plan import Plan
from reconciler.report.drift_text import PENDING
from reconciler.report.markdown.document import Entry, Section, line_entry
from reconciler.report.markdown.escape import code, prose
from reconciler.report.markdown.plan import left_sections, place_lines, plan_head, refused_sections
from reconciler.report.markdown.rows import described, row_entry
from reconciler.report.names import Names, names_of
from reconciler.report.result_text import NOT_DONE, complete_line, incomplete_line
from reconciler.report.rows import Header, beyond_guardrails, drift_rows, not_held, outcome_heading, refused_rows

_NOBODY = Header("", "")


def drift_sections(plan: Plan) -> Iterator[Section]:
    """The differences in three lists, and what guardrails refuse."""
    names, drift = names_of(plan), drift_rows(plan)
    yield from refused_sections(beyond_guardrails(plan), (), names)
    for title, rows in (
        ("Unexpected: live, but not listed", drift.unexpected),
        ("Missing: listed, but not live", drift.missing),
        ("Changed: live, but not as listed", drift.changed),
    ):
        entries = tuple(row_entry(row, names) for row in rows)
        yield Section(title, "differences", entries, must=True, folded=False)
    pending = tuple(row_entry(row, names) for row in drift.pending)
    yield Section(f"{PENDING}: {len(pending):,}", "pending changes", pending)
    yield from left_sections(plan, names, is_undo=False)


def drift_head(plan: Plan, header: Header, line: str) -> tuple[str, ...]:
    """The number of differences, and where they are."""
    return (f"**{line}**", *place_lines(plan, header))


def result_head(plan: Plan, result: ApplyResult, journal: str | None) -> tuple[str, ...]:
    """What the run did, in numbers; where its calls are recorded."""
    line = complete_line(plan, result)[0] if result.complete else incomplete_line(result)
    kept = f", journal {code(journal)}" if journal else ""
    return (f"**{line}**", "", f"Correlation id {code(result.correlation_id)}{kept}")


def result_sections(plan: Plan, result: ApplyResult, continue_with: str) -> Iterator[Section]:
    """What is not done first, each with its reason; how to go on; what guards refuse; what is done."""
    names = names_of(plan)
    for outcome in reversed(NOT_DONE):
        entries = tuple(_result_entry(one, names) for one in result.ended(outcome))
        yield Section(outcome_heading(outcome), "changes that are not done", entries, must=True, folded=False)
    slipped = tuple(_result_entry(one, names) for one in not_held(result))
    yield Section("Did not hold", "changes that did not hold", slipped, must=True, folded=False)
    if not result.complete:
        yield Section("To continue", "commands", (line_entry(code(continue_with)),), must=True, folded=False)
    yield from refused_sections(plan.violations, refused_rows(plan), names)
    done = tuple(_result_entry(one, names) for one in result.ended(Outcome.DONE))
    yield Section(f"Done: {len(done):,}", "changes that are done", done)


def _result_entry(one: ChangeResult, names: Names) -> Entry:
    more = [f"  - {prose(one.because)}"] if one.because else []
    if one.error is not None:
        more += [f"  - {prose(one.error.hint)}"] if one.error.hint else []
        more += [f"  - correlation id {code(one.error.correlation_id)}"] if one.error.correlation_id else []
    more += [f"  - {prose(line)}" for line in one.not_held]
    return line_entry(f"- {one.change.action.value} {described(one.change.resource_id, names)}", *more)


def refused_head(plan: Plan, refused: PlanRefused) -> tuple[str, ...]:
    """That nothing was started, and what was planned."""
    return (f"**Error: {prose(refused.message)}** {plan_head(plan, _NOBODY)[0]}",)


def error_head(error: ReconcilerError) -> tuple[str, ...]:
    """What went wrong, and what to do next."""
    lines = [f"**Error:** {prose(line)}" if number == 0 else prose(line) for number, line in enumerate(error.lines)]
    lines += [f"Hint: {prose(line)}" for line in error.hint_lines]
    return (lines[0], *(one for line in lines[1:] for one in ("", line))) if lines else ("**Error**",)


def error_sections(error: ReconcilerError) -> Iterator[Section]:
    """The problems of a manifest, each with its place; what a saved plan is stale for."""
    if isinstance(error, ManifestError):
        entries = tuple(_diagnostic_entry(one) for one in error.diagnostics)
        yield Section("Problems", "problems", entries, must=True, folded=False)
    if isinstance(error, PlanStale):
        stale = tuple(line_entry(f"- {code(one.label or 'this run')}: {prose(one.message)}") for one in error.details)
        yield Section("Not as in the saved plan", "differences", stale, must=True, folded=False)


def _diagnostic_entry(one: Diagnostic) -> Entry:
    more = [f"  - {code(one.source_line.strip())}"] if one.source_line and one.source_line.strip() else []
    more += [f"  - {prose(one.hint)}"] if one.hint else []
    return line_entry(f"- {code(str(one.pos))} {prose(one.message)} ({code(one.code)})", *more)
