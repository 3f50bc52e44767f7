"""Reports for GitLab: how much a plan changes, and the problems of manifests, each at its line.

A merge request shows the one as the job's report `terraform` and the other as its report `codequality`. Source: GitLab
documentation, "artifacts:reports", "Code Quality report format"; GitLab's parsers, `Parsers::Terraform::Tfplan` (three
counts, none of which may be missing) and `Parsers::Codequality::CodeClimate` with its schema.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from reconciler.errors import ReconcilerError
from reconciler.files.checkout import Checkout
from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model import JsonObject
from reconciler.plan import Action, Plan
from reconciler.report.issues import (
    Issue,
    Severity,
    declared_issues,
    error_issues,
    number_issues,
    plan_issues,
)
from reconciler.report.rows import Header
from reconciler.report.visible import SafeText, safe_json

if TYPE_CHECKING:
    from reconciler.saved_plan.content import SavedPlan

_SEVERITIES = {Severity.INVALID: "blocker", Severity.REFUSED: "critical", Severity.WARNING: "minor"}


@dataclass(frozen=True, slots=True)
class GitlabFormat:
    """One document at the end of a command; files are named from the root of the checkout."""

    checkout: Checkout
    streams: ClassVar[bool] = False

    def plan(self, plan: Plan, header: Header) -> SafeText:  # noqa: ARG002 - three counts say nothing of who looked
        """How many changes would be made, of each kind; what guards hold back is none of them."""
        counts: JsonObject = {
            action.value: plan.count(action) for action in (Action.CREATE, Action.UPDATE, Action.DELETE)
        }
        return _text(counts)

    def saved_plan(self, saved: "SavedPlan") -> SafeText:
        """The same, of a plan that was read from a file."""
        return self.plan(saved.plan, Header("", ""))

    def problems(self, plan: Plan) -> SafeText:
        """What guards refuse of a plan, and what is usually a mistake in its manifest."""
        return self._quality(plan_issues(plan))

    def validated(
        self,
        desired: Desired,
        findings: Sequence[Finding],
        accepted: Sequence[Finding],  # noqa: ARG002 - what is accepted is no problem
        verdict: DeclaredVerdict,
        *,
        strict: bool,
    ) -> SafeText:
        """What guardrails do not let through of a valid manifest, and its warnings."""
        return self._quality(declared_issues(desired, findings, verdict, strict=strict))

    def error(self, error: ReconcilerError) -> SafeText:
        """The problems of a file that is not valid; of any other error, what GitLab shows as a report that failed."""
        issues = error_issues(error)
        if issues:
            return self._quality(issues)
        return _text({"error": {"code": error.code, "message": error.message, "hint": error.hint}})

    def _quality(self, issues: Iterable[Issue]) -> SafeText:
        return _text(
            [
                {
                    "description": one.issue.text,
                    "check_name": one.issue.code,
                    # GitLab keeps one of each mark.
                    "fingerprint": one.mark if one.number == 1 else f"{one.mark}-{one.number}",
                    "severity": _SEVERITIES[one.issue.severity],
                    "location": {"path": one.path, "lines": {"begin": one.issue.pos.line}},
                }
                for one in number_issues(issues, self.checkout.relative)
            ]
        )


def _text(document: JsonObject | list[JsonObject]) -> SafeText:
    return safe_json(json.dumps(document, indent=2) + "\n")
