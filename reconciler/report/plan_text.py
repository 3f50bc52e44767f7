"""Plans and drift for people at a terminal or reading a CI log."""

from collections.abc import Iterable, Mapping
from typing import assert_never

from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.model import AddressBook, ResourceId, Violation, count_guards
from reconciler.plan import Action, Hold, Plan, SkipReason, hold_of
from reconciler.report.held_rows import held_rows, not_due
from reconciler.report.impact_rows import NO_IMPACT, with_condition
from reconciler.report.page import Page, width
from reconciler.report.rows import (
    KNOWN_AFTER_APPLY,
    ChangeRow,
    FieldRow,
    Header,
    addresses_of,
    beyond_guardrails,
    change_rows,
    differs,
    drift_rows,
    drifting,
    kept_conditions,
    refused_rows,
)
from reconciler.report.visible import quoted, visible
from reconciler.report.warnings import warning_lines

NO_CHANGES = "No changes. Live identities match the manifest."

_NOTHING_TO_UNDO = "No changes. Nothing of the run is left that could be taken back."

USUAL_CLOUD = "AzureCloud"
"""The one cloud that a report does not name."""

_STYLES = {"+": "green", "~": "yellow", "-": "red", "<=": "cyan"}

_UNQUOTED = ("location", "isolationScope", "principalId", "clientId", "roleDefinition")


def render_plan(plan: Plan, header: Header, *, color: bool) -> str:
    """Header, changes, what stays as it is and why, the count line, and last what the guards refuse."""
    page = Page(color=color)
    _write_header(page, plan, header)
    for row in change_rows(plan, is_undo=header.is_undo):
        _write_change(page, row)
    _write_held(page, plan)
    for line in warning_lines(plan.findings, addresses_of(plan)):
        page.line((line, "yellow"))
    if plan.findings:
        page.line()
    _write_refused(page, plan)
    _write_removed_already(page, plan)
    _write_skipped(page, plan, is_undo=header.is_undo)
    if plan.violations:
        page.line((_refused_line(plan), "bold red"))
    page.line(*_count_line(plan, is_undo=header.is_undo))
    return page.text()


def render_drift(plan: Plan, header: Header, *, color: bool) -> str:
    """The differences between manifest and live, in three lists."""
    page = Page(color=color)
    _write_header(page, plan, header)
    drift = drift_rows(plan)
    for heading, rows in (
        ("Missing: listed, but not live", drift.missing),
        ("Unexpected: live, but not listed", drift.unexpected),
        ("Changed: live, but not as listed", drift.changed),
    ):
        if rows:
            page.line((heading, "bold"))
            page.line()
        for row in rows:
            _write_change(page, row)
    _write_not_due(page, plan)
    _write_skipped(page, plan)
    _write_beyond_guardrails(page, beyond_guardrails(plan), plan.desired)
    if drift.count:
        counts = f"{len(drift.missing)} missing, {len(drift.unexpected)} unexpected, {len(drift.changed)} changed"
        page.line((f"Drift: {counts}.", "bold"))
    else:
        page.line((NO_CHANGES, "bold"))
    return page.text()


def render_declared(verdict: DeclaredVerdict, desired: Desired, *, color: bool) -> str:
    """What guardrails refuse of manifests, and what they leave to the plan; nothing where there is nothing to say."""
    page = Page(color=color)
    if verdict.violations:
        page.line()
    _write_beyond_guardrails(page, verdict.violations, desired)
    for note in verdict.notes:
        page.line(("Note: ", "yellow"), visible(note))
    return page.text()


def _write_header(page: Page, plan: Plan, header: Header) -> None:
    if header.place:
        page.line((visible(header.place), "bold magenta"))
    if plan.cloud != USUAL_CLOUD:
        page.line("Cloud         ", visible(plan.cloud))
    if plan.subscriptions:
        page.line("Tenant        ", visible(plan.tenant or "several"))
    for one in plan.subscriptions:
        page.line("Subscription  ", visible(f"{one.display_name} ({one.subscription_id})"))
    if header.principal:
        page.line("Principal     ", visible(header.principal))
    for sha256 in (plan.guardrails or "").split("+"):
        if sha256:
            page.line("Guardrails    ", f"sha256 {visible(sha256)}")
    page.line()


def _write_change(page: Page, row: ChangeRow) -> None:
    style = _STYLES.get(row.symbol, "")
    page.line(
        (f"{row.symbol:>2} ", style),
        (visible(row.address), "bold"),
        f"  {row.summary}",
        *([] if row.hold is None else [(f"; {_hold_words(row.hold)}", "magenta")]),
        (f"  {visible(row.source)}", "dim"),
    )
    lines = [(visible(field.name), _field_value(field, row.action), "") for field in row.fields]
    lines += [(label, visible(text), "" if label == NO_IMPACT else "yellow") for label, text in row.impact]
    widest = max((width(name) for name, _, _ in lines), default=0)
    for name, value, line_style in lines:
        page.line(("     " + name + " " * (widest - width(name)) + "  " + value, line_style))
    page.line()


def _field_value(field: FieldRow, action: Action) -> str:
    if not field.known:
        return KNOWN_AFTER_APPLY
    show = visible if field.name in _UNQUOTED else quoted
    before = "(absent)" if field.before is None else show(field.before)
    after = "(absent)" if field.after is None else show(field.after)
    match action:
        case Action.CREATE:
            return after
        case Action.DELETE:
            return before
        case Action.UPDATE | Action.NO_OP:
            return f"{before} -> {after}"
    assert_never(action)


def _hold_words(hold: Hold) -> str:
    if hold.until is not None:
        return f"held back until {hold.until}"
    return f"held: {quoted(hold.reason or '')}"


def _write_held(page: Page, plan: Plan) -> None:
    rows = held_rows(plan)
    if rows:
        page.line(("Held by the manifest, and not part of the plan:", "bold"))
        page.line()
    for row in rows:
        _write_change(page, row)


def _write_not_due(page: Page, plan: Plan) -> None:
    book = addresses_of(plan)
    for change in not_due(plan):
        hold = hold_of(change)
        what = f"{visible(book.short(change.resource_id))}, listed under remove and {_hold_words(hold)}"
        page.line((f"Not due: {what}", "dim"), (visible(f"  {hold.source.file}:{hold.source.line}"), "dim"))
    if not_due(plan):
        page.line()


def _write_refused(page: Page, plan: Plan) -> None:
    if not plan.violations:
        return
    page.line(("Refused by guards, and not part of the plan:", "bold red"))
    page.line()
    for violation in plan.violations:
        _write_violation(page, violation, plan.desired)
    rows = refused_rows(plan)
    if rows:
        page.line("Held back:")
        for row in rows:
            page.line(f"     {row.action.value:<7} {visible(row.address)}", (f"  {visible(row.source)}", "dim"))
        page.line()


def _write_beyond_guardrails(page: Page, violations: Iterable[Violation], desired: Desired) -> None:
    refused = tuple(violations)
    if refused:
        page.line(("Refused by guardrails:", "bold red"))
        page.line()
    for violation in refused:
        _write_violation(page, violation, desired)


def _write_violation(page: Page, violation: Violation, desired: Desired) -> None:
    address = visible(_short(desired, violation.address)) if violation.address else "this run"
    page.line((f" ! {violation.code}", "bold red"), f"  {address}: {visible(violation.message)}")
    page.line("     ", visible(violation.hint))
    page.line()


def _short(desired: Desired, address: str) -> str:
    """The shortest form of the whole address of a group, or of anything in it."""
    book = AddressBook(group.group_id for group in desired.groups)
    for group in desired.groups:
        whole = group.group_id.address
        if address == whole or address.startswith(f"{whole}/"):
            return f"{book.short_group(group.group_id)}{address.removeprefix(whole)}"
    return address


_SKIPPED_IDENTITIES = {
    SkipReason.IGNORED: "ignored",
    SkipReason.NOT_OWNED: "of another owner",
    SkipReason.NOT_LISTED: "not listed, kept by policy",
    SkipReason.NOT_TARGETED: "outside --target",
}

_NOT_OF_THE_RUN = "not changed by the run that is undone"

_SKIPPED_OF_AN_UNDO = _SKIPPED_IDENTITIES | {SkipReason.NOT_TARGETED: _NOT_OF_THE_RUN}

_SKIPPED_ACCESS = _SKIPPED_OF_AN_UNDO | {
    SkipReason.NOT_OURS: "made by others",
    SkipReason.UNMARKED: "given by uami, whose mark was edited away: list it to adopt it, or remove it yourself",
    SkipReason.INHERITED: "given above roleScopes, and so good there too",
    SkipReason.OUT_OF_SCOPE: "outside roleScopes",
    SkipReason.UNRESOLVED: "stays while a role that the manifest lists or ignores is not known",
    SkipReason.INEXPRESSIBLE: "kept, since this api-version cannot express it",
    SkipReason.HELD: "of a held identity, and no such role is known there",
}


def _write_skipped(page: Page, plan: Plan, *, is_undo: bool = False) -> None:
    """Absence is shown too: how many live identities this run does not touch, and what of credentials and roles."""
    counts = _skipped_identities(plan, _SKIPPED_OF_AN_UNDO if is_undo else _SKIPPED_IDENTITIES)
    access = [one for one in plan.skipped if not isinstance(one.resource_id, ResourceId)]
    if counts:
        page.line((f"Left alone: {', '.join(counts)}.", "dim"))
    for one in access:
        address = visible(addresses_of(plan).short(one.resource_id))
        words = f"{_SKIPPED_ACCESS[one.reason]}{with_condition(one.condition)}"
        page.line((f"Left alone: {address}, {words}.", "dim"))
    kept = kept_conditions(plan)
    for address in kept:
        page.line((f"Kept: {visible(address)}, with a condition that the manifest does not name.", "dim"))
    if counts or access or kept:
        page.line()
    _write_abandoned(page, plan)
    for note in plan.notes:
        page.line(("Note: ", "yellow"), visible(note))
    if plan.notes:
        page.line()


def _skipped_identities(plan: Plan, words: Mapping[SkipReason, str]) -> list[str]:
    reasons = [one.reason for one in plan.skipped if isinstance(one.resource_id, ResourceId)]
    return [f"{reasons.count(one)} {text}" for one, text in words.items() if one in reasons]


def _write_removed_already(page: Page, plan: Plan) -> None:
    book = addresses_of(plan)
    for change in plan.removed_already:
        source = visible(f"  {change.source.file}:{change.source.line}")
        page.line(("Removed already: ", "dim"), visible(book.short(change.resource_id)), (source, "dim"))
    if plan.removed_already:
        page.line()


def _write_abandoned(page: Page, plan: Plan) -> None:
    """What somebody should look at, though no run of this manifest will."""
    if not plan.abandoned:
        return
    page.line(("Abandoned: they have this manifest's owner, in groups that it does not name; not touched.", "yellow"))
    for one in plan.abandoned:
        page.line("     ", visible(one.resource_id.address), f"  owner {visible(one.owner)}")
    page.line()


def _refused_line(plan: Plan) -> str:
    number = len(refused_rows(plan))
    guards = count_guards(plan.violations)
    if not number:
        # A role that nobody knows, for one, is refused without being a change.
        return f"Refused by {guards}."
    return f"Refused: {number} {'change' if number == 1 else 'changes'} by {guards}."


def _count_line(plan: Plan, *, is_undo: bool = False) -> tuple[tuple[str, str], ...]:
    create, update, delete = (plan.count(action) for action in (Action.CREATE, Action.UPDATE, Action.DELETE))
    held = any(hold is not None and differs(change) for change, hold in drifting(plan))
    if not plan.applicable and not plan.violations and not held:
        return ((_NOTHING_TO_UNDO if is_undo else NO_CHANGES, "bold"),)
    return ((f"Plan: {create} to add, {update} to change, {delete} to destroy.", "bold"),)
