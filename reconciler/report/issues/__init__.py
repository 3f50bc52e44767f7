"""What a reviewer's tool shows at a line of a manifest: each problem as one value, whatever found it."""

from reconciler.report.issues.codes import Meaning, meaning_of
from reconciler.report.issues.collect import declared_issues, error_issues, plan_issues
from reconciler.report.issues.issue import Issue, Numbered, Severity, number_issues, sentences

__all__ = [
    "Issue",
    "Meaning",
    "Numbered",
    "Severity",
    "declared_issues",
    "error_issues",
    "meaning_of",
    "number_issues",
    "plan_issues",
    "sentences",
]
