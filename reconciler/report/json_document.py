"""Reports for programs: one JSON document each, the same bytes for the same inputs.

Non-ASCII characters are written as JSON escapes, so that no value can disturb a terminal or a log that shows it.
"""

import json
from collections.abc import Iterable

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.errors import ManifestError, PlanStale, ReconcilerError
from reconciler.journal.call import Outcome
from reconciler.journal.document import record_document
from reconciler.journal.record import RunRecord
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding, finding_document
from reconciler.model.document import FORMAT_VERSION, JsonObject, source_document
from reconciler.model.violation import PlanRefused
from reconciler.plan.changes import Action, Change, field_text
from reconciler.plan.document import change_document, plan_document, violation_document
from reconciler.plan.plan import Plan
from reconciler.report.rows import claimed_location, is_changed


def to_json(document: JsonObject) -> str:
    """The document as text, with a line break at its end."""
    return json.dumps(document, indent=2) + "\n"


def render_plan_json(plan: Plan) -> str:
    """The plan; described by `schemas/plan.v1.schema.json`."""
    return to_json(plan_document(plan))


def render_apply_json(
    plan: Plan, result: ApplyResult | None, refused: PlanRefused | None = None, *, journal: str | None = None
) -> str:
    """The plan and what became of it; described by `schemas/apply.v1.schema.json`.

    `result` is None where nothing was begun; `refused` then says why. `journal` is where the calls are recorded, None
    where none was made.
    """
    document: JsonObject = {"format_version": FORMAT_VERSION, "plan": plan_document(plan)}
    if result is not None:
        document["result"] = _result(result)
        document["journal"] = journal
    if refused is not None:
        document["error"] = error_document(refused)["error"]
    return to_json(document)


def render_drift_json(plan: Plan) -> str:
    """The differences in three lists; described by `schemas/drift.v1.schema.json`."""
    plan_part = plan_document(plan)
    missing = [_drift(change) for change in plan.changes if change.action is Action.CREATE]
    unexpected = [_drift(change) for change in plan.changes if change.action is Action.DELETE]
    changed = [_drift(change) for change in plan.changes if is_changed(change)]
    document: JsonObject = {
        key: plan_part[key] for key in ("format_version", "tool_version", "cloud", "tenant", "scope")
    }
    document["summary"] = {"missing": len(missing), "unexpected": len(unexpected), "changed": len(changed)}
    document |= {"missing": missing, "unexpected": unexpected, "changed": changed}
    document |= {key: plan_part[key] for key in ("skipped", "notes", "abandoned")}
    return to_json(document)


def render_validate_json(desired: Desired, findings: Iterable[Finding]) -> str:
    """What a valid manifest declares, in numbers, and what in it should be looked at again."""
    return to_json(
        {
            "format_version": FORMAT_VERSION,
            "summary": {
                "resource_groups": len(desired.groups),
                "identities": sum(len(group.identities) for group in desired.groups),
            },
            "warnings": [finding_document(one) for one in findings],
        }
    )


def render_journal_json(record: RunRecord) -> str:
    """A journal; described by `shown` in `schemas/journal.v1.schema.json`."""
    return to_json(record_document(record))


def error_document(error: ReconcilerError) -> JsonObject:
    """An error in the form that every command answers with when it has no report to give."""
    detail: JsonObject = {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, ManifestError):
        detail["diagnostics"] = [
            {
                "code": one.code,
                **source_document(one.pos),
                "message": one.message,
                "hint": one.hint,
            }
            for one in error.diagnostics
        ]
    if isinstance(error, PlanRefused):
        detail["violations"] = [violation_document(one) for one in error.violations]
    if isinstance(error, PlanStale):
        detail["differences"] = [{"address": one.address, "message": one.message} for one in error.details]
    return {"format_version": FORMAT_VERSION, "error": detail}


def _drift(change: Change) -> JsonObject:
    document = change_document(change)
    differences: list[JsonObject] = [
        {"field": field_text(one), "before": one.before, "after": one.after} for one in change.differences
    ]
    claimed = claimed_location(change)
    if claimed is not None:
        differences.insert(0, {"field": field_text(claimed), "before": claimed.before, "after": claimed.after})
    return {key: document[key] for key in ("address", "resource_type", "before", "after", "source", "impact")} | {
        "differences": differences
    }


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
        document["error"] = {
            "status": one.error.status,
            "code": one.error.code,
            "message": one.error.message,
            "hint": one.error.hint,
            "correlation_id": one.error.correlation_id,
        }
    if one.not_held:
        document["not_held"] = list(one.not_held)
    return document
