"""What a job says of a report besides the report: the worst first, each on the line of a manifest that it is about."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.doctor.checkup import Checkup, Standing
from reconciler.errors import ManifestError, PlanStale, ReconcilerError, SourcePos
from reconciler.guardrails import DeclaredVerdict
from reconciler.journal import Outcome, RunRecord, names_of_run
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.manifest.yaml.files import STDIN_NAME
from reconciler.model import AddressBook, Violation
from reconciler.plan import Action, Plan
from reconciler.report.names import Names, names_of
from reconciler.report.rows import ChangeRow, beyond_guardrails, change_rows, drift_rows, not_held

MOST = 10
"""Errors of a step, and warnings, that GitHub shows. Source: GitHub's "Limits" of workflow commands."""

_LONGEST = 1_000
"""Characters of a notice: it is one line beside a line of code."""


class Level(Enum):
    """How bad it is; each CI system has its word for it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of text for a reader of code; `pos` is None where no line of a manifest is what it is about."""

    level: Level
    title: str
    text: str
    pos: SourcePos | None = None

    @property
    def in_file(self) -> SourcePos | None:
        """The line, where it is one of a file that a CI system can show."""
        return None if self.pos is None or self.pos.file in ("", STDIN_NAME) else self.pos


def bounded(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """At most so many of each level as are shown, errors first; the last one says how many more there are."""
    found = tuple(notices)
    return tuple(one for level in Level for one in _bounded([one for one in found if one.level is level]))


def _bounded(same: Sequence[Notice]) -> Iterator[Notice]:
    shown = same if len(same) <= MOST else same[: MOST - 1]
    for one in shown:
        text = one.text if len(one.text) <= _LONGEST else f"{one.text[:_LONGEST]}..."
        yield Notice(one.level, one.title, text, one.pos)
    if len(same) > len(shown):
        level = same[0].level
        yield Notice(level, "uami", f"and {len(same) - len(shown)} more like these; the report has all of them")


def plan_notices(plan: Plan) -> Iterator[Notice]:
    """What guards refuse, what would be deleted and what that breaks, and what is usually a mistake."""
    names = names_of(plan)
    yield from _violations(plan.violations, names, _places(plan))
    for row in change_rows(plan):
        if row.action is Action.DELETE:
            yield _row_notice(row, names, "uami: deleted")
    yield from _findings(plan.findings, names, Level.WARNING)


def drift_notices(plan: Plan) -> Iterator[Notice]:
    """What guardrails refuse, and each difference."""
    names, drift = names_of(plan), drift_rows(plan)
    yield from _violations(beyond_guardrails(plan), names, _places(plan))
    for row in (*drift.unexpected, *drift.missing, *drift.changed):
        yield _row_notice(row, names, "uami: drift")


def result_notices(plan: Plan, result: ApplyResult) -> Iterator[Notice]:
    """What was not done or did not hold, and what guards refuse."""
    names = names_of(plan)
    for outcome in (Outcome.IN_DOUBT, Outcome.FAILED, Outcome.STALE):
        for one in result.ended(outcome):
            yield _result_notice(one, names, outcome.value, one.because)
    for one in not_held(result):
        yield _result_notice(one, names, "did not hold", "; ".join(one.not_held))
    yield from _violations(plan.violations, names, _places(plan))


def journal_notices(record: RunRecord) -> Iterator[Notice]:
    """Calls that are in doubt or failed."""
    names = names_of_run(record)
    for call in record.calls:
        if call.outcome in (None, Outcome.FAILED, Outcome.IN_DOUBT):
            outcome = "in doubt" if call.outcome is None else call.outcome.value
            why = "" if call.error is None else f": {call.error.message}"
            text = f"{call.action.value} {names.describe(call.resource_id)}{why}"
            yield Notice(Level.ERROR, f"uami: {outcome}", text, call.source)


def checkup_notices(checkup: Checkup) -> Iterator[Notice]:
    """What failed, and which rights are missing."""
    for one in checkup.checks:
        if one.standing in (Standing.FAILED, Standing.MISSING):
            yield Notice(Level.ERROR, f"uami: {one.name}", one.detail)
    for right in checkup.rights:
        if right.standing in (Standing.FAILED, Standing.MISSING):
            yield Notice(Level.ERROR, "uami: missing right", f"{right.right} at {right.scope}: {right.action}")


def validated_notices(
    desired: Desired, findings: Sequence[Finding], verdict: DeclaredVerdict, *, strict: bool
) -> Iterator[Notice]:
    """What guardrails refuse, and each warning; with `strict` these are errors."""
    names = Names(AddressBook(group.group_id for group in desired.groups), {}, {})
    yield from _violations(verdict.violations, names, {})
    yield from _findings(findings, names, Level.ERROR if strict else Level.WARNING)


def error_notices(error: ReconcilerError) -> Iterator[Notice]:
    """Each problem of a manifest; of any other error, the error."""
    if isinstance(error, ManifestError):
        for one in error.diagnostics:
            hint = f" {one.hint}" if one.hint else ""
            yield Notice(Level.ERROR, f"uami: {one.code}", f"{one.message}.{hint}", one.pos)
        return
    yield Notice(Level.ERROR, f"uami: {error.code}", " ".join((*error.lines, *error.hint_lines)))
    if isinstance(error, PlanStale):
        for detail in error.details:
            yield Notice(Level.ERROR, f"uami: {error.code}", f"{detail.label or 'this run'}: {detail.message}")


_Places = dict[object, SourcePos]


def _places(plan: Plan) -> _Places:
    """The line of each change, and of each group."""
    places: _Places = {group.group_id: group.source for group in plan.desired.groups}
    places.update((change.resource_id, change.source) for change in (*plan.changes, *plan.held))
    return places


def _violations(violations: Iterable[Violation], names: Names, places: _Places) -> Iterator[Notice]:
    for one in violations:
        about = (one.about, *one.refused)
        pos = next((places[each] for each in about if each in places), None)
        text = f"{names.describe(one.about)}: {one.message} {one.hint}"
        yield Notice(Level.ERROR, f"uami: refused by {one.code}", text, pos)


def _findings(findings: Iterable[Finding], names: Names, level: Level) -> Iterator[Notice]:
    for one in findings:
        text = f"{one.label(names.book)} {one.message}. {one.hint}"
        yield Notice(level, f"uami: {one.code}", text, one.given_by or one.pos)


def _row_notice(row: ChangeRow, names: Names, title: str) -> Notice:
    impact = "".join(f"; {label} {text}" for label, text in row.impact)
    file, _, line = row.source.rpartition(":")
    made = "" if row.attribution is None else f"; {row.attribution.label} {row.attribution.text}"
    text = f"{names.describe(row.resource_id)} {row.summary}{made}{impact}"
    return Notice(Level.WARNING, title, text, SourcePos(file, int(line), 1) if line else None)


def _result_notice(one: ChangeResult, names: Names, how: str, why: str) -> Notice:
    text = f"{one.change.action.value} {names.describe(one.change.resource_id)}: {why}"
    return Notice(Level.ERROR, f"uami: {how}", text, one.change.source)
