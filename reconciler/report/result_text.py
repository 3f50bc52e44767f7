"""What an apply did, for people: what is done, and for whatever is not, why and how to go on."""

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.journal import Outcome
from reconciler.model import AddressBook
from reconciler.plan import Action, Plan
from reconciler.report.page import Page
from reconciler.report.rows import addresses_of, not_held, outcome_heading
from reconciler.report.undo_text import count_not_undone
from reconciler.report.visible import SafeText, visible


def render_result(plan: Plan, result: ApplyResult, continue_with: str, *, color: bool) -> SafeText:
    """What an apply did, and for whatever it did not do, why and how to go on."""
    page = Page(color=color)
    page.line()
    book = addresses_of(plan)
    if not result.complete:
        _write_done(page, book, result)
    for outcome in (Outcome.FAILED, Outcome.IN_DOUBT, Outcome.STALE, Outcome.SKIPPED, Outcome.NOT_TRIED):
        entries = result.ended(outcome)
        if entries:
            page.line((f"{outcome_heading(outcome)}:", "bold red"))
        for entry in entries:
            _write_entry(page, book.short(entry.change.resource_id), entry)
    for entry in not_held(result):
        page.line(("Did not hold: ", "bold red"), visible(book.short(entry.change.resource_id)))
        for line in entry.not_held:
            page.line(f"    {visible(line)}")
    counts = (
        f"Resources: {result.count(Action.CREATE)} added, {result.count(Action.UPDATE)} changed,"
        f" {result.count(Action.DELETE)} destroyed."
    )
    if result.complete:
        page.line(_complete_line(plan, result, counts))
        if count_not_undone(plan):
            page.line((count_not_undone(plan), "bold yellow"))
        return page.text()
    page.line((f"Apply incomplete. {counts}", "bold red"))
    page.line(f"Correlation id of this run, for the Activity Log: {visible(result.correlation_id)}")
    page.line(f"To continue: {visible(continue_with)}")
    return page.text()


def _complete_line(plan: Plan, result: ApplyResult, counts: str) -> tuple[str, str]:
    if result.interrupted:
        return (f"Apply interrupted before it was verified. {counts}", "bold red")
    if plan.violations:
        return (f"Applied what no guard refuses. {counts}", "bold yellow")
    return (f"Apply complete! {counts}", "bold green")


def _write_done(page: Page, book: AddressBook, result: ApplyResult) -> None:
    entries = result.ended(Outcome.DONE)
    if entries:
        page.line((f"{outcome_heading(Outcome.DONE)}:", "bold green"))
    for entry in entries:
        page.line(f"  {entry.change.action.value} ", (visible(book.short(entry.change.resource_id)), "bold"))


def _write_entry(page: Page, address: str, entry: ChangeResult) -> None:
    page.line(f"  {entry.change.action.value} ", (visible(address), "bold"), f": {visible(entry.because)}")
    if entry.error is not None and entry.error.correlation_id:
        page.line(f"      correlation id {visible(entry.error.correlation_id)}")
    if entry.error is not None and entry.error.hint:
        page.line(("      hint: ", "cyan"), visible(entry.error.hint))
