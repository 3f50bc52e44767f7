"""Plans for people at a terminal or reading the end of a CI log: what is deleted and what is refused come last."""

from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.model import AddressBook, refused_by, refusers
from reconciler.plan import Action, Plan
from reconciler.plan.drift.differences import differs
from reconciler.report.grouping import blocks_of
from reconciler.report.held_rows import held_rows
from reconciler.report.names import Names, names_of
from reconciler.report.page import Page
from reconciler.report.parts.blocks import write_blocks
from reconciler.report.parts.header import write_header
from reconciler.report.parts.left_alone import write_left_alone, write_removed_already
from reconciler.report.parts.members import write_kinds
from reconciler.report.parts.notes import write_notes
from reconciler.report.parts.refusals import write_refusals
from reconciler.report.parts.totals import write_digest, write_totals
from reconciler.report.parts.trust import write_trust
from reconciler.report.parts.undo import NOTHING_TO_UNDO, count_not_undone, write_not_undone
from reconciler.report.parts.wrap import INDENT, write_text
from reconciler.report.rows import Header, change_rows, drifting, refused_rows
from reconciler.report.visible import SafeText
from reconciler.report.warnings import write_warnings

NO_CHANGES = "No changes. Live identities match the manifest."
NOTHING_EXPIRED = "No changes. Nothing is live that has expired."
NO_ORPHANS = "No changes. There is no orphaned role assignment of ours to remove."


def render_plan(plan: Plan, header: Header, *, color: bool, group: bool = True) -> SafeText:
    """Header, what is made and changed, what stays as it is and why, deletes, refusals, and the totals.

    With `group`, changes that are the same but for their identity are told once.
    """
    page, names = Page(color=color), names_of(plan)
    rows = change_rows(plan, is_undo=header.is_undo)
    deletes = [row for row in rows if row.action is Action.DELETE]
    write_header(page, plan, header)
    write_blocks(page, blocks_of([row for row in rows if row.action is not Action.DELETE], group=group), names)
    _write_held(page, plan, names, group=group)
    write_removed_already(page, plan, names)
    write_left_alone(page, plan, names, is_undo=header.is_undo)
    write_notes(page, plan, names, group=group)
    _write_warnings(page, plan, names, group=group)
    write_trust(page, plan, names, group=group)
    write_totals(page, plan, names)
    if deletes:
        page.line(("Deletes:", "bold"))
        page.line()
    write_blocks(page, blocks_of(deletes, group=group), names)
    _write_refused(page, plan, names)
    write_not_undone(page, plan)
    write_digest(page, deletes, refused_rows(plan), plan.violations, names)
    if count_not_undone(plan):
        page.line((count_not_undone(plan), "bold yellow"))
    if plan.violations:
        page.line((refused_line(plan), "bold red"))
    page.line((count_line(plan, is_undo=header.is_undo), "bold"))
    return page.text()


def render_declared(verdict: DeclaredVerdict, desired: Desired, *, color: bool) -> SafeText:
    """What guardrails refuse of manifests, and what they leave to the plan; nothing where there is nothing to say."""
    page = Page(color=color)
    if verdict.violations:
        page.line()
        page.line(("Refused by guardrails:", "bold red"))
        page.line()
    write_refusals(page, verdict.violations, Names(AddressBook(group.group_id for group in desired.groups), {}, {}))
    for note in verdict.notes:
        write_text(page, note, indent=2, lead=[("Note: ", "yellow")])
    return page.text()


def _write_held(page: Page, plan: Plan, names: Names, *, group: bool) -> None:
    rows = held_rows(plan)
    if rows:
        page.line(("Held by the manifest, and not part of the plan:", "bold"))
        page.line()
    write_blocks(page, blocks_of(rows, group=group), names)


def _write_warnings(page: Page, plan: Plan, names: Names, *, group: bool) -> None:
    write_warnings(page, plan.findings, names, group=group, style="yellow")
    if plan.findings:
        page.line()


def _write_refused(page: Page, plan: Plan, names: Names) -> None:
    if not plan.violations:
        return
    page.line((f"Refused by {refusers(plan.violations)}, and not part of the plan:", "bold red"))
    page.line()
    write_refusals(page, plan.violations, names)
    rows = refused_rows(plan)
    if rows:
        page.line("Held back:")
        write_kinds(page, rows, names, indent=INDENT)
        page.line()


def refused_line(plan: Plan) -> str:
    """How much guards hold back, of a plan that is refused."""
    number = len(refused_rows(plan))
    by = refused_by(plan.violations)
    if not number:
        # A role that nobody knows, for one, is refused without being a change.
        return f"Refused by {by}."
    return f"Refused: {number} {'change' if number == 1 else 'changes'} by {by}."


def no_changes(plan: Plan) -> str:
    """That nothing is to be done, of a plan of manifests: of all of it, or of what has expired; or of orphans."""
    if plan.is_of_orphans:
        return NO_ORPHANS
    return NOTHING_EXPIRED if plan.expired_only else NO_CHANGES


def count_line(plan: Plan, *, is_undo: bool = False) -> str:
    """What a plan would do, in numbers."""
    create, update, delete = (plan.count(action) for action in (Action.CREATE, Action.UPDATE, Action.DELETE))
    held = any(hold is not None and differs(change) for change, hold in drifting(plan))
    if not plan.applicable and not plan.violations and not held:
        if is_undo and plan.not_undone:
            return "Nothing can be taken back by itself."
        return NOTHING_TO_UNDO if is_undo else no_changes(plan)
    return f"Plan: {create} to add, {update} to change, {delete} to destroy."
