"""What an apply did, for people: what is done, and for whatever is not, each cause once and how to go on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.journal import Outcome
from reconciler.model import AssignmentId, CredentialId, identity_of
from reconciler.plan import Action, Change, Plan
from reconciler.report.names import Names, names_of
from reconciler.report.page import Page
from reconciler.report.parts.members import write_kinds
from reconciler.report.parts.totals import named
from reconciler.report.parts.undo import count_not_undone
from reconciler.report.parts.wrap import write_text
from reconciler.report.rows import change_row, not_held, outcome_heading
from reconciler.report.visible import SafeText

NOT_DONE = (Outcome.NOT_TRIED, Outcome.SKIPPED, Outcome.STALE, Outcome.IN_DOUBT, Outcome.FAILED)
"""The order in which they are told: what needs somebody most comes last."""

_FEW = 10
"""So many changes that are not done are seen together with the last line."""

_PATH = re.compile(r"/subscriptions/[^\s'\"()]+", re.IGNORECASE)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def render_result(plan: Plan, result: ApplyResult, continue_with: str, *, color: bool) -> SafeText:
    """What an apply did; where it did not do all, why, how to go on, and last the numbers of both."""
    page, names = Page(color=color), names_of(plan)
    page.line()
    if result.complete:
        if count_not_undone(plan):
            page.line((count_not_undone(plan), "bold yellow"))
        page.line(complete_line(plan, result))
        return page.text()
    _write_done(page, names, result)
    for outcome in NOT_DONE:
        causes = causes_of(result.ended(outcome))
        if causes:
            page.line((f"{outcome_heading(outcome)}:", "bold red"))
        for cause in causes:
            _write_cause(page, cause, names, result)
    for entry in not_held(result):
        page.line(("Did not hold: ", "bold red"), names.describe(entry.change.resource_id))
        for line in entry.not_held:
            write_text(page, line, indent=4, lead=[("    ", "")])
    page.line(f"Correlation id of this run, for the Activity Log: {result.correlation_id}")
    page.line(f"To continue: {continue_with}")
    _write_digest(page, names, result)
    page.line((incomplete_line(result), "bold red"))
    return page.text()


def _counts(result: ApplyResult) -> str:
    return (
        f"{result.count(Action.CREATE)} added, {result.count(Action.UPDATE)} changed,"
        f" {result.count(Action.DELETE)} destroyed"
    )


def complete_line(plan: Plan, result: ApplyResult) -> tuple[str, str]:
    """The last line of a run that did all that it was to do, and its style."""
    counts = f"Resources: {_counts(result)}."
    if result.interrupted:
        return (f"Apply interrupted before it was verified. {counts}", "bold red")
    if plan.violations:
        return (f"Applied what no guard refuses. {counts}", "bold yellow")
    return (f"Apply complete! {counts}", "bold green")


def incomplete_line(result: ApplyResult) -> str:
    """The last line of any other: the numbers of what is done and of what is not."""
    words = {
        Outcome.FAILED: "failed",
        Outcome.IN_DOUBT: "in doubt",
        Outcome.STALE: "stale",
        Outcome.SKIPPED: "skipped",
        Outcome.NOT_TRIED: "not tried",
    }
    numbers = {words[outcome]: number for outcome, number in result.counts if outcome in words}
    always = ("failed", "not tried")
    parts = [f"{numbers[word]} {word}" for word in words.values() if numbers[word] or word in always]
    slipped = len(not_held(result))
    return (
        f"Apply incomplete: {', '.join([_counts(result), *parts, *([f'{slipped} did not hold'] if slipped else [])])}."
    )


@dataclass(frozen=True, slots=True)
class Cause:
    """Changes that ended in the same way for the same reason, whatever its words say of the single one."""

    entries: tuple[ChangeResult, ...]

    @property
    def is_in_same_words(self) -> bool:
        """Whether the reason reads the same for all of them."""
        return len({one.because for one in self.entries}) == 1

    @property
    def in_short(self) -> str:
        """`404 ResourceNotFound`, or the reason where ARM gave no such code."""
        first = self.entries[0]
        words = () if first.error is None else (first.error.status, first.error.code)
        return " ".join(dict.fromkeys(str(one) for one in words if one)) or first.because


def causes_of(entries: Sequence[ChangeResult]) -> tuple[Cause, ...]:
    """The changes by why they ended as they did, in the order in which each cause begins."""
    found: dict[tuple[object, ...], list[ChangeResult]] = {}
    for one in entries:
        error = one.error
        said = () if error is None else (error.status, error.code, _general(error.hint, one.change))
        found.setdefault((_general(one.because, one.change), *said), []).append(one)
    return tuple(Cause(tuple(same)) for same in found.values())


def _general(text: str, change: Change) -> str:
    """A reason without what it says of the single change: paths, ids, and the names of what it is about."""
    text = _GUID.sub("?", _PATH.sub("?", text))
    for name in sorted(_own_names(change), key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "?", text)
    return text


def _own_names(change: Change) -> Iterator[str]:
    identity = identity_of(change.resource_id)
    yield from (change.resource_id.address, identity.address, identity.name)
    yield f"{identity.resource_group}/{identity.name}"
    match change.resource_id:
        case CredentialId(name=name):
            yield name
        case AssignmentId(scope=scope):
            yield scope.rpartition("/")[2] or scope


def _write_done(page: Page, names: Names, result: ApplyResult) -> None:
    entries = result.ended(Outcome.DONE)
    if entries:
        page.line((f"{outcome_heading(Outcome.DONE)}:", "bold green"))
    write_kinds(page, [change_row(one.change, names) for one in entries], names, indent=2, places=False)


def _write_cause(page: Page, cause: Cause, names: Names, result: ApplyResult) -> None:
    """The changes, then why: with one change on its line, of several once."""
    first = cause.entries[0]
    if len(cause.entries) == 1:
        lead = f"  {first.change.action.value} {names.describe(first.change.resource_id)}: "
        write_text(page, first.because, indent=6, lead=[(lead, "bold")])
    else:
        write_kinds(page, [change_row(one.change, names) for one in cause.entries], names, indent=2, places=False)
        which = "" if cause.is_in_same_words else f"{cause.in_short}; the first of them: "
        write_text(page, f"{which}{first.because}", indent=6, lead=[("      ", "")])
    correlation_ids = dict.fromkeys(
        one.error.correlation_id for one in cause.entries if one.error is not None and one.error.correlation_id
    )
    if list(correlation_ids) != [result.correlation_id]:
        for one in [*correlation_ids][:1]:
            more = len(correlation_ids) - 1
            page.line(f"      correlation id {one}{f', and {more} more' if more else ''}")
    if first.error is not None and first.error.hint:
        write_text(page, first.error.hint, indent=6, lead=[("      hint: ", "cyan")])


def _write_digest(page: Page, names: Names, result: ApplyResult) -> None:
    """Where what is not done fills a page: each cause once more in a few words, for who sees only the end."""
    if sum(len(result.ended(outcome)) for outcome in NOT_DONE) <= _FEW:
        return
    page.line(("In short:", "bold"))
    for outcome in NOT_DONE:
        for cause in causes_of(result.ended(outcome)):
            which = named([names.describe(one.change.resource_id) for one in cause.entries])
            text = f"{outcome.value}, {cause.in_short}: {which}"
            write_text(page, text, indent=4, lead=[("  ", "")])
