"""A run's journal for an auditor: who ran what, each call in order, what failed, and what nobody knows."""

from typing import assert_never

from reconciler.journal import After, Before, Call, Outcome, PlaceKind, RunHeader, RunRecord, names_of_run
from reconciler.model import (
    Children,
    FederatedCredential,
    Identity,
    PlannedIdentity,
    RoleAssignment,
    Trust,
    identity_of,
    shell_command,
    trust_document,
)
from reconciler.plan import Action
from reconciler.report.impact_rows import with_condition
from reconciler.report.names import Names
from reconciler.report.page import width
from reconciler.report.parts.blocks import shown
from reconciler.report.rows import FieldRow, detail_fields, outcome_heading
from reconciler.report.visible import SafeText, safe_lines

_SYMBOLS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.NO_OP: " "}
NO_OUTCOME = "in doubt: no answer was written down"


def render_journal(record: RunRecord) -> SafeText:
    """The run, its calls in the order in which they went out, and its end."""
    names = names_of_run(record)
    lines = [*_header_lines(record.header), ""]
    for call in record.calls:
        lines += _call_lines(call, names)
    if record.calls:
        lines.append("")
    lines += _end_lines(record)
    return safe_lines(lines)


def render_cut_short(path: str, record: RunRecord) -> SafeText:
    """What a later run says of one that was cut short before it goes on itself."""
    names, header = names_of_run(record), record.header
    lines = [
        f"Note: an earlier run was cut short: {header.command} of {header.started_at}, correlation id {header.run_id}."
    ]
    if record.in_doubt:
        lines.append("These calls of it may or may not have taken effect; the plan is made from the live state now:")
    lines += [f"  {call.action.value} {names.describe(call.resource_id)}" for call in record.in_doubt]
    lines.append(f"  See: {shell_command('uami', 'show', path)}")
    return safe_lines(lines)


def _header_lines(header: RunHeader) -> list[str]:
    return [f"{name:<14}{value}" for name, value in header_rows(header)]


def header_rows(header: RunHeader) -> list[tuple[str, str]]:
    """Label and text of each line that says who ran what, where, and on which groups."""
    principal = {"object id": header.actor.object_id, "client id": header.actor.client_id}
    ids = ", ".join(f"{name} {value}" for name, value in principal.items() if value)
    who = f"{header.actor.name} ({ids})" if header.actor.name and ids else header.actor.name or ids
    places = {PlaceKind.AZURE: "Azure", PlaceKind.ENDPOINT: "Endpoint", PlaceKind.SANDBOX: "SANDBOX"}
    rows = {
        "Run": f"uami {header.command} {header.tool_version}, started {header.started_at}",
        "Correlation": header.run_id,
        "Where": f"{places[header.place.kind]} {header.place.name}",
        "Cloud": header.cloud,
        "Tenant": header.tenant or "several",
        "Principal": who or "(the token did not say)",
    }
    owners = ("no owner" if group.owner is None else f"owner {group.owner!r}" for group in header.groups)
    groups = zip((group.group_id.address for group in header.groups), owners, strict=True)
    return [*rows.items(), *(("Group", f"{address} ({owner})") for address, owner in groups)]


def _call_lines(call: Call, names: Names) -> list[str]:
    outcome = NO_OUTCOME if call.outcome is None else call.outcome.value
    again = f", attempt {call.attempt}" if call.attempt > 1 else ""
    place = f"  {call.source.file_and_line}".rstrip()
    lines = [
        f"{call.number:>4}  {call.at}  {_SYMBOLS[call.action]} {call.action.value} "
        f"{names.describe(call.resource_id)}: {outcome}{again}{place}"
    ]
    lines += [f"      {line}" for line in _state_lines(call, names)]
    if call.error is not None:
        lines.append(f"      {call.error.message}")
        if call.error.correlation_id:
            lines.append(f"      correlation id {call.error.correlation_id}")
    return lines


def _state_lines(call: Call, names: Names) -> list[str]:
    """What differs between before and after, field by field; the ids that ARM gave; what went with an identity."""
    rows = state_fields(call, names)
    is_update = call.before is not None and call.after is not None
    widest = max((width(row.name) for row in rows), default=0)
    lines = [f"{row.name}{' ' * (widest - width(row.name))}  {_value(row, is_update)}" for row in rows]
    also = () if call.children is None else children_rows(call, call.children, names)
    return [*lines, *(f"{label} {text}" for label, text in also)]


def state_fields(call: Call, names: Names) -> tuple[FieldRow, ...]:
    """What differs between before and after, field by field, and the ids that ARM gave."""
    old, new = _fields(call.before, names), _fields(call.after, names)
    differing = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if old and new:
        # An update says nothing of the ids, which ARM alone gives.
        differing = [name for name in differing if name not in _IDS]
    made = {}
    if call.made is not None and call.action is Action.CREATE:
        made = {"principalId": call.made.principal_id, "clientId": call.made.client_id}
    return (
        *(FieldRow(name, old.get(name), new.get(name)) for name in differing if name not in made),
        *(FieldRow(name, None, value) for name, value in made.items()),
    )


def children_rows(call: Call, children: Children, names: Names) -> tuple[tuple[str, str], ...]:
    """What went with an identity, and what could not be read of it right before: how it was its own, and what it is."""
    identity = identity_of(call.resource_id)
    roles = (
        f"role {names.role(one.role_guid, one.role_guid)} on {names.scope(one.scope, identity)}"
        f"{with_condition(one.condition)}"
        for one in children.assignments or ()
    )
    return (
        *(("with the", f"federated credential {one.credential_id.name}") for one in children.credentials or ()),
        *(("with the", role) for role in roles),
        *(("attached to", str(one)) for one in children.attached or ()),
        *(("not read:", str(one)) for one in children.unread),
    )


def _value(row: FieldRow, is_update: bool) -> str:
    before, after = ("(absent)" if value is None else shown(row.name, value) for value in (row.before, row.after))
    return f"{before} -> {after}" if is_update else after if row.before is None else before


_IDS = ("principalId", "clientId")


def _fields(state: Before | After, names: Names) -> dict[str, str]:
    match state:
        case Identity() | PlannedIdentity():
            fields = {"location": state.location or "", "isolationScope": str(state.isolation_scope)}
            fields |= {f"tags.{name}": value for name, value in state.tags.items()}
            ids = (
                {"principalId": state.principal_id, "clientId": state.client_id} if isinstance(state, Identity) else {}
            )
            return fields | ids
        case FederatedCredential():
            return _fields(state.trust, names)
        case Trust():
            return trust_document(state)
        case RoleAssignment():
            known = {"role": names.role(state.role_guid, state.role_guid), "principalId": state.principal_id}
            return known | dict(detail_fields(state.details))
        case None:
            return {}
    assert_never(state)


def _end_lines(record: RunRecord) -> list[str]:
    names, lines = names_of_run(record), []
    if record.in_doubt:
        lines.append(f"{outcome_heading(Outcome.IN_DOUBT)}:")
        lines += [f"  {call.action.value} {names.describe(call.resource_id)}" for call in record.in_doubt]
    if record.torn:
        lines.append(CUT_OFF)
    return [*lines, journal_line(record)]


CUT_OFF = "The last line is cut off, as a crash leaves it, and was passed over."


def journal_line(record: RunRecord) -> str:
    """How the run ended, when, and how its changes did."""
    if record.end is None:
        return "The run was cut short: its journal has no end."
    counts = ", ".join(f"{number} {outcome.value}" for outcome, number in record.end.counts if number)
    how = "Interrupted" if record.end.interrupted else "Complete" if record.end.complete else "Incomplete"
    return f"{how}, {record.end.at}. Changes: {counts or 'none'}."
