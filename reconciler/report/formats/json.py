"""Reports for programs: one JSON document each, the same bytes for the same inputs.

Non-ASCII characters are written as JSON escapes, so that no value can disturb a terminal or a log that shows it.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from reconciler import __version__
from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.doctor.checkup import Checkup, Standing
from reconciler.doctor.least_privilege import LeastPrivilege
from reconciler.errors import ManifestError, PlanStale, ReconcilerError, lines_of
from reconciler.files.kinds import FileKind
from reconciler.guardrails import DeclaredVerdict
from reconciler.journal import Outcome, RunRecord, record_document
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding, finding_documents
from reconciler.model import FORMAT_VERSION, JsonObject, PlanRefused, error_document
from reconciler.plan import (
    NOT_CHECKED,
    Action,
    Change,
    Hold,
    Plan,
    change_document,
    field_text,
    hold_document,
    hold_of,
    plan_document,
    violation_document,
)
from reconciler.plan.drift.differences import claimed_location, is_changed
from reconciler.report.checkup_text import PRINCIPAL
from reconciler.report.drift.attribution import attribution_document
from reconciler.report.formats import BaseFormat
from reconciler.report.held_rows import not_due
from reconciler.report.rows import Header, beyond_guardrails, drifting
from reconciler.report.visible import SafeText, safe_json

if TYPE_CHECKING:
    from reconciler.saved_plan.content import SavedPlan


class JsonFormat(BaseFormat):
    """One document at the end of a command, also where it fails."""

    file_kind: ClassVar[FileKind | None] = FileKind.JSON_REPORT

    def plan(self, plan: Plan, header: Header) -> SafeText:  # noqa: ARG002 - a document says nothing of who looked
        """The plan; described by `schemas/plan.v1.schema.json`."""
        return _text(plan_document(plan))

    def saved_plan(self, saved: "SavedPlan") -> SafeText:
        """The document that was saved; not the file's own text, which can hold whatever a document can."""
        return _text(saved.document)

    def drift(self, plan: Plan, header: Header) -> SafeText:  # noqa: ARG002
        """The differences in three lists; described by `schemas/drift.v1.schema.json`."""
        plan_part = plan_document(plan)
        drifts = [(change, _drift(change, hold) | _attribution(plan, change)) for change, hold in drifting(plan)]
        missing = [one for change, one in drifts if change.action is Action.CREATE]
        unexpected = [one for change, one in drifts if change.action is Action.DELETE]
        changed = [one for change, one in drifts if is_changed(change)]
        document: JsonObject = {
            key: plan_part[key] for key in ("format_version", "tool_version", "cloud", "tenant", "scope")
        }
        document["summary"] = {"missing": len(missing), "unexpected": len(unexpected), "changed": len(changed)}
        document |= {"missing": missing, "unexpected": unexpected, "changed": changed}
        document["not_due"] = [
            {"address": change.resource_id.address, "hold": hold_document(hold_of(change))} for change in not_due(plan)
        ]
        document |= {key: plan_part[key] for key in ("skipped", "notes", "abandoned", "guardrails")}
        document["violations"] = [violation_document(one) for one in beyond_guardrails(plan)]
        if plan.drift is not None and plan.drift.base is not None:
            document["base"] = {"ref": plan.drift.base.ref, "commit": plan.drift.base.commit}
            document["pending"] = [_pending(change) for change in plan.drift.pending]
        return _text(document)

    def result(self, plan: Plan, result: ApplyResult, *, journal: str | None, continue_with: str) -> SafeText:  # noqa: ARG002
        """The plan and what became of it; described by `schemas/apply.v1.schema.json`."""
        return _text(
            {
                "format_version": FORMAT_VERSION,
                "plan": plan_document(plan),
                "result": _result(result),
                "journal": journal,
            }
        )

    def refused(self, plan: Plan, refused: PlanRefused) -> SafeText:
        """The plan and why nothing was started; described by `schemas/apply.v1.schema.json`."""
        return _text({"format_version": FORMAT_VERSION, "plan": plan_document(plan), "error": _error(refused)})

    def journal(self, record: RunRecord) -> SafeText:
        """A journal; described by `shown` in `schemas/journal.v1.schema.json`."""
        return _text(record_document(record))

    def checkup(self, checkup: Checkup) -> SafeText:
        """What the doctor found; described by `schemas/doctor.v1.schema.json`."""
        return _text(_checkup(checkup))

    def validated(
        self,
        desired: Desired,
        findings: Sequence[Finding],
        accepted: Sequence[Finding],
        verdict: DeclaredVerdict,
        *,
        strict: bool,
    ) -> SafeText:
        """What a valid manifest declares, in numbers, what guardrails refuse, and what should be looked at again."""
        return _text(
            {
                "format_version": FORMAT_VERSION,
                "outcome": "refused" if verdict.violations or (strict and findings) else "valid",
                "summary": {
                    "resource_groups": len(desired.groups),
                    "identities": sum(len(group.identities) for group in desired.groups),
                    "accepted_warnings": len(accepted),
                },
                "violations": [violation_document(one) for one in verdict.violations],
                "notes": list(verdict.notes),
                "warnings": finding_documents(findings),
                "skipped_files": list(desired.skipped_files),
            }
        )

    def error(self, error: ReconcilerError) -> SafeText:
        """An error in the form that every command answers with when it has no report to give."""
        return _text({"format_version": FORMAT_VERSION, "error": _error(error)})


def _text(document: JsonObject) -> SafeText:
    """The document with a line break at its end."""
    return safe_json(json.dumps(document, indent=2) + "\n")


def _error(error: ReconcilerError) -> JsonObject:
    detail: JsonObject = {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, ManifestError):
        detail["diagnostics"] = [
            {
                "code": one.code,
                "file": one.pos.file,
                "line": one.pos.line,
                "column": one.pos.column,
                "message": one.message,
                "hint": one.hint,
            }
            for one in error.diagnostics
        ]
    if isinstance(error, PlanRefused):
        detail["violations"] = [violation_document(one) for one in error.violations]
    if isinstance(error, PlanStale):
        detail["differences"] = [{"address": one.address, "message": one.message} for one in error.details]
    return detail


def _checkup(checkup: Checkup) -> JsonObject:
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "cloud": checkup.cloud,
        "endpoint": checkup.endpoint,
        "credential": checkup.credential,
        "summary": {one.value.replace("-", "_"): checkup.count(one) for one in Standing},
        "checks": [
            {
                "name": one.name,
                "subject": one.subject,
                "status": one.standing.value,
                "detail": one.detail,
                "hint": "\n".join(lines_of(one.hint)),
            }
            for one in checkup.checks
        ],
        "rights": [
            {
                "scope": one.scope,
                "right": one.right,
                "action": one.action,
                "status": one.standing.value,
                "role": one.role,
            }
            for one in checkup.rights
        ],
        "commands": list(checkup.commands),
        "notes": [NOT_CHECKED],
        "least_privilege": None if checkup.least_privilege is None else _least(checkup.least_privilege),
    }


def _least(least: LeastPrivilege) -> JsonObject:
    return {
        "roles": [
            {"task": one.task.value, "definition": one.definition, "command": one.command} for one in least.roles
        ],
        "assignments": [
            {
                "task": one.role.task.value,
                "scope": one.scope,
                "role": one.role.name,
                "condition": one.condition,
                "command": one.command(PRINCIPAL),
            }
            for one in least.assignments
        ],
        "not_narrowed": list(least.not_narrowed),
        "notes": list(least.notes),
    }


def _drift(change: Change, hold: Hold | None) -> JsonObject:
    document = change_document(change)
    differences: list[JsonObject] = [
        {"field": field_text(one), "before": one.before, "after": one.after} for one in change.differences
    ]
    claimed = claimed_location(change)
    if claimed is not None:
        differences.insert(0, {"field": field_text(claimed), "before": claimed.before, "after": claimed.after})
    keys = ("address", "resource_type", "before", "after", "source", "given_by", "impact")
    known = {key: document[key] for key in keys if key in document}
    held = {} if hold is None else {"hold": hold_document(hold)}
    return {**known, "differences": differences, **held}


def _pending(change: Change) -> JsonObject:
    return {"action": change.action.value, **_drift(change, None)}


def _attribution(plan: Plan, change: Change) -> JsonObject:
    known = None if plan.drift is None else plan.drift.attributions.get(change.resource_id)
    return {} if known is None else {"attribution": attribution_document(known)}


def _result(result: ApplyResult) -> JsonObject:
    return {
        "complete": result.complete,
        "interrupted": result.interrupted,
        "verified": result.verified,
        "correlation_id": result.correlation_id,
        "summary": {
            "added": result.count(Action.CREATE),
            "changed": result.count(Action.UPDATE),
            "destroyed": result.count(Action.DELETE),
            **{outcome.value.replace("-", "_"): len(result.ended(outcome)) for outcome in Outcome},
        },
        "changes": [_change_result(one) for one in result.results],
    }


def _change_result(one: ChangeResult) -> JsonObject:
    document: JsonObject = {
        "address": one.change.resource_id.address,
        "action": one.change.action.value,
        "outcome": one.outcome.value,
    }
    if one.because:
        document["because"] = one.because
    if one.error is not None:
        document["error"] = error_document(one.error)
    if one.not_held:
        document["not_held"] = list(one.not_held)
    return document
