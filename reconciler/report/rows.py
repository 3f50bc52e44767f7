"""Plans and results as rows and counts, shared by every format: what is shown is decided here, how it looks is not."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.guardrails import GUARDRAIL
from reconciler.journal import Outcome
from reconciler.model import (
    AddressBook,
    AnyId,
    AssignmentDetails,
    AssignmentId,
    FederatedCredential,
    Identity,
    PlannedAssignment,
    PlannedIdentity,
    ResourceId,
    RoleAssignment,
    Trust,
    Violation,
    identity_of,
    trust_document,
)
from reconciler.plan import (
    Action,
    AssignmentChange,
    Change,
    CredentialChange,
    Field,
    Hold,
    IdentityChange,
    Plan,
    Reason,
    expires_on,
    field_text,
    given_by,
    hold_of,
)
from reconciler.plan.drift.differences import claimed_location, is_changed
from reconciler.report.drift.attribution import AttributionRow, attribution_row
from reconciler.report.impact_rows import impact_rows, role_of_nobody, unlooked
from reconciler.report.names import Names, names_of

KNOWN_AFTER_APPLY = "(known after apply)"


@dataclass(frozen=True, slots=True)
class Header:
    """Where a run looks and as whom; empty strings are left out.

    Attributes:
        place: an endpoint, the sandbox's file, or a saved plan.
        is_undo: the plan takes a run back, and is made from its journal: no manifest and no `--target` limits it.
        kind: what the place is, as its label says it.
    """

    place: str
    principal: str
    is_undo: bool = False
    kind: str = "SANDBOX"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of a change: `before` alone is being removed, `after` alone is being set, both change.

    `known` is False where the value is ARM's to give. `of_identity`: an id, of which no two identities have the same.
    """

    name: str
    before: str | None
    after: str | None
    known: bool = True
    of_identity: bool = False


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as it is shown; `symbol` is one of `+`, `~`, `-`, `<=`.

    Attributes:
        label: of a credential or a role, what it is of its identity; empty for an identity.
        source: `FILE:LINE`; empty where no manifest asks for it.
        given_by: that of the default that gives it; empty where the identity lists it.
        impact: what a delete would break: labels with what they are about, one line for each.
        hold: why the change is not made, for one that the manifest holds back.
        attribution: who made the difference, in a report of drift.
        not_looked_at: the last line of an impact.
    """

    symbol: str
    action: Action
    resource_id: AnyId
    label: str
    summary: str
    source: str
    fields: tuple[FieldRow, ...]
    impact: tuple[tuple[str, str], ...] = ()
    hold: Hold | None = None
    given_by: str = ""
    attribution: AttributionRow | None = None
    not_looked_at: str = ""

    @property
    def place(self) -> str:
        """Where the manifest says it: at the identity, and at the default that it takes."""
        return f"{self.source} (default {self.given_by})" if self.given_by else self.source

    @property
    def identity(self) -> ResourceId:
        """The identity that the change is about, or whose child it is about."""
        return identity_of(self.resource_id)


def addresses_of(plan: Plan) -> AddressBook:
    """How identities of this plan are written shortly."""
    return AddressBook(group.group_id for group in plan.desired.groups)


def change_rows(plan: Plan, *, is_undo: bool = False) -> tuple[ChangeRow, ...]:
    """What apply would do, in the plan's order; where a run is taken back, what goes is what that run has made."""
    names = names_of(plan)
    rows = (change_row(change, names) for change in plan.applicable)
    return tuple(replace(row, summary=_UNDONE) if is_undo and row.summary == _NOT_LISTED else row for row in rows)


def refused_rows(plan: Plan) -> tuple[ChangeRow, ...]:
    """What guards hold back, in the plan's order."""
    names, refused = names_of(plan), plan.refused
    changes = (one for one in plan.changes if one.resource_id in refused and one.action is not Action.NO_OP)
    return tuple(change_row(one, names) for one in changes)


def change_row(change: Change, names: Names) -> ChangeRow:
    """One change; a delete shows what goes with it, because no later command can."""
    source = change.source
    default = given_by(change)
    symbol, summary, fields = _describe(change)
    return ChangeRow(
        symbol,
        change.action,
        change.resource_id,
        names.label(change.resource_id),
        summary,
        source.file_and_line,
        fields,
        impact_rows(change, names),
        given_by="" if default is None else default.file_and_line,
        not_looked_at=unlooked(change),
    )


def _adopted(change: Change) -> str:
    has_owner = isinstance(change.before, Identity | RoleAssignment) and change.before.owner is not None
    return f"will be adopted: already there, {'with another' if has_owner else 'without an'} owner"


_Description = tuple[str, str, tuple[FieldRow, ...]]

_NOT_LISTED = "will be destroyed: the manifest does not list it"
_UNDONE = "will be destroyed: the run that is undone has made it"

_IN_DRIFT = {Reason.REMOVED: "is listed under remove", Reason.EXPIRED: "has expired"}
_SUMMARIES = {
    Action.CREATE: ("+", "will be created"),
    Action.UPDATE: ("~", "will be updated in place"),
    Action.DELETE: ("-", _NOT_LISTED),
    Action.NO_OP: (" ", "is as it should be"),
}
_FIELD_NAMES: dict[str, str] = {
    Field.ISOLATION_SCOPE: "isolationScope",
    Field.CONDITION_VERSION: "conditionVersion",
    Field.DELEGATED_IDENTITY: "delegatedManagedIdentityResourceId",
}


def _describe(change: Change) -> _Description:
    symbol, summary = _SUMMARIES[change.action]
    if change.reason is Reason.ADOPT:
        symbol, summary = "<=", _adopted(change)
    if change.reason is Reason.REMOVED and change.action is Action.DELETE:
        summary = "will be destroyed: the manifest names it under remove"
    if change.reason is Reason.EXPIRED:
        summary = f"will be destroyed: it has expired on {expires_on(change)}"
    match change.action:
        case Action.NO_OP:
            return symbol, summary, ()
        case Action.UPDATE:
            names = ((_FIELD_NAMES.get(one.kind, field_text(one)), one) for one in change.differences)
            return symbol, summary, tuple(FieldRow(name, one.before, one.after) for name, one in names)
        case Action.CREATE:
            return symbol, summary, tuple(_created(change))
        case Action.DELETE:
            if isinstance(change, AssignmentChange) and change.entry is None:
                summary = role_of_nobody(change)
            return symbol, summary, tuple(_destroyed(change))
    assert_never(change.action)


def _created(change: Change) -> Iterator[FieldRow]:
    match change:
        case IdentityChange(after=PlannedIdentity() as after):
            yield FieldRow("location", None, after.location, known=after.location is not None)
            if str(after.isolation_scope) != "None":
                yield FieldRow("isolationScope", None, str(after.isolation_scope))
            yield from (FieldRow(f"tags.{name}", None, value) for name, value in after.tags.items())
            yield from (FieldRow(name, None, None, known=False) for name in ("principalId", "clientId"))
        case CredentialChange(after=Trust() as trust):
            yield from (FieldRow(name, None, value) for name, value in trust_document(trust).items())
        case AssignmentChange(after=PlannedAssignment() as planned):
            # Its role and its identity stand in its line.
            yield from (FieldRow(name, None, value) for name, value in detail_fields(planned.details))


def _destroyed(change: Change) -> Iterator[FieldRow]:
    match change:
        case IdentityChange(before=Identity() as before):
            yield FieldRow("location", before.location, None)
            yield from (FieldRow(f"tags.{name}", value, None) for name, value in before.tags.items())
            yield FieldRow("principalId", before.principal_id, None, of_identity=True)
            yield FieldRow("clientId", before.client_id, None, of_identity=True)
        case CredentialChange(before=FederatedCredential(trust=Trust() as trust)):
            yield from (FieldRow(name, value, None) for name, value in trust_document(trust).items())
        case AssignmentChange(before=RoleAssignment() as before):
            yield from (FieldRow(name, value, None) for name, value in detail_fields(before.details))


def detail_fields(details: AssignmentDetails | None) -> tuple[tuple[str, str], ...]:
    """The details that a role assignment has, as they are shown, by name."""
    named = () if details is None else details.named()
    return tuple((_FIELD_NAMES.get(name, name), value) for name, value in named if value is not None)


@dataclass(frozen=True, slots=True)
class DriftRows:
    """The comparison seen from the live side: what is missing, what nobody listed, what differs.

    `pending` is no drift: what the working tree has beyond the commit that live is held against, whose name is `base`.
    """

    missing: tuple[ChangeRow, ...]
    unexpected: tuple[ChangeRow, ...]
    changed: tuple[ChangeRow, ...]
    pending: tuple[ChangeRow, ...] = ()
    base: str = ""

    @property
    def count(self) -> int:
        """All differences."""
        return len(self.missing) + len(self.unexpected) + len(self.changed)


def drift_rows(plan: Plan) -> DriftRows:
    """Every difference, guards and holds or none: drift is a fact, whether or not apply would fix it."""
    names = names_of(plan)
    return DriftRows(
        _drift_rows(plan, Action.CREATE, "is not live"),
        _drift_rows(plan, Action.DELETE, "is not listed"),
        tuple(
            replace(differing_row(change, names), hold=hold, attribution=_attribution(plan, change))
            for change, hold in drifting(plan)
            if is_changed(change)
        ),
        tuple(pending_row(change, names) for change in (plan.drift.pending if plan.drift else ())),
        plan.drift.base.ref if plan.drift and plan.drift.base else "",
    )


def pending_row(change: Change, names: Names) -> ChangeRow:
    """What applying the working tree would do."""
    return change_row(change, names) if claimed_location(change) is None else differing_row(change, names)


def _attribution(plan: Plan, change: Change) -> AttributionRow | None:
    known = None if plan.drift is None else plan.drift.attributions.get(change.resource_id)
    return None if known is None else attribution_row(known)


def drifting(plan: Plan) -> Iterator[tuple[Change, Hold | None]]:
    """What drift looks at, each with the line `hold` that keeps apply from fixing it, if any.

    A removal before its day is none of it: until then, the identity is as the manifest says.
    """
    yield from ((change, None) for change in plan.changes)
    yield from ((change, hold) for change in plan.held if (hold := hold_of(change)).until is None)


def _drift_rows(plan: Plan, action: Action, summary: str) -> tuple[ChangeRow, ...]:
    names = names_of(plan)
    return tuple(
        replace(
            change_row(change, names),
            summary=_IN_DRIFT.get(change.reason, summary),
            hold=hold,
            attribution=_attribution(plan, change),
        )
        for change, hold in drifting(plan)
        if change.action is action
    )


def differing_row(change: Change, names: Names) -> ChangeRow:
    """What is live and not as its manifest entry says, with the location that this claims."""
    row, claimed = change_row(change, names), claimed_location(change)
    fields = row.fields if claimed is None else (FieldRow("location", claimed.before, claimed.after), *row.fields)
    return replace(row, symbol="~", action=Action.UPDATE, summary="differs from the manifest", fields=fields, impact=())


def beyond_guardrails(plan: Plan) -> tuple[Violation, ...]:
    """What guardrails refuse: of all guards drift tells only of these, since no flag will lift them."""
    return tuple(one for one in plan.violations if one.code == GUARDRAIL)


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


def kept_conditions(plan: Plan) -> tuple[AssignmentId, ...]:
    """Listed roles that stay under a condition of which their line says nothing."""
    return tuple(
        change.resource_id
        for change in plan.changes
        if isinstance(change, AssignmentChange)
        and change.before is not None
        and change.before.condition is not None
        and change.after is not None
        and change.desired is not None
        and "condition" not in dict(change.desired.details)
    )
