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
from reconciler.files.kinds import FileKind
from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model import JsonObject
from reconciler.plan import Action, Plan
from reconciler.report.formats import BaseFormat, Companion, ReportKind
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
class GitlabFormat(BaseFormat):
    """One document at the end of a command: counts of a plan, which bring its problems along, or problems alone.

    `command` is the one that reports; files are named from the root of the checkout.
    """

    checkout: Checkout
    command: str
    serves: ClassVar[frozenset[ReportKind]] = frozenset({ReportKind.VALIDATION, ReportKind.PLAN, ReportKind.SAVED_PLAN})
    file_kind: ClassVar[FileKind | None] = FileKind.GITLAB_REPORT

    def companions(self, kind: ReportKind) -> tuple[Companion, ...]:
        """The problems of a plan."""
        if kind is ReportKind.VALIDATION:
            return ()
        return (Companion("codequality", _Problems(self.checkout, self.command)),)

    def plan(self, plan: Plan, header: Header) -> SafeText:  # noqa: ARG002 - three counts say nothing of who looked
        """How many changes would be made, of each kind; what guards hold back is none of them."""
        counts: JsonObject = {
            action.value: plan.count(action) for action in (Action.CREATE, Action.UPDATE, Action.DELETE)
        }
        return _text(counts)

    def saved_plan(self, saved: "SavedPlan") -> SafeText:
        """The same, of a plan that was read from a file."""
        return self.plan(saved.plan, Header("", ""))

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
        return _quality(declared_issues(desired, findings, verdict, strict=strict), self.checkout)

    def error(self, error: ReconcilerError) -> SafeText:
        """What GitLab shows as a report that failed; where problems are reported, those of a file that is not valid."""
        issues = error_issues(error)
        if issues and self.command == ReportKind.VALIDATION:
            return _quality(issues, self.checkout)
        return _text({"error": {"code": error.code, "message": error.message, "hint": error.hint}})


@dataclass(frozen=True, slots=True)
class _Problems(GitlabFormat):
    """What guards refuse of a plan, and what is usually a mistake in its manifest."""

    def plan(self, plan: Plan, header: Header) -> SafeText:  # noqa: ARG002
        """Each problem at its line."""
        return _quality(plan_issues(plan), self.checkout)

    def error(self, error: ReconcilerError) -> SafeText:
        """The problems of a file that is not valid, or why there is no report."""
        issues = error_issues(error)
        return _quality(issues, self.checkout) if issues else GitlabFormat.error(self, error)


def _quality(issues: Iterable[Issue], checkout: Checkout) -> SafeText:
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
            for one in number_issues(issues, checkout.relative)
        ]
    )


def _text(document: JsonObject | list[JsonObject]) -> SafeText:
    return safe_json(json.dumps(document, indent=2) + "\n")
