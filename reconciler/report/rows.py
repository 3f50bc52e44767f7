"""Plans and results as rows and counts, shared by every format: what is shown is decided here, how it looks is not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

from reconciler.address import AddressBook
from reconciler.diff import Action, Change, Reason
from reconciler.events import ApplyResult, ChangeResult, Outcome
from reconciler.model import normalize_location
from reconciler.plan import Plan

KNOWN_AFTER_APPLY = "(known after apply)"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of a change: `before` alone is being removed, `after` alone is being set, both change.

    `known` is False where the value is ARM's to give.
    """

    name: str
    before: str | None
    after: str | None
    known: bool = True


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as it is shown; `symbol` is one of `+`, `~`, `-`, `<=`, and `address` the shortest unambiguous one."""

    symbol: str
    action: Action
    address: str
    summary: str
    source: str
    fields: tuple[FieldRow, ...]


def addresses_of(plan: Plan) -> AddressBook:
    """How identities of this plan are written shortly."""
    return AddressBook(group.group_id for group in plan.desired.groups)


def change_rows(plan: Plan) -> tuple[ChangeRow, ...]:
    """What apply would do, in the plan's order."""
    book = addresses_of(plan)
    return tuple(change_row(change, book) for change in plan.applicable)


def refused_rows(plan: Plan) -> tuple[ChangeRow, ...]:
    """What guards hold back, in the plan's order."""
    book = addresses_of(plan)
    refused = plan.refused
    return tuple(
        change_row(change, book)
        for change in plan.changes
        if change.resource_id.address in refused and change.action is not Action.NO_OP
    )


def change_row(change: Change, book: AddressBook) -> ChangeRow:
    """One change; a delete shows what goes with it, because no later command can."""
    source = change.desired.source if change.desired else change.group.source
    symbol, summary, fields = _DESCRIPTIONS[change.action](change)
    return ChangeRow(
        symbol, change.action, book.short(change.resource_id), summary, f"{source.file}:{source.line}", fields
    )


def _describe_create(change: Change) -> tuple[str, str, tuple[FieldRow, ...]]:
    after = change.after
    if after is None:
        raise AssertionError("a create of nothing")
    rows = [FieldRow("location", None, after.location, known=after.location is not None)]
    if str(after.isolation_scope) != "None":
        rows.append(FieldRow("isolationScope", None, str(after.isolation_scope)))
    rows.extend(FieldRow(f"tags.{name}", None, value) for name, value in after.tags.items())
    rows.extend(FieldRow(name, None, None, known=False) for name in ("principalId", "clientId"))
    return "+", "will be created", tuple(rows)


def _describe_update(change: Change) -> tuple[str, str, tuple[FieldRow, ...]]:
    names = {"isolation_scope": "isolationScope"}
    rows = tuple(FieldRow(names.get(one.field, one.field), one.before, one.after) for one in change.differences)
    if change.reason is Reason.ADOPT:
        return "<=", "will be adopted: it exists, and bears no owner yet", rows
    return "~", "will be updated in place", rows


def _describe_delete(change: Change) -> tuple[str, str, tuple[FieldRow, ...]]:
    before = change.before
    if before is None:
        raise AssertionError("a delete of nothing")
    rows = [
        FieldRow("location", before.location, None),
        *(FieldRow(f"tags.{name}", value, None) for name, value in before.tags.items()),
        FieldRow("principalId", before.principal_id, None),
        FieldRow("clientId", before.client_id, None),
    ]
    return "-", "will be destroyed: the manifest does not list it", tuple(rows)


def _describe_no_op(_: Change) -> tuple[str, str, tuple[FieldRow, ...]]:
    return " ", "is as it should be", ()


_DESCRIPTIONS: dict[Action, Callable[[Change], tuple[str, str, tuple[FieldRow, ...]]]] = {
    Action.CREATE: _describe_create,
    Action.UPDATE: _describe_update,
    Action.DELETE: _describe_delete,
    Action.NO_OP: _describe_no_op,
}


@dataclass(frozen=True, slots=True)
class DriftRows:
    """The comparison told from the live side: what is missing, what nobody listed, what differs."""

    missing: tuple[ChangeRow, ...]
    unexpected: tuple[ChangeRow, ...]
    changed: tuple[ChangeRow, ...]

    @property
    def count(self) -> int:
        """All differences."""
        return len(self.missing) + len(self.unexpected) + len(self.changed)


def drift_rows(plan: Plan) -> DriftRows:
    """Every difference of the plan, guards or no guards: drift is a fact, whether or not apply would mend it."""
    book = addresses_of(plan)
    return DriftRows(
        _drift_rows(plan, Action.CREATE, "is not live"),
        _drift_rows(plan, Action.DELETE, "is not listed"),
        tuple(_changed_row(change, book) for change in plan.changes if is_changed(change)),
    )


def _drift_rows(plan: Plan, action: Action, summary: str) -> tuple[ChangeRow, ...]:
    book = addresses_of(plan)
    return tuple(
        replace(change_row(change, book), summary=summary) for change in plan.changes if change.action is action
    )


def is_changed(change: Change) -> bool:
    """Whether a live identity differs from its manifest entry, a claimed location included."""
    return change.action is Action.UPDATE or change.contradicts_location


def _changed_row(change: Change, book: AddressBook) -> ChangeRow:
    row = change_row(change, book)
    fields = list(row.fields)
    if change.contradicts_location and change.before and change.desired and change.desired.location:
        fields.insert(0, FieldRow("location", change.before.location, normalize_location(change.desired.location)))
    return ChangeRow("~", Action.UPDATE, row.address, "differs from the manifest", row.source, tuple(fields))


def outcome_heading(outcome: Outcome) -> str:
    """The heading under which a report lists changes that are not done."""
    match outcome:
        case Outcome.DONE:
            return "Done"
        case Outcome.FAILED:
            return "Failed"
        case Outcome.STALE:
            return "Not applied, because the live side has changed since the plan"
        case Outcome.SKIPPED:
            return "Skipped"
        case Outcome.NOT_TRIED:
            return "Not tried"
        case Outcome.IN_DOUBT:
            return "In doubt: a call went out, and no answer says whether it took effect"
    assert_never(outcome)


def not_held(result: ApplyResult) -> tuple[ChangeResult, ...]:
    """Changes that are done but that a later read showed otherwise."""
    return tuple(one for one in result.results if one.not_held)
