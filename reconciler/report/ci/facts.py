"""Values for the steps of a job that follow: numbers, and one word for how it came out. Nothing of them is a name."""

from collections.abc import Sequence

from reconciler.apply.result import ApplyResult
from reconciler.doctor.checkup import Checkup, Standing
from reconciler.guardrails import DeclaredVerdict
from reconciler.journal import RunRecord
from reconciler.manifest.findings import Finding
from reconciler.plan import Action, Plan
from reconciler.report.rows import beyond_guardrails, drift_rows, not_held, refused_rows

Facts = dict[str, str]
"""Values by name; a name has letters and `_` alone."""


def plan_facts(plan: Plan) -> Facts:
    """Whether there are changes or refusals, and how many."""
    changes = len(plan.applicable)
    outcome = "refused" if plan.violations else "changes" if changes else "no_changes"
    return _facts(
        outcome,
        changes=changes,
        creates=plan.count(Action.CREATE),
        updates=plan.count(Action.UPDATE),
        deletes=plan.count(Action.DELETE),
        refused=len(refused_rows(plan)),
        refusals=len(plan.violations),
        warnings=len(plan.findings),
    )


def drift_facts(plan: Plan) -> Facts:
    """How much differs."""
    drift, refusals = drift_rows(plan), len(beyond_guardrails(plan))
    outcome = "drift" if drift.count else "refused" if refusals else "no_drift"
    return _facts(
        outcome,
        changes=drift.count,
        missing=len(drift.missing),
        unexpected=len(drift.unexpected),
        changed=len(drift.changed),
        refusals=refusals,
    )


def result_facts(plan: Plan, result: ApplyResult) -> Facts:
    """What the run did, and how it ended."""
    outcome = "interrupted" if result.interrupted else "complete" if result.complete else "incomplete"
    if result.complete and plan.violations:
        outcome = "refused"
    ended = {ended.value.replace("-", "_"): number for ended, number in result.counts}
    return _facts(
        outcome,
        added=result.count(Action.CREATE),
        changed=result.count(Action.UPDATE),
        destroyed=result.count(Action.DELETE),
        refused=len(refused_rows(plan)),
        refusals=len(plan.violations),
        did_not_hold=len(not_held(result)),
        **ended,
    )


def journal_facts(record: RunRecord) -> Facts:
    """How the run ended, and what is in doubt of it."""
    end = record.end
    outcome = (
        "cut_short"
        if end is None
        else "interrupted"
        if end.interrupted
        else "complete"
        if end.complete
        else "incomplete"
    )
    return _facts(outcome, calls=len(record.calls), in_doubt=len(record.in_doubt))


def checkup_facts(checkup: Checkup) -> Facts:
    """What is missing."""
    missing, failed = checkup.count(Standing.MISSING), checkup.count(Standing.FAILED)
    return _facts("missing" if missing + failed else "ready", missing=missing, failed=failed)


def validated_facts(findings: Sequence[Finding], verdict: DeclaredVerdict, *, strict: bool) -> Facts:
    """Whether the manifest is valid, and what there is to look at."""
    refused = bool(verdict.violations) or (strict and bool(findings))
    return _facts("refused" if refused else "valid", refusals=len(verdict.violations), warnings=len(findings))


def error_facts() -> Facts:
    """That there is no report."""
    return _facts("error")


def _facts(outcome: str, **numbers: int) -> Facts:
    return {"outcome": outcome, **{name: str(number) for name, number in numbers.items()}}
