"""Reports for code scanning: one SARIF log with the problems of manifests, each at its line.

What GitHub asks of a log beyond OASIS's schema. Source: GitHub documentation, "SARIF support for code scanning"
(required properties; at most 5,000 results are shown, those of the highest severity; only the first location and
`primaryLocationLineHash` are used).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from reconciler import __version__
from reconciler.errors import ExitCode, ManifestError, ReconcilerError
from reconciler.files.checkout import Checkout
from reconciler.files.kinds import FileKind
from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model import JsonObject
from reconciler.plan import Plan
from reconciler.report.formats import BaseFormat, ReportKind
from reconciler.report.issues import (
    Issue,
    Numbered,
    Severity,
    declared_issues,
    error_issues,
    meaning_of,
    number_issues,
    plan_issues,
    sentences,
)
from reconciler.report.rows import Header
from reconciler.report.visible import SafeText, safe_json

if TYPE_CHECKING:
    from reconciler.saved_plan.content import SavedPlan

MOST_RESULTS = 5_000
"""How many results code scanning shows of a log."""

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVELS = {Severity.INVALID: "error", Severity.REFUSED: "error", Severity.WARNING: "warning"}


@dataclass(frozen=True, slots=True)
class SarifFormat(BaseFormat):
    """One log with one run at the end of a command; files are named from the root of the checkout."""

    checkout: Checkout
    serves: ClassVar[frozenset[ReportKind]] = frozenset({ReportKind.VALIDATION, ReportKind.PLAN, ReportKind.SAVED_PLAN})
    file_kind: ClassVar[FileKind | None] = FileKind.SARIF_REPORT

    def plan(self, plan: Plan, header: Header) -> SafeText:  # noqa: ARG002 - a log says nothing of who looked
        """What guards refuse, and what is usually a mistake."""
        return self._log(plan_issues(plan))

    def saved_plan(self, saved: "SavedPlan") -> SafeText:
        """The same, of a plan that was read from a file."""
        return self._log(plan_issues(saved.plan))

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
        return self._log(declared_issues(desired, findings, verdict, strict=strict))

    def error(self, error: ReconcilerError) -> SafeText:
        """The problems of a file that is not valid; of any other error, that the run failed, and why."""
        if isinstance(error, ManifestError):
            return self._log(error_issues(error))
        return self._log((), failed=error)

    def _log(self, issues: Iterable[Issue], *, failed: ReconcilerError | None = None) -> SafeText:
        numbered = number_issues(issues, self.checkout.relative)
        shown = numbered[:MOST_RESULTS]
        rules = {one.issue.code: one.issue.severity for one in reversed(shown)}
        index = {code: number for number, code in enumerate(sorted(rules))}
        run: JsonObject = {
            "tool": {
                "driver": {
                    "name": "uami",
                    "semanticVersion": __version__,
                    "rules": [_rule(code, rules[code]) for code in index],
                }
            },
            "invocations": [_invocation(failed, len(numbered) - len(shown))],
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the checkout."}}},
            "results": [_result(one, index[one.issue.code]) for one in shown],
        }
        return safe_json(json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n")


def _rule(code: str, severity: Severity) -> JsonObject:
    meaning, level = meaning_of(code, severity), _LEVELS[severity]
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in code.split("-")),
        "shortDescription": {"text": meaning.summary},
        "fullDescription": {"text": meaning.description},
        "help": {"text": meaning.help, "markdown": meaning.help},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["azure", "managed-identity"], "precision": "high", "problem.severity": level},
    }


def _result(one: Numbered, rule_index: int) -> JsonObject:
    issue = one.issue
    region: JsonObject = {
        "startLine": issue.pos.line,
        "startColumn": issue.pos.column,
        "endLine": issue.pos.line,
        "endColumn": issue.pos.column + 1,
    }
    location: JsonObject = {"artifactLocation": _artifact(one.path), "region": region}
    return {
        "ruleId": issue.code,
        "ruleIndex": rule_index,
        "level": _LEVELS[issue.severity],
        "message": {"text": issue.text},
        "locations": [{"physicalLocation": location}],
        # In the form in which GitHub's own action computes it: 16 digits, and which of several it is.
        "partialFingerprints": {"primaryLocationLineHash": f"{one.mark[:16]}:{one.number}"},
    }


def _artifact(path: str) -> JsonObject:
    """A file below the root of the checkout by its path from there; another one by that path alone."""
    uri = quote(path)
    return {"uri": uri} if path.startswith("../") else {"uri": uri, "uriBaseId": _ROOT}


def _invocation(failed: ReconcilerError | None, left_out: int) -> JsonObject:
    """Whether the run came to its end, and what is not among its results."""
    notes = []
    if failed is not None:
        notes.append(_note("error", sentences(failed.message, failed.hint), failed.code))
    if left_out:
        text = f"{left_out} more problems are not shown here: the first {MOST_RESULTS} are the worst."
        notes.append(_note("warning", text, "more-problems"))
    document: JsonObject = {"executionSuccessful": failed is None, "toolExecutionNotifications": notes}
    if failed is not None:
        document["exitCode"] = int(failed.exit_code)
        document["exitCodeDescription"] = ExitCode(failed.exit_code).name.lower().replace("_", " ")
    return document


def _note(level: str, text: str, code: str) -> JsonObject:
    return {"level": level, "message": {"text": text}, "descriptor": {"id": code}}
