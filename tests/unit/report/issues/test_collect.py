"""What is an issue of a plan, of a manifest alone, and of an error."""

from dataclasses import replace

import pytest

from reconciler.errors import Diagnostic, ManifestError, SourcePos, UsageError
from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.manifest.finding import Finding, finding_violation
from reconciler.model.ids import CredentialId
from reconciler.model.violation import Violation
from reconciler.report.issues.collect import declared_issues, error_issues, plan_issues
from reconciler.report.issues.issue import Issue, Severity
from tests.builders import MANIFEST, desired_group, listed, resource_id
from tests.unit.reporting import refused_plan

DESIRED = Desired((desired_group(listed("id-a", line=8), listed("id-b", line=9)),))
NOTHING = DeclaredVerdict()


def finding(name: str, line: int, given_by: SourcePos | None = None) -> Finding:
    """A warning about a credential."""
    pos = SourcePos(MANIFEST, line, 13)
    about = CredentialId(resource_id(name), "cred")
    return Finding("trust-shared", about, pos, "trusts too much", "Trust less.", given_by=given_by)


def test_refusals_of_a_plan_are_issues_at_the_lines_that_they_are_about() -> None:
    issues = plan_issues(refused_plan())

    assert {(one.code, one.pos.line, one.severity) for one in issues} == {
        ("location", 5, Severity.REFUSED),
        ("foreign-owner", 3, Severity.REFUSED),
        ("group-missing", 3, Severity.REFUSED),
    }
    assert all(one.message.startswith(("rg-app", "rg-none")) and one.hint for one in issues)


def test_warning_of_a_plan_is_an_issue_and_one_that_is_refused_is_that_alone() -> None:
    warning = finding("id-api", 7)
    plan = replace(refused_plan(), violations=(), findings=(warning,))

    (one,) = plan_issues(plan)
    (refused,) = plan_issues(replace(plan, violations=(finding_violation(warning),)))

    assert one == Issue(
        "trust-shared",
        Severity.WARNING,
        SourcePos(MANIFEST, 7, 13),
        warning.address,
        "rg-app/id-api/federatedCredentials/cred trusts too much",
        "Trust less.",
    )
    assert (refused.code, refused.severity) == ("trust-shared", Severity.REFUSED)


@pytest.mark.parametrize(("strict", "severity"), [(False, Severity.WARNING), (True, Severity.REFUSED)])
def test_warnings_of_a_manifest_are_refused_where_that_is_asked(strict: bool, severity: Severity) -> None:
    issues = declared_issues(DESIRED, [finding("id-a", 8), finding("id-b", 9)], NOTHING, strict=strict)

    assert [(one.severity, one.pos.line) for one in issues] == [(severity, 8), (severity, 9)]


def test_warning_of_a_default_is_one_issue_at_the_default() -> None:
    default = SourcePos(MANIFEST, 2, 5)

    (one,) = declared_issues(DESIRED, [finding("id-a", 8, default), finding("id-b", 9, default)], NOTHING, strict=False)
    (alone,) = declared_issues(DESIRED, [finding("id-a", 8, default)], NOTHING, strict=False)

    assert one.pos == default
    assert "(a default, of 2 identities)" in one.message
    assert "(a default, taken at identities.yaml:8:13)" in alone.message


def test_what_guardrails_do_not_let_through_is_refused_at_its_line() -> None:
    verdict = DeclaredVerdict((Violation("guardrail", resource_id("id-b"), "is not let through", "Ask."),))

    (one,) = declared_issues(DESIRED, (), verdict, strict=False)

    assert (one.severity, one.pos.line, one.message) == (Severity.REFUSED, 9, "rg-app/id-b: is not let through")


def test_diagnostics_are_issues_and_another_error_is_about_no_line() -> None:
    pos = SourcePos("b.yaml", 2, 1)

    issues = error_issues(ManifestError((Diagnostic("unknown-key", pos, "unknown key", "Remove it."),)))

    assert issues == (Issue("unknown-key", Severity.INVALID, pos, "", "unknown key", "Remove it."),)
    assert error_issues(UsageError("no")) == ()
